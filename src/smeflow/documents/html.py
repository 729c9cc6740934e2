"""Turn HTML into the text a person sees: tables as lines, quotes marked, hidden elements dropped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from smeflow._text import shortened, strip_invisible
from smeflow.documents.document import Document, Page
from smeflow.documents.file import File, bounded_text
from smeflow.documents.text import decode_text, normalize_text
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_SILENT = frozenset({
    "script", "style", "head", "title", "template", "noscript", "meta", "link", "object", "embed", "applet",
    "iframe", "svg", "canvas", "audio", "video", "select", "option", "datalist",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "div", "dl", "dt",
    "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li",
    "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
})  # fmt: skip
_CELLS = ("td", "th")
_Shade = tuple[int, int, int]
_Ground = _Shade | Literal["unknown"] | None
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_LONG_TAG = re.compile(r"<[^<>]{10000,}")
_MOST_ATTRIBUTES = 500
"""A tag of more is read as one without any: the parser holds each against each."""
_BRACE = re.compile(r"[{}]")
_NO_RULE = re.compile(r"/\*(?:.*?\*/|.*)|\"[^\"\n]*\"|'[^'\n]*'", re.DOTALL)
"""A comment or a string of a style sheet: what stands in it opens and closes nothing."""
_SELECTOR = re.compile(r"\s*[.#]?[\w-]+\s*")
_MOST_SHEET = 200_000
_LONGEST_SELECTORS, _LONGEST_RULE = 300, 2_000
_ZERO = r"0+(?:\.\d+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*(?:0*\.)?0+\s*(?:;|!|$)|mso-hide\s*:\s*all"
    rf"|font-size\s*:\s*(?:{_ZERO}|1px|1pt|0?\.\d+(?:px|pt))"
    rf"|max-height\s*:\s*{_ZERO}|(?:left|top|text-indent|margin-left)\s*:\s*-\d{{3,}}(?:px|pt|em)"
    r"|clip\s*:\s*rect\(0|(?<![-a-z])(?:color)\s*:\s*transparent",
    re.IGNORECASE,
)
_NO_HEIGHT = re.compile(rf"(?<![-a-z])height\s*:\s*{_ZERO}", re.IGNORECASE)
_COLOUR = re.compile(r"(?<![-a-z])color\s*:\s*([^;!]+)", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+")
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")


@dataclass(slots=True)
class RenderedHtml:
    """The text of a page of HTML and what was left out of it."""

    text: str
    hidden: list[str] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)
    """The content ids (``cid:``) its pictures point to."""

    def problems(self, name: str) -> tuple[Phrase, ...]:
        """Tell what a reader of the page could not see."""
        sample = " ".join(" ".join(self.hidden).split())
        if not sample:
            return ()
        sample = shortened(sample, 60)
        return (say("{name} holds hidden text; it was not read: “{sample}”", name=name, sample=sample),)


def read_html(file: File) -> Document:
    """Read a page of HTML as one page of text."""
    charset = _CHARSET.search(file.data[:4096])
    rendered = rendered_text(decode_text(file.data, charset.group(1).decode() if charset else None))
    text = bounded_text(rendered.text, file)
    return file.document(pages=(Page(number=1, text=text),), problems=rendered.problems(file.name))


def rendered_text(html: str) -> RenderedHtml:
    """Give the text of *html* as a person would read it."""
    from lxml import etree
    from lxml import html as lxml_html

    html = _LONG_TAG.sub(lambda tag: tag[0] if tag[0].count("=") <= _MOST_ATTRIBUTES else "<p", html)
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return RenderedHtml("")
    rendered = RenderedHtml("")
    writer = _Writer(rendered, _hiding_rules(root))
    writer.write(root)
    text = normalize_text("".join(writer.pieces))
    lines = [line.rstrip() for line in text.split("\n")]
    rendered.text = _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
    return rendered


def _hiding_rules(root: "HtmlElement") -> frozenset[str]:
    """Collect the simple selectors (``.class``, ``#id``, ``tag``) of the page's style sheets that hide."""
    hiding: set[str] = set()
    for style in root.iter("style"):
        for selectors, body in _rules((style.text or "")[:_MOST_SHEET]):
            if _HIDING.search(body):
                hiding.update(s.strip().lower() for s in selectors.split(",") if _SELECTOR.fullmatch(s))
    return frozenset(hiding - {"body", "html", "*"})


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Give selectors and body of each rule that holds for every screen: those inside ``@media`` do not."""
    sheet = _NO_RULE.sub("", sheet)
    depth = began = 0
    selectors = ""
    for brace in _BRACE.finditer(sheet):
        between = sheet[began : brace.start()]
        began = brace.end()
        if brace[0] == "{":
            depth += 1
            selectors = between.rpartition(";")[2] if depth == 1 else "@"
        elif depth:
            depth -= 1
            plain = len(selectors) <= _LONGEST_SELECTORS and len(between) <= _LONGEST_RULE
            if plain and "@" not in selectors:
                yield selectors, between
            selectors = "@"


class _Writer:
    """Writes the visible text of a tree, without recursion: depth costs no stack."""

    def __init__(self, rendered: RenderedHtml, rules: frozenset[str]) -> None:
        self.rendered, self.rules = rendered, rules
        self.pieces: list[str] = []
        self.at_start = True
        self.quoted = 0
        self.preformatted = 0
        self.cells = 0
        self.grounds: list[_Ground] = [None]
        """Of each element that is open: the colour behind its text."""

    def write(self, root: "HtmlElement") -> None:
        stack: list[tuple[HtmlElement, bool]] = [(root, False)]
        while stack:
            element, done = stack.pop()
            if done:
                self._leave(element)
                self.grounds.pop()
                self._say(element.tail or "")
                continue
            tag = str(element.tag).lower()
            if tag in _SILENT or not isinstance(element.tag, str):
                self._say(element.tail or "")
                continue
            if self._hidden(element, tag):
                self.rendered.hidden.append(strip_invisible(element.text_content())[:2000])
                self._say(element.tail or "")
                continue
            self._enter(element, tag)
            self.grounds.append(_ground_of(element, element.get("style") or "") or self.grounds[-1])
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))

    def _enter(self, element: "HtmlElement", tag: str) -> None:
        if tag == "br":
            self._newline()
        elif tag in _CELLS:
            if self.cells and not self.at_start:
                self.pieces.append("  ")
            self.cells += 1
        elif tag in _BLOCKS:
            self._block()
            self.cells = 0
        if tag in ("p", "h1", "h2", "h3", "h4"):
            self._blank()
        if tag == "blockquote":
            self.quoted += 1
        if tag == "pre":
            self.preformatted += 1
        if tag == "li":
            self._raw("- ")
        if tag == "img":
            source = element.get("src") or ""
            if source.lower().startswith("cid:"):
                self.rendered.pictures.add(source[4:].strip())
        if tag == "hr":
            self._raw("----------")
        self._say(element.text or "")

    def _leave(self, element: "HtmlElement") -> None:
        tag = str(element.tag).lower()
        if tag in _BLOCKS:
            self._block()
        if tag == "blockquote":
            self.quoted -= 1
        if tag == "pre":
            self.preformatted -= 1

    def _hidden(self, element: "HtmlElement", tag: str) -> bool:
        if element.get("hidden") is not None or (tag == "input" and element.get("type") == "hidden"):
            return True
        style = element.get("style") or ""
        if style and (_HIDING.search(style) or (_NO_HEIGHT.search(style) and "overflow" in style.lower())):
            return True
        if _same_colour(element, style, self.grounds[-1]):
            return True
        if not self.rules:
            return False
        names = {tag, *("." + c for c in (element.get("class") or "").lower().split())}
        return bool(self.rules & names) or "#" + (element.get("id") or "").lower() in self.rules

    def _say(self, text: str) -> None:
        if not text:
            return
        if self.preformatted:
            for index, line in enumerate(strip_invisible(text).split("\n")):
                if index:
                    self._newline()
                self._raw(line)
            return
        text = _SPACE.sub(" ", strip_invisible(text))
        if self.at_start or (self.pieces and self.pieces[-1].endswith(" ")):
            text = text.lstrip(" ")
        self._raw(text)

    def _raw(self, text: str) -> None:
        if text:
            if self.at_start and self.quoted:
                self.pieces.append("> " * self.quoted)
            self.pieces.append(text)
            self.at_start = False

    def _newline(self) -> None:
        if self.at_start and self.quoted:
            self.pieces.append(">")
        self.pieces.append("\n")
        self.at_start = True

    def _block(self) -> None:
        if not self.at_start:
            self._newline()

    def _blank(self) -> None:
        if self.pieces and not self.cells:
            self._newline()


def _same_colour(element: "HtmlElement", style: str, around: _Ground) -> bool:
    """True for text in the colour of its own background, or white where none is set up to the page."""
    declared = _COLOUR.search(style)
    colour = _shade(declared.group(1) if declared else (element.get("color") or ""))
    if colour is None:
        return False
    return colour == (_ground_of(element, style) or around or (255, 255, 255))


def _ground_of(element: "HtmlElement", style: str) -> _Ground:
    """Give the colour an element lays behind its text; None where it lays none."""
    background = _GROUND.search(style)
    shade = _shade(background.group(1) if background else (element.get("bgcolor") or ""))
    if shade is None and (background or element.get("background") or element.get("class")):
        return "unknown"  # a picture, a gradient or a style sheet: nobody can tell from here
    return shade


def _shade(text: str) -> _Shade | None:
    text = text.strip().lower()
    text = {"white": "#fff", "black": "#000"}.get(text, text)
    numbers: list[int] = []
    if re.fullmatch(r"#[0-9a-f]{3}|#[0-9a-f]{6}", text):
        digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
        numbers = list(bytes.fromhex(digits))
    elif text.startswith("rgb("):
        numbers = [int(n) for n in _NUMBERS.findall(text)[:3]]
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else None
