"""Let ``python -m smeflow.cli`` do what ``smeflow`` does."""

import sys

from smeflow.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
