"""Any sheet as a typed table, where no canonical table says what its columns are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.any.printed import OWN_UNIT, check_typed
from jkn_analysis.cleaning.find.sheets import read_sheet
from jkn_analysis.cleaning.find.table import SECTION, SheetTable
from jkn_analysis.cleaning.problems import Problem, faults
from jkn_analysis.cleaning.values import columns as col
from jkn_analysis.cleaning.values.cells import (
    Cell,
    close_up,
    find_month_name,
    is_absent,
    is_year,
    look,
    whole,
)
from jkn_analysis.cleaning.values.months import (
    Order,
    find_moment_in,
    parse_months,
    read_moment,
)
from jkn_analysis.cleaning.values.numbers import (
    Fault,
    Locale,
    find_scale,
    parse_numbers,
    read_number,
    says_percent,
)
from jkn_analysis.cleaning.words import say
from jkn_analysis.errors import InputError

Kind = Literal["code", "number", "rate", "month", "date", "text"]
_CODE = re.compile(
    r"\bkode|^kd|kode_|_kode|\bnik\b|npwp|kode\s*pos|\btelp|\bhp\b|no\.?\s*(?:kartu|kk|hp)",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"jumlah|jml|total|jiwa|orang|peserta|penduduk|warga|kunjungan|kejadian|pengunjung|"
    r"wisata|korban|rumah|unit|dokter|perawat|bidan|farmasi|gizi|kesmas|kesling|atlm|"
    r"laki|perempuan|pria|wanita|kasus|siswa|guru|\bkk\b|rp\b|rupiah|iuran|tagihan|pasien|"
    r"kuota|aktif|terdaftar|nusantara|mancanegara|wisman|wisnus|tahun|\bid\b|\bno\b",
    re.IGNORECASE,
)
LEAST_GROUPED = 3
_ORDINAL = re.compile(r"(?:no|nomor|nomer|#)[.\s]*(?:urut)?", re.IGNORECASE)
_POWER = re.compile(r"\d[.,]\d+E\+?\d{1,2}|\dE\+\d{1,2}", re.IGNORECASE)
GROUPED_SHARE = 0.3
"""Share of blanks from which a leading column is read as one of groups."""
_TIME = re.compile(
    r"\b(?:bulan|periode|tanggal|tgl|waktu|month|period|posisi|per)\b", re.IGNORECASE
)


@dataclass
class TypedTable:
    """A sheet with typed columns, what each is, and the cells that did not fit.

    Attributes
    ----------
    frame
        Int64, float64, datetime64 or text columns; missing where a cell is empty,
        marked as absent (``-``, ``n/a``) or faulty.
    kinds
        Column to code, number, rate, month, date or text.
    units
        Column to what its numbers are, where heading or cells say so.
    absent
        Column to the number of cells marked as absent.
    """

    sheet: SheetTable
    frame: pd.DataFrame
    kinds: dict[str, Kind] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    absent: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    styles: dict[str, tuple[Locale, int]] = field(default_factory=dict, repr=False)
    """Column of numbers to the number style and factor it was read with."""

    @property
    def ok(self) -> bool:
        """Tell whether every cell could be read."""
        return not faults(self.problems)

    @property
    def year(self) -> int:
        """Year that the title, sheet or file name gives; 0 if none does."""
        return _context(self.sheet)[0]

    def long(self) -> pd.DataFrame:
        """Return a table that is wide by month with one row per month.

        The year comes from a column ``tahun``, the heading, title or file name.

        Raises
        ------
        InputError
            If no column is a month, or no year is given.
        """
        return _melt(self)


def _context(sheet: SheetTable) -> tuple[int, int]:
    """Return year and month of title, sheet or file name."""
    year = month = 0
    for line in (*sheet.title, sheet.sheet, sheet.path.stem):
        own = find_moment_in(line) if line else (0, 0)
        year, month = year or own[0], month or own[1]
    return year, month


def read_table_typed(path: str | Path, *, locale: Locale = "") -> list[TypedTable]:
    r"""Read any delivered file as typed tables.

    Parameters
    ----------
    path
        The file.
    locale
        Reading of ambiguous numbers: "id" (1.234,5), "en" (1,234.5), or "" to report
        them as faults.

    Returns
    -------
    list of TypedTable
        One per table of the file: ``frame`` with typed columns, ``problems`` with the
        cells that did not fit, ``ok`` where there are none.

    Raises
    ------
    InputError
        If the file is missing, is no table, holds none, or is locked.
    HostileInputError
        If the file is damaged or needs more memory or time than a table may.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "longsor_2020.csv")
    >>> _ = path.write_text("Kecamatan ;Jan;Feb\nBatur; - ;1.391\nRakit;2;1.162\n")
    >>> table = read_table_typed(path)[0]
    >>> table.frame["Feb"].tolist(), table.absent, table.year
    ([1391, 1162], {'Jan': 1}, 2020)
    >>> folder.cleanup()
    """
    return [type_table(sheet, locale=locale) for sheet in read_sheet(path)]


def type_table(sheet: SheetTable, *, locale: Locale = "") -> TypedTable:
    """Give every column of a sheet the type its cells and heading agree on.

    Parameters
    ----------
    sheet
        A table of `read_sheet`.
    locale
        As in `read_table_typed`.
    """
    typed = TypedTable(sheet, pd.DataFrame(index=pd.RangeIndex(len(sheet.raw))))
    typed.problems += list(sheet.problems)
    reported = {(p.row, p.column) for p in sheet.problems}
    hint = _hint(sheet)
    title_scale = _title_scale(sheet)
    for position, name in enumerate(sheet.raw.columns):
        cells = _fill_group(typed, position)
        kind = _kind_of(name, sheet.headers[position], cells)
        column, found = _parse(typed, name, kind, cells, locale, hint, title_scale)
        typed.frame[name] = column
        typed.kinds[name] = kind
        for fault in found:
            problem = _problem(sheet, position, name, fault)
            if (problem.row, problem.column) not in reported:
                typed.problems.append(problem)
    typed.problems += check_typed(typed)
    return typed


def _fill_group(typed: TypedTable, position: int) -> pd.Series:
    """Return a column; the blanks of a leading column of groups filled from above.

    A person reads the name of a group once and the rows under it as its own. So it is
    read only where the first row is named, blanks are many, no name is repeated, and
    the next column tells the rows of a group apart.
    """
    sheet = typed.sheet
    cells = sheet.raw.iloc[:, position]
    if (
        sheet.regular
        or len(cells) < LEAST_GROUPED
        or position + 1 >= sheet.raw.shape[1]
    ):
        return cells
    before = [OWN_UNIT.search(name) for name in list(sheet.raw.columns)[:position]]
    blank = cells.isna().to_numpy()
    apart = sheet.raw.iloc[:, position + 1]
    texts = [look(cell) == "text" for cell in apart]
    many = GROUPED_SHARE * len(blank) <= blank.sum() < len(blank)
    named = cells[~blank].astype(str)
    plain = not any(look(cell) == "number" and not is_year(cell) for cell in named)
    if not all(before) or blank[0] or not many or not all(texts) or not plain:
        return cells
    if (named == named.shift()).any():
        return cells
    name = str(sheet.raw.columns[position])
    typed.notes.append(
        say(
            "column '{name}': {sum} blanks continue the cell above",
            name=name,
            sum=blank.sum(),
        )
    )
    return cells.ffill()


def _title_scale(sheet: SheetTable) -> tuple[int, str]:
    """Return the unit that the title declares for all numbers."""
    for line in sheet.title:
        scale, words = find_scale(line)
        if scale != 1:
            return scale, words
    return 1, ""


def _hint(sheet: SheetTable) -> Locale:
    """Return the number style that the clear cells of the sheet agree on."""
    columns = [
        sheet.raw.iloc[:, position]
        for position, name in enumerate(sheet.raw.columns)
        if not _CODE.search(str(name))
    ]
    totals = [pd.Series(cells, dtype=object) for cells in sheet.dropped_cells]
    counts = [
        sheet.raw.iloc[:, position]
        for position, name in enumerate(sheet.raw.columns)
        if _counts(str(name), sheet)
        and not _CODE.search(str(name))
        and not says_percent(str(name))
    ]
    return col.find_hint([*columns, *totals]) or col.find_group_hint(counts)


def _kind_of(name: str, parts: Sequence[str], cells: pd.Series) -> Kind:
    """Decide what a column is."""
    if parts == (SECTION,):
        return "text"
    heading = " ".join(parts) or name
    if _CODE.search(heading) or _CODE.search(heading.replace("_", " ")):
        return "code"
    looks = pd.Series([look(cell) for cell in pd.unique(cells)]).value_counts()
    numbers, texts = int(looks.get("number", 0)), int(looks.get("text", 0))
    dates, marks = int(looks.get("date", 0)), int(looks.get("mark", 0))
    if texts and _all_months(cells):
        return "month"
    if (dates and dates >= numbers + texts) or _all_moments(heading, cells):
        return "text" if _mixed_precision(cells) else "date"
    monthly = any(find_month_name(part) or is_year(part) for part in parts)
    counted = monthly or _counts(heading)
    if texts and _ORDINAL.fullmatch(heading):
        return "text"
    if numbers > texts or (counted and numbers == texts > 0):
        return "rate" if says_percent(heading) or _mostly_percent(cells) else "number"
    if counted and not texts and (marks or not numbers):
        return "number"
    return "text"


def _all_months(cells: pd.Series) -> bool:
    """Tell whether every filled cell names a month."""
    texts = [col.text_of(cell) for cell in pd.unique(cells)]
    filled = [text for text in texts if text and not is_absent(text)]
    return bool(filled) and all(find_month_name(text) for text in filled)


def _all_moments(heading: str, cells: pd.Series) -> bool:
    """Tell whether every filled cell says a month or day: Agt 2025, 2025-06, 202506."""
    texts = [col.text_of(cell) for cell in pd.unique(cells)]
    filled = [text for text in texts if text and not is_absent(text)]
    if not filled or any(is_year(text) for text in filled):
        return False
    if all(look(t) == "text" and read_moment(t).fault for t in filled[:5]):
        return False
    plain = sum(look(text) == "number" for text in filled)
    if plain and (plain == len(filled) or not _TIME.search(heading)):
        return plain == len(filled) and _is_compact_months(heading, filled)
    return not parse_months(filled, order="dmy").faults


def _mixed_precision(cells: pd.Series) -> bool:
    """Tell whether some cells name a day and others only a month or year."""
    texts = [col.text_of(cell) for cell in pd.unique(cells)]
    filled = [text for text in texts if text and not is_absent(text)]
    moments = [read_moment(text) for text in filled if not is_year(text)]
    if any(moment.fault for moment in moments):
        return False
    bare = any(not moment.day for moment in moments) or len(moments) < len(filled)
    within = parse_months(filled, order="dmy").faults
    return bare and any(fault.message.startswith("is neither") for fault in within)


def _is_compact_months(heading: str, texts: Sequence[str]) -> bool:
    """Tell whether a column headed as a time holds 202506 or serial days only."""
    long = all(len(text.removesuffix(".0")) in {5, 6, 8} for text in texts)
    named = _TIME.search(heading) is not None
    return long and named and not parse_months(texts, order="dmy").faults


def _mostly_percent(cells: pd.Series) -> bool:
    """Tell whether most cells carry a percent sign."""
    filled = [cell for cell in cells if cell is not None]
    signs = [
        isinstance(c, col.Percent) or (isinstance(c, str) and "%" in c) for c in filled
    ]
    return bool(filled) and 2 * sum(signs) > len(filled)


def _parse(
    typed: TypedTable,
    name: str,
    kind: Kind,
    cells: pd.Series,
    locale: Locale,
    hint: Locale,
    title_scale: tuple[int, str],
) -> tuple[pd.Series, list[Fault]]:
    """Parse one column by its kind."""
    if kind in {"number", "rate"}:
        return _parse_numbers(typed, name, kind, cells, locale, hint, title_scale)
    order: Order = {"id": "dmy", "en": "mdy"}.get(locale, "dmy")  # type: ignore[assignment]
    if kind == "date":
        parsed = col.parse_date_column(cells, order=order)
        months = col.parse_month_column(cells, flow=False, order=order)
        if len(months.faults) < len(parsed.faults):
            parsed = months
            typed.units[name] = "first day of the month"
        typed.notes += [
            say("column '{name}': {note}", name=name, note=note)
            for note in parsed.notes
        ]
        return pd.Series(pd.to_datetime(parsed.results)).astype(
            "datetime64[us]"
        ), parsed.faults
    if kind == "month":
        values = [find_month_name(col.text_of(cell)) or None for cell in cells]
        typed.units[name] = "month of the year"
        return pd.Series(values, dtype="Int64"), []
    clean_text = _code if kind == "code" else _text
    listed = cells.tolist()
    known = {cell: clean_text(cell) for cell in set(listed) if isinstance(cell, str)}
    texts = [known[c] if isinstance(c, str) else clean_text(c) for c in listed]
    lost = _lost_digits(texts) if kind == "code" else []
    return pd.Series(texts, dtype="str"), lost


def _parse_numbers(
    typed: TypedTable,
    name: str,
    kind: Kind,
    cells: pd.Series,
    locale: Locale,
    hint: Locale,
    title_scale: tuple[int, str],
) -> tuple[pd.Series, list[Fault]]:
    """Parse a column of numbers or rates."""
    counted = _counts(name, typed.sheet)
    scale, words = find_scale(name)
    if (
        scale == 1
        and title_scale[0] != 1
        and kind == "number"
        and not OWN_UNIT.search(name.replace("_", " "))
    ):
        scale, words = title_scale
    cells_list = [None if _nan(cell) else cell for cell in cells.tolist()]
    # A count is whole; only its ambiguous cells are judged by that, never refused.
    parsed = parse_numbers(
        cells_list,
        integer=counted and not _has_decimals(cells_list),
        rate=kind == "rate",
        signed=True,
        heading=name,
        locale=locale,
        hint=hint,
        scale=scale if kind == "number" else 1,
    )
    typed.styles[name] = (parsed.locale or hint, scale if kind == "number" else 1)
    if kind == "rate":
        typed.units[name] = "fraction (persen / 100)" if parsed.percent else "fraction"
    if words:
        typed.units[name] = f"times {scale} ({words})"
    if parsed.absent:
        typed.absent[name] = parsed.absent
    typed.notes += [
        say("column '{name}': {note}", name=name, note=note) for note in parsed.notes
    ]
    numbers = np.array([np.nan if v is None else float(v) for v in parsed.results])
    known = numbers[~np.isnan(numbers)]
    whole = (known == np.floor(known)) & (np.abs(known) < col.EXACT_BELOW)
    integral = kind == "number" and bool(whole.all())
    series = pd.Series(numbers)
    return (series.astype("Int64") if integral else series), parsed.faults


def _counts(name: str, sheet: SheetTable | None = None) -> bool:
    """Tell whether a heading counts things: people, events, or those of a month.

    Under a heading that is only a year, the title or the file's name says what counts.
    """
    monthly = any(find_month_name(part) for part in re.split(r"[ /]+", name))
    if monthly or _COUNT.search(name.replace("_", " ")):
        return True
    if sheet is None or not all(is_year(part) for part in name.split(" / ")):
        return False
    lines = (*sheet.title, sheet.sheet, sheet.path.stem.replace("_", " "))
    said = [line for line in lines if _COUNT.search(re.sub(r"(?i)tahun", "", line))]
    return bool(said) and not any(OWN_UNIT.search(line) for line in said)


def _has_decimals(cells: Sequence[Any]) -> bool:
    """Tell whether a column certainly holds fractions."""
    for cell in cells:
        if isinstance(cell, float) and not isinstance(cell, col.Percent) and cell % 1:
            return True
        if isinstance(cell, str) and ("," in cell or "." in cell):
            value = read_number(cell).value
            if value is not None and value != value.to_integral_value():
                return True
    return False


def _nan(value: Cell) -> bool:
    """Tell whether a cell is a float NaN."""
    return isinstance(value, float) and value != value


def _code(cell: Cell) -> str | None:
    """Return a code as text without the ``.0`` that spreadsheets add."""
    text = col.text_of(cell).lstrip("'")
    if not text or is_absent(text):
        return None
    return (
        re.sub(r"^(\d+)\.0+$", r"\1", text)
        if whole(text.split(".")[0]) is not None or (text.replace(".", "").isdecimal())
        else text
    )


def _lost_digits(texts: Sequence[str | None]) -> list[Fault]:
    """Report codes that a spreadsheet wrote as 3,30401E+15: their digits are gone."""
    return [
        Fault(
            position,
            text,
            say("digits of this code were lost in its power-of-ten form"),
            say("format the column as text, fill it anew, and send it again"),
        )
        for position, text in enumerate(texts)
        if text and _POWER.fullmatch(text)
    ]


def _text(cell: Cell) -> str | None:
    """Return text; letters spaced apart for looks are closed up."""
    text = close_up(cell) if isinstance(cell, str) else col.text_of(cell)
    return None if not text or is_absent(text) else text


def _problem(sheet: SheetTable, position: int, name: str, fault: Fault) -> Problem:
    """Turn a parser's fault into a problem with its address."""
    return Problem(
        file=sheet.path.name,
        sheet=sheet.sheet,
        row=int(sheet.row_numbers[fault.position]),
        column=sheet.column_numbers[position],
        kind=fault.kind,
        message=say("{name}: {message}", name=name, message=fault.message),
        remedy=fault.remedy,
        value=fault.text,
    )


def _melt(typed: TypedTable) -> pd.DataFrame:
    """Return a wide table with one row per month."""
    months: dict[str, tuple[int, int]] = {}
    for name, parts in zip(typed.frame.columns, typed.sheet.headers, strict=True):
        moment = find_moment_in(" ".join(parts))
        if moment[1]:
            months[name] = moment
    if not months:
        raise InputError(
            f"{typed.sheet.path}: no column is a month\n  → use the table as it is"
        )
    keys = [name for name in typed.frame.columns if name not in months]
    tahun = next((k for k in keys if k.lower().strip() in {"tahun", "thn"}), None)
    pieces = []
    for name, (year, month) in months.items():
        part = typed.frame[keys].copy()
        part["_year"] = typed.frame[tahun] if tahun else (year or typed.year)
        part["_month"] = month
        part["nilai"] = typed.frame[name]
        pieces.append(part)
    joined = pd.concat(pieces, ignore_index=True)
    if (joined["_year"].isna() | (joined["_year"] == 0)).any():
        raise InputError(
            f"{typed.sheet.path}: no year for its months\n"
            "  → name the year in the title or the file name"
        )
    periode = pd.to_datetime(
        {"year": joined["_year"].astype(int), "month": joined["_month"], "day": 1}
    ).astype("datetime64[us]")
    joined.insert(len(keys), "periode", periode)
    return joined.drop(columns=["_year", "_month"])
