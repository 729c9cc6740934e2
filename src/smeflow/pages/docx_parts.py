"""What a word processor's file needs beyond python-docx: fields, bookmarks, links inside, a table's style."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from smeflow._optional import need
from smeflow.i18n import Language
from smeflow.pages import style

TABLE_STYLE = "Report Table"
_LOCALES: Mapping[Language, str] = {"fr": "fr-FR", "en": "en-GB"}
_TABLE = """
<w:style {ns} w:type="table" w:customStyle="1" w:styleId="ReportTable"><w:name w:val="{name}"/>
<w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/><w:qFormat/>
<w:pPr><w:spacing w:before="50" w:after="50" w:line="240" w:lineRule="auto"/></w:pPr>
<w:rPr><w:sz w:val="19"/></w:rPr>
<w:tblPr><w:tblBorders><w:insideH w:val="single" w:sz="4" w:space="0" w:color="{line}"/></w:tblBorders>
<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>
<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>
<w:bottom w:val="single" w:sz="8" w:space="0" w:color="{ink}"/></w:tcBorders></w:tcPr></w:tblStylePr>
<w:tblStylePr w:type="lastRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>
<w:top w:val="single" w:sz="8" w:space="0" w:color="{ink}"/></w:tcBorders></w:tcPr></w:tblStylePr>
</w:style>"""


@cache
def _names() -> Any:
    return need("docx.oxml.ns", "report").qn


def element(name: str, /, **attributes: str) -> Any:
    """Make an element of the word processor's own names: ``element("w:shd", fill="F3F6F8")``."""
    made = need("docx.oxml", "report").OxmlElement(name)
    qualified = _names()
    for key, value in attributes.items():
        made.set(qualified(f"w:{key}"), value)
    return made


def add_table_style(document: Any) -> None:
    """Put the style of tables among the document's, unless the firm's own template has one of its name."""
    if TABLE_STYLE in [known.name for known in document.styles]:
        return
    ns = need("docx.oxml.ns", "report").nsdecls("w")
    text = _TABLE.format(ns=ns, name=TABLE_STYLE, line=style.LINE[1:], ink=style.INK[1:])
    document.styles.element.append(need("docx.oxml", "report").parse_xml(text))


def field(paragraph: Any, instruction: str, shown: str) -> None:
    """Add a field, such as the page's number, with what it shows until it is computed anew."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("text", shown), ("end", "")):
        run = paragraph.add_run(shown if kind == "text" else "")
        if kind in {"begin", "separate", "end"}:
            run._r.append(element("w:fldChar", fldCharType=kind))
        elif not kind:
            code = element("w:instrText")
            code.text = f" {text} "
            run._r.append(code)


def bookmark(paragraph: Any, name: str, number: int) -> None:
    """Name the place of a paragraph, so that a link can lead to it."""
    start = element("w:bookmarkStart", id=str(number), name=name)
    paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
    paragraph._p.append(element("w:bookmarkEnd", id=str(number)))


def link(paragraph: Any, text: str, name: str) -> None:
    """Add words that lead to a bookmark. They look like those around them."""
    made = element("w:hyperlink", anchor=name, history="1")
    run = paragraph.add_run(text)
    made.append(run._r)
    paragraph._p.append(made)


def speak(document: Any, language: Language) -> None:
    """Say in which language the text is, for spelling and for reading aloud."""
    qualified = _names()
    for defaults in document.styles.element.iter(qualified("w:rPrDefault")):
        for properties in defaults.iter(qualified("w:rPr")):
            for old in properties.findall(qualified("w:lang")):
                properties.remove(old)
            properties.append(element("w:lang", val=_LOCALES[language], eastAsia="en-US", bidi="ar-SA"))
