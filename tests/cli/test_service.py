"""``smeflow service``: the files that systems start programs by, and what systemd says of ours."""

import os
import plistlib
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from smeflow.cli.commands.service import KINDS, TASK_NAMESPACE, WatchService

RECIPE = "recipe: inbox\nsource: {folder: inbox/}\nsteps: [{extract: invoice, into: Invoice}]\nsinks: []\n"


@pytest.fixture
def watch(tmp_path):
    """A watch whose folder is named with all that files of services give a meaning to."""
    folder = tmp_path / 'Müller & 50% "$HOME" <x>'
    folder.mkdir()
    return WatchService(folder=folder, recipes=(folder / "recipe.yaml",))


@pytest.mark.requires_program("systemd-analyze")
def test_systemd_finds_no_fault_in_the_unit(watch, tmp_path):
    """Its own verifier reads the unit, with a folder whose name holds %, $, quotes and blanks."""
    file = tmp_path / f"{watch.name}.service"
    file.write_bytes(KINDS["linux"].write(watch, tmp_path))
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(file)],
        capture_output=True, text=True, check=False, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, file.name in done.stderr) == (0, False), done.stderr


@pytest.mark.requires_program("systemd-analyze")
def test_the_verifier_would_find_one(watch, tmp_path):
    """The same unit with a key systemd does not know is complained of: the test above can fail."""
    file = tmp_path / f"{watch.name}.service"
    file.write_bytes(KINDS["linux"].write(watch, tmp_path).replace(b"RestartSec", b"RestartSecs"))
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(file)],
        capture_output=True, text=True, check=False, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert "RestartSecs" in done.stderr


def test_the_agent_of_launchd_reads_as_it_was_meant(watch, tmp_path):
    """A property list; it starts again only after a failure."""
    told = plistlib.loads(KINDS["macos"].write(watch, tmp_path))
    assert told["ProgramArguments"] == [
        sys.executable,
        "-m",
        "smeflow.cli",
        "watch",
        *map(str, watch.recipes),
    ]
    assert (told["WorkingDirectory"], told["KeepAlive"]) == (str(watch.folder), {"SuccessfulExit": False})


def test_the_task_of_windows_reads_as_it_was_meant(watch, tmp_path):
    """UTF-16 with its mark, elements in the order its schema wants, without a limit of time."""
    task = ET.fromstring(KINDS["windows"].write(watch, tmp_path))
    space = {"t": TASK_NAMESPACE}
    assert [child.tag.rpartition("}")[2] for child in task] == [
        "RegistrationInfo", "Triggers", "Principals", "Settings", "Actions",
    ]  # fmt: skip
    assert task.findtext("t:Actions/t:Exec/t:WorkingDirectory", namespaces=space) == str(watch.folder)
    assert task.findtext("t:Settings/t:ExecutionTimeLimit", namespaces=space) == "PT0S"
    arguments = task.findtext("t:Actions/t:Exec/t:Arguments", namespaces=space)
    assert arguments == subprocess.list2cmdline(watch.command[1:])


def test_two_folders_of_one_name_have_two_services(tmp_path):
    """The name is the folder's, and tells it from any other."""
    names = {WatchService(folder=tmp_path / part / "firm", recipes=()).name for part in ("a", "b")}
    assert len(names) == 2
    assert all(name.startswith("smeflow-firm-") for name in names)


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
def test_install_show_and_remove(tmp_path, monkeypatch, capsys):
    """The unit is written, systemd is asked in order, nothing stays; a stand-in notes what it is asked."""
    from smeflow.cli.app import main

    firm, asked = tmp_path / "firm", tmp_path / "asked.txt"
    firm.mkdir()
    (firm / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> "{asked}"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(firm)
    assert main(["service", "show"]) == 2
    assert "smeflow service install" in capsys.readouterr().err
    assert main(["service", "install"]) == 0
    (unit,) = (tmp_path / "config" / "systemd" / "user").iterdir()
    assert f'"watch" "{firm / "recipe.yaml"}"' in unit.read_text(encoding="utf-8")
    assert main(["service", "show"]) == 0
    assert main(["service", "remove"]) == 0
    assert not unit.exists()
    assert [line.split()[1] for line in asked.read_text(encoding="utf-8").splitlines()] == [
        "daemon-reload", "enable", "is-active", "disable", "daemon-reload",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
def test_what_systemd_says_is_told(tmp_path, monkeypatch, capsys):
    """Where it refuses, its reason and the command to try by hand are told, and the file stays."""
    from smeflow.cli.app import main

    program = tmp_path / "systemctl"
    program.write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    assert main(["service", "install"]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "Failed to connect to bus. Try by hand: systemctl --user daemon-reload" in told
    assert len(list((tmp_path / "config" / "systemd" / "user").iterdir())) == 1
