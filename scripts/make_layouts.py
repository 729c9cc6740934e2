"""Draw invoices of strangers: `python scripts/make_layouts.py strangers --n 2000 --seed 7 --out DIR`.

The first word is a folder of families under ``scripts/layouts``: ``teaching`` (``--which TRAIN`` or ``TUNE``)
is what rules and weights are made with; ``strangers`` and ``unseen`` are the tests, drawn by other hands and
sealed by hashes that `tests/test_layouts.py` holds. Their seed is chosen after the last change of a rule.
Needs Chromium; some families need LibreOffice and typst. ``--scan`` and ``--photo`` make pictures too.
"""

import sys
from pathlib import Path

LAYOUTS = Path(__file__).resolve().parent / "layouts"

if __name__ == "__main__":
    sys.path.insert(0, str(LAYOUTS))
    from make_layouts.__main__ import main

    if len(sys.argv) > 1 and (LAYOUTS / sys.argv[1] / "families").is_dir():
        sys.argv[1:2] = ["--families", str(LAYOUTS / sys.argv[1] / "families")]
    main()
