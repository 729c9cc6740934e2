"""Files for accounting programs, read back by readers written from the vendors' descriptions alone."""

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smeflow.invoices.books.datev import DATEV
from smeflow.invoices.books.journal import Journal, JournalEntry, NumberedEntry, Posting
from smeflow.invoices.books.sage import SAGE

NUMBERS = {"consultant": "29098", "client": "55003", "chart": "03"}


def entry(
    reference: str = "F-1", *, aux: str = "7000100", day: date = date(2026, 10, 5), label: str = ""
) -> JournalEntry:
    return JournalEntry(
        day=day,
        document_day=day,
        reference=reference,
        label=label or f"Müller & Söhne {reference}",
        postings=(
            Posting(account="606300", name="Achats", debit=Decimal("1100.00")),
            Posting(account="445660", name="TVA", debit=Decimal("220.00")),
            Posting(
                account="401000", name="Fournisseurs", credit=Decimal("1320.00"), aux=aux, aux_name="Müller"
            ),
        ),
    )


def self_assessed() -> JournalEntry:
    postings = (
        Posting(account="611000", name="Sous-traitance", debit=Decimal("500.00")),
        Posting(account="445660", name="TVA", debit=Decimal("100.00")),
        Posting(account="445710", name="TVA", credit=Decimal("100.00")),
        Posting(account="401000", name="Fournisseurs", credit=Decimal("500.00"), aux="7000200"),
    )
    day = date(2026, 10, 31)
    return JournalEntry(day=day, document_day=day, reference="B 7", label="Bâti 7", postings=postings)


def numbered(*entries: JournalEntry) -> list[NumberedEntry]:
    return [NumberedEntry(number=n, entry=each) for n, each in enumerate(entries, 1)]


def journal(**options: str) -> Journal:
    return Journal(code="HA", name="Achats", year_start="01-01", options=options)


# DATEV ---------------------------------------------------------------------------------------------------

HEADER = [
    r'"(EXTF|DTVF)"', "700", "(16|20|21|46|48|65)", '"Buchungsstapel"', "13", r"20\d{15}", "", '"[A-Z]{0,2}"',
    r'"\w{0,25}"', r'"\w{0,25}"', r"(\d{4,6}|\d{7})", r"\d{1,5}", r"20\d{6}", "[4-8]", r"20\d{6}", r"20\d{6}",
    r'"[\w.\-/ ]{0,30}"', '"([A-Z]{2}){0,2}"', "[12]", "(0|30|40|50|64)", "[01]", '"[A-Z]{3}"', "", '""', "",
    "", r'"(\d{2}){0,2}"', r"(\d{1,4})?", "", '""', r'".{0,16}"',
]  # fmt: skip
"""The expressions DATEV's page on the header has for its 31 fields."""
FIELDS = {
    1: r"\d{1,10},\d{2}", 2: '"(S|H)"', 3: '"[A-Z]{3}"', 7: r"\d{1,9}", 8: r"\d{1,9}", 9: r'"(\d{4})?"',
    10: r"\d{4}", 11: r'"[A-Za-z0-9$&%*+/_\-]{0,36}"', 14: '".{0,60}"', 114: "[01]",
}  # fmt: skip
"""Those its page on postings has for the fields that are filled here."""


def datev_fields(line: str) -> list[str]:
    """Split as the page says: ``;`` between fields, text in quotes, a quote in it doubled."""
    fields = re.findall(r'(?:^|;)("(?:[^"]|"")*"|[^;"]*)', line)
    assert ";".join(fields) == line
    return fields


def read_as_datev(data: bytes) -> dict[str, dict[str, Decimal]]:
    """Read a batch with nothing of smeflow; give the balance of each account, by document."""
    text = data.decode("cp1252")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    head, names, *lines = text.removesuffix("\r\n").split("\r\n")
    header = datev_fields(head)
    assert len(header) == 31
    for n, (expression, field) in enumerate(zip(HEADER, header, strict=True), 1):
        assert re.fullmatch(expression, field), (n, field)
    first, last = header[14], header[15]
    assert header[12] <= first <= last
    assert len(names.split(";")) == 125
    documents: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        fields = datev_fields(line)
        assert len(fields) == 125
        for n, expression in FIELDS.items():
            assert re.fullmatch(expression, fields[n - 1]), (n, fields[n - 1])
        day = f"{first[:4]}{fields[9][2:]}{fields[9][:2]}"
        assert first <= day <= last
        length = int(header[13])
        assert {len(fields[6]), len(fields[7])} <= {length, length + 1}
        amount = Decimal(fields[0].replace(",", "."))
        signed = amount if fields[1] == '"S"' else -amount
        balances = documents[fields[10].strip('"')]
        balances[fields[6]] += signed
        balances[fields[7]] -= signed
    return documents


def test_a_datev_batch_says_what_the_entries_say():
    """Every account has the balance of the entry, in files whose fields fit DATEV's expressions."""
    data = DATEV.write(numbered(entry(), self_assessed()), journal(**NUMBERS), "")
    documents = read_as_datev(data)
    assert documents["F-1"] == {"606300": 1100, "445660": 220, "7000100": -1320}
    assert documents["B7"] == {"611000": 500, "445660": 100, "445710": -100, "7000200": -500}
    assert data == DATEV.write(numbered(entry(), self_assessed()), journal(**NUMBERS), "")


def test_a_datev_batch_is_known_again():
    """Numbers go on behind a file that a restored ledger does not know, and its invoices are known by it."""
    data = DATEV.write(numbered(entry(), self_assessed()), journal(**NUMBERS), "")
    found = [(each.number, each.reference, each.aux, each.owed) for each in DATEV.read(data, journal())]
    assert found == [(1, "F-1", "7000100", 1320), (2, "B 7", "7000200", 500)]


def test_a_financial_year_that_began_last_year_is_told():
    """The header says when the year began that the batch lies in."""
    other = Journal(code="HA", name="Achats", year_start="11-01", options=NUMBERS)
    header = DATEV.write(numbered(entry()), other, "").decode("cp1252").split(";")
    assert header[12] == "20251101"


@pytest.mark.parametrize(
    ("entries", "options", "why"),
    [
        ([entry()], {}, r"needs consultant: write it under \[books.formats.datev\]"),
        ([entry(aux="FMARTIN")], NUMBERS, r"no account FMARTIN \(F-1\)"),
        ([entry(aux="70001")], NUMBERS, "one digit longer; these differ: 606300, 70001"),
    ],
)
def test_what_datev_cannot_take_is_told_before_anything_is_numbered(entries, options, why):
    """What lacks, where, and what to write."""
    with pytest.raises(ValueError, match=why):
        DATEV.write(numbered(*entries), journal(**options), "")


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_a_datev_line(reference, label):
    """Whatever is printed on an invoice stays in its field."""
    documents = read_as_datev(DATEV.write(numbered(entry(reference, label=label)), journal(**NUMBERS), ""))
    assert [sum(balances.values()) for balances in documents.values()] == [0]


# Sage 100 ------------------------------------------------------------------------------------------------


def read_as_sage(data: bytes, encoding: str = "cp1252") -> dict[tuple[str, str, str], list[list[str]]]:
    """Read as Sage's page says: eleven columns; lines of one journal, day and number are a piece."""
    pieces: dict[tuple[str, str, str], list[list[str]]] = defaultdict(list)
    for line in data.decode(encoding).removesuffix("\r\n").split("\r\n"):
        columns = line.split("\t")
        assert len(columns) == 11
        kind, code, day, number, account, *_, debit, credit = columns
        assert kind == "G"
        assert re.fullmatch(r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d\d", day)
        assert account.isdigit()
        assert all(re.fullmatch(r"\d+,\d\d", amount) for amount in (debit, credit))
        pieces[code, day, number].append(columns)
    for lines in pieces.values():
        debits, credits_ = (sum(Decimal(x[n].replace(",", ".")) for x in lines) for n in (9, 10))
        assert debits == credits_
    return pieces


def test_lines_for_sage_are_those_of_its_example():
    """A purchase as Sage's example writes a sale."""
    pieces = read_as_sage(SAGE.write(numbered(entry(aux="FMUL"), self_assessed()), journal(), ""))
    assert [tuple(lines[0][:4]) for lines in pieces.values()] == [
        ("G", "HA", "051026", "HA000001"),
        ("G", "HA", "311026", "HA000002"),
    ]
    assert pieces["HA", "051026", "HA000001"][-1][4:] == [
        *("401000", "FMUL", "Müller & Söhne F-1", "", "", "0,00", "1320,00")
    ]


def test_a_file_for_sage_is_known_again():
    """With names above the columns and in another encoding too."""
    told = journal(heading="true", encoding="utf-8")
    data = SAGE.write(numbered(entry(aux="FMUL")), told, "")
    assert data.decode().startswith("\tJou\tDate\tN°\tGénéral\tTiers\tLibellé\tRèglement\tEchéance\t")
    assert [(each.number, each.reference, each.aux, each.owed) for each in SAGE.read(data, told)] == [
        (1, "F-1", "FMUL", 1320)
    ]


@given(st.text(max_size=80))
def test_no_text_breaks_a_line_for_sage(label):
    """Tabs and line ends in a name stay out of it."""
    read_as_sage(SAGE.write(numbered(entry(label=label)), journal(), ""))


def test_an_encoding_nobody_knows_is_told():
    """With those there are."""
    with pytest.raises(ValueError, match="encoding must be one of cp1252"):
        SAGE.write(numbered(entry()), journal(encoding="ebcdic"), "")
