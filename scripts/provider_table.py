"""Print the table of providers that stands in docs/models.md: ``python scripts/provider_table.py``."""

from smeflow.llm.providers import PROVIDERS, Provider

ABILITIES = {
    "json_schema": "schema", "images": "images", "batch": "batch", "log_probabilities": "likelihood",
}  # fmt: skip


def provider_table() -> str:
    """Give the table as Markdown, a row each, as they stand in the code."""
    lines = [
        "| name | provider | key | region | where data is processed, as it says | looked up | can |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_line, PROVIDERS.values())])


def _line(row: Provider) -> str:
    key = f"`{row.key_variable}`" if row.key_variable else "–"
    where = f"[{row.processed}]({row.stated_at})" if row.stated_at else row.processed
    looked_up = row.looked_up or ("–" if row.kind == "server" else "not verified")
    can = ", ".join(word for ability, word in ABILITIES.items() if ability in row.can)
    return f"| `{row.name}` | {row.title} | {key} | {row.region} | {where} | {looked_up} | {can} |"


if __name__ == "__main__":
    print(provider_table())
