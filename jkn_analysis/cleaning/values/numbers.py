"""Numbers as offices write them, read by the column rather than by the cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal

from jkn_analysis.cleaning.values.cells import (
    BadCell,
    Cell,
    Percent,
    cut_footnote,
    is_absent,
    tidy,
)
from jkn_analysis.cleaning.values.units import (
    SCALE_WORDS,
    SKALA,
    find_scale,
    says_percent,
)
from jkn_analysis.cleaning.words import say

Locale = Literal["", "id", "en"]
_UNIT_WORDS = (
    "jiwa|orang|org|peserta|rupiah|bulan|bln|unit|buah|kk|persen|percent|%|km2|km²"
)
_CELL = re.compile(
    r"(?P<open>\(?)\s*(?P<sign>[+\-−–]?)\s*(?:rp\.?|idr)?\s*(?P<sign2>[\-−]?)\s*"
    r"(?P<open2>\(?)\s*(?P<digits>\d[\d., '’]*?)(?P<exp>e[+-]?\d{1,3})?"
    r"(?P<flat>,-{1,2}|\.-)?\s*"
    rf"(?P<scale>(?:{SCALE_WORDS})\b)?\.?\s*(?P<unit>(?:(?:{_UNIT_WORDS})\.?\s*)*)"
    r"(?P<tail>-?)\s*\)?",
    re.IGNORECASE,
)
MAX_LENGTH = 48
MAX_EXPONENT = 30
_SHORTENED = re.compile(r"\d[.,]\d\de\+\d\d", re.IGNORECASE)
"""How spreadsheets show a number in a narrow column: three digits, the rest lost."""
_ZERO_WORDS = frozenset({"nihil", "nol"})


@dataclass(frozen=True)
class Reading:
    """What one cell's text may mean."""

    value: Decimal | None = None
    """The number, where only one reading exists."""
    as_id: Decimal | None = None
    as_en: Decimal | None = None
    """The two readings of an ambiguous cell."""
    vote: Locale = ""
    percent: bool = False
    scaled: bool = False
    fault: str = ""
    separator: str = ""

    @property
    def ambiguous(self) -> bool:
        """Tell whether the cell has two readings."""
        return self.as_id is not None and self.as_en is not None


@dataclass(frozen=True)
class Fault:
    """A cell that gives no number: its position, what is wrong, what to do."""

    position: int
    text: str
    message: str
    remedy: str
    kind: str = "number"


@dataclass
class NumberColumn:
    """A column of numbers: values (None where absent), faults and how it was read."""

    results: list[Decimal | None]
    faults: list[Fault] = field(default_factory=list)
    locale: Locale = ""
    scale: int = 1
    percent: bool = False
    absent: int = 0
    """Cells that say there is no value (dash, n/a)."""
    notes: list[str] = field(default_factory=list)


@lru_cache(maxsize=200_000)
def read_number(text: str) -> Reading:
    """Read one cell by itself; ambiguity stays in the result.

    Examples
    --------
    >>> read_number("1.391.162").value, read_number("Rp17,5 miliar").value
    (Decimal('1391162'), Decimal('17500000000.0'))
    >>> read_number("88,922").as_id, read_number("88,922").as_en
    (Decimal('88.922'), Decimal('88922'))
    """
    stripped = cut_footnote(tidy(text).lstrip("'`"))
    if stripped.lower() in _ZERO_WORDS:
        return Reading(value=Decimal(0))
    found = _CELL.fullmatch(stripped) if len(stripped) <= MAX_LENGTH else None
    if found is None:
        return Reading(fault=say("not a number"))
    if stripped.count("(") != stripped.count(")") or stripped.count("(") > 1:
        return Reading(fault=say("a bracket is left open"))
    digits = found["digits"].strip()
    if found["exp"]:
        return _read_exponent(digits, found["exp"])
    return _with_words(found, digits)


def _with_words(found: re.Match[str], digits: str) -> Reading:
    """Return the reading of digits with the cell's sign, scale and unit."""
    reading = _read_digits(digits)
    if reading.fault:
        return reading
    minus = [
        bool(found["sign"]) and found["sign"] != "+",
        bool(found["sign2"]),
        bool(found["open"] or found["open2"]),
        bool(found["tail"]),
    ]
    factor = Decimal(-1 if sum(minus) % 2 else 1)
    if sum(minus) > 1:
        return Reading(fault=say("has two minus signs"))
    if found["scale"]:
        factor *= SKALA[found["scale"].lower()]
    unit = found["unit"].lower()
    return _scaled(
        reading,
        factor,
        percent="%" in unit or "persen" in unit or "percent" in unit,
        scaled=bool(found["scale"]),
    )


def _scaled(
    reading: Reading, factor: Decimal, *, percent: bool, scaled: bool
) -> Reading:
    """Return a reading times its sign and scale word."""

    def times(value: Decimal | None) -> Decimal | None:
        return None if value is None else value * factor

    return Reading(
        value=times(reading.value),
        as_id=times(reading.as_id),
        as_en=times(reading.as_en),
        vote="" if scaled else reading.vote,
        percent=percent,
        scaled=scaled,
        separator=reading.separator,
    )


def _read_exponent(digits: str, exponent: str) -> Reading:
    """Read ``1.5e-05``; where digits were rounded away the fault says so.

    Spreadsheets show ``2.68E+07`` rounded; programs write ``2.676E7`` in full.
    """
    plain = digits.replace(",", ".")
    try:
        value = Decimal(plain + exponent)
    except InvalidOperation:
        return Reading(fault=say("not a number"))
    if abs(value.adjusted()) > MAX_EXPONENT:
        return Reading(fault=say("not a number"))
    if exponent[1].isdecimal() and "." in digits:
        return Reading(value=value)
    given = len(plain.replace(".", "").strip("0"))
    cut = 6 if not _SHORTENED.fullmatch(digits + exponent) else 0
    lost = value == value.to_integral_value() and len(str(abs(int(value)))) > max(
        given, cut
    )
    if lost and "," in digits:
        return Reading(fault=say("digits were lost in this power-of-ten form"))
    if lost:
        return Reading(fault=say("digits may be lost in this power-of-ten form"))
    return Reading(value=value)


def _read_digits(digits: str) -> Reading:
    """Read digits with separators."""
    text = re.sub(r"\s*([.,])\s*", r"\1", digits).replace("’", "'").rstrip(".,'")
    if text.isdecimal():
        return Reading(value=Decimal(text))
    marks = [mark for mark in ".," if mark in text]
    spaced = " " in text or "'" in text
    if len(marks) == 2:
        return _read_both(text)
    if not marks:
        return _grouped(text, "", spaced=spaced)
    mark = marks[0]
    if text.count(mark) > 1 or (spaced and _groups_only(text)):
        return _grouped(text, mark, spaced=spaced)
    return _read_single(text, mark)


def _groups_only(text: str) -> bool:
    """Tell whether every separator stands before exactly three digits."""
    return re.fullmatch(r"\d{1,3}(?:[.,' ]\d{3})+", text) is not None


def _grouped(text: str, mark: str, *, spaced: bool) -> Reading:
    """Read text whose separators all group thousands."""
    if not _groups_only(text):
        return Reading(fault=say("its digits are not grouped by three"))
    if spaced and mark == "" and re.fullmatch(r"\d{1,3}(?: \d{3})", text) is None:
        pass
    vote: Locale = {".": "id", ",": "en"}.get(mark, "")  # type: ignore[assignment]
    return Reading(value=Decimal(re.sub(r"\D", "", text)), vote=vote, separator=mark)


def _read_both(text: str) -> Reading:
    """Read text with both separators: the last one is the decimal mark."""
    decimal = max(".,", key=text.rfind)
    other = "," if decimal == "." else "."
    if text.count(decimal) > 1:
        return Reading(fault=say("its separators contradict each other"))
    head, tail = text.split(decimal)
    if (
        not re.fullmatch(rf"\d{{1,3}}(?:[{other}' ]\d{{3}})+", head)
        or not tail.isdecimal()
    ):
        return Reading(fault=say("its digits are not grouped by three"))
    value = Decimal(f"{re.sub(r'[^0-9]', '', head)}.{tail}")
    vote: Locale = "id" if decimal == "," else "en"
    return Reading(value=value, vote=vote, separator=other)


def _read_single(text: str, mark: str) -> Reading:
    """Read text with one separator, which groups thousands or marks decimals."""
    head, tail = re.sub("[' ]", "", text.rsplit(mark)[0]), text.rsplit(mark)[1]
    if not head.isdecimal() or not tail.isdecimal():
        return Reading(fault=say("not a number"))
    as_decimal = Decimal(f"{head}.{tail}")
    vote: Locale = "id" if mark == "," else "en"
    if len(tail) != 3 or len(head) > 3 or head.startswith("0"):
        return Reading(value=as_decimal, vote=vote)
    as_group = Decimal(head + tail)
    if mark == ",":
        return Reading(as_id=as_decimal, as_en=as_group, separator=mark)
    return Reading(as_id=as_group, as_en=as_decimal, separator=mark)


# --- columns --------------------------------------------------------------------


def parse_numbers(
    values: Sequence[Any],
    *,
    integer: bool = False,
    rate: bool = False,
    signed: bool = False,
    heading: str = "",
    locale: Locale = "",
    hint: Locale = "",
    scale: int | None = None,
) -> NumberColumn:
    """Read a column of cells as numbers.

    The number style is decided from every cell of the column: one unambiguous cell
    decides, two that contradict leave the ambiguous ones unread. A cell that stays
    ambiguous is a fault that shows both readings.

    Parameters
    ----------
    values
        Cells: text, numbers, None.
    integer
        The column counts people or rupiah, so only whole numbers are right.
    rate
        The column holds rates: percent becomes a fraction.
    signed
        Negative numbers are allowed.
    heading
        Heading, for its unit.
    locale
        Setting that reads ambiguous cells: "id" (1.234,5) or "en" (1,234.5).
    hint
        Style of the other columns of the same sheet, used only where this column
        does not decide and the reading fits.
    scale
        Factor, where the caller knows it; else the heading's.

    Returns
    -------
    NumberColumn
        ``results`` in the order of the cells, None where there is no number;
        ``faults`` with position, text, message and remedy; the style and unit found.

    Examples
    --------
    >>> parse_numbers(["1.391.162", " 20.828 ", "-", "88,922"], integer=True).results
    [Decimal('1391162'), Decimal('20828'), None, None]
    >>> column = parse_numbers(["88,922"], integer=True)
    >>> column.results, column.faults[0].message
    ([None], 'ambiguous number: 88922 (en) or 88.922 (id)?')
    >>> parse_numbers(["88,922"], integer=True, locale="en").results
    [Decimal('88922')]
    >>> parse_numbers(["18,39%", "7,5"], rate=True, heading="% Aktif").results
    [Decimal('0.1839'), Decimal('0.075')]
    """
    factor, words = find_scale(heading) if scale is None else (scale, "")
    readings = [_reading_of(value) for value in values]
    style, how = _decide(
        readings, integer=integer and factor == 1, rate=rate, locale=locale, hint=hint
    )
    column = NumberColumn([], locale=style, scale=factor)
    if words:
        column.notes.append(
            say("values multiplied by {factor} ({words})", factor=factor, words=words)
        )
    if how:
        column.notes.append(how)
    marked = sum(_is_marked(value) for value in values)
    if marked:
        column.notes.append(
            say("footnote marks cut off in {marked} cell(s)", marked=marked)
        )
    column.percent = rate and (says_percent(heading) or _looks_percent(readings))
    for position, reading in enumerate(readings):
        value, fault = _settle(reading, style, integer=integer and factor == 1)
        if value is not None:
            value, fault = _finish(
                value, reading, column, integer=integer, rate=rate, signed=signed
            )
        if fault:
            column.faults.append(_fault(position, values[position], reading, fault))
        column.absent += reading is _ABSENT
        column.results.append(value)
    return column


_BLANK = Reading()
_ABSENT = Reading(separator="absent")


def _reading_of(value: Cell) -> Reading:
    """Return the reading of a cell of any type."""
    if isinstance(value, str) and not isinstance(value, BadCell):
        if not value.strip():
            return _BLANK
        return _ABSENT if is_absent(value) else read_number(value)
    return _BLANK if value is None else _native(value)


def _native(value: Cell) -> Reading:
    """Return the reading of a cell that is no text."""
    if isinstance(value, BadCell):
        return Reading(fault=say("holds no value"))
    if isinstance(value, Percent):
        return Reading(value=Decimal(repr(round(float(value) * 100, 10))), percent=True)
    if isinstance(value, bool):
        return Reading(fault=say("not a number"))
    if isinstance(value, int | float):
        return Reading(value=_exact(value))
    return Reading(fault=say("is a date, not a number"))


def _exact(value: float) -> Decimal:
    """Return a float as the decimal a person typed, without binary dust."""
    if isinstance(value, int):
        return Decimal(value)
    near = round(value)
    if abs(value - near) <= 1e-9 * max(1.0, abs(value)) and abs(value) < 1e15:
        return Decimal(near)
    return Decimal(repr(round(value, 12)))


def _is_marked(value: Cell) -> bool:
    """Tell whether a cell is a number with a footnote mark behind it."""
    if not isinstance(value, str) or value[-1:].isdecimal() or value.isalpha():
        return False
    text = tidy(value)
    return len(text) <= MAX_LENGTH and cut_footnote(text) != text


def _looks_percent(readings: Iterable[Reading]) -> bool:
    """Tell whether most numbers of a rate column carry a percent sign."""
    given = [
        reading
        for reading in readings
        if reading.value is not None or reading.ambiguous
    ]
    return bool(given) and 2 * sum(reading.percent for reading in given) > len(given)


def _decide(
    readings: Sequence[Reading],
    *,
    integer: bool,
    rate: bool,
    locale: Locale,
    hint: Locale,
) -> tuple[Locale, str]:
    """Return the column's number style and, where it was inferred, why."""
    unsure = [reading for reading in readings if reading.ambiguous]
    if not unsure:
        votes = {reading.vote for reading in readings} - {""}
        return (votes.pop() if len(votes) == 1 else ""), ""  # type: ignore[return-value]
    if locale:
        return locale, say("ambiguous cells read as set in the config file")
    votes = {reading.vote for reading in readings} - {""}
    if len(votes) == 1:
        return votes.pop(), ""  # type: ignore[return-value]
    if votes:
        return "", ""
    wholes = {r.value for r in readings if r.value and r.value == int(r.value)}
    return _infer(unsure, integer=integer, rate=rate, hint=hint, wholes=len(wholes))


def _infer(
    unsure: Sequence[Reading], *, integer: bool, rate: bool, hint: Locale, wholes: int
) -> tuple[Locale, str]:
    """Decide the style of a column in which every separator is ambiguous.

    `wholes` counts the different whole numbers beside the ambiguous cells.
    """
    marks = {reading.separator for reading in unsure}
    if len(marks) > 1:
        return "", ""
    mark = marks.pop()
    grouping: Locale = "id" if mark == "." else "en"
    decimal: Locale = "en" if mark == "." else "id"
    distinct = {reading.as_id for reading in unsure}
    if integer and hint == grouping:
        return grouping, say(
            "'{mark}' groups thousands, as in the rest of the sheet", mark=mark
        )
    if integer and len(distinct) > 1:
        return (
            grouping,
            say(
                "'{mark}' groups thousands: every cell has three digits after it",
                mark=mark,
            ),
        )
    if integer and wholes >= 3:
        return (
            grouping,
            say(
                "'{mark}' groups thousands: the column counts in whole numbers",
                mark=mark,
            ),
        )
    if rate:
        return decimal, say(
            "'{mark}' marks decimals: a rate has no thousands", mark=mark
        )
    if hint and not integer:
        return hint, say("read as the rest of the sheet")
    return "", ""


def _settle(
    reading: Reading, style: Locale, *, integer: bool
) -> tuple[Decimal | None, str]:
    """Choose the value of a cell under the column's style."""
    if reading.fault:
        return None, reading.fault
    if not reading.ambiguous:
        return reading.value, ""
    chosen = {"id": reading.as_id, "en": reading.as_en}.get(style)
    whole = chosen is not None and chosen == chosen.to_integral_value()
    if chosen is None or (integer and not whole):
        return None, say("ambiguous number")
    return chosen, ""


def _finish(
    value: Decimal,
    reading: Reading,
    column: NumberColumn,
    *,
    integer: bool,
    rate: bool,
    signed: bool,
) -> tuple[Decimal | None, str]:
    """Apply unit and check sign and wholeness."""
    if rate:
        percent = reading.percent or column.percent
        return (value / 100 if percent else value), ""
    if reading.percent:
        return None, say("a percentage where a count is due")
    if not reading.scaled:
        value *= column.scale
    if value < 0 and not signed:
        return None, say("negative")
    if integer and value != value.to_integral_value():
        return None, say("not a whole number")
    return value, ""


_REMEDIES = {
    "ambiguous number": say(
        'set build.numbers.locale or sources.<table>.locale to "id" (1.234,5) or "en" '
        "(1,234.5)"
    ),
    "negative": say("ask the sender; a count or an amount is never below zero here"),
    "not a whole number": say(
        "write whole people or rupiah; a spreadsheet may have taken a thousands "
        "separator for a decimal mark"
    ),
    "holds no value": say(
        "open the file in a spreadsheet program, save it, send it again"
    ),
}


def _fault(position: int, value: Cell, reading: Reading, message: str) -> Fault:
    """Describe a cell that gives no number."""
    kind = "number"
    if message == "ambiguous number":
        kind = "ambiguous_number"
        message = say(
            "ambiguous number: {en} (en) or {id} (id)?",
            en=reading.as_en,
            id=reading.as_id,
        )
        remedy = _REMEDIES["ambiguous number"]
    else:
        remedy = _REMEDIES.get(
            message, say("write the number in digits, or leave it empty")
        )
    if isinstance(value, BadCell):
        kind = "formula"
    return Fault(position, tidy(value), message, remedy, kind)
