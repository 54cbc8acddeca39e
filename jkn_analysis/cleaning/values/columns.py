"""Columns of cells to arrays of one kind, with faults by position."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.values.cells import (
    BadCell,
    Cell,
    Percent,
    cut_ordinal,
    is_absent,
    tidy,
)
from jkn_analysis.cleaning.values.months import Order, parse_dates, parse_months
from jkn_analysis.cleaning.values.names import (
    explain_segmen,
    find_kelas,
    find_mixed,
    find_segmen,
    find_summed,
    find_umur,
    is_plain_pbi,
)
from jkn_analysis.cleaning.values.numbers import (
    Fault,
    Locale,
    NumberColumn,
    find_scale,
    parse_numbers,
    read_number,
    says_percent,
)
from jkn_analysis.cleaning.words import say
from jkn_analysis.terms import TOTAL

EXACT_BELOW = 2**53
MOST_JIWA = 10**9
"""More people than Indonesia has: a NIK or a card number in the wrong column."""
CODED_FROM = 5_000
EXPLAINED = 50
"""Different wrong cells from which on no likely words are searched for the next."""
LEAST_GROUPED = 2
"""Different cells that must agree before a mark is taken to group thousands."""


@dataclass
class Parsed:
    """A column of values and what was wrong with its cells."""

    results: np.ndarray
    """float64 with NaN for numbers, object with None for the rest."""
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    locale: Locale = ""


def text_of(value: Cell) -> str:
    """Return a cell's text, "" where it is empty."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return tidy(value)


def by_distinct(
    values: pd.Series, parse: Callable[[Sequence[Any]], tuple[list[Any], list[Fault]]]
) -> tuple[np.ndarray, list[Fault]]:
    """Parse each distinct cell once and spread the results.

    Cells of different types that compare equal (True and 1, a percent and a number)
    must not be joined, so only columns of pure text take the short way.
    """
    codes, distinct = split_distinct(values)
    parsed, faults = parse(distinct)
    if codes is None:
        return to_objects(parsed), faults
    wrong = {fault.position: fault for fault in faults}
    spread = []
    if wrong:
        for position in np.flatnonzero(np.isin(codes, list(wrong))):
            one = wrong[int(codes[position])]
            spread.append(
                Fault(int(position), one.text, one.message, one.remedy, one.kind)
            )
    return spread_objects(parsed, codes), spread


def split_distinct(values: pd.Series) -> tuple[np.ndarray | None, list[Any]]:
    """Return codes and distinct cells of a column; no codes where cells are mixed."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy(), list(values.cat.categories)
    cells = values.tolist()
    if not all(type(cell) is str for cell in cells):
        return None, [None if _is_nan(cell) else cell for cell in cells]
    codes, distinct = pd.factorize(np.asarray(cells, dtype=object))
    return codes, list(distinct)


def distinct_texts(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return codes and distinct texts of a column, marks of absence as ""."""
    codes, cells = split_distinct(values)
    texts = [text_of(cell) for cell in cells]
    texts = ["" if is_absent(text) else text for text in texts]
    own, known = pd.factorize(np.asarray(texts, dtype=object))
    return (own if codes is None else own[codes]), [str(text) for text in known]


def _is_nan(value: Cell) -> bool:
    """Tell whether a cell is a float NaN."""
    return isinstance(value, float) and value != value


def spread_objects(values: Sequence[Any], codes: np.ndarray) -> Cell:
    """Return the value of every code; texts as an array of text, which is quicker."""
    if all(isinstance(value, str | None) for value in values):
        return pd.array(list(values), dtype="str").take(codes)
    return to_objects(values)[codes]


def to_objects(values: Sequence[Any]) -> np.ndarray:
    """Return values as an object array of one dimension."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _plain_integers(values: pd.Series) -> np.ndarray | None:
    """Return a column of whole numbers, natively or as plain digits, else None."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return None
    if values.dtype == object:
        if not set(map(type, values)) <= {float, int, type(None)}:
            return None
        array = np.array([np.nan if v is None else v for v in values], dtype=float)
    else:
        array = values.to_numpy(dtype=float, na_value=np.nan)
    known = array[~np.isnan(array)]
    fits = (known >= 0) & (known == np.floor(known)) & (known < EXACT_BELOW)
    return array if fits.all() else None


def _coded(values: pd.Series) -> pd.Series:
    """Return a long column of text as coded text, others as they are."""
    if len(values) < CODED_FROM or values.dtype != object:
        return values
    if not set(map(type, values)) <= {str, type(None)}:
        return values
    texts = np.array(["" if cell is None else cell for cell in values], dtype=object)
    codes, distinct = pd.factorize(texts)
    kept = pd.CategoricalDtype(pd.Index(distinct, dtype=object))
    coded = pd.Categorical.from_codes(codes, dtype=kept, validate=False)
    return pd.Series(coded, index=values.index)


_PLAIN_DIGITS = re.compile(r"\d{1,15}")


def _coded_numbers(
    values: pd.Series, parse: Callable[[list[Any]], NumberColumn]
) -> tuple[np.ndarray, NumberColumn, list[Fault]]:
    """Parse the distinct cells of a coded column; plain digits without a parser.

    Three different plain numbers stand for all of them where the style of the column
    is decided, which asks for no more.
    """
    texts = list(values.cat.categories)
    plain = [_PLAIN_DIGITS.fullmatch(text) is not None for text in texts]
    known = np.array(
        [float(t) if p else np.nan for t, p in zip(texts, plain, strict=True)]
    )
    odd = [index for index, is_plain in enumerate(plain) if not is_plain]
    witnesses = [t for t, p in zip(texts, plain, strict=True) if p and int(t)][:3]
    column = parse([*(texts[index] or None for index in odd), *witnesses])
    known *= column.scale
    for index, value in zip(odd, column.results[: len(odd)], strict=True):
        known[index] = np.nan if value is None else float(value)
    codes = values.cat.codes.to_numpy()
    wrong = {odd[f.position]: f for f in column.faults if f.position < len(odd)}
    places = np.flatnonzero(np.isin(codes, list(wrong)))
    faults = [replace(wrong[int(codes[p])], position=int(p)) for p in places]
    return known[codes], column, faults


def parse_number_column(
    values: pd.Series,
    *,
    kind: str,
    signed: bool = False,
    heading: str = "",
    scale: int | None = None,
    locale: Locale = "",
    hint: Locale = "",
) -> Parsed:
    """Read a column of one of the number kinds of `tables` as floats.

    Numbers beyond 2**53, which a float would round, are faults.
    """
    integer = kind in {"jiwa", "rp", "count", "tahun"}
    rate = kind == "rate"
    factor = find_scale(heading)[0] if scale is None else scale
    if integer and factor == 1:
        quick = _plain_integers(values)
        if quick is not None and not (kind == "jiwa" and (quick >= MOST_JIWA).any()):
            return Parsed(quick)

    def parse(cells: list[Any]) -> NumberColumn:
        return parse_numbers(
            cells,
            integer=integer,
            rate=rate,
            signed=signed or kind in {"number", "rate"},
            heading=heading,
            locale=locale,
            hint=hint,
            scale=scale,
        )

    values = _coded(values)
    if isinstance(values.dtype, pd.CategoricalDtype) and not rate:
        numbers, column, faults = _coded_numbers(values, parse)
    else:
        cells = [None if _is_nan(cell) else cell for cell in values.tolist()]
        column = parse(cells)
        numbers = np.array(
            [np.nan if v is None else float(v) for v in column.results], float
        )
        faults = list(column.faults)
    most = MOST_JIWA if kind == "jiwa" else EXACT_BELOW
    for position in np.flatnonzero(np.abs(numbers) >= most):
        text = text_of(values.iloc[position])
        faults.append(
            Fault(int(position), text, say("number too large"), say("check the digits"))
        )
        numbers[position] = np.nan
    return Parsed(numbers, faults, column.notes, column.locale)


def find_hint(columns: Sequence[pd.Series]) -> Locale:
    """Return the number style that the clear cells of other columns agree on."""
    votes: set[str] = set()
    for values in columns:
        cells = [
            c for c in values.tolist() if isinstance(c, str) and ("." in c or "," in c)
        ]
        for cell in dict.fromkeys(cells[:5000]):
            reading = read_number(cell)
            if reading.vote and not reading.fault and reading.separator:
                votes.add(reading.vote)
    return votes.pop() if len(votes) == 1 else ""  # type: ignore[return-value]


def find_group_hint(columns: Sequence[pd.Series]) -> Locale:
    """Return the style in which the ambiguous cells of columns of counts are thousands.

    Counts are whole, so cells that all have three digits after one and the same mark
    are grouped; one such cell alone proves nothing.
    """
    marks: dict[str, set[str]] = {}
    for values in columns:
        cells = [
            c for c in values.tolist() if isinstance(c, str) and ("." in c or "," in c)
        ]
        for cell in dict.fromkeys(cells[:5000]):
            reading = read_number(cell)
            if reading.ambiguous:
                marks.setdefault(reading.separator, set()).add(cell)
            elif reading.vote and not reading.percent:
                return ""
    if len(marks) != 1 or len(next(iter(marks.values()))) < LEAST_GROUPED:
        return ""
    return "id" if "." in marks else "en"


def parse_month_column(values: pd.Series, *, flow: bool, order: Order) -> Parsed:
    """Read a column of whole months (year and month in one cell)."""
    notes: list[str] = []

    def parse(cells: Sequence[Any]) -> tuple[list[Any], list[Fault]]:
        column = parse_months(cells, flow=flow, order=order)
        notes.extend(column.notes)
        return column.results, column.faults  # type: ignore[return-value]

    array, faults = by_distinct(values, parse)
    return Parsed(array, faults, notes)


def parse_date_column(values: pd.Series, *, order: Order) -> Parsed:
    """Read a column of days."""

    def parse(cells: Sequence[Any]) -> tuple[list[Any], list[Fault]]:
        column = parse_dates(cells, order=order)
        return column.results, column.faults  # type: ignore[return-value]

    array, faults = by_distinct(values, parse)
    return Parsed(array, faults)


def parse_segmen_column(values: pd.Series) -> Parsed:
    """Read a column of segmen; ``total`` where a row sums them all.

    PBI alone means PBI JK only where PBPU Pemda has its own rows. A word for several
    segmen that all have their own rows is their sum.
    """
    texts = {text_of(value) for value in pd.unique(values)}
    joined = sorted(text for text in texts if find_mixed(text))

    def find(text: str) -> str | None:
        within = {find_segmen(f"{cut_ordinal(m)} {cut_ordinal(text)}") for m in joined}
        found = find_segmen(text)
        return found or (within.pop() if len(within) == 1 else None)

    there = {found for text in texts if (found := find(text))} - {TOTAL}

    def read(text: str) -> str | None:
        found = find(text)
        members = find_mixed(text)
        if not found and (summed := find_summed(text)):
            return f"{summed}+" if summed in there else summed
        if found or not members:
            return found
        if set(members) <= there:
            return "+".join(members)
        return "PBI JK" if "PBPU Pemda" in there and is_plain_pbi(text) else None

    def parse(cells: Sequence[Any]) -> tuple[list[Any], list[Fault]]:
        return _read_each(cells, read, explain_segmen)

    array, faults = by_distinct(values, parse)
    return Parsed(array, [replace(fault, kind="unknown_name") for fault in faults])


def _or_total(find: Callable[[str], int | None]) -> Callable[[str], int | str | None]:
    """Return a lookup that knows ``Jumlah`` too: a row that sums the others."""
    return lambda text: TOTAL if find_segmen(text) == TOTAL else find(text)


def parse_kelas_column(values: pd.Series) -> Parsed:
    """Read a column of kelas; 0 where a segmen has none, ``total`` for a sum."""

    def explain(_: str) -> tuple[str, str]:
        return say("unknown kelas"), say("write 1, 2 or 3; '-' where a segmen has none")

    def parse(cells: Sequence[Any]) -> tuple[list[Any], list[Fault]]:
        return _read_each(cells, _or_total(find_kelas), explain, absent_counts=True)

    array, faults = by_distinct(values, parse)
    return Parsed(array, faults)


def parse_umur_column(values: pd.Series) -> Parsed:
    """Read a column of arrears ages in months; 25 holds everything older than 24."""

    def explain(_: str) -> tuple[str, str]:
        return say("unknown age of arrears"), say("write 1 to 24, or '> 24 bulan'")

    def parse(cells: Sequence[Any]) -> tuple[list[Any], list[Fault]]:
        return _read_each(cells, _or_total(find_umur), explain)

    array, faults = by_distinct(values, parse)
    return Parsed(array, faults)


def _read_each(
    cells: Sequence[Any],
    find: Callable[[str], Any],
    explain: Callable[[str], tuple[str, str]],
    *,
    absent_counts: bool = False,
) -> tuple[list[Any], list[Fault]]:
    """Read cells one by one with a lookup that returns None for the unknown."""
    results: list[Any] = []
    faults: list[Fault] = []
    for position, cell in enumerate(cells):
        text = text_of(cell)
        if not text or (is_absent(text) and not absent_counts):
            results.append(None)
            continue
        value = find(text)
        results.append(value)
        if value is None:
            message, remedy = explain(text if len(faults) < EXPLAINED else "")
            faults.append(Fault(position, text, message, remedy, "unknown_name"))
    return results, faults


def parse_text_column(
    values: pd.Series,
    *,
    choices: Sequence[str] = (),
    spelled: Callable[[str], str | None] | None = None,
) -> Parsed:
    """Read a column of text, or of one of a few words, also as offices spell them."""
    import difflib

    known = {choice.casefold(): choice for choice in choices}

    def find(text: str) -> str | None:
        bare = re.sub(r"\s*\([^()]*\)\s*$", "", text).casefold()
        word = known.get(text.casefold(), known.get(bare)) if choices else text
        return word if word is not None or spelled is None else spelled(text)

    def explain(text: str) -> tuple[str, str]:
        near = difflib.get_close_matches(text.casefold(), known, n=1, cutoff=0.8)
        write = say("write one of: {names}", names=", ".join(choices))
        if near:
            write = say(
                "did you mean {name}? {write}", name=known[near[0]], write=write
            )
        return say("unknown value"), write

    def parse(cells: Sequence[Any]) -> tuple[list[Any], list[Fault]]:
        return _read_each(cells, find, explain)

    array, faults = by_distinct(values, parse)
    for position, cell in enumerate(values):
        if isinstance(cell, BadCell):
            array[position] = None
    return Parsed(array, faults)


__all__ = ["Fault", "Parsed", "Percent", "says_percent"]
