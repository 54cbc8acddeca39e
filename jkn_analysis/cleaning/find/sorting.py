"""All columns of a sheet sorted by use: identifiers, measures, what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from jkn_analysis.cleaning.find.headings import IGNORED, find_role, heading_key
from jkn_analysis.cleaning.find.roles import (
    CHECKED,
    IDENTIFIERS,
    ColumnUse,
    Use,
    list_measures,
    read_path,
)
from jkn_analysis.cleaning.find.table import SECTION, SheetTable
from jkn_analysis.cleaning.values.cells import look, tidy
from jkn_analysis.cleaning.values.names import is_region, is_segmen_word
from jkn_analysis.tables import TABLES

MOST_LOOKED = 50
MOST_LABELS = 2_000
"""Different cells that are looked at where only they say what a column is."""


@dataclass
class Roles:
    """All columns of a sheet sorted by use."""

    identifiers: dict[str, ColumnUse] = field(default_factory=dict)
    attributes: dict[str, ColumnUse] = field(default_factory=dict)
    """Columns stored as they are: text, dates, choices."""
    measured: list[ColumnUse] = field(default_factory=list)
    checked: list[ColumnUse] = field(default_factory=list)
    unknown: list[ColumnUse] = field(default_factory=list)
    doubled: list[ColumnUse] = field(default_factory=list)
    others: list[ColumnUse] = field(default_factory=list)
    """Columns of another quantity, which are left out and named."""
    ignored: list[ColumnUse] = field(default_factory=list)


def read_roles(sheet: SheetTable, table: str, overrides: Mapping[str, str]) -> Roles:
    """Find the use of every column of a sheet.

    Parameters
    ----------
    sheet
        A table read from a file.
    table
        The canonical table it is to become.
    overrides
        Headings of the config file.
    """
    own = tuple(sorted(overrides.items()))
    measures = list_measures(table)
    canonical = {column.name for column in TABLES[table].columns}
    roles = Roles()
    for position, parts in enumerate(sheet.headers):
        heading = " / ".join(parts)
        if parts == (SECTION,) and sheet.column_numbers[position] == 0:
            continue
        use = read_path(parts, table, own) if parts else Use(known=False)
        _sort(ColumnUse(position, heading, use), roles, measures, canonical)
    _know_by_cells(sheet, roles, canonical)
    known = {*measures, "nonaktif_jiwa"}
    for column in [c for c in roles.ignored if not c.use.forced]:
        named = {find_role(text, table) for text in _texts_of(sheet, column)}
        if named and named <= known and "uraian" not in roles.identifiers:
            roles.identifiers["uraian"] = column  # Keterangan: what each row counts
    return roles


def _texts_of(sheet: SheetTable, column: ColumnUse) -> set[str]:
    """Return the different texts of a column, of a long one the first."""
    cells = sheet.raw.iloc[:, column.position].unique()[:MOST_LABELS]
    return {tidy(cell) for cell in cells if isinstance(cell, str)}


def _know_by_cells(sheet: SheetTable, roles: Roles, canonical: set[str]) -> None:
    """Take a column of an unknown heading whose every cell is a region or segmen.

    So a pivot table heads its labels, and other languages theirs; ``Uraian`` may be
    segmen too.
    """
    item = roles.identifiers.get("uraian")
    worded = [c for c in roles.measured if _is_worded(sheet, c)]
    for column in [*roles.unknown, *worded, *([item] if item else [])]:
        texts = _texts_of(sheet, column)
        of_segmen = {text for text in texts if is_segmen_word(text)}
        if column is item and 2 * len(of_segmen) > len(texts):
            texts = of_segmen
        role = _role_of_cells(texts, roles.identifiers, canonical)
        if role:
            _drop(roles, column)
            roles.identifiers[role] = replace(column, use=Use(role=role))
        elif column is not item and texts and all(map(is_segmen_word, texts)):
            _drop(roles, column)  # a caption over the segmen beside it
            roles.others.append(column)


def _is_worded(sheet: SheetTable, column: ColumnUse) -> bool:
    """Tell whether a column headed as figures has none: ``Kepesertaan`` over segmen."""
    cells = sheet.raw.iloc[:, column.position]
    return (
        cells.dtype == object
        and len(cells) > 0
        and all(
            cell is None or look(cell) == "text" for cell in cells.head(MOST_LOOKED)
        )
    )


def _role_of_cells(
    texts: set[str], there: Mapping[str, ColumnUse], canonical: set[str]
) -> str:
    """Return what all texts of a column are, where no other column is that, or ""."""
    for role, fits in (("segmen", is_segmen_word), ("nama", is_region)):
        own = role in canonical or (role == "nama" and "kode" in canonical)
        if own and role not in there and texts and all(map(fits, texts)):
            return role
    return ""


def _drop(roles: Roles, column: ColumnUse) -> None:
    """Take a column out of what it was sorted as."""
    found = [own for own in (roles.unknown, roles.measured) if column in own]
    if found:
        found[0].remove(column)
    else:
        del roles.identifiers[column.use.role]


def _sort(
    column: ColumnUse, roles: Roles, measures: Mapping[str, str], canonical: set[str]
) -> None:
    """Put one column where it belongs."""
    role, use = column.use.role, column.use
    if role == IGNORED and (use.forced or not use.sliced):
        roles.ignored.append(column)
        return
    plain = not role or role == IGNORED
    if not use.known:
        roles.unknown.append(column)
    elif use.other:
        roles.others.append(column)
    elif role in CHECKED and role not in measures:
        roles.checked.append(column)
    elif role in measures or (plain and (use.sliced or use.year or use.span)):
        roles.measured.append(column)
    elif (
        role in IDENTIFIERS and not use.sliced and role not in {"kecamatan"} & canonical
    ):
        _add(roles.identifiers, role, column, roles)
    elif role in canonical:
        _add(roles.attributes, role, column, roles)
    else:
        roles.unknown.append(column)


def _add(
    group: dict[str, ColumnUse], role: str, column: ColumnUse, roles: Roles
) -> None:
    """Add a column of a role that may stand only once.

    A column headed only ``Nama`` gives way to one that says whose name it is.
    """
    bare = {c for c in (column, group.get(role)) if c and _is_bare_name(c)}
    if role in group and len(bare) == 1:
        roles.others.append(bare.pop())
        if roles.others[-1] is not column:
            group[role] = column
    elif role in group:
        roles.doubled.append(column)
    else:
        group[role] = column


def _is_bare_name(column: ColumnUse) -> bool:
    """Tell whether a column is headed only ``Nama``."""
    return column.use.role == "nama" and heading_key(column.heading) == "nama"
