"""What is wrong with a delivery: file, sheet, cell, value, remedy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from jkn_analysis.errors import (
    HostileInputError,
    InputError,
    LimitError,
    UnknownNameError,
)
from jkn_analysis.personal import find_names, mask_personal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jkn_analysis.errors import JknError

Severity = Literal["fault", "suspicion", "note"]
"""A fault refuses its delivery; a suspicion and a note stand in the summary."""

MAX_SHOWN = 40
_MAX_VALUE = 60
_LEAST_PERSON = 9
_NAMED = frozenset({"unknown_name", "choice"})
"""Problems whose value may be anything a clerk typed, a person's name included."""

KINDS: dict[str, type[JknError]] = {
    "unreadable": InputError,
    "hostile": HostileInputError,
    "limit": LimitError,
    "unknown_name": UnknownNameError,
    "ambiguous_name": UnknownNameError,
    "unknown_heading": UnknownNameError,
}
"""Problem kinds whose error is not a plain InputError."""


def column_letters(number: int) -> str:
    """Return a spreadsheet's letters of a 1-based column number.

    Examples
    --------
    >>> column_letters(1), column_letters(28), column_letters(16384)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def plain(text: str) -> str:
    """Return a text on one line that moves no cursor: a terminal may show it."""
    return "".join(c if c.isprintable() else "�" for c in text)


def shorten(value: object) -> str:
    """Quote a value for a message: one line, printable, at most 60 characters."""
    text = plain(str(value))
    text = text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"
    return f"'{text}'"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, where it stands, and what to do about it."""

    file: str
    kind: str
    message: str
    remedy: str = ""
    sheet: str = ""
    row: int = 0
    """1-based row of the sheet or record of the text file; 0 for the whole."""
    column: int = 0
    """1-based column; 0 for the whole row."""
    value: str = ""
    severity: Severity = "fault"
    table: str = ""

    def __post_init__(self) -> None:
        """Hide what points at a person: no list or message shows a NIK or card."""
        for name in ("file", "sheet", "message", "value"):
            text = getattr(self, name)
            if len(text) > _LEAST_PERSON:
                object.__setattr__(self, name, mask_personal(text))
        if self.kind in _NAMED and find_names(self.value):
            object.__setattr__(self, "value", "…")

    @property
    def cell(self) -> str:
        """Address such as ``D17``; ``row 17`` or ``column D`` if that is all."""
        if self.row and self.column:
            return f"{column_letters(self.column)}{self.row}"
        if self.row:
            return f"row {self.row}"
        return f"column {column_letters(self.column)}" if self.column else ""

    @property
    def place(self) -> str:
        """Sheet and cell, as a message says them."""
        parts = [f"sheet '{self.sheet}'"] if self.sheet else []
        return ", ".join([*parts, self.cell] if self.cell else parts)

    def __str__(self) -> str:
        """Say place, value, fault and remedy in one or two lines."""
        where = f"{plain(self.place)}: " if self.place else ""
        shown = f" {shorten(self.value)}" if self.value else ""
        remedy = f"\n    → {plain(self.remedy)}" if self.remedy else ""
        message = "\n".join(map(plain, self.message.splitlines()))
        return f"{where}{message}{shown}{remedy}"


def faults(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems that refuse a delivery."""
    return [problem for problem in problems if problem.severity == "fault"]


def describe(problems: Sequence[Problem], *, limit: int = MAX_SHOWN) -> str:
    """Write problems as text grouped by file, the first `limit` of each in full."""
    lines: list[str] = []
    for file in dict.fromkeys(problem.file for problem in problems):
        own = [problem for problem in problems if problem.file == file]
        counts = Counter(problem.severity for problem in own)
        total = ", ".join(f"{count} {name}(s)" for name, count in counts.items())
        lines.append(f"{plain(file)}: {total}")
        lines += [f"  {problem}" for problem in own[:limit]]
        if len(own) > limit:
            lines.append(f"  … and {len(own) - limit} more; jkn check --csv lists all")
    return "\n".join(lines)


def find_error(problems: Sequence[Problem]) -> JknError | None:
    """Return the error that stands for all faults, or None where there is none.

    Its class, and so the exit code, is that of the gravest kind: hostile before
    unknown names before the rest.
    """
    found = faults(problems)
    if not found:
        return None
    classes = {KINDS.get(problem.kind, InputError) for problem in found}
    order = (HostileInputError, LimitError, InputError, UnknownNameError)
    only = next(kind for kind in order if kind in classes)
    return only(describe(found))
