"""``smeflow service``: keep ``smeflow watch`` running, by whatever starts programs on this system.

systemd on Linux is spoken to. Of launchd (macOS) and the task scheduler (Windows) the file is written and the
command to take it up is told; these two have been checked for form and were never run.
"""

import hashlib
import io
import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from xml.etree import ElementTree as ET

import typer

from smeflow.cli.arguments import recipe_files
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.errors import SmeflowError, os_error_reason
from smeflow.i18n import Phrase, say

System = Literal["linux", "macos", "windows"]
TASK_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
RESTART_SECONDS = 30
SYSTEMCTL_SECONDS = 120.0
HOPELESS_CODES = (2, 4)
"""The watch ends with these where starting it again cannot help: a wrong recipe, a damaged ledger."""

service = typer.Typer(
    help="Keep smeflow watch running after you log out of the terminal, and after a restart."
)


@dataclass(frozen=True, kw_only=True)
class WatchService:
    """The watch of one folder's recipes, as the system is to start it."""

    folder: Path
    recipes: tuple[Path, ...]
    """All of them absolute: the system starts it from anywhere."""
    program: str = sys.executable

    @property
    def name(self) -> str:
        """What it is called: by its folder, and no other folder's is called the same."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.folder.name.lower()).strip("-") or "firm"
        return f"smeflow-{slug}-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:8]}"

    @property
    def command(self) -> tuple[str, ...]:
        """What is started."""
        return (self.program, "-m", "smeflow.cli", "watch", *map(str, self.recipes))


@dataclass(frozen=True, kw_only=True)
class ServiceKind:
    """How one system is told to start a program."""

    place: Callable[[Path, Mapping[str, str]], Path]
    """The folder its file lies in, from the home and the environment."""
    suffix: str
    write: Callable[[WatchService, Path], bytes]
    """What stands in the file; the path is that of the home."""
    take_up: Callable[[WatchService, Path], Sequence[str]]
    """The command that starts it; the path is that of the file."""
    let_go: Callable[[WatchService, Path], Sequence[str]]
    """The command that ends it."""


def systemd_unit(watch: WatchService, home: Path) -> bytes:
    """Write the unit of a user: see systemd.service(5) and systemd.syntax(7)."""
    command = " ".join(_systemd_word(word) for word in watch.command)
    lines = (
        "[Unit]",
        f"Description=smeflow watch {_systemd_line(watch.folder)}",
        "",
        "[Service]",
        "Type=exec",
        f"WorkingDirectory={_systemd_line(watch.folder)}",
        f"EnvironmentFile=-{_systemd_line(home / '.config' / 'smeflow' / 'environment')}",
        f"ExecStart={command}",
        "Restart=on-failure",
        f"RestartSec={RESTART_SECONDS}",
        f"RestartPreventExitStatus={' '.join(map(str, HOPELESS_CODES))}",
        "SuccessExitStatus=143",
        "TimeoutStopSec=90",
        "",
        "[Install]",
        "WantedBy=default.target",
    )
    return ("\n".join(lines) + "\n").encode()


def _systemd_line(path: Path) -> str:
    return str(path).replace("%", "%%")


def _systemd_word(word: str) -> str:
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"'


def launchd_agent(watch: WatchService, home: Path) -> bytes:
    """Write the agent of a user: see launchd.plist(5)."""
    return plistlib.dumps(
        {
            "Label": watch.name,
            "ProgramArguments": list(watch.command),
            "WorkingDirectory": str(watch.folder),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": RESTART_SECONDS,
            "StandardErrorPath": str(home / "Library" / "Logs" / f"{watch.name}.log"),
        }
    )


def windows_task(watch: WatchService, _home: Path) -> bytes:
    """Write the task that begins when its owner logs on: see the Task Scheduler schema, version 1.2."""
    task = ET.Element("Task", {"version": "1.2", "xmlns": TASK_NAMESPACE})
    about = ET.SubElement(task, "RegistrationInfo")
    ET.SubElement(about, "Description").text = f"smeflow watch {watch.folder}"
    trigger = ET.SubElement(ET.SubElement(task, "Triggers"), "LogonTrigger")
    ET.SubElement(trigger, "Enabled").text = "true"
    principal = ET.SubElement(ET.SubElement(task, "Principals"), "Principal", {"id": "Author"})
    ET.SubElement(principal, "LogonType").text = "InteractiveToken"
    ET.SubElement(principal, "RunLevel").text = "LeastPrivilege"
    settings = ET.SubElement(task, "Settings")
    for name, value in (
        ("MultipleInstancesPolicy", "IgnoreNew"),
        ("DisallowStartIfOnBatteries", "false"),
        ("StopIfGoingOnBatteries", "false"),
        ("ExecutionTimeLimit", "PT0S"),
    ):
        ET.SubElement(settings, name).text = value
    again = ET.SubElement(settings, "RestartOnFailure")
    ET.SubElement(again, "Interval").text = "PT1M"
    ET.SubElement(again, "Count").text = "255"
    action = ET.SubElement(ET.SubElement(task, "Actions", {"Context": "Author"}), "Exec")
    ET.SubElement(action, "Command").text = watch.command[0]
    ET.SubElement(action, "Arguments").text = subprocess.list2cmdline(watch.command[1:])
    ET.SubElement(action, "WorkingDirectory").text = str(watch.folder)
    text = io.BytesIO()
    ET.ElementTree(task).write(text, encoding="utf-16", xml_declaration=True)
    return text.getvalue()


KINDS: Mapping[System, ServiceKind] = {
    "linux": ServiceKind(
        place=lambda home, env: Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user",
        suffix=".service",
        write=systemd_unit,
        take_up=lambda watch, _: ("systemctl", "--user", "enable", "--now", f"{watch.name}.service"),
        let_go=lambda watch, _: ("systemctl", "--user", "disable", "--now", f"{watch.name}.service"),
    ),
    "macos": ServiceKind(
        place=lambda home, _: home / "Library" / "LaunchAgents",
        suffix=".plist",
        write=launchd_agent,
        take_up=lambda _, file: ("launchctl", "bootstrap", f"gui/{_user_number()}", str(file)),
        let_go=lambda watch, _: ("launchctl", "bootout", f"gui/{_user_number()}/{watch.name}"),
    ),
    "windows": ServiceKind(
        place=lambda home, env: Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local") / "smeflow",
        suffix=".xml",
        write=windows_task,
        take_up=lambda watch, file: ("schtasks", "/Create", "/TN", watch.name, "/XML", str(file)),
        let_go=lambda watch, _: ("schtasks", "/Delete", "/TN", watch.name, "/F"),
    ),
}
"""The systems; only the first one's command is run by us."""


def _user_number() -> int:
    return os.getuid() if sys.platform != "win32" else 0


def this_system() -> System:
    """Say on which system we are."""
    return "windows" if sys.platform == "win32" else "macos" if sys.platform == "darwin" else "linux"


@service.command()
def install(
    ctx: typer.Context,
    recipes: Annotated[
        list[Path] | None, typer.Argument(help="Recipes, or folders of recipes; else those of this folder.")
    ] = None,
) -> None:
    """Have smeflow watch started now and whenever you log in, and started again when it fails."""
    screen: Screen = ctx.obj
    files = [file.resolve() for file in recipe_files(recipes or [Path()])]
    watch = WatchService(folder=Path.cwd(), recipes=tuple(files))
    system = this_system()
    kind, file = KINDS[system], service_file(watch, system)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(kind.write(watch, Path.home()))
    except OSError as error:
        raise SmeflowError(
            say("{path} cannot be written: {reason}", path=file, reason=os_error_reason(error))
        ) from error
    screen.print(f"  → {file}", style="green")
    command = kind.take_up(watch, file)
    if system != "linux":
        screen.print(say("Start it with: {command}", command=shlex.join(command)))
        screen.print(
            say("smeflow was never tried as a service on this system; the file was checked for form.")
        )
        return
    _ask_systemd(screen, ("systemctl", "--user", "daemon-reload"), command)
    screen.print(say("{name} is running, and starts again by itself.", name=watch.name))
    screen.print(say("To have it run while nobody is logged in: {command}", command="loginctl enable-linger"))
    screen.print(say("What it does: {command}", command=f"journalctl --user -u {watch.name} -f"))


@service.command()
def remove(ctx: typer.Context) -> None:
    """End the service of this folder, and have it started no more. Nothing is lost."""
    screen: Screen = ctx.obj
    watch = WatchService(folder=Path.cwd(), recipes=())
    system = this_system()
    file = service_file(watch, system)
    if not file.is_file():
        raise UsageProblem(_no_service(watch))
    command = KINDS[system].let_go(watch, file)
    if system == "linux":
        _ask_systemd(screen, command)
    else:
        screen.print(say("End it with: {command}", command=shlex.join(command)))
    file.unlink()
    if system == "linux":
        _ask_systemd(screen, ("systemctl", "--user", "daemon-reload"))
    screen.print(say("{name} is removed.", name=watch.name))


@service.command()
def show(
    ctx: typer.Context,
    system: Annotated[
        System | None,
        typer.Option("--for", help="Print the file of that system for this folder's recipes, write nothing."),
    ] = None,
) -> None:
    """Print the service of this folder, and whether it runs."""
    screen: Screen = ctx.obj
    folder = Path.cwd()
    if system is not None:
        files = [file.resolve() for file in recipe_files([Path()])]
        written = KINDS[system].write(WatchService(folder=folder, recipes=tuple(files)), Path.home())
        print(written.decode("utf-16" if system == "windows" else "utf-8"))
        return
    watch = WatchService(folder=folder, recipes=())
    file = service_file(watch, this_system())
    if not file.is_file():
        raise UsageProblem(_no_service(watch))
    screen.fact(say("name"), watch.name)
    screen.fact(say("file"), str(file))
    if this_system() == "linux":
        state = _run(("systemctl", "--user", "is-active", f"{watch.name}.service"))
        screen.fact(say("state"), (state.stdout or state.stderr).strip())


def service_file(watch: WatchService, system: System) -> Path:
    """Say where the system looks for the service."""
    kind = KINDS[system]
    return kind.place(Path.home(), os.environ) / f"{watch.name}{kind.suffix}"


def _no_service(watch: WatchService) -> Phrase:
    return say(
        "No service is installed for {folder}. Install one there with: smeflow service install",
        folder=watch.folder,
    )


def _ask_systemd(screen: Screen, *commands: Sequence[str]) -> None:
    """Run each command in turn.

    Raises:
        SmeflowError: systemd is not there, or refuses; the file that was written stays.
    """
    if shutil.which("systemctl") is None:
        raise SmeflowError(
            say("This system has no systemd. Let its own starter of programs run: smeflow watch")
        )
    for command in commands:
        done = _run(command)
        if done.returncode:
            reason = " ".join((done.stderr or done.stdout).split())
            raise SmeflowError(
                say("systemd refuses: {reason}. Try by hand: {command}", reason=reason.rstrip("."),
                    command=shlex.join(command))
            )  # fmt: skip


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=SYSTEMCTL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
