"""Know the seller from the firm's list of suppliers: by a number on the page first, then by a name."""

import re
from collections.abc import Sequence
from dataclasses import replace

from smeflow.i18n import say
from smeflow.readers.base import Suppliers
from smeflow.readers.layout.ids import identifiers_on
from smeflow.readers.layout.names import Name, alike
from smeflow.readers.layout.view import View

_SIREN = 9


def known_supplier(
    view: View, names: Sequence[Name], own_ids: Sequence[str], suppliers: Suppliers
) -> Name | None:
    """Give the one supplier of the list that the page names; None where it names none or several."""
    own = {re.sub(r"\W", "", number).upper() for number in own_ids}
    found: dict[str, Name] = {}
    for one in identifiers_on(view):
        if one.value in own or one.value[:_SIREN] in own:
            continue
        name = _by_number(one.kind, one.value, suppliers)
        if name:
            note = say("Known from the list of suppliers by {number}.", number=one.value)
            found.setdefault(name, Name(name, one.page, one.start, one.end, seller=9.0, note=note))
    if len(found) == 1:
        return _as_printed(found.popitem()[1], names)
    if found:
        return None
    listed = [(said, name) for name in names if (said := suppliers("name", name.name)) is not None]
    if len({said for said, _ in listed}) != 1:
        return None
    said, best = max(listed, key=lambda pair: pair[1].seller)
    if best.buyer - best.seller > 2.0:
        return None  # it is named as the one who pays
    return replace(best, note=say("Known from the list of suppliers as {name}.", name=said))


def _by_number(kind: str, value: str, suppliers: Suppliers) -> str | None:
    name = suppliers(kind, value)
    if name is None and kind == "legal_id" and len(value) > _SIREN:
        name = suppliers(kind, value[:_SIREN])  # the list has the company's number, the page the branch's
    return name


def _as_printed(known: Name, names: Sequence[Name]) -> Name:
    """Give the name as the page prints it, where it does: a logo is a picture."""
    printed = [name for name in names if alike(name.name, known.name)]
    return replace(printed[0], note=known.note) if printed else known
