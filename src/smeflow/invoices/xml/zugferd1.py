"""ZUGFeRD 1 (2014): the Cross Industry Invoice under older names, and read by the same table."""

import re
from collections.abc import Mapping

from smeflow.invoices.xml.cii import CII
from smeflow.invoices.xml.syntax import Group, Paths, TermTable, XmlSyntax

_OLDER_NAMES: Mapping[str, str] = {
    "ExchangedDocumentContext": "SpecifiedExchangedDocumentContext",
    "ExchangedDocument": "HeaderExchangedDocument",
    "SupplyChainTradeTransaction": "SpecifiedSupplyChainTradeTransaction",
    "ApplicableHeaderTradeAgreement": "ApplicableSupplyChainTradeAgreement",
    "ApplicableHeaderTradeDelivery": "ApplicableSupplyChainTradeDelivery",
    "ApplicableHeaderTradeSettlement": "ApplicableSupplyChainTradeSettlement",
    "SpecifiedLineTradeAgreement": "SpecifiedSupplyChainTradeAgreement",
    "SpecifiedLineTradeDelivery": "SpecifiedSupplyChainTradeDelivery",
    "SpecifiedLineTradeSettlement": "SpecifiedSupplyChainTradeSettlement",
    "SpecifiedTradeSettlementHeaderMonetarySummation": "SpecifiedTradeSettlementMonetarySummation",
    "SpecifiedTradeSettlementLineMonetarySummation": "SpecifiedTradeSettlementMonetarySummation",
    "IssuerAssignedID": "ID",
}
_NAME = re.compile(rf":({'|'.join(_OLDER_NAMES)})\b")


def _older_path(path: str) -> str:
    return _NAME.sub(lambda name: f":{_OLDER_NAMES[name[1]]}", path)


def _older_group(group: Group) -> Group:
    return Group(path=_older_path(group.path), terms=_older_terms(group.terms))


def _older_terms(terms: TermTable) -> TermTable:
    return {name: _older(where) for name, where in terms.items()}


def _older(where: Paths | Group) -> Paths | Group:
    if isinstance(where, Group):
        return _older_group(where)
    return _older_path(where) if isinstance(where, str) else tuple(map(_older_path, where))


_STANDARD = "urn:un:unece:uncefact:data:standard"
ZUGFERD1 = XmlSyntax(
    name="ZUGFeRD 1",
    roots=frozenset({"{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument"}),
    namespaces={
        "rsm": "urn:ferd:CrossIndustryDocument:invoice:1p0",
        "ram": f"{_STANDARD}:ReusableAggregateBusinessInformationEntity:12",
        "udt": f"{_STANDARD}:UnqualifiedDataType:15",
        "qdt": f"{_STANDARD}:QualifiedDataType:12",
    },
    seller=_older_group(CII.seller),
    buyer=_older_group(CII.buyer),
    notes=_older_group(CII.notes),
    terms=_older_terms(CII.terms),
)
