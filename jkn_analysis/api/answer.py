"""An answer: a plain pandas table that knows its title, units, denominator and date."""

from __future__ import annotations

import difflib
import html
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis import formats
from jkn_analysis.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

SHOWN_ROWS = 24
UNITS = {"jiwa": "jiwa", "rp": "rupiah", "rate": "bagian dari 1", "bulan": "bulan"}
"""Unit of a column by the ending of its name (see docs: names)."""
_STYLE = (
    "font:14px/1.35 system-ui,'Segoe UI','DejaVu Sans',sans-serif;"
    "border-collapse:collapse;font-variant-numeric:tabular-nums"
)
_CELL = "padding:3px 10px;border-top:1px solid #d9dee4;text-align:"


@cache
def read_columns() -> dict[str, tuple[str, str]]:
    """Read label and meaning of every column of every table."""
    path = resources.files("jkn_analysis").joinpath("texts", "kolom.toml")
    found = tomllib.loads(path.read_text("utf-8"))
    return {name: (label, meaning) for name, (label, meaning) in found.items()}


def unit_of(column: str) -> str:
    """Give the unit of a column by its name; empty for words, codes and dates."""
    return UNITS.get(column.rsplit("_", 1)[-1], "")


def label_of(column: str) -> str:
    """Give the heading a reader sees: of the indicator, of the column, or its name."""
    from jkn_analysis.indicators import INDICATORS

    if column in INDICATORS:
        meaning = INDICATORS[column].arti
        return meaning[:1].upper() + meaning[1:]
    return read_columns().get(column, (column.replace("_", " "), ""))[0]


def find_name(name: str, known: Iterable[str], what: str) -> str:
    """Return `name` if it is known.

    Raises
    ------
    UnknownNameError
        Otherwise; with the nearest names.
    """
    names = sorted(known)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"maksudnya: {', '.join(near)}?" if near else f"pilih: {', '.join(names)}"
    raise UnknownNameError(f"{what} '{name}' tidak dikenal\n  → {hint}")


class Answer(pd.DataFrame):
    """A DataFrame whose ``attrs`` hold judul, satuan, penyebut, per, sumber, contoh.

    Every method of pandas works and gives an `Answer` again. In a notebook it prints
    with Indonesian headings and numbers and, for sample data, with the mark.
    """

    @property
    def _constructor(self) -> type[Answer]:
        """Keep the type through slices and joins."""
        return Answer

    def _repr_html_(self) -> str:
        """Write the table as the pages do: mark, title, headings, numbers, a foot."""
        return f"{self._mark()}{self.to_table_html(most=SHOWN_ROWS)}"

    def to_table_html(self, most: int | None = None) -> str:
        """Write title, headings, at most so many rows, and the foot."""
        shown = self.head(most) if most else self
        shown = shown.reset_index(drop=self.index.names == [None])
        labels = self.attrs.get("label", {})
        names = [str(name) for name in shown.columns]
        heads = "".join(_head(name, shown[name], labels) for name in names)
        rows = (
            "".join(_cell(*_told(str(name), value, row)) for name, value in row.items())
            for row in shown.to_dict("records")
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        title = html.escape(str(self.attrs.get("judul", "")))
        table = f'<table style="{_STYLE}"><tr>{heads}</tr>{body}</table>'
        return f"<p><b>{title}</b></p>{table}{self._foot(len(self) - len(shown))}"

    def _mark(self) -> str:
        """Say that the data are made up, if they are."""
        if not self.attrs.get("contoh", True):
            return ""
        return (
            '<p style="background:#ffefc2;color:#4a3a00;padding:4px 10px">'
            "DATA CONTOH – angka buatan untuk peragaan, bukan angka resmi</p>"
        )

    def _foot(self, hidden: int) -> str:
        """Name the rows left out, the denominator, the date and the source."""
        told = [f"… {formats.format_number(hidden)} baris lagi"] if hidden > 0 else []
        told += [
            f"{label}: {self.attrs[key]}"
            for key, label in (("penyebut", "Penyebut"), ("per", "Per"),
                               ("sumber", "Sumber"), ("catatan", "Catatan"))
            if self.attrs.get(key)
        ]  # fmt: skip
        text = html.escape(" · ".join(told))
        return f'<p style="color:#55606e;font-size:13px">{text}</p>' if text else ""


def _head(name: str, column: pd.Series, labels: dict[str, str]) -> str:
    """Write one heading."""
    side = "right" if pd.api.types.is_numeric_dtype(column) else "left"
    text = html.escape(labels.get(name) or label_of(name))
    return f'<th style="{_CELL}{side}" scope="col">{text}</th>'


def _told(name: str, value: Any, row: Mapping[Hashable, Any]) -> tuple[str, Any]:  # noqa: ANN401 - whatever a table holds
    """Return what a cell is called and holds; a row may name its own measure."""
    measure = str(row.get("ukuran", ""))
    if name == "ukuran":
        return name, label_of(measure)
    own = unit_of(name) or name in {"tahun", "kelas", "kuantil"}
    return (name if own or not measure else measure), value


def _cell(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a table holds
    """Write one cell by the unit its column's name tells."""
    text = write_value(name, value)
    number = isinstance(value, int | float) or formats.is_missing(value)
    side = "right" if number else "left"
    return f'<td style="{_CELL}{side}">{html.escape(text)}</td>'


def write_value(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a table holds
    """Write a value for a reader, by its type and its column's name."""
    if formats.is_missing(value):
        return "tidak tersedia"
    if isinstance(value, pd.Timestamp):
        month = value.day == 1 and name in {"periode", "cutoff", "bulan"}
        return (formats.format_periode if month else formats.format_tanggal)(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if name.endswith("_rate") or name == "peluang":
        return formats.format_rate(value)
    if name.endswith("_rp"):
        return formats.format_rp(value)
    if name in {"tahun", "kelas", "kuantil"}:
        return f"{value:g}".replace(".", ",")
    whole = name.endswith("_jiwa") or float(value).is_integer()
    return formats.format_number(value, 0 if whole else 2)


def build_answer(
    frame: pd.DataFrame, judul: str, told: Mapping[str, str], *, contoh: bool
) -> Answer:
    """Put title, units and what else is known of a table on it.

    Parameters
    ----------
    frame
        The rows, with column names that carry their unit.
    judul
        One line in Indonesian.
    told
        ``penyebut``, ``per``, ``sumber``, ``catatan``: text, empty or absent.
    contoh
        Whether the data are the labelled synthetic sample.
    """
    answer = Answer(frame)
    answer.attrs = {
        "judul": judul,
        "contoh": contoh,
        "satuan": {str(name): unit_of(str(name)) for name in frame.columns},
        **{key: text for key, text in told.items() if text},
    }
    return answer
