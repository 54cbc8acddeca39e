"""Html tables and XML spreadsheets that offices save under the name .xls."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from jkn_analysis.cleaning.open.refusal import RefusedError

MAX_SPAN = 2_000
MAX_CELLS = 2_000_000
MAX_TITLES = 6
_SILENT = frozenset({"style", "script", "title", "styles", "documentproperties", "xml"})


class _Tables(HTMLParser):
    """Collects the rows of every table; spans are noted as merged ranges."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sheets: list[dict[str, Any]] = []
        self.rows: list[list[str | None]] | None = None
        self.text: list[str] | None = None
        self.outside: list[str] = []
        self.silent = 0
        self.span = (1, 1)
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, row or cell."""
        local = tag.rsplit(":", 1)[-1]
        self.silent += local in _SILENT
        given = {name.rsplit(":", 1)[-1]: value or "" for name, value in attrs}
        if local == "table" or tag == "worksheet":
            self._open_table()
        elif local in {"tr", "row"} and self.rows is not None:
            self._close_cell()
            self.rows.append([])
        elif local in {"td", "th", "cell"} and self.rows is not None:
            self._close_cell()
            self.text = []
            across = (
                _span(given.get("colspan")) + _span(given.get("mergeacross"), 0) - 0
            )
            down = _span(given.get("rowspan")) + _span(given.get("mergedown"), 0) - 0
            self.span = (down, across)
        elif local == "br" and self.text is not None:
            self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close a cell or table."""
        local = tag.rsplit(":", 1)[-1]
        self.silent -= local in _SILENT and self.silent > 0
        if local in {"td", "th", "cell", "tr", "row"}:
            self._close_cell()
        elif local == "table":
            self._close_cell()
            self.rows = None

    def handle_data(self, data: str) -> None:
        """Collect a cell's text; text outside of tables is a title of the next."""
        if self.text is not None:
            self.text.append(data)
        elif not self.silent and data.strip() and (self.rows is None or not self.rows):
            self.outside.append(" ".join(data.split()))

    def _open_table(self) -> None:
        if self.rows is not None and not self.rows:
            return
        self._close_cell()
        self.rows = []
        self.sheets.append(
            {"name": "", "hidden": False, "rows": self.rows, "merged": []}
        )
        self.sheets[-1]["titles"] = self.outside[-MAX_TITLES:]
        self.outside = []

    def _close_cell(self) -> None:
        if self.text is None or self.rows is None:
            self.text = None
            return
        if not self.rows:
            self.rows.append([])
        value = " ".join("".join(self.text).split()) or None
        self.text = None
        self._place(value)

    def _place(self, value: str | None) -> None:
        """Put a cell where no span from above covers it."""
        assert_rows = self.rows or [[]]
        row = len(assert_rows) - 1
        cells = assert_rows[row]
        merged = self.sheets[-1]["merged"]
        down, across = self.span
        while any(
            r1 < row <= r2 and c1 <= len(cells) <= c2 for r1, c1, r2, c2 in merged
        ):
            cells.append(None)
        column = len(cells)
        cells.extend([value, *[None] * (across - 1)])
        self.cells += across
        if self.cells > MAX_CELLS:
            message = "more cells than any table"
            raise MemoryError(message)
        if down > 1 or across > 1:
            merged.append((row, column, row + down - 1, column + across - 1))


def _span(text: str | None, default: int = 1) -> int:
    """Return a span attribute within reason."""
    return (
        min(MAX_SPAN, int(text))
        if text and text.isdecimal() and len(text) < 6
        else default
    )


def read_markup(content: str) -> dict[str, Any]:
    """Read the tables of an html page or an XML spreadsheet."""
    parser = _Tables()
    parser.feed(content)
    parser.close()
    sheets = [sheet for sheet in parser.sheets if any(map(any, sheet["rows"]))]
    for sheet in sheets:
        titles = [[text] for text in sheet.pop("titles")]
        sheet["rows"] = [*titles, *sheet["rows"]]
        down = len(titles)
        sheet["merged"] = [(a + down, b, c + down, d) for a, b, c, d in sheet["merged"]]
    if not sheets:
        raise RefusedError("unreadable:web_page")
    for number, sheet in enumerate(sheets, 1):
        sheet["name"] = f"tabel {number}" if len(sheets) > 1 else ""
    return {"format": "html", "sheets": sheets, "remarks": []}
