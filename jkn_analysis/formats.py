"""Numbers and dates as readers of a report expect them; percent exists only here."""

from __future__ import annotations

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING = {"id": "tidak tersedia", "en": "not available"}
SKALA = {
    "id": ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta")),
    "en": ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")),
}
Number = float | int | None


@cache
def month_names(bahasa: str = "id", *, short: bool = False) -> tuple[str, ...]:
    """Return the names of the twelve months, or their abbreviations.

    Examples
    --------
    >>> month_names()[7], month_names(short=True)[7]
    ('Agustus', 'Agu')
    """
    from babel.dates import get_month_names

    names = get_month_names("abbreviated" if short else "wide", locale=bahasa)
    return tuple(names[number] for number in range(1, 13))


def is_missing(value: object) -> bool:
    """Tell whether `value` is None, NaN, NaT or pandas' NA."""
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return type(value).__name__ in {"NAType", "NaTType"}


@lru_cache(maxsize=8)
def _decimal_formatter(bahasa: str) -> Callable[[float, int], str]:
    """Return a formatter that swaps separators for Indonesian."""
    swap = str.maketrans(",.", ".,") if bahasa == "id" else str.maketrans("", "")

    def fmt(value: float, decimals: int) -> str:
        # Nine decimals first: 0.8215 * 100 is a hair above or below what was meant.
        exact = Decimal(f"{value:.9f}") if math.isfinite(value) else Decimal(value)
        step = Decimal(1).scaleb(-decimals)
        rounded = exact.quantize(step, ROUND_HALF_UP) if exact.is_finite() else exact
        text = f"{rounded:,f}".translate(swap)
        zero = text.lstrip("-").strip("0.,") == ""
        return text.removeprefix("-") if zero else text.replace("-", "−")

    return fmt


def format_number(value: Number, decimals: int = 0, *, bahasa: str = "id") -> str:
    """Write a number with the language's separators; a half is rounded up.

    Examples
    --------
    >>> format_number(1391162), format_number(-12.5, 1), format_number(None)
    ('1.391.162', '−12,5', 'tidak tersedia')
    >>> format_number(10.85, 1), format_number(0.5), format_number(82.25, 1)
    ('10,9', '1', '82,3')
    """
    if is_missing(value):
        return MISSING[bahasa]
    return _decimal_formatter(bahasa)(float(value), decimals)  # type: ignore[arg-type]


def format_jiwa(value: Number, *, bahasa: str = "id") -> str:
    """Write a count of people with its unit.

    Examples
    --------
    >>> format_jiwa(2106)
    '2.106 jiwa'
    """
    if is_missing(value):
        return MISSING[bahasa]
    english = "person" if value in {1, -1} else "people"
    unit = "jiwa" if bahasa == "id" else english
    return f"{format_number(value, bahasa=bahasa)} {unit}"


def format_rate(value: Number, decimals: int = 2, *, bahasa: str = "id") -> str:
    """Write a fraction as percent.

    Examples
    --------
    >>> format_rate(0.7923), format_rate(1.0939, 1)
    ('79,23%', '109,4%')
    """
    if is_missing(value):
        return MISSING[bahasa]
    return format_number(float(value) * 100, decimals, bahasa=bahasa) + "%"  # type: ignore[arg-type]


def format_points(value: Number, decimals: int = 2, *, bahasa: str = "id") -> str:
    """Write a difference of fractions in percentage points, signed.

    Examples
    --------
    >>> format_points(-0.0123)
    '−1,23 poin'
    """
    if is_missing(value):
        return MISSING[bahasa]
    text = format_number(float(value) * 100, decimals, bahasa=bahasa)  # type: ignore[arg-type]
    sign = "" if text.startswith("−") or not text.strip("0.,") else "+"
    return f"{sign}{text} {'poin' if bahasa == 'id' else 'points'}"


def format_rp(value: Number, *, bahasa: str = "id") -> str:
    """Write rupiah in full.

    Examples
    --------
    >>> format_rp(1500000)
    'Rp1.500.000'
    """
    if is_missing(value):
        return MISSING[bahasa]
    text = format_number(value, bahasa=bahasa)
    return f"−Rp{text[1:]}" if text.startswith("−") else f"Rp{text}"


def format_rp_short(value: Number, *, bahasa: str = "id") -> str:
    """Write rupiah in words of size, one decimal, for sentences and charts.

    Examples
    --------
    >>> format_rp_short(17_500_000_000), format_rp_short(79_606_800)
    ('Rp17,5 miliar', 'Rp79,6 juta')
    >>> format_rp_short(999_960_000)
    'Rp1,0 miliar'
    """
    if is_missing(value):
        return MISSING[bahasa]
    amount = float(value)  # type: ignore[arg-type]
    for size, name in SKALA[bahasa]:
        if round(abs(amount) / size, 1) >= 1:
            text = format_number(amount / size, 1, bahasa=bahasa)
            sign, digits = ("−", text[1:]) if text.startswith("−") else ("", text)
            return f"{sign}Rp{digits} {name}"
    return format_rp(value, bahasa=bahasa)


def format_periode(periode: object, *, short: bool = False, bahasa: str = "id") -> str:
    """Write a month by name.

    Examples
    --------
    >>> import datetime as dt
    >>> format_periode(dt.date(2025, 7, 1))
    'Juli 2025'
    >>> format_periode(dt.date(2025, 8, 1), short=True)
    'Agu 2025'
    """
    if is_missing(periode):
        return MISSING[bahasa]
    names = month_names(bahasa, short=short)
    return f"{names[periode.month - 1]} {periode.year}"  # type: ignore[attr-defined]


def format_tanggal(tanggal: object, *, bahasa: str = "id") -> str:
    """Write a date.

    Examples
    --------
    >>> import datetime as dt
    >>> format_tanggal(dt.date(2025, 6, 1))
    '1 Juni 2025'
    """
    if is_missing(tanggal):
        return MISSING[bahasa]
    month = month_names(bahasa)[tanggal.month - 1]  # type: ignore[attr-defined]
    return f"{tanggal.day} {month} {tanggal.year}"  # type: ignore[attr-defined]


def format_akhir_bulan(periode: object, *, bahasa: str = "id") -> str:
    """Write the last day of the month a row describes.

    Examples
    --------
    >>> import datetime as dt
    >>> format_akhir_bulan(dt.date(2025, 5, 1))
    '31 Mei 2025'
    """
    if is_missing(periode):
        return MISSING[bahasa]
    year, month = periode.year, periode.month  # type: ignore[attr-defined]
    first_of_next = dt.date(year + month // 12, month % 12 + 1, 1)
    return format_tanggal(first_of_next - dt.timedelta(days=1), bahasa=bahasa)


def format_peluang(probability: Number, *, bahasa: str = "id") -> str:
    """Say a probability as a reader would: tenths, with words at the ends.

    Examples
    --------
    >>> format_peluang(0.71), format_peluang(0.99), format_peluang(0.01)
    ('kemungkinan 7 dari 10', 'hampir pasti', 'hampir tidak mungkin')
    """
    if is_missing(probability):
        return MISSING[bahasa]
    p = float(probability)  # type: ignore[arg-type]
    words = {
        "id": ("hampir tidak mungkin", "kemungkinan {} dari 10", "hampir pasti"),
        "en": ("almost impossible", "{} chances in 10", "almost certain"),
    }[bahasa]
    tenths = math.floor(p * 10 + 0.5)
    if p < 0.05 or tenths == 0:
        return words[0]
    if p > 0.95 or tenths == 10:
        return words[2]
    text = words[1].format(tenths)
    return text.replace("1 chances", "1 chance")
