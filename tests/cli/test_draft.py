"""``smeflow draft`` from facts that are computed, never written by hand."""


def test_a_template_is_filled_with_facts_of_a_table(smeflow, recipes, tmp_path):
    """Sum and count come from the rows; the line carries the facts."""
    (tmp_path / "t.txt").write_text("Sold: {total} in {orders} orders.", encoding="utf-8")
    told = smeflow(
        "draft", recipes / "monthly-sales" / "sales.csv", "--template", "t.txt",
        "--fact", "total=sum:total", "--fact", "orders=count:rows", "--jsonl",
    )  # fmt: skip
    (line,) = told.lines
    assert told.code == 0
    assert (
        line["text"].replace(",", "")
        == f"Sold: {line['facts']['total']} in {line['facts']['orders']} orders."
    )
    assert line["calls"] == 0


def test_a_record_can_be_read_first(smeflow, inbox, tmp_path):
    """Facts then come from the invoice that was read."""
    (tmp_path / "t.txt").write_text("Dear {who}", encoding="utf-8")
    told = smeflow(
        "draft", inbox / "my-supplier-018304.xml", "--into", "Invoice", "--template", "t.txt",
        "--fact", "who=invoice.record.number",
    )  # fmt: skip
    assert "Dear 018304 / 28865" in told.out


def test_what_is_missing_is_a_usage_error(smeflow, tmp_path):
    """Neither template nor instructions; a template that is not there; a fact that is none."""
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    assert smeflow("draft", "a.txt").code == 2
    assert smeflow("draft", "a.txt", "--template", "nowhere.txt").code == 2
    told = smeflow("draft", "a.txt", "--template", "a.txt", "--fact", "total")
    assert told.code == 2
    assert "NAME=WHERE" in told.err
