"""A real Dovecot on loopback, and mail to put into it."""

import contextlib
import imaplib
import itertools
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

PASSWORD = "pässword-for-tests"
CONFIG = """\
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{mails}/%u
mail_max_userip_connections = 100
maildir_stat_dirs = no
ssl = required
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.key
disable_plaintext_auth = yes
auth_mechanisms = plain login{mechanisms}
{passdb}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mails}/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
    auto = create
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {port}
    ssl = yes
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""
BY_PASSWORD = "passdb {{\n  driver = static\n  args = password={password}\n}}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate(folder: Path) -> None:
    """Make a certificate for localhost, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


class Dovecot:
    """A mail server of our own: start, stop, number a folder anew, and look at it as a mail program would."""

    def __init__(
        self, *, passdb: str = "", mechanisms: str = "", files: Mapping[str, str] | None = None
    ) -> None:
        self.address = "compta@atelier.example"
        """Whose mailbox is meant; any address has one."""
        self.home = Path(tempfile.mkdtemp(prefix="smeflow-dovecot-"))
        self.home.chmod(0o755)
        self.mails, self.port = self.home / "mails", free_port()
        self.mails.mkdir()
        (self.home / "run").mkdir(mode=0o755)
        certificate(self.home)
        self.certificate = self.home / "server.pem"
        root = os.getuid() == 0
        if root:
            shutil.chown(self.mails, "nobody", "nogroup")
        me, group = ("nobody", "nogroup") if root else (_me(), _my_group())
        config = CONFIG.format(
            home=self.home,
            mails=self.mails,
            port=self.port,
            user="dovenull" if root else me,
            group="dovecot" if root else group,
            uid=me,
            gid=group,
            mechanisms=mechanisms,
            passdb=passdb.replace("{home}", str(self.home)) or BY_PASSWORD.format(password=PASSWORD),
        )
        for name, text in {**(files or {}), "dovecot.conf": config}.items():
            (self.home / name).write_text(text, encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = shutil.which("dovecot") or "/usr/sbin/dovecot"
        self.process = subprocess.Popen(
            [program, "-F", "-c", str(self.home / "dovecot.conf")], start_new_session=True
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError((self.home / "dovecot.log").read_text(encoding="utf-8"))

    def stop(self) -> None:
        """Stop it, with everybody still connected."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
            self.process = None

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def number_anew(self, folder: str = "INBOX") -> None:
        """Give every mail of a folder a new number, as after a restored backup; restarts the server."""
        self.stop()
        place = self.mails / self.address / ("" if folder == "INBOX" else "." + folder.replace("/", "."))
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (place / name).unlink(missing_ok=True)
        for name in self.mails.glob(f"{self.address}/dovecot-uidvalidity*"):
            name.unlink()
        time.sleep(1.1)  # the new validity is the time in seconds
        self.start()

    def client(self) -> imaplib.IMAP4_SSL:
        """Log in as a mail program."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        client = imaplib.IMAP4_SSL("localhost", self.port, ssl_context=context, timeout=20)
        client.authenticate("PLAIN", lambda _: f"\0{self.address}\0{PASSWORD}".encode())
        return client

    def put(self, *mails: bytes, folder: str = "INBOX", flags: str = "") -> None:
        """Let mails arrive."""
        client = self.client()
        if folder != "INBOX":
            client.create(_quoted(folder))
        for mail in mails:
            typ, told = client.append(_quoted(folder), flags, None, mail)
            assert typ == "OK", told
        client.logout()

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """Give the subjects of the mails in a folder, in order; none where there is no such folder."""
        return [one[0] for one in self.mails_in(folder)]

    def mails_in(self, folder: str = "INBOX") -> list[tuple[str, str, str]]:
        """Give subject, flags and Message-ID of each mail in a folder."""
        client = self.client()
        found = []
        typ, count = client.select(_quoted(folder), readonly=True)
        if typ == "OK" and count != [b"0"]:
            _, data = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT MESSAGE-ID)])")
            for part in data:
                if isinstance(part, tuple):
                    flags = part[0].decode().partition("FLAGS (")[2].partition(")")[0]
                    fields = dict(
                        line.split(": ", 1) for line in part[1].decode().splitlines() if ": " in line
                    )
                    names = {name.lower(): value for name, value in fields.items()}
                    found.append((names.get("subject", ""), flags, names.get("message-id", "")))
        client.logout()
        return found

    def close(self) -> None:
        """Stop it and take everything away."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def _quoted(folder: str) -> str:
    return f'"{folder}"'


def _me() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _my_group() -> str:
    import grp

    return grp.getgrgid(os.getgid()).gr_name


def make_mail(
    n: int, *, subject: str = "", text: str = "", sender: str = "client@example.com", **headers: str
) -> bytes:
    """Make a mail."""
    message = EmailMessage()
    message["From"], message["To"] = sender, "compta@atelier.example"
    message["Subject"] = subject or f"Mail {n}"
    message["Date"] = "Mon, 23 Nov 2026 08:00:00 +0100"
    message["Message-ID"] = f"<{n}@example.com>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text or f"This is mail number {n}.\n")
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


@pytest.fixture(scope="session")
def server():
    """Start a mail server for all tests."""
    made = Dovecot()
    made.start()
    yield made
    made.close()


@pytest.fixture
def make_dovecot():
    """Give a function that starts a mail server with settings of its own."""
    made = []

    def make(**settings):
        made.append(Dovecot(**settings))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.close()


_NUMBERS = itertools.count(1)


@pytest.fixture
def dovecot(server, monkeypatch):
    """Give a mailbox of its own on the server; the password is where a firm would put it."""
    monkeypatch.setenv("SMEFLOW_MAILBOX_PASSWORD", PASSWORD)
    server.address = f"compta{next(_NUMBERS)}@atelier.example"
    if server.process is None:
        server.start()
    return server
