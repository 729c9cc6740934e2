"""Suppliers the firm knows, by a number on the page or by a name; and how their invoices were read."""

import json

import pytest

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.invoices.claims import APPROVED_TABLE
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.recipe.known_tables import KnownTables
from smeflow.steps import Extract

LOGO = """\
12 quai de la Loire
75019 Paris
SIRET 40483304800022 - TVA FR83404833048

FACTURE N° F-77
Date : 03/10/2026

Librairie Ouverte
3 rue Haute
69001 Lyon

Total HT : 100,00 €
TVA 20 % : 20,00 €
Total TTC : 120,00 €
"""


@pytest.fixture
def suppliers(tmp_path):
    """Write the firm's list of suppliers."""

    def make(*rows: str) -> KnownTables:
        path = tmp_path / "suppliers.csv"
        path.write_text("\n".join(["name;vat_id;legal_id;iban", *rows]), encoding="utf-8")
        return KnownTables({"suppliers": path})

    return make


def read(known, text=LOGO, model=None, **step):
    """Read a page with what the firm knows."""
    case = Case(id="a", documents=(text_document(text, name="a.txt"),), known=known)
    return Extract(name="invoice", into="Invoice", **step)(case, model or NoModel())


def test_a_supplier_whose_name_is_a_logo_is_known_by_its_number(suppliers):
    """The list says whose VAT identifier it is; the identifier is the quote."""
    found = read(suppliers("Atelier du Canal;FR83404833048;;", "Autre SARL;FR40303265045;;"))
    assert found.record.seller == "Atelier du Canal"
    assert found.fields["seller"].quote == "FR83404833048"
    assert "FR83404833048" in str(found.fields["seller"].note)
    assert found.proven
    assert read(suppliers("Autre SARL;FR40303265045;;")).record.seller != "Autre SARL"


def test_a_company_number_in_the_list_knows_every_branch(suppliers):
    """The page has the branch's number (SIRET), the list the company's (SIREN)."""
    found = read(suppliers("Atelier du Canal;;404833048;"))
    assert found.record.seller == "Atelier du Canal"


def test_a_name_in_the_list_makes_sure_what_only_its_place_told(suppliers):
    """By its place alone a seller is read and not proven; a name the firm knows is the seller's."""
    text = "Maison Vidal\n8 rue Basse\n33000 Bordeaux\n" + LOGO.split("\n\n", 1)[1]
    alone = read(suppliers("Autre SARL;;;"), text)
    known = read(suppliers("Maison Vidal;;;"), text)
    assert not alone.proven
    assert known.record.seller == "Maison Vidal"
    assert known.proven


def test_a_firm_that_is_named_as_the_buyer_is_not_the_seller(suppliers):
    """Who buys from us may also sell to us: the label decides."""
    text = LOGO.replace("Librairie Ouverte", "Client : Librairie Ouverte")
    assert read(suppliers("Librairie Ouverte;;;"), text).record.seller != "Librairie Ouverte"


class Approved:
    """What a person approved before, as the runner tells it."""

    def rows(self, table, **where):
        printed = json.dumps({"number": "F-12", "total_gross": "96,00 €"})
        wanted = table == APPROVED_TABLE and where == {"vat_id": "FR83404833048"}
        return [{"name": "Atelier du Canal", "printed": printed}] if wanted else []

    def nearest(self, table, text, k=3):
        return []


def test_a_model_sees_how_invoices_of_the_same_supplier_were_read():
    """Approved values of the same supplier stand before the page, as data; of another supplier none do."""
    answer = dict.fromkeys(
        ("number", "issue_date", "due_date", "seller", "seller_details_vat_id", "buyer", "currency",
         "total_net", "total_vat", "total_gross", "amount_due", "iban", "order_reference")
    )  # fmt: skip
    model = Scripted([answer])
    read(Approved(), model=model, ask="always")
    shown = model.requests[0].messages[-1].content
    assert "approved before\nnumber: F-12; total_gross: 96,00 €" in shown
    other = Scripted([answer])
    read(Approved(), LOGO.replace("FR83404833048", ""), model=other, ask="always")
    assert "approved before" not in other.requests[0].messages[-1].content
