"""The file that opens the desk by a double click: a shell gets exactly the folder, whatever it is called."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from smeflow.cli.commands.desk import start_file

ODD = 'Firm "A" & Sons $HOME `id` 100% l\'été \\ back'


def _arguments_of(exec_line: str) -> list[str]:
    """Read ``Exec=`` backwards through the two layers of the Desktop Entry Specification."""
    value = exec_line.replace(r"\\", "\\")
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', value)
    return [re.sub(r"\\(.)", r"\1", quoted).replace("%%", "%") if quoted else word for quoted, word in parts]


@pytest.fixture
def firm(tmp_path):
    """Make a folder with an odd name, and a program in Python's place that tells its arguments."""
    folder = tmp_path / ODD
    folder.mkdir()
    python = tmp_path / "my python"
    python.write_text('#!/bin/sh\nfor each; do echo "$each"; done\n')
    python.chmod(0o755)
    return folder, python


@pytest.mark.skipif(sys.platform == "win32", reason="needs sh")
def test_the_linux_file_names_its_folder_whatever_it_is_called(firm):
    """Quotes, dollars and percent signs reach the command as they are."""
    folder, python = firm
    name, text = start_file(folder, str(python), "linux")
    [line] = [line for line in text.splitlines() if line.startswith("Exec=")]
    done = subprocess.run(
        _arguments_of(line.removeprefix("Exec=")), capture_output=True, text=True, check=True
    )
    assert name == "smeflow.desktop"
    assert done.stdout.splitlines() == ["-m", "smeflow.cli", "desk", str(folder)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs sh")
def test_the_macos_file_opens_the_folder_it_lies_in(firm):
    """It may be moved with its folder."""
    folder, python = firm
    name, text = start_file(Path("/elsewhere"), str(python), "darwin")
    (folder / name).write_text(text, encoding="utf-8")
    done = subprocess.run(["sh", folder / name], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["-m", "smeflow.cli", "desk", str(folder)]


def test_the_windows_file_speaks_the_language_of_its_console():
    """Its lines end as cmd wants them, a percent sign in a path is doubled, and a mistake can be read."""
    name, text = start_file(Path("x"), r"C:\100%\python.exe", "win32")
    assert name == "smeflow.bat"
    assert '"C:\\100%%\\python.exe" -m smeflow.cli desk "%~dp0."\r\n' in text
    assert text.count("\n") == text.count("\r\n")
    assert "if errorlevel 1 pause" in text


def test_the_command_writes_it_into_the_folder(smeflow, tmp_path):
    """It can be started, and says where it lies."""
    told = smeflow("desk", tmp_path, "--start-file")
    [written] = tmp_path.glob("smeflow.*")
    assert told.code == 0
    assert written.name in "".join(told.out.split())
    assert written.stat().st_mode & 0o100
