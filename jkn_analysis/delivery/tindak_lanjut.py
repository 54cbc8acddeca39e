"""The reply form: decisions go out as a sheet, come back with status and notes."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.errors import InputError
from jkn_analysis.personal import count_personal, mask_personal
from jkn_analysis.sharing.workbook import save_workbook, set_text
from jkn_analysis.tables import TABLES, conform
from jkn_analysis.texts.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

HEADINGS: dict[str, str] = {
    "id_rapat": "ID rapat",
    "kode": "Kode",
    "nomor": "Nomor",
    "keputusan": "Keputusan",
    "penanggung_jawab": "Penanggung jawab",
    "tenggat": "Tenggat",
    "status": "Status",
    "catatan": "Catatan",
}
"""Column of the table to its heading in the form."""
STATUS: tuple[str, ...] = TABLES["tindak_lanjut"].column("status").choices
_FREE_TEXT = ("keputusan", "penanggung_jawab", "catatan")
BLANK_ROWS = 8
_WIDTHS = (18, 8, 8, 52, 24, 14, 12, 40)
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_FAR_ENOUGH = 30


def build_form(
    decisions: pd.DataFrame,
    *,
    id_rapat: str,
    kode: str,
    title: str,
    coming: str | None = None,
) -> bytes:
    """Write the form of one meeting's decisions, with empty rows for new ones.

    Parameters
    ----------
    decisions
        Rows of ``tindak_lanjut``.
    id_rapat, kode
        The meeting whose decisions are listed; they stand in every row, so that the
        answer finds its way back.
    coming
        The meeting the form travels to: new decisions are filed under it, numbered
        from 1; under the old meeting where there is none.
    title
        First line, such as the region and the meeting.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill

    book = Workbook()
    page = book.worksheets[0]
    page.title = "Tindak lanjut"
    set_text(page["A1"], title)
    page["A1"].font = Font(bold=True, size=13)
    set_text(
        page["A2"],
        f"Isi kolom Status ({', '.join(STATUS)}) dan Catatan; tambah keputusan baru "
        "di baris kosong; kirim berkas ini kembali.",
    )
    for column, heading in enumerate(HEADINGS.values(), start=1):
        cell = page.cell(4, column)
        set_text(cell, heading)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E4EAF0")
    own = decisions.loc[decisions["id_rapat"] == id_rapat].sort_values("nomor")
    rows = own.to_dict("records")
    new = coming or id_rapat
    noted = decisions.loc[decisions["id_rapat"] == new, "nomor"]
    last = int(noted.max()) if len(noted) else 0
    rows += [
        {"id_rapat": new, "kode": kode, "nomor": last + step}
        for step in range(1, BLANK_ROWS + 1)
    ]
    for number, row in enumerate(rows, start=5):
        _write_row(page, number, row)
        page.cell(number, 4).alignment = Alignment(wrap_text=True, vertical="top")
    _finish(page, last_row=4 + len(rows))
    return save_workbook(book, title=title)


def read_form(path: Path) -> pd.DataFrame:
    """Read a returned form; the file is opened in a limited child process.

    Rows without a decision are left out.

    Returns
    -------
    DataFrame
        Valid rows of ``tindak_lanjut``.

    Raises
    ------
    InputError
        If the headings are not found, or with every cell that cannot be read.
    """
    from jkn_analysis.cleaning.open.sandbox import open_foreign

    for sheet in open_foreign(path)["sheets"]:
        head = _find_head(sheet["rows"])
        if head is not None:
            return _read_rows(sheet, head, path)
    raise InputError(
        f"{path}: no row with the headings {', '.join(HEADINGS.values())}\n"
        "  → send back the form that came with the mail"
    )


def merge_reply(
    current: pd.DataFrame, reply: pd.DataFrame, *, rapat: pd.DataFrame
) -> pd.DataFrame:
    """Lay a reply over the decisions known so far; its rows win.

    Raises
    ------
    InputError
        If it names a meeting that is not known, or one of another region.
    """
    known = dict(zip(rapat["id_rapat"], rapat["kode"], strict=True))
    strange = sorted({r for r in reply["id_rapat"] if r not in known})
    if strange:
        raise InputError(
            f"reply: unknown meeting {', '.join(map(one_line, strange))}\n"
            "  → leave the column 'ID rapat' of the form as it was sent"
        )
    other = [
        one_line(str(id_rapat))
        for id_rapat, kode in zip(reply["id_rapat"], reply["kode"], strict=True)
        if known[id_rapat] != kode
    ]
    if other:
        raise InputError(
            f"reply: 'Kode' is not that of meeting {', '.join(sorted(set(other)))}\n"
            "  → leave the columns 'ID rapat' and 'Kode' as they were sent"
        )
    both = pd.concat([current, reply], ignore_index=True)
    merged = both.drop_duplicates(["id_rapat", "nomor"], keep="last")
    ordered = merged.sort_values(["id_rapat", "nomor"], ignore_index=True)
    return conform(ordered, "tindak_lanjut")


def build_reply_delivery(reply: pd.DataFrame) -> bytes:
    """Write a reply as a delivery of its own, headings named as the table's columns."""
    from openpyxl import Workbook

    book = Workbook()
    page = book.worksheets[0]
    page.title = "tindak_lanjut"
    for column, name in enumerate(HEADINGS, start=1):
        set_text(page.cell(1, column), name)
    for number, row in enumerate(reply.to_dict("records"), start=2):
        _write_row(page, number, row)
    return save_workbook(book, title="tindak_lanjut")


def _write_row(page: Worksheet, number: int, row: dict[Any, Any]) -> None:
    """Write one decision; an absent value stays empty."""
    for column, name in enumerate(HEADINGS, start=1):
        value = row.get(name)
        cell = page.cell(number, column)
        if value is None or pd.isna(value):
            continue
        if name == "tenggat":
            cell.value, cell.number_format = value.date(), "yyyy-mm-dd"
        elif name == "nomor":
            cell.value = int(value)
        else:
            set_text(cell, str(value))


def _finish(page: Worksheet, *, last_row: int) -> None:
    """Set widths, the list of states and the print layout."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for column, width in enumerate(_WIDTHS, start=1):
        page.column_dimensions[get_column_letter(column)].width = width
    choices = DataValidation("list", formula1=f'"{",".join(STATUS)}"', allow_blank=True)
    page.add_data_validation(choices)
    choices.add(f"G5:G{last_row}")
    page.freeze_panes = "A5"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True


def _find_head(rows: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]] | None:
    """Return the row of the headings and the column of each."""
    for number, row in enumerate(rows[:_FAR_ENOUGH]):
        texts = [_text(cell).lower() for cell in row]
        places = {
            name: texts.index(heading.lower())
            for name, heading in HEADINGS.items()
            if heading.lower() in texts
        }
        if len(places) == len(HEADINGS):
            return number, places
    return None


def _read_rows(
    sheet: dict[str, Any], head: tuple[int, dict[str, int]], path: Path
) -> pd.DataFrame:
    """Read the rows under the headings; list every cell that is wrong."""
    from openpyxl.utils import get_column_letter

    start, places = head
    read, problems = [], []
    for offset, cells in enumerate(sheet["rows"][start + 1 :], start=start + 1):
        row = {name: _cell(cells, place) for name, place in places.items()}
        if not _text(row["keputusan"]):
            continue
        values, wrong = _parse(row)
        read.append(values)
        for name, said in wrong:
            column = get_column_letter(places[name] + sheet["first_column"])
            problems.append(f"  {column}{offset + sheet['first_row']}: {said}")
    keys = [(row.get("id_rapat"), row.get("nomor")) for row in read]
    if len(set(keys)) < len(keys):
        problems.append("  a number stands in two rows of the same meeting")
    if problems:
        where = mask_personal(str(path))
        raise InputError(f"{where}: the form cannot be taken\n" + "\n".join(problems))
    frame = pd.DataFrame(read, columns=list(HEADINGS))
    return conform(frame, "tindak_lanjut")


def _cell(cells: Sequence[Any], place: int) -> Any:  # noqa: ANN401 - whatever a cell holds
    """Return a cell of a row that may be short."""
    return cells[place] if place < len(cells) else None


def _text(cell: object) -> str:
    """Return a cell as one line of text."""
    return "" if cell is None else one_line(str(cell))


def _parse(row: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Turn one row into values and the list of what is wrong with it."""
    values: dict[str, Any] = {name: _text(row[name]) for name in HEADINGS}
    wrong = [
        (name, f"'{HEADINGS[name]}' is empty")
        for name in ("id_rapat", "kode", "penanggung_jawab")
        if not values[name]
    ]
    values["nomor"] = _number(row["nomor"])
    if values["nomor"] is None:
        wrong.append(("nomor", "not a number from 1"))
    values["tenggat"] = _day(row["tenggat"])
    if values["tenggat"] is None:
        wrong.append(("tenggat", "not a date; write 2025-12-31 or 31/12/2025"))
    values["status"] = values["status"].lower() or "belum"
    if values["status"] not in STATUS:
        shown = mask_personal(values["status"])[:_FAR_ENOUGH]
        wrong.append(("status", f"'{shown}' is not one of {', '.join(STATUS)}"))
    values["catatan"] = values["catatan"] or None
    wrong += [
        (name, "points at a person; write the office or position instead")
        for name in HEADINGS
        if count_personal(_text(row[name]), names=name in _FREE_TEXT)
    ]
    return values, wrong


def _number(cell: object) -> int | None:
    """Read a whole number from 1."""
    text = _text(cell).removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def _day(cell: object) -> dt.datetime | None:
    """Read a date cell, or a date written as 2025-12-31 or 31/12/2025."""
    if isinstance(cell, dt.date):
        return dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - a day
    text = _text(cell)
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DAY.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        return dt.datetime(year, month, day)  # noqa: DTZ001 - a day without a time
    except ValueError:
        return None
