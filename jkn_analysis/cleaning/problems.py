"""What is wrong with a delivery: file, sheet, cell, value, remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from jkn_analysis.cleaning.words import Finding, finding, in_language, say, with_values
from jkn_analysis.errors import (
    HostileInputError,
    InputError,
    JknError,
    LimitError,
    UnknownNameError,
)
from jkn_analysis.personal import find_names, mask_personal

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
                object.__setattr__(self, name, with_values(text, mask_personal))
        if self.kind in _NAMED and find_names(self.value):
            object.__setattr__(self, "value", "…")

    @property
    def cell(self) -> str:
        """Address such as ``D17``; ``row 17`` or ``column D`` if that is all."""
        if self.row and self.column:
            return f"{column_letters(self.column)}{self.row}"
        if self.row:
            return say("row {row}", row=self.row)
        if self.column:
            return say("column {column}", column=column_letters(self.column))
        return ""

    @property
    def place(self) -> str:
        """Sheet and cell, as a message says them."""
        cell = self.cell
        if not self.sheet:
            return cell
        sheet = say("sheet '{sheet}'", sheet=self.sheet)
        return say("{sheet}, {cell}", sheet=sheet, cell=cell) if cell else sheet

    def __str__(self) -> str:
        """Say place, value, fault and remedy in English."""
        return self.say("en")

    def say(self, bahasa: str) -> str:
        """Say place, value, fault and remedy in one or two lines of a language."""
        where = f"{plain(in_language(self.place, bahasa))}: " if self.place else ""
        shown = f" {shorten(self.value)}" if self.value else ""
        what = in_language(self.message, bahasa)
        remedy = plain(in_language(self.remedy, bahasa))
        message = "\n".join(map(plain, what.splitlines()))
        return f"{where}{message}{shown}" + (f"\n    → {remedy}" if remedy else "")


def faults(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems that refuse a delivery."""
    return [problem for problem in problems if problem.severity == "fault"]


SEVERITIES = {
    "fault": say("{count} fault(s)"),
    "suspicion": say("{count} suspicion(s)"),
    "note": say("{count} note(s)"),
}


def describe(
    problems: Sequence[Problem], *, limit: int = MAX_SHOWN, bahasa: str = "id"
) -> str:
    """Write problems as text grouped by file, the first `limit` of each in full."""
    lines: list[str] = []
    for file in dict.fromkeys(problem.file for problem in problems):
        own = [problem for problem in problems if problem.file == file]
        counts = Counter(problem.severity for problem in own)
        total = ", ".join(
            in_language(say(SEVERITIES[name].template, count=count), bahasa)
            for name, count in counts.items()
        )
        lines.append(f"{plain(file)}: {total}")
        lines += [f"  {problem.say(bahasa)}" for problem in own[:limit]]
        if len(own) > limit:
            more = say(
                "… and {count} more; jkn check --csv lists all", count=len(own) - limit
            )
            lines.append(f"  {in_language(more, bahasa)}")
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


def refusal(
    kind: type[JknError], path: object, said: str | Finding, /, **values: object
) -> JknError:
    """Return the error of a file that is not read, which can be said in Indonesian."""
    _, message, remedy = finding(said, **values) if isinstance(said, str) else said
    error = kind(f"{path}: {message}\n  → {remedy}")
    error.said = (message, remedy)
    return error
