"""What a word processor's file needs beyond python-docx.

Fields, bookmarks, links, a table's style, and no timestamps.
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from smeflow._optional import import_extra
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


def qualified_name(name: str) -> str:
    """Write a name such as ``w:p`` as the library knows it, with its namespace."""
    return str(import_extra("docx.oxml.ns", "report").qn(name))


def word_element(name: str, /, **attributes: str) -> Any:
    """Make an element of the word processor's own names: ``element("w:shd", fill="F3F6F8")``."""
    element = import_extra("docx.oxml", "report").OxmlElement(name)
    for key, value in attributes.items():
        element.set(qualified_name(f"w:{key}"), value)
    return element


def add_table_style(document: Any) -> None:
    """Put the style of tables among the document's, unless the firm's own template has one of its name."""
    if TABLE_STYLE in [known.name for known in document.styles]:
        return
    ns = import_extra("docx.oxml.ns", "report").nsdecls("w")
    text = _TABLE.format(ns=ns, name=TABLE_STYLE, line=style.LINE[1:], ink=style.INK[1:])
    document.styles.element.append(import_extra("docx.oxml", "report").parse_xml(text))


def add_field(paragraph: Any, instruction: str, shown: str) -> None:
    """Add a field, such as the page's number, with what it shows until it is computed anew."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("text", shown), ("end", "")):
        run = paragraph.add_run(shown if kind == "text" else "")
        if kind in {"begin", "separate", "end"}:
            run._r.append(word_element("w:fldChar", fldCharType=kind))
        elif not kind:
            code = word_element("w:instrText")
            code.text = f" {text} "
            run._r.append(code)


def add_bookmark(paragraph: Any, name: str, number: int) -> None:
    """Name the place of a paragraph, so that a link can lead to it."""
    start = word_element("w:bookmarkStart", id=str(number), name=name)
    paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
    paragraph._p.append(word_element("w:bookmarkEnd", id=str(number)))


def add_link(paragraph: Any, text: str, name: str) -> None:
    """Add words that lead to a bookmark. They look like those around them."""
    link = word_element("w:hyperlink", anchor=name, history="1")
    run = paragraph.add_run(text)
    link.append(run._r)
    paragraph._p.append(link)


def set_language(document: Any, language: Language) -> None:
    """Say in which language the text is, for spelling and for reading aloud."""
    for defaults in document.styles.element.iter(qualified_name("w:rPrDefault")):
        for properties in defaults.iter(qualified_name("w:rPr")):
            for old in properties.findall(qualified_name("w:lang")):
                properties.remove(old)
            properties.append(word_element("w:lang", val=_LOCALES[language], eastAsia="en-US", bidi="ar-SA"))


_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def without_timestamps(data: bytes) -> bytes:
    """Pack a zip file anew, each part as it was and in its place, without its time."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(target, "w") as after:
        for part in before.infolist():
            info = zipfile.ZipInfo(part.filename, _ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o600 << 16
            after.writestr(info, before.read(part), compresslevel=6)
    return target.getvalue()
