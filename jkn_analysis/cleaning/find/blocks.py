"""Where the tables lie in a sheet: titles and headers.

Everything is decided by what a row looks like next to its neighbours, the way a
person reads a sheet; no position is fixed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jkn_analysis.cleaning.find.body import read_body
from jkn_analysis.cleaning.find.edges import Block, Dropped
from jkn_analysis.cleaning.find.headings import find_role, is_heading
from jkn_analysis.cleaning.find.labels import (
    SIGNATURE,
    SIGNED_LINE,
    SOURCE,
    Row,
    filled_cells,
    is_constant,
    is_numbering,
    is_vocabulary,
    known_words,
    looks_like_header,
)
from jkn_analysis.cleaning.values.cells import Cell, is_year, look, tidy
from jkn_analysis.personal import mask_personal

MAX_HEADER_ROWS = 5
_COUNTED = re.compile(
    r"\b(?:jumlah|jml|persen\w*|rata|data|angka|nilai|penduduk)\b", re.I
)


def find_blocks(rows: Sequence[Row], merged_wide: set[int]) -> list[Block]:
    """Find the tables stacked in a grid of cells.

    Parameters
    ----------
    rows
        Cells of the sheet, None where empty, merged cells filled.
    merged_wide
        Rows with one merged cell over at least three columns: titles or sections.
    """
    filled = [filled_cells(row) for row in rows]
    widest = max((len(cells) for cells in filled), default=0)
    blocks: list[Block] = []
    position = 0
    while position < len(rows):
        header = _find_header(rows, filled, position, widest)
        if header is None:
            _keep_rest(blocks, rows, position)
            break
        title = _title_lines(rows, position, header[0])
        block = Block(title=title, header=header)
        position = read_body(block, rows, filled, merged_wide)
        blocks.append(block)
    return blocks


def _title_lines(rows: Sequence[Row], start: int, stop: int) -> list[tuple[int, str]]:
    """Return row positions and texts of the lines above a header."""
    lines = []
    for index in range(start, stop):
        texts = dict.fromkeys(tidy(cell) for cell in rows[index] if cell is not None)
        if texts:
            first = next(iter(texts))
            labels = {"nama", "nama_provinsi", "segmen"}
            pair = len(texts) == 2 and find_role(first, "kepesertaan") in labels
            lines.append((index, mask_personal((" : " if pair else " ").join(texts))))
    return lines


def _keep_rest(blocks: list[Block], rows: Sequence[Row], start: int) -> None:
    """Add what follows the last table to its notes."""
    if not blocks:
        return
    signed = False
    for index, text in _title_lines(rows, start, len(rows)):
        signed = not SOURCE.match(text) and (signed or bool(SIGNED_LINE.match(text)))
        shown = SIGNATURE if signed else text
        blocks[-1].notes.append(shown)
        blocks[-1].dropped.append(Dropped(index, "footer", shown))


def _find_header(
    rows: Sequence[Row], filled: list[list[int]], start: int, widest: int
) -> list[int] | None:
    """Return the rows of the next header at or after `start`."""
    least = 2 if widest > 1 else 1
    stair = _find_stair(rows, filled, start)
    if stair:
        return stair
    for index in range(start, len(rows)):
        width = len(filled[index])
        if width < least or is_constant(rows[index]):
            continue
        if is_vocabulary(rows[index]) and _leads_to_data(rows, filled, index):
            lowest = _wider_below(rows, filled, index)
            return _extend(rows, filled, lowest, start)
        if not looks_like_header(rows[index]):
            above = _nearest_header_above(rows, filled, index, start, least)
            if above is not None:
                return _extend(rows, filled, above, start)
            if 2 * width > widest:
                return None
    return _first_full_row(rows, filled, start, widest)


def _find_stair(rows: Sequence[Row], filled: list[list[int]], start: int) -> list[int]:
    """Return the rows of a header whose first row heads the label column alone.

    So BPS writes its downloads: the label's heading, what is counted, the years.
    """
    data = start
    while data < len(rows) and not (filled[data] and _is_labelled(rows[data])):
        data += 1
    top = data - 1
    while top >= start and filled[top] and filled[top][0] > 0:
        kinds = {look(rows[top][i]) for i in filled[top]}
        years = all(is_year(rows[top][i]) for i in filled[top])
        if not years and kinds != {"text"}:
            return []
        top -= 1
    alone = start <= top < data - 1 and filled[top] == [0]
    return list(range(top, data)) if alone and _heads_labels(rows[top][0]) else []


def _is_labelled(row: Row) -> bool:
    """Tell whether a row is a label and numbers."""
    kinds = [look(cell) for cell in row]
    return kinds[0] == "text" and bool({"number", "mark"} & set(kinds))


def _heads_labels(cell: Cell) -> bool:
    """Tell whether a lone text is a column's heading rather than a title."""
    text = tidy(cell)
    return is_heading(text) or (
        len(text.split()) <= 3 and _COUNTED.search(text) is None
    )


def _wider_below(rows: Sequence[Row], filled: list[list[int]], index: int) -> int:
    """Return the row under a row of captions that heads the columns they span."""
    below = index + 1
    if below >= len(rows) or not is_vocabulary(rows[below]):
        return index
    wider = 2 * len(filled[below]) >= 3 * len(filled[index])
    return below if wider and filled[below][0] < filled[index][0] else index


def _leads_to_data(rows: Sequence[Row], filled: list[list[int]], index: int) -> bool:
    """Tell whether something to read stands under a candidate header."""
    following = (filled[i] for i in range(index + 1, min(index + 8, len(rows))))
    return any(len(cells) >= 1 for cells in following)


def _nearest_header_above(
    rows: Sequence[Row], filled: list[list[int]], data: int, start: int, least: int
) -> int | None:
    """Return the last row of labels above the first row of data."""
    wanted = max(least, len(filled[data]) // 3)
    for index in range(data - 1, start - 1, -1):
        cells = filled[index]
        if not cells or is_numbering(rows[index]):
            continue
        if len(cells) >= wanted and looks_like_header(rows[index]):
            while _is_first_data(rows, filled, index, start):
                index -= 1
            return index
        if len(cells) >= least and not looks_like_header(rows[index]):
            return None
    return None


def _is_first_data(
    rows: Sequence[Row], filled: list[list[int]], index: int, start: int
) -> bool:
    """Tell whether a label beside 1, 2, 3 … is data: a header labels it already."""
    above = index - 1
    if above < start or filled[above] != filled[index]:
        return False
    pairs = [(rows[index][i], rows[above][i]) for i in filled[index]]
    apart = any(
        look(mine) == look(label) == "text" and tidy(mine) != tidy(label)
        for mine, label in pairs
    )
    numbers = any(look(rows[index][i]) == "number" for i in filled[index])
    return apart and numbers and looks_like_header(rows[above])


def _first_full_row(
    rows: Sequence[Row], filled: list[list[int]], start: int, widest: int
) -> list[int] | None:
    """Return the first row of a text-only table that is nearly as wide as any."""
    least = max(1, min(2, widest), (2 * widest + 2) // 3)
    for index in range(start, len(rows) - 1):
        if len(filled[index]) >= least and not is_constant(rows[index]):
            return _extend(rows, filled, index, start)
    return None


def _extend(
    rows: Sequence[Row], filled: list[list[int]], index: int, start: int
) -> list[int]:
    """Return all rows of a header that contains row `index`."""
    header = [index]
    while len(header) < MAX_HEADER_ROWS and header[0] > start:
        above = header[0] - 1
        if not _is_parent(rows, filled, above, header[0]):
            break
        header.insert(0, above)
    while len(header) < MAX_HEADER_ROWS and header[-1] + 1 < len(rows):
        below = header[-1] + 1
        if not _is_child(rows, filled, header, below):
            break
        header.append(below)
    return header


def _is_parent(
    rows: Sequence[Row], filled: list[list[int]], above: int, below: int
) -> bool:
    """Tell whether the row above belongs to the header."""
    cells = filled[above]
    if not cells or not looks_like_header(rows[above]) or is_constant(rows[above]):
        return False
    texts = {tidy(rows[above][i]) for i in cells}
    if len(texts) == 1:
        starts_right = cells[0] > filled[below][0] or rows[below][cells[0]] is None
        return cells[0] > 0 and starts_right and len(filled[below]) > 1
    return len(texts) >= 2 and _shares_label(rows, filled, above, below)


def _shares_label(
    rows: Sequence[Row], filled: list[list[int]], above: int, below: int
) -> bool:
    """Tell a caption row from a title that was cut at its commas.

    A caption leaves the label column to the row below, repeats it, or is made of
    known headings.
    """
    first = min(filled[above][0], filled[below][0])
    mine, label = rows[above][first], rows[below][first]
    if mine is None or label is None or tidy(mine) == tidy(label):
        return True
    return is_vocabulary(rows[above]) or len(filled[above]) >= len(filled[below])


def _is_child(
    rows: Sequence[Row], filled: list[list[int]], header: list[int], below: int
) -> bool:
    """Tell whether the row below splits the header's columns further.

    A sub-header leaves the label column to the row above it (blank, or the same text
    where the cell is merged); a row of data fills it.
    """
    cells = filled[below]
    top = rows[header[-1]]
    first = filled[header[0]][0]
    if cells and first not in cells and all(is_year(rows[below][i]) for i in cells):
        heads = [tidy(top[i]).lower() for i in cells]
        return (
            below + 1 < len(rows)
            and rows[below + 1][first] is not None
            and not (set(heads) & {"tahun", "thn"})
        )
    if not cells or not looks_like_header(rows[below]) or is_numbering(rows[below]):
        return False
    label = rows[below][first] if first < len(rows[below]) else None
    inherits = label is None or tidy(label) == tidy(top[first])
    if not inherits:
        return False
    parents = [index for index in cells if _covered(rows, header, index)]
    fresh = [i for i in cells if tidy(rows[below][i]) != tidy(top[i])]
    known, texts = known_words([rows[below][i] for i in fresh])
    numbers = len(fresh) - texts
    return (
        bool(fresh)
        and len(parents) == len(cells)
        and (2 * known >= texts or numbers > 0 or len(fresh) >= 2)
    )


def _covered(rows: Sequence[Row], header: list[int], column: int) -> bool:
    """Tell whether some header cell stands above a column or to its left."""
    return any(
        any(cell is not None for cell in rows[index][: column + 1]) for index in header
    )
