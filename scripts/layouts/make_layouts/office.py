"""LibreOffice prints many HTML files in one call."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from make_layouts.browser import same_dates

BATCH = 40


def print_all(pages: Sequence[str]) -> list[bytes]:
    """Print HTML pages with Writer, in the order given."""
    printed: list[bytes] = []
    for begin in range(0, len(pages), BATCH):
        with tempfile.TemporaryDirectory(prefix="layouts-office-") as name:
            folder = Path(name)
            files = []
            for index, page in enumerate(pages[begin : begin + BATCH]):
                file = folder / f"p{index:04}.html"
                file.write_text(page, encoding="utf-8")
                files.append(file)
            subprocess.run(
                [
                    "soffice",
                    f"-env:UserInstallation=file://{folder}/profile",
                    "--headless",
                    "--convert-to",
                    "pdf:writer_pdf_Export",
                    "--infilter=HTML (StarWriter)",
                    "--outdir",
                    str(folder),
                    *map(str, files),
                ],
                check=True,
                capture_output=True,
                timeout=60 + 10 * len(files),
            )
            printed += [same_dates(file.with_suffix(".pdf").read_bytes()) for file in files]
    return printed
