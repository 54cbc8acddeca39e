"""What calamine does not tell of an ods: merged cells, errors, percents."""

from __future__ import annotations

import zipfile
from typing import Any
from xml.parsers import expat

MAX_MERGED = 100_000
MAX_HIDDEN = 5_000


class _Scanner:
    """Walks content.xml, counting rows and columns with their repetitions."""

    def __init__(self) -> None:
        self.sheets: dict[str, dict[str, Any]] = {}
        self.sheet: dict[str, Any] | None = None
        self.row = self.column = 0
        self.row_step = 1
        self.depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        if name == "table:table":
            self.depth += 1
            if self.depth == 1:
                self.sheet = {
                    "merged": [], "percent": [], "marks": {},
                    "hidden_rows": [], "hidden_columns": [],
                }  # fmt: skip
                self.sheets[attributes.get("table:name", "")] = self.sheet
                self.row = self.column = 0
        elif name == "table:table-column" and self.depth == 1:
            step = _count(attributes, "table:number-columns-repeated")
            self._hide("hidden_columns", attributes, self.column, step)
            self.column += step
        elif name == "table:table-row" and self.depth == 1:
            self.row_step = _count(attributes, "table:number-rows-repeated")
            self._hide("hidden_rows", attributes, self.row, self.row_step)
            self.column = 0
        elif self.depth == 1 and name in {
            "table:table-cell",
            "table:covered-table-cell",
        }:
            self._cell(attributes)

    def end(self, name: str) -> None:
        """Leave an element."""
        if name == "table:table":
            self.depth -= 1
        elif name == "table:table-row" and self.depth == 1:
            self.row += self.row_step

    def _hide(
        self, what: str, attributes: dict[str, str], start: int, step: int
    ) -> None:
        """Note rows or columns that are not shown."""
        shown = attributes.get("table:visibility", "visible") == "visible"
        if self.sheet is not None and not shown:
            most = min(step, MAX_HIDDEN - len(self.sheet[what]))
            self.sheet[what] += range(start + 1, start + 1 + max(0, most))

    def _cell(self, attributes: dict[str, str]) -> None:
        """Note a cell's span and kind."""
        wide = _count(attributes, "table:number-columns-spanned")
        high = _count(attributes, "table:number-rows-spanned")
        sheet = self.sheet
        if sheet is None:
            return
        if (wide > 1 or high > 1) and len(sheet["merged"]) < MAX_MERGED:
            box = (self.row, self.column, self.row + high - 1, self.column + wide - 1)
            sheet["merged"].append(box)
        if attributes.get("office:value-type") == "percentage":
            sheet["percent"].append((self.row + 1, self.column + 1))
        self.column += _count(attributes, "table:number-columns-repeated")


def _count(attributes: dict[str, str], name: str) -> int:
    """Return a positive count attribute; 1 where it is absent or nonsense."""
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


def read_extra(archive: zipfile.ZipFile) -> dict[str, dict[str, Any]]:
    """Return per sheet name its merged ranges and percent cells."""
    scanner = _Scanner()
    parser = expat.ParserCreate()
    parser.StartElementHandler = scanner.start
    parser.EndElementHandler = scanner.end
    try:
        parser.Parse(archive.read("content.xml"), True)  # noqa: FBT003 - expat
    except expat.ExpatError:
        return {}
    return scanner.sheets
