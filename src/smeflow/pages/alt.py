"""The sentence that stands for a chart, for those who hear the page instead of seeing it."""

from collections.abc import Callable, Mapping, Sequence

from smeflow.i18n import LANGUAGES, Language, Phrase, say
from smeflow.pages.base import ChartKind, Figure, Point


def sentence(figure: Figure, language: Language) -> str:
    """Say what *figure* shows: what it is of, from where to where, its highest and lowest value."""
    known = [point for point in figure.points if point.y is not None]
    if not known:
        return figure.caption
    return _KINDS[figure.kind](figure.caption, known).render(language)


def _name(point: Point) -> str:
    return (point.tick or point.x).replace("|", " ")


def _ends(known: Sequence[Point]) -> dict[str, object]:
    ordered = sorted(known, key=lambda point: point.y or 0)
    low, high = ordered[0], ordered[-1]
    return {
        "low": _name(low),
        "low_value": low.label,
        "high": _name(high),
        "high_value": high.label,
    }


def _names(known: Sequence[Point]) -> str:
    return ", ".join(dict.fromkeys(point.series for point in known))


def _line(caption: str, known: Sequence[Point]) -> Phrase:
    first, last = _name(known[0]), _name(known[-1])
    if known[0].series:
        return say(
            "Line chart, {caption}: {names}, from {first} to {last}.",
            caption=caption,
            names=_names(known),
            first=first,
            last=last,
        )
    told = [point for point in known if point.role != "forecast"] or known
    return say(
        "Line chart, {caption}: from {first} ({first_value}) to {last} ({last_value}); the highest is {high} "
        "({high_value}), the lowest {low} ({low_value}).",
        caption=caption,
        first=first,
        first_value=known[0].label,
        last=last,
        last_value=known[-1].label,
        **_ends(told),
    )


def _bars(caption: str, known: Sequence[Point]) -> Phrase:
    others = {say("Others").render(language) for language in LANGUAGES}
    named = [point for point in known if point.x not in others] or known  # what is left over has no rank
    return say(
        "Bar chart, {caption}, {count} bars; the highest is {high} ({high_value}), the lowest {low} "
        "({low_value}).",
        caption=caption,
        count=len(known),
        **_ends(named),
    )


def _stacked(caption: str, known: Sequence[Point]) -> Phrase:
    return say(
        "Stacked bar chart, {caption}: {names}, from {first} to {last}.",
        caption=caption,
        names=_names(known),
        first=_name(known[0]),
        last=_name(known[-1]),
    )


def _multiples(caption: str, known: Sequence[Point]) -> Phrase:
    return say(
        "Small line charts on one scale, {caption}: {names}, from {first} to {last}.",
        caption=caption,
        names=_names(known),
        first=_name(known[0]),
        last=_name(known[-1]),
    )


def _waterfall(caption: str, known: Sequence[Point]) -> Phrase:
    return say(
        "Waterfall chart, {caption}: from {first} ({first_value}) to {last} ({last_value}) by {steps}.",
        caption=caption,
        first=_name(known[0]),
        first_value=known[0].label,
        last=_name(known[-1]),
        last_value=known[-1].label,
        steps=", ".join(f"{_name(point)} {point.label}" for point in known[1:-1]),
    )


def _heat(caption: str, known: Sequence[Point]) -> Phrase:
    ordered = sorted(known, key=lambda point: point.y or 0)
    low, high = ordered[0], ordered[-1]
    return say(
        "Heat map, {caption}; the highest is {high} ({high_value}), the lowest {low} ({low_value}).",
        caption=caption,
        high=f"{high.series}, {_name(high)}",
        high_value=high.label,
        low=f"{low.series}, {_name(low)}",
        low_value=low.label,
    )


_KINDS: Mapping[ChartKind, Callable[[str, Sequence[Point]], Phrase]] = {
    "line": _line,
    "bar": _bars,
    "column": _bars,
    "stacked": _stacked,
    "multiples": _multiples,
    "waterfall": _waterfall,
    "heat": _heat,
}
