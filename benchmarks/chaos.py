"""Answer the command line of a chaos kit with `smeflow run`: its scenarios then test the real thing.

``python benchmarks/chaos.py INPUT OUTPUT REVIEW STATE BASE_URL RECIPE [run options]``: INPUT is a CSV of
``id,text``, RECIPE the kit's JSON (model, prompt, comment). The YAML is written beside RECIPE, and this
process becomes `smeflow`.
"""

import json
import os
import sys
from pathlib import Path

YAML = """\
recipe: chaos
# {comment}
llm: {model}@{url}
residency: any
source: {{table: {input}, key: id}}
steps:
  - extract: x
    fields: {{number: text, total: number, category: [invoice, order, complaint, other], supplier: text}}
    readers: [model]
    ask: always
    instructions: {prompt}
sinks:
  - table: {output}
    columns:
      {{id: fields.id, number: x.record.number, total: x.record.total, category: x.record.category,
       supplier: x.record.supplier}}
"""
HOOK = """\
  - webhook: {url}
    allow: [127.0.0.1]
    sign: false
    fields: {{id: fields.id, number: x.record.number}}
"""


def main(arguments: list[str]) -> None:
    """Write the recipe and become the run."""
    source, output, review, state, url, given, *options = arguments
    told, folder = json.loads(Path(given).read_text()), Path(given).parent
    text = YAML.format(
        comment=told.get("comment", ""),
        model=told["model"],
        url=url,
        input=os.path.relpath(source, folder),
        output=os.path.relpath(output, folder),
        prompt=json.dumps(told["prompt"]),
    )
    if "--webhook" in options:
        at = options.index("--webhook")
        text += HOOK.format(url=options[at + 1])
        del options[at : at + 2]
    recipe = folder / "chaos.yaml"
    if not recipe.exists() or recipe.read_text() != text:
        (folder / "chaos.new").write_text(text)
        (folder / "chaos.new").replace(recipe)
    smeflow = str(Path(sys.executable).with_name("smeflow"))
    os.execv(
        smeflow, [smeflow, "run", str(recipe), "--state", state, "--json", "--waiting", review, *options]
    )


if __name__ == "__main__":
    main(sys.argv[1:])
