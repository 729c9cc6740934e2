"""The section ``[books]`` of ``smeflow.toml``: journal and accounts."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

PCG = {
    "401": "Fournisseurs",
    "4091": "Fournisseurs - Avances et acomptes versés",
    "4452": "TVA due intracommunautaire",
    "445662": "TVA déductible intracommunautaire",
    "44566": "TVA déductible sur autres biens et services",
    "6": "Achats",
}
"""Names of accounts in the French plan, by how their numbers begin; the longest that fits holds."""


class Books(BaseModel):
    """How invoices become entries of the purchase journal; accounts are of the French plan unless told."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    journal: str = Field(default="HA", pattern=r"^[A-Z0-9]{1,6}$")
    """The journal's code."""
    journal_name: str = "Achats"
    supplier_account: str = "401000"
    """The collective account of suppliers."""
    expense_account: str = ""
    """Where purchases go whose supplier has no ``expense_account`` of its own; empty: they wait for one."""
    vat_account: str = "445660"
    prepayment_account: str = "409100"
    self_assessed_vat_account: str = "445662"
    """Deductible side of the VAT the firm owes itself (reverse charge, intra-Community)."""
    vat_due_account: str = "445200"
    self_assessed_rate: Decimal = Field(default=Decimal(20), ge=0, le=100)
    """Per cent, where the firm owes the VAT itself: an invoice without VAT does not say its rate."""
    names: dict[str, str] = Field(default_factory=dict)
    """Names of accounts, by number."""

    def name_of(self, account: str) -> str:
        """Give an account's name; its number where nothing is known of it."""
        known = {**PCG, **self.names}
        fits = [number for number in known if account.startswith(number)]
        return known[max(fits, key=len)] if fits else account
