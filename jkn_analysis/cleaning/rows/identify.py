"""Which region each row of a sheet is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.values import columns as col
from jkn_analysis.cleaning.values.cells import is_absent
from jkn_analysis.cleaning.values.names import find_region
from jkn_analysis.cleaning.values.regions import Origin, read_regions
from jkn_analysis.wilayah import Wilayah

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jkn_analysis.cleaning.find.table import SheetTable
    from jkn_analysis.cleaning.rows.work import Work


GROUPED_SHARE = 0.4
"""Share of blank cells from which a column is taken for one of merged groups."""


ROW_DIMS = ("segmen", "kelas", "umur_bulan")


def read_kode(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """Return the code of every row's region and whether it is a sum of regions."""
    ids = work.roles.identifiers
    roles = ("kode", "kode_kemendagri", "kode_bps", "nama")
    present = [role for role in roles if role in ids]
    if not present:
        return _region_of_title(work)
    parts = {
        role: col.distinct_texts(work.cells(ids[role].position)) for role in present
    }
    parts = _fill_groups(work, parts)
    province = ids.get("nama_provinsi") or ids.get("kode_provinsi")
    if province is not None:
        parts["provinsi"] = col.distinct_texts(work.cells(province.position))
    codes, rows = _combine(parts)
    origins = [Origin(**dict(zip(parts, row, strict=True))) for row in rows]
    regions = read_regions(origins, declared=work.settings.kode_system)
    work.notes.extend(regions.notes)
    kode = [_code_of(regions.found.get(o)) for o in origins]
    above = np.array([_is_above(regions.found.get(o)) for o in origins], dtype=bool)
    wrong = np.array([origin in regions.wrong for origin in origins], dtype=bool)
    for row in np.flatnonzero(wrong[codes]):
        origin = origins[codes[row]]
        _report_region(work, int(row), regions.wrong[origin], origin)
    return col.spread_objects(kode, codes), above[codes]


def _code_of(region: Wilayah | None) -> str | None:
    """Return a region's code."""
    return region.kode if region is not None else None


def _is_above(region: Wilayah | None) -> bool:
    """Tell whether a region is a sum of kabupaten/kota."""
    return region is not None and region.jenis not in {"kabupaten", "kota"}


def _combine(
    parts: Mapping[str, tuple[np.ndarray, list[str]]],
) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Return codes and rows of the distinct combinations of some columns."""
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
    work.notes.append(f"{blank.sum()} rows continue the region named above them")
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
    work: Work, index: int, wrong: tuple[str, str, str, str], origin: Origin
) -> None:
    """Report a row whose region is not known."""
    role, kind, message, remedy = wrong
    ids = work.roles.identifiers
    roles = (role, "nama", "kode", "kode_kemendagri", "kode_bps")
    column = next(ids[name] for name in roles if name in ids)
    work.bad[index] = True
    work.report(
        kind,
        message,
        remedy,
        row=index,
        position=column.position,
        value=getattr(origin, role, ""),
    )


def _region_of_title(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """Return the region that the title or sheet name states for all rows."""
    size = work.size
    found = {region.kode: region for region in _regions_in(work.sheet)}
    if len(found) == 1:
        region = next(iter(found.values()))
        work.notes.append(f"region {region.kode} {region.nama_lengkap} from the title")
        kode = np.full(size, region.kode, dtype=object)
        return kode, np.full(size, region.jenis not in {"kabupaten", "kota"})
    work.report(
        "missing_column",
        "no column names the region",
        "add a column Kode or Kab/Kota, or a title line 'Kabupaten : …'",
    )
    work.bad[:] = True
    return np.empty(size, dtype=object), np.zeros(size, dtype=bool)


def _regions_in(sheet: SheetTable) -> Iterable[Wilayah]:
    """Yield regions that title lines or the sheet name give as a whole."""
    lines = [*sheet.title, sheet.sheet]
    for line in lines:
        tail = line.rsplit(":", 1)[-1].strip()
        named = re.search(
            r"\b(?:kab(?:upaten|\.)?|kota)\s+[a-z .'-]+", tail, re.IGNORECASE
        )
        for text in filter(None, (tail, named.group().strip() if named else "")):
            found = find_region(text)
            if isinstance(found, Wilayah) and any(map(str.isalpha, text)):
                yield found
                break
