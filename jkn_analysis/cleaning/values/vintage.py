"""Source and date of a population that only a title or file name states."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

_SEMESTER = re.compile(
    r"(?P<who>dukcapil|dispendukcapil|disdukcapil|kemendagri|dkb)?.*?\b(?:semester|sem|smt)\s*"
    r"(?P<part>ii|i|[12])\D{0,12}(?P<year>20\d\d)",
    re.IGNORECASE,
)


def find_vintage(lines: Sequence[str]) -> tuple[str, dt.datetime, str] | None:
    """Return name, first day of validity and line of a Dukcapil semester.

    A semester's count is in force from the day after it ends.

    Examples
    --------
    >>> find_vintage(["penduduk dukcapil sem2 2024"])[:2]
    ('Dukcapil sem II 2024', datetime.datetime(2025, 1, 1, 0, 0))
    """
    for line in lines:
        found = _SEMESTER.search(line)
        if found is None:
            continue
        second = found["part"].lower() in {"ii", "2"}
        year = int(found["year"])
        start = dt.datetime(year + second, 1 if second else 7, 1)  # noqa: DTZ001 - a calendar day
        return f"Dukcapil sem {'II' if second else 'I'} {year}", start, line
    return None


def is_bps(lines: Sequence[str]) -> bool:
    """Tell whether BPS is named as the source of a table."""
    return any(re.search(r"\bbps\b|badan pusat statistik", x, re.I) for x in lines)
