"""Months and dates as offices write them, read by the column."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from jkn_analysis.cleaning.values.cells import (
    BULAN_TULISAN,
    BadCell,
    Cell,
    cut_footnote,
    is_absent,
    tidy,
)
from jkn_analysis.cleaning.values.numbers import Fault
from jkn_analysis.cleaning.words import say

Order = Literal["", "dmy", "mdy"]
FIRST_YEAR, LAST_YEAR = 2000, 2100
FIRST_DAY_YEAR = 1900
"""Days, of birth or of decrees, may be older than any month of this data."""
_FIRST_SERIAL, _LAST_SERIAL = 36526, 73415
"""Excel days of 2000-01-01 and 2100-12-31."""
NAMES = "|".join(sorted(BULAN_TULISAN, key=len, reverse=True))
_YEAR = r"(?P<year>(?:19|20|21)\d\d|\d\d)"
_PREFIX = re.compile(
    r"^(?:(?:data|cut\s*-?\s*off|posisi|keadaan|kondisi|update|status|per|s\.?\s*/?\s*d\.?|sampai(?:\s+dengan)?|"
    r"hingga|akhir|tanggal|tgl|bulan|periode|bln|masa|thbl|blth|filter|pada|di|senin|selasa|rabu|kamis|jumat|"
    r"jum'at|sabtu|minggu)\b[\s.:,|=]*)+",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?P<month>{NAMES})(?![^\W\d_])\.?[\s\-/',._]*(?:tahun|thn|th\.?)?[\s]*'?{_YEAR}",
    re.IGNORECASE,
)
_DAY_NAMED = re.compile(
    rf"(?P<day>\d{{1,2}})[\s\-/.]*(?P<month>{NAMES})\b\.?[\s\-/',.]*(?:tahun)?\s*{_YEAR}"
    r"(?:[\s,]+(?:pukul)?\s*\d{1,2}[.:]\d\d(?:[.:]\d\d)?(?:\s*(?:wib|wita|wit))?)?",
    re.IGNORECASE,
)
_US_NAMED = re.compile(
    rf"(?P<month>{NAMES})\b\.?\s+(?P<day>\d{{1,2}})\s*,\s*(?P<year>\d{{4}})",
    re.IGNORECASE,
)
_YEAR_NAMED = re.compile(
    rf"(?P<year>(?:19|20|21)\d\d)[\s\-/,.]+(?P<month>{NAMES})\.?", re.IGNORECASE
)
_ISO = re.compile(
    r"(?P<year>\d{4})(?:(?=\d|[-/]|\.\d+\.))[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?"
    r"(?:[T ]\d{1,2}[:.]\d\d(?:[:.]\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_COMPACT = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?:m)?(?P<month>\d\d)(?P<day>\d\d)?", re.IGNORECASE
)
_SLASHED = re.compile(
    r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<year>\d{4}|\d\d)"
    r"(?:[T ,]+\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s*[ap]m)?)?",
    re.IGNORECASE,
)
_MONTH_YEAR = re.compile(r"(?P<month>\d{1,2})[-/. ](?P<year>\d{4})")
_QUARTER = re.compile(
    r"(?:tw|triwulan|kuartal|q|kw|trw)[\s.\-]*(?P<part>iv|i{1,3}|[1-4]|pertama|kedua|ketiga|keempat)(?:[\s,./\-]*(?:tahun|th|thn|ta)?"
    r"[\s,./\-]*(?P<year>\d{4}))|(?P<year2>\d{4})[\s\-]*(?:tw|triwulan|q)[\s.\-]*(?P<part2>iv|i{1,3}|[1-4])",
    re.IGNORECASE,
)
_HALF = re.compile(
    r"(?:semester|sem|smt)[\s.\-]*(?P<part>ii|i|[12]|pertama|kedua)[\s,./\-]*(?:tahun|thn?|ta)?[\s.]*"
    r"(?P<year>\d{4})",
    re.IGNORECASE,
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4} | {
    "pertama": 1, "kedua": 2, "ketiga": 3, "keempat": 4,
}  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """What a text says of time: a month, a day, or several readings."""

    year: int = 0
    month: int = 0
    day: int = 0
    """0 where only the month is named."""
    per: bool = False
    """Announced as a state ``per`` a day."""
    span_bulan: int = 1
    """Months the text covers: 3 for a quarter, 6 for a half-year."""
    other: tuple[int, int] = ()  # type: ignore[assignment]
    """Month and day in the American order, where both orders are possible."""
    fault: str = ""


@dataclass
class MonthColumn:
    """Months of a column: first days, None where absent; faults and notes."""

    results: list[dt.date | None]
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _full_year(text: str) -> int:
    """Return a year of four digits."""
    return int(text) if len(text) == 4 else 2000 + int(text)


@lru_cache(maxsize=65536)
def read_moment(text: str) -> Moment:
    """Read one text as a month or day.

    Examples
    --------
    >>> moment = read_moment("per 1 Juni 2025")
    >>> moment.year, moment.month, moment.day, moment.per
    (2025, 6, 1, True)
    >>> read_moment("TW II 2025").month, read_moment("NOPEMBER 2024").month
    (6, 11)
    >>> read_moment("2025-13").fault
    'no such month'
    """
    whole = cut_footnote(tidy(text))
    bare = _PREFIX.sub("", whole).strip()
    prefix = whole[: len(whole) - len(bare)].lower()
    per = bool(re.search(r"\bper\b|cut|posisi|keadaan|kondisi|status", prefix))
    for pattern, build in _PATTERNS:
        found = pattern.fullmatch(bare)
        if found:
            moment = build(found)
            return _checked(moment, per=per)
    return Moment(fault=say("not a month"))


def _named(found: re.Match[str]) -> Moment:
    parts = found.groupdict()
    month = BULAN_TULISAN[parts["month"].lower()]
    return Moment(_full_year(parts["year"]), month, int(parts.get("day") or 0))


def _digits(found: re.Match[str]) -> Moment:
    parts = found.groupdict()
    return Moment(int(parts["year"]), int(parts["month"]), int(parts.get("day") or 0))


def _slashed(found: re.Match[str]) -> Moment:
    first, second = int(found["a"]), int(found["b"])
    year = _full_year(found["year"])
    dmy, mdy = second <= 12, first <= 12
    if dmy and mdy and first != second:
        return Moment(year, second, first, other=(first, second))
    if dmy:
        return Moment(year, second, first)
    if mdy:
        return Moment(year, first, second)
    return Moment(fault=say("no such month"))


def _part(found: re.Match[str], months: int) -> Moment:
    parts = found.groupdict()
    number = (parts.get("part") or parts.get("part2") or "").lower()
    year = int(parts.get("year") or parts.get("year2") or 0)
    index = _ROMAN.get(number) or int(number)
    return Moment(year, index * months, span_bulan=months)


_PATTERNS = (
    (_ISO, _digits),
    (_COMPACT, _digits),
    (_SLASHED, _slashed),
    (_MONTH_YEAR, _digits),
    (_DAY_NAMED, _named),
    (_NAMED, _named),
    (_US_NAMED, _named),
    (_YEAR_NAMED, _named),
    (_QUARTER, lambda found: _part(found, 3)),
    (_HALF, lambda found: _part(found, 6)),
)


def _checked(moment: Moment, *, per: bool) -> Moment:
    """Refuse months and days that do not exist."""
    if moment.fault:
        return moment
    if not 1 <= moment.month <= 12:
        return Moment(fault=say("no such month"))
    first = FIRST_DAY_YEAR if moment.day else FIRST_YEAR
    if not first <= moment.year <= LAST_YEAR:
        return Moment(
            fault=say(
                "year outside {first}-{last_year}", first=first, last_year=LAST_YEAR
            )
        )
    if moment.day > calendar.monthrange(moment.year, moment.month)[1]:
        return Moment(fault=say("no such day"))
    if not per:
        return moment
    return Moment(
        moment.year,
        moment.month,
        moment.day,
        per=True,
        span_bulan=moment.span_bulan,
        other=moment.other,
    )


def _moment_of(value: Cell) -> Moment | None:
    """Return what a cell of any type says of time; None where it is absent."""
    if value is None or isinstance(value, BadCell):
        return None if value is None else Moment(fault=say("holds no value"))
    if isinstance(value, dt.datetime | dt.date):
        return _checked(Moment(value.year, value.month, value.day), per=False)
    if isinstance(value, bool | dt.time):
        return Moment(fault=say("not a month"))
    text = tidy(value)
    if not text or is_absent(text):
        return None
    number = text.removesuffix(".0")
    if number.isdecimal() and len(number) == 5:
        return _of_serial(int(number))
    return read_moment(text)


def _of_serial(days: int) -> Moment:
    """Return the day of an Excel serial number."""
    if not _FIRST_SERIAL <= days <= _LAST_SERIAL:
        return Moment(fault=say("not a month"))
    day = dt.date(1899, 12, 30) + dt.timedelta(days=days)
    return Moment(day.year, day.month, day.day)


def is_month_end(year: int, month: int, day: int) -> bool:
    """Tell whether a day is the last of its month."""
    return day == calendar.monthrange(year, month)[1]


def _order_of_edges(moments: Sequence[Moment | None]) -> Order:
    """Return the order in which every unsure date is a month's first or last day."""
    unsure = [m for m in moments if m is not None and m.other]
    as_dmy = all(m.day == 1 or is_month_end(m.year, m.month, m.day) for m in unsure)
    as_mdy = all(m.other[1] == 1 or is_month_end(m.year, *m.other) for m in unsure)
    if as_dmy == as_mdy:
        return ""
    return "dmy" if as_dmy else "mdy"


_PARTS = re.compile(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d")


def prove_order(values: Sequence[Any]) -> Order:
    """Return the order that some date of many proves, "" if none or both."""
    proofs: set[Order] = set()
    for value in values:
        found = _PARTS.match(value) if isinstance(value, str) else None
        if found and int(found[1]) > 12:
            proofs.add("dmy")
        if found and int(found[2]) > 12:
            proofs.add("mdy")
    return proofs.pop() if len(proofs) == 1 else ""


def parse_months(
    values: Sequence[Any], *, flow: bool = False, order: Order = ""
) -> MonthColumn:
    """Read a column of months; the value is the first day of the month meant.

    A day that opens a month and is announced by ``per`` is the state at the end of
    the month before. A quarter or half-year is the state at its end, which a flow of
    money has not.

    Parameters
    ----------
    values
        Cells: text, dates, Excel serial numbers, None.
    flow
        The table sums over months (premiums), so a quarter is a fault.
    order
        Order of day and month where the column itself does not decide.

    Returns
    -------
    MonthColumn
        ``results`` in the order of the cells, None where there is no month; ``faults``
        with position, text, message and remedy.

    Examples
    --------
    >>> column = parse_months(["NOPEMBER 2024", "per 1 Juni 2025", "TW II 2025", "-"])
    >>> [f"{day:%Y-%m}" if day else None for day in column.results]
    ['2024-11', '2025-05', '2025-06', None]
    >>> parse_months(["05/06/2025"]).faults[0].message
    'day and month may be swapped'
    """
    moments = [_moment_of(value) for value in values]
    chosen = prove_order(values) or _order_of_edges(moments) or order
    column = MonthColumn([])
    for position, moment in enumerate(moments):
        value, fault = _month_of(moment, chosen, flow=flow)
        if fault:
            column.faults.append(_fault(position, values[position], fault))
        column.results.append(value)
    if any(m is not None and m.span_bulan > 1 for m in moments) and not flow:
        column.notes.append(
            say("quarters and half-years read as the state at their end")
        )
    if any(m is not None and m.per and m.day == 1 for m in moments):
        column.notes.append(
            say("'per 1 M' read as the state at the end of the month before")
        )
    return column


def _month_of(
    moment: Moment | None, order: Order, *, flow: bool
) -> tuple[dt.date | None, str]:
    """Return the month a moment stands for, or what is wrong."""
    if moment is None or moment.fault:
        return None, moment.fault if moment else ""
    if moment.span_bulan > 1 and flow:
        return None, say("covers several months; this table has one row a month")
    if moment.year < FIRST_YEAR:
        return None, say(
            "year outside {first}-{last_year}", first=FIRST_YEAR, last_year=LAST_YEAR
        )
    if moment.other and not order:
        return None, say("day and month may be swapped")
    month, day = _ordered(moment, order)
    if day == 1 and moment.per:
        first = dt.date(moment.year, month, 1) - dt.timedelta(days=1)
        return first.replace(day=1), ""
    if day not in {0, 1} and not is_month_end(moment.year, month, day):
        return None, say("is neither the first nor the last day of a month")
    return dt.date(moment.year, month, 1), ""


def _ordered(moment: Moment, order: Order) -> tuple[int, int]:
    """Return month and day in the order chosen for the column."""
    swapped = bool(moment.other) and order == "mdy"
    return moment.other if swapped else (moment.month, moment.day)


def parse_dates(values: Sequence[Any], *, order: Order = "") -> MonthColumn:
    """Read a column of days; a month without a day is a fault."""
    moments = [_moment_of(value) for value in values]
    chosen = prove_order(values) or order
    column = MonthColumn([])
    for position, moment in enumerate(moments):
        value, fault = _date_of(moment, chosen)
        if fault:
            column.faults.append(_fault(position, values[position], fault))
        column.results.append(value)
    return column


def _date_of(moment: Moment | None, order: Order) -> tuple[dt.date | None, str]:
    """Return the day of a moment, or what is wrong."""
    if moment is None:
        return None, ""
    if moment.fault:
        return None, say(
            "not a date"
        ) if moment.fault == "not a month" else moment.fault
    if not moment.day:
        return None, say("names no day")
    if moment.other and not order:
        return None, say("day and month may be swapped")
    month, day = _ordered(moment, order)
    return dt.date(moment.year, month, day), ""


_REMEDIES = {
    "day and month may be swapped": say(
        'write 2025-06-30, or set build.numbers.locale: "id" for day/month, "en" for '
        "month/day"
    ),
    "covers several months; this table has one row a month": say(
        "ask for monthly rows"
    ),
    "is neither the first nor the last day of a month": say(
        "the row must describe a month's end: write the month, as in 2025-06"
    ),
    "names no day": say("write the day too, as in 2025-06-30"),
}


def _fault(position: int, value: Cell, message: str) -> Fault:
    """Describe a cell that gives no month."""
    remedy = _REMEDIES.get(message, say("write year and month, as in 2025-06"))
    return Fault(position, tidy(value), message, remedy, "month")


_IN_TEXT = re.compile(
    rf"(?:(?P<per>\bper|posisi|keadaan|s\.?/?d\.?)\s+)?(?:tanggal\s+)?(?:(?P<day>\d{{1,2}})\s+)?"
    rf"\b(?P<month>{NAMES})\b\.?[\s'\-_,]*(?:tahun\s*)?(?P<year>(?:19|20)\d\d)?",
    re.IGNORECASE,
)


_LAST_IN_TEXT = re.compile(
    r"\D ((?:20\d\d)(?:0[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])/20\d\d)\s*$"
)
"""A month in figures as the last word: ``REKAP PESERTA 202510``."""
_END_IN_TEXT = re.compile(
    r"(?<![\d/.-])(?:2[89]|3[01])(?P<mark>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=mark)20\d\d(?!\d)"
)
"""Last days of a month in figures: ``31/10/2025``; others may be of a print."""


def find_days_in(text: str) -> set[dt.date]:
    """Return the days, named with their month, that a title mentions.

    Examples
    --------
    >>> find_days_in("Hari/Tanggal : Rabu, 12 November 2025")
    {datetime.date(2025, 11, 12)}
    """
    moments = [_checked(_named(m), per=False) for m in _DAY_NAMED.finditer(text)]
    return {dt.date(m.year, m.month, m.day) for m in moments if not m.fault}


_MIDNIGHT = re.compile(r"[ T]00:00(?::00)?(?!\d)")
_YEAR_IN_TEXT = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


def find_moment_in(text: str) -> tuple[int, int]:
    """Return (year, month) that a title, sheet or file name mentions; 0 where not.

    Text that mentions two different months or years decides nothing.

    Examples
    --------
    >>> find_moment_in("Periode : Agustus 2025"), find_moment_in("TAHUN 2025")
    ((2025, 8), (2025, 0))
    >>> find_moment_in("per 1 Juni 2025"), find_moment_in("Januari - Juni 2025")
    ((2025, 5), (2025, 0))
    """
    prepared = _MIDNIGHT.sub("", text.replace("_", " "))
    last = _LAST_IN_TEXT.search(prepared)
    exact = read_moment(last[1] if last else prepared.rsplit(":", 1)[-1].strip())
    if not exact.fault and exact.span_bulan == 1 and not exact.other:
        value, fault = _month_of(exact, "", flow=False)
        if value and not fault:
            return value.year, value.month
    hits = [found for found in _IN_TEXT.finditer(prepared) if _is_month_word(found)]
    years = {int(year) for year in _YEAR_IN_TEXT.findall(prepared)}
    year = years.pop() if len(years) == 1 else 0
    months = {BULAN_TULISAN[found["month"].lower()] for found in hits}
    ends = {int(found["month"]) for found in _END_IN_TEXT.finditer(prepared)}
    if len(ends) == 1 and not hits and year:
        return year, ends.pop()
    if len(months) != 1:
        return year, 0
    month = months.pop()
    first = hits[0]
    if first["per"] and first["day"] == "1" and first["per"].lower() == "per" and year:
        before = dt.date(year, month, 1) - dt.timedelta(days=1)
        return before.year, before.month
    return year, month


def _is_month_word(found: re.Match[str]) -> bool:
    """Tell a month from a short word that only looks like one."""
    word = found["month"]
    return len(word) > 3 or bool(found["year"]) or word.isupper() or word.istitle()
