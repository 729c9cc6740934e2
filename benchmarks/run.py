"""Every benchmark that needs nothing but this checkout, one after the other: ``make bench``."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NEED_NOTHING = ("imports.py", "step_path.py", "ledger.py", "einvoice_hostile.py")

if __name__ == "__main__":
    for name in NEED_NOTHING:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, HERE / name, *sys.argv[1:]], check=True)
