"""Which region each row of a sheet is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.headings import heading_key
from jkn_analysis.cleaning.find.labels import is_total_label
from jkn_analysis.cleaning.find.roles import PARTS, SEX, ColumnUse
from jkn_analysis.cleaning.rows.work import Work
from jkn_analysis.cleaning.values import columns as col
from jkn_analysis.cleaning.values.cells import is_absent
from jkn_analysis.cleaning.values.context import find_title_regions, is_branch_line
from jkn_analysis.cleaning.values.names import (
    find_kelas,
    find_part,
    find_segmen,
    is_branch,
    is_region,
)
from jkn_analysis.cleaning.values.regions import (
    KECAMATAN,
    Origin,
    RegionColumn,
    read_regions,
)
from jkn_analysis.cleaning.words import Finding, listed, say
from jkn_analysis.wilayah import Wilayah, get_wilayah

GROUPED_SHARE = 0.4
"""Share of blank cells from which a column is taken for one of merged groups."""
ROW_DIMS = ("segmen", "kelas", "umur_bulan")


def read_kode(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """Return the code of every row's region and whether it is a sum of regions."""
    ids = work.roles.identifiers
    roles = ("kode", "kode_kemendagri", "kode_bps", "nama")
    present = [role for role in roles if role in ids]
    if not present and any(column.use.kode for column in work.roles.measured):
        return np.full(work.size, None, dtype=object), np.zeros(work.size, dtype=bool)
    parts = _cells_of_regions(work, present)
    if not parts:
        return _region_of_title(work)
    province = ids.get("nama_provinsi") or ids.get("kode_provinsi")
    if province is not None:
        parts["provinsi"] = col.distinct_texts(work.cells(province.position))
    codes, rows = _combine(parts)
    origins = [Origin(**dict(zip(parts, row, strict=True))) for row in rows]
    regions = read_regions(origins, declared=work.settings.kode_system)
    for note in regions.notes:
        work.note(note)
    if _are_persons(ids, regions):
        return _refuse_persons(work, ids["nama"])
    named = [regions.found.get(origin) for origin in origins]
    kode = [region.kode if region else None for region in named]
    branch = [is_branch(origin.nama) for origin in origins]
    pairs = zip(named, branch, strict=True)
    above = np.array([own or _is_above(region) for region, own in pairs], dtype=bool)
    if any(branch):
        names = [
            origin.nama for origin, own in zip(origins, branch, strict=True) if own
        ]
        work.note(say("rows of branch offices are sums: {names}", names=listed(names)))
    wrong = np.array([origin in regions.wrong for origin in origins], dtype=bool)
    for row in np.flatnonzero(wrong[codes]):
        origin = origins[codes[row]]
        _report_region(work, int(row), regions.wrong[origin], origin)
    return col.spread_objects(kode, codes), above[codes]


def _cells_of_regions(
    work: Work, present: Sequence[str]
) -> dict[str, tuple[np.ndarray, list[str]]]:
    """Return the columns that name regions, else the lone rows above others that do."""
    if present:
        cells = {r: work.cells(work.roles.identifiers[r].position) for r in present}
        parts = {role: col.distinct_texts(own) for role, own in cells.items()}
        return _fill_groups(work, parts)
    over = col.distinct_texts(pd.Series(work.sections, dtype=object))
    return {"nama": over} if over[1] and all(map(is_region, over[1])) else {}


def _is_above(region: Wilayah | None) -> bool:
    """Tell whether a region is a sum of kabupaten/kota."""
    return region is not None and region.jenis not in {"kabupaten", "kota"}


def _combine(
    parts: Mapping[str, tuple[np.ndarray, list[str]]],
) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Return codes and rows of the distinct combinations of some columns."""
    if len(parts) == 1:
        codes, texts = next(iter(parts.values()))
        return codes, [(text,) for text in texts]
    joined = np.zeros(len(next(iter(parts.values()))[0]), dtype=np.int64)
    for codes, texts in parts.values():
        joined = joined * (len(texts) + 1) + codes
        joined, distinct = pd.factorize(joined)
    first = np.zeros(len(distinct), dtype=np.int64)
    first[joined[::-1]] = np.arange(len(joined))[::-1]
    rows = [
        tuple(texts[codes[place]] for codes, texts in parts.values()) for place in first
    ]
    return joined, rows


def texts_of(values: pd.Series) -> list[str]:
    """Return cells as text, marks of absence as ""."""
    texts = (col.text_of(value) for value in values.tolist())
    return ["" if is_absent(text) else text for text in texts]


def _fill_groups(
    work: Work, parts: dict[str, tuple[np.ndarray, list[str]]]
) -> dict[str, tuple[np.ndarray, list[str]]]:
    """Return the region columns with the blanks of a merged group filled.

    A row continues the group above only where it names no region at all, another
    column tells the rows apart (segmen, month, kelas, what is measured), and such
    rows are many: a lone blank is a missing name.
    """
    ids = work.roles.identifiers
    apart = [n for n in (*ROW_DIMS, "bulan", "periode", "uraian", "tahun") if n in ids]
    blank = np.ones(work.size, dtype=bool)
    for codes, texts in parts.values():
        empty = np.array([not text for text in texts], dtype=bool)
        blank &= empty[codes] if len(texts) else blank
    if not apart or not work.size or blank[0] or not is_grouped(blank):
        return parts
    work.note(
        say("{count} rows continue the region named above them", count=blank.sum())
    )
    last = np.maximum.accumulate(np.where(blank, 0, np.arange(work.size)))
    return {role: (codes[last], texts) for role, (codes, texts) in parts.items()}


def is_grouped(blank: Sequence[bool] | np.ndarray) -> bool:
    """Tell whether blanks are those of merged groups rather than gaps."""
    return int(np.sum(blank)) >= GROUPED_SHARE * len(blank) > 0


def carry(values: Sequence[Any], blank: Sequence[bool]) -> list[Any]:
    """Repeat the last value where `blank` says so."""
    filled, last = [], values[0]
    for value, empty in zip(values, blank, strict=True):
        last = last if empty else value
        filled.append(last)
    return filled


def _report_region(
    work: Work, index: int, wrong: tuple[str, Finding], origin: Origin
) -> None:
    """Report a row whose region is not known."""
    role, said = wrong
    ids = work.roles.identifiers
    roles = (role, "nama", "kode", "kode_kemendagri", "kode_bps")
    column = next(ids[name] for name in roles if name in ids)
    work.bad[index] = True
    value = getattr(origin, role, "")
    work.report(said, row=index, position=column.position, value=value)


def _are_persons(ids: Mapping[str, ColumnUse], regions: RegionColumn) -> bool:
    """Tell whether a column headed only ``Nama`` holds no region at all."""
    bare = "nama" in ids and heading_key(ids["nama"].heading) == "nama"
    coded = {"kode", "kode_kemendagri", "kode_bps"} & set(ids)
    return bare and not coded and not regions.found and bool(regions.wrong)


def _refuse_persons(work: Work, column: ColumnUse) -> tuple[np.ndarray, np.ndarray]:
    """Report a column of persons where regions are due, without any of the names."""
    work.bad[:] = True
    work.report("unknown_name:persons", position=column.position, value=column.heading)
    return np.full(work.size, None, dtype=object), np.zeros(work.size, dtype=bool)


def _region_of_title(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """Return the region that title, sheet or file name states for all rows."""
    size, sheet = work.size, work.sheet
    found = find_title_regions([*sheet.title, sheet.sheet])
    found = found or find_title_regions([sheet.path.stem.replace("_", " ")])
    within = {kode: line for kode, line in found.items() if len(kode) > 2}
    found = within or found
    if len(found) == 1:
        region = get_wilayah(next(iter(found)))
        what = say("region {kode} {name}", kode=region.kode, name=region.nama_lengkap)
        work.took(what, found[region.kode])
        kode = np.full(size, region.kode, dtype=object)
        return kode, np.full(size, _is_above(region))
    branch = next((line for line in sheet.title if is_branch_line(line)), "")
    why = "branch" if branch else "region"
    why = "regions" if len(found) > 1 else why
    work.report(f"missing_column:{why}", names=", ".join(found), branch=branch)
    work.bad[:] = True
    return np.empty(size, dtype=object), np.zeros(size, dtype=bool)


def read_parts(work: Work) -> np.ndarray | None:
    """Return for every row which part of a row of the table it is, "" for a whole.

    Kecamatan, desa, sex and groups of a segmen, and kelas or age where the table has
    no such column; ``Jumlah``, or the region's own name, is the whole. None where no
    row is a part.
    """
    ids, names = work.roles.identifiers, set(work.table.names)
    found = [
        np.array(_labels_of(work, role, ids[role]), dtype=object)
        for role in PARTS
        if role in ids and role not in names
    ]
    if "kode" in ids and "kecamatan" not in names | set(ids):
        own = [_place_label(t) for t in texts_of(work.cells(ids["kode"].position))]
        places = [f"kecamatan {t}" if KECAMATAN.fullmatch(t) else "" for t in own]
        found += [col.to_objects(places)] if any(places) else []
    if "segmen" in ids and "segmen" in names:
        codes, texts = col.distinct_texts(work.cells(ids["segmen"].position))
        parts = [find_part(text, find_segmen(text) or "") for text in texts]
        if any(parts):
            found.append(col.to_objects(parts)[codes])
    if not found:
        return None
    rows = zip(*(labels.tolist() for labels in found), strict=True)
    return col.to_objects(["|".join(filter(None, labels)) for labels in rows])


def _labels_of(work: Work, role: str, column: ColumnUse) -> list[str]:
    """Return the part each row is by one column."""
    texts = texts_of(work.cells(column.position))
    if role in {"kecamatan", "desa"}:
        own = {text: _place_label(text) for text in set(texts)}
        return [f"{role} {own[text]}" if own[text] else "" for text in texts]
    if role == "jenis_kelamin":
        return [next((s for s, w in SEX.items() if w.fullmatch(t)), "") for t in texts]
    if role == "kelas":
        kelas = [find_kelas(text) if text else 0 for text in texts]
        return [f"kelas {number}" if number else "" for number in kelas]
    return [
        f"umur {text}" if text and not is_total_label(text) else "" for text in texts
    ]


def _place_label(text: str) -> str:
    """Return a kecamatan's or desa's name, "" for a sum or a kabupaten/kota."""
    whole = is_total_label(text) or re.match(r"(?:kab|kota)\b", text, re.IGNORECASE)
    return "" if whole or not text else text.casefold()
