"""An answer as a mail: addressed by the mail it answers, never by what stands in a text."""

import email
import email.policy
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses

from smeflow._text import sha256
from smeflow.documents.mail import harmless_line, header

_POLICY = email.policy.SMTP.clone(max_line_length=78)


def message_id_for(recipe: str, key: str, address: str) -> str:
    """Make the one Message-ID an answer of this recipe to this item has, whenever it is made."""
    domain = address.rpartition("@")[2] or "localhost"
    return f"<smeflow.{sha256(f'{recipe}{chr(10)}{key}')[:32]}@{domain}>"


def answer_to(
    original: bytes,
    content: str,
    address: str,
    message_id: str,
    at: datetime,
    *,
    to: str = "",
    automatic: bool = False,
) -> bytes:
    """Write the answer to a mail; the first line of *content* is its subject, empty for ``Re: …``.

    *to* is whom it goes to; without it, a draft, it is who wrote. *automatic*: no person let it go, which
    the answer says (RFC 3834), so that no program answers it.
    """
    asked = email.message_from_bytes(original, policy=email.policy.compat32)
    subject, _, text = content.partition("\n")
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = address
    given = _address("", to) if to else _recipient(header(asked, "from"), header(asked, "reply-to"))
    if given is not None:
        mail["To"] = given
    mail["Subject"] = harmless_line(subject) or _re(header(asked, "subject"))
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id
    answered = _ids(header(asked, "message-id"))[:1]
    if answered:
        mail["In-Reply-To"] = answered[0]
        mail["References"] = " ".join([*_ids(header(asked, "references"))[-20:], *answered])
    mail["X-Smeflow"] = "sent" if to else "draft"
    if automatic:
        mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"] = "auto-replied", "All"
    mail.set_content(text.strip("\n") + "\n")
    return mail.as_bytes()


def _recipient(sender: str, reply_to: str) -> Address | None:
    """Answer to the sender; to a Reply-To only within the same domain: a stranger's may be a trick."""
    people = [_address(name, spec) for name, spec in getaddresses([sender])]
    others = [_address(name, spec) for name, spec in getaddresses([reply_to])] if reply_to else []
    first = next((p for p in people if p is not None), None)
    if first is None:
        return None
    same = (p for p in others if p is not None and p.domain.lower() == first.domain.lower())
    return next(same, first)


def _address(name: str, spec: str) -> Address | None:
    try:
        return (
            Address(display_name=harmless_line(name), addr_spec=harmless_line(spec)) if "@" in spec else None
        )
    except (ValueError, IndexError, email.errors.MessageError):
        return None


def _re(subject: str) -> str:
    return subject if re.match(r"(?i)\s*(re|aw|tr|fwd?)\s*:", subject) else f"Re: {subject}".strip()


def _ids(text: str) -> list[str]:
    return re.findall(r"<[^<>\s]{1,250}>", text)
