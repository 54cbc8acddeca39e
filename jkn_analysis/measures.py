"""Table `ukuran`: every indicator of the registry, measured at every level at once.

Nothing here names an indicator: what is measured is what `INDICATORS` holds. A table's
own part of the work is to say its columns, in `_PREPARED`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.indicators import (
    INDICATORS,
    TERBARU,
    find_penduduk,
    sum_tunggakan_pemda,
)
from jkn_analysis.layanan import LAYANAN, prepare_layanan
from jkn_analysis.tables import conform
from jkn_analysis.terms import NASIONAL, TOTAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jkn_analysis.indicators import Indicator
    from jkn_analysis.tables import UkuranTable

    Tables = Mapping[str, pd.DataFrame]

CAMPURAN = "campuran"
"""Name of the denominator where the parts of a sum come from several sources."""
_PENDUDUK = "penduduk"
_COMPLETE = frozenset({"kepesertaan"})
"""Tables in which a segmen that is no longer delivered leaves the total unknown; in
the others a segmen without a row has nothing to count."""


@dataclass(frozen=True)
class _Cube:
    """Counts of one table as arrays [kode, periode, segmen]; NaN where not known.

    The rows of `kode` are kabupaten/kota; the last segmen is the total of all. Where a
    segmen without a row counts as 0, it does so in sums and is not shown itself.
    """

    kode: np.ndarray
    periode: np.ndarray
    segmen: tuple[str, ...]
    counts: dict[str, np.ndarray]
    shown: np.ndarray

    def total(self, column: str) -> np.ndarray:
        """Return the total of all segmen, [kode, periode]."""
        return self.counts[column][:, :, -1]


def _prepare_pemda(tables: Tables) -> pd.DataFrame:
    """Put arrears, payments since January and the budget beside the bills."""
    frame = tables["iuran_pemda"]
    frame = frame.assign(
        tahun=frame["periode"].dt.year, tunggakan_pemda_rp=sum_tunggakan_pemda(frame)
    ).sort_values(["kode", "periode"], kind="stable")
    year = frame.groupby(["kode", "tahun"], observed=True)
    # a month that has not come was not paid nothing: the sum since January is unknown
    whole = frame["periode"].dt.month.eq(year.cumcount() + 1)
    frame["dibayar_tahun_rp"] = year["dibayar_rp"].cumsum().where(whole)
    budget = conform(tables.get("anggaran", pd.DataFrame()), "anggaran")
    changed = budget[["kode", "tahun"]].astype({"tahun": frame["tahun"].dtype})
    changed["pagu_rp"] = budget["pagu_rp"] + budget["pergeseran_rp"]
    keys = ["kode", "tahun"]
    summed = changed.groupby(keys, observed=True)["pagu_rp"].sum().reset_index()
    return frame.merge(summed, on=keys, how="left", validate="many_to_one")


_PREPARED: dict[str, Callable[[Tables], pd.DataFrame]] = {
    "iuran_pemda": _prepare_pemda,
    LAYANAN: prepare_layanan,
}
"""Tables whose indicators need columns that are derived from what was delivered."""


def _list_columns(table: str) -> list[str]:
    """Name the columns of a table that the registry asks for."""
    found: dict[str, None] = {}
    for indicator in INDICATORS.values():
        if indicator.table == table:
            found[indicator.numerator] = None
        if indicator.denominator and indicator.denominator_table == table:
            found[indicator.denominator] = None
    return list(found)


def _build_cube(tables: Tables, table: str) -> _Cube | None:
    """Lay the columns that are asked of a table out as arrays; None without rows.

    A provinsi's own rows are no part of its kabupaten/kota and stay out.
    """
    if table not in tables or tables[table].empty:
        return None
    prepare = _PREPARED.get(table)
    frame = tables[table] if prepare is None else prepare(tables)
    frame = frame[frame["kode"].str.len() > 2]
    if frame.empty:
        return None
    columns = _list_columns(table)
    if "segmen" not in frame:
        frame = frame.assign(segmen=TOTAL)
    keys = ["kode", "periode", "segmen"]
    rows = frame[[*keys, *columns]]
    if rows.duplicated(keys).any():
        rows = rows.groupby(keys, observed=True).sum(skipna=False).reset_index()
    kode = np.array(sorted(rows["kode"].unique()), dtype=object)
    periode = np.array(sorted(rows["periode"].unique()), dtype="datetime64[us]")
    names = tuple(dict.fromkeys(rows["segmen"]))
    axes = (pd.Index(kode), pd.Index(periode), pd.Index(names))
    where = tuple(
        axis.get_indexer(pd.Index(rows[key]))
        for axis, key in zip(axes, keys, strict=True)
    )
    delivered = np.zeros([len(axis) for axis in axes], dtype=bool)
    delivered[where] = True
    zero = _find_zeros(delivered, complete=table in _COMPLETE)
    counts = {}
    for name in columns:
        cube = np.full(delivered.shape, np.nan)
        cube[where] = rows[name].to_numpy(dtype="float64", na_value=np.nan)
        counts[name] = cube
    if names == (TOTAL,):
        return _Cube(kode, periode, names, counts, delivered)
    if TOTAL in names:
        return _join_totals(_Cube(kode, periode, names, counts, delivered), zero)
    counts = {name: _add_total(cube, zero) for name, cube in counts.items()}
    shown = np.concatenate([delivered, np.ones_like(delivered[:, :, :1])], axis=2)
    return _Cube(kode, periode, (*names, TOTAL), counts, shown)


def _join_totals(cube: _Cube, zero: np.ndarray) -> _Cube:
    """Put totals that came without a split beside the sums of those that have one."""
    place = cube.segmen.index(TOTAL)
    alone = cube.shown[:, :, place]
    counts = {}
    for name, values in cube.counts.items():
        split = _add_total(np.delete(values, place, 2), np.delete(zero, place, 2))
        split[:, :, -1] = np.where(alone, values[:, :, place], split[:, :, -1])
        counts[name] = split
    shown = np.delete(cube.shown, place, 2)
    shown = np.concatenate([shown, np.ones_like(shown[:, :, :1])], axis=2)
    names = tuple(name for name in cube.segmen if name != TOTAL)
    return _Cube(cube.kode, cube.periode, (*names, TOTAL), counts, shown)


def _find_zeros(delivered: np.ndarray, *, complete: bool) -> np.ndarray:
    """Tell which cells without a row count as 0 in the total of a delivered month.

    Where a table has to be complete that is a segmen before its first month, so that
    one that starts late does not blank the total and one that disappears does.
    """
    some = delivered.any(2, keepdims=True)
    if not complete:
        return ~delivered & some
    months = delivered.shape[1]
    first = np.where(delivered.any(1), delivered.argmax(1), months)[:, None, :]
    return (np.arange(months)[None, :, None] < first) & some


def _add_total(cube: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """Append the total of all segmen as the last one."""
    filled = np.where(zero, 0.0, cube)
    return np.concatenate([filled, filled.sum(2, keepdims=True)], axis=2)


def _sum_up(values: np.ndarray, kode: np.ndarray) -> np.ndarray:
    """Sum kab/kota (axis 0, sorted by provinsi) to provinsi and country.

    NaN spreads: a provinsi with one missing part is missing.
    """
    groups = np.array([text[:2] for text in kode])
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    provinces = np.add.reduceat(values, starts, axis=0)
    return np.concatenate([values, provinces, values.sum(0, keepdims=True)])


def _list_kode(kode: np.ndarray) -> np.ndarray:
    """Name the rows that `_sum_up` returns."""
    provinces = sorted({text[:2] for text in kode})
    return np.array([*kode, *provinces, NASIONAL], dtype=object)


@dataclass(frozen=True)
class _Below:
    """A denominator beside a cube: arrays [level, periode, segmen or 1], its source."""

    counts: np.ndarray
    sumber: np.ndarray | None = None


@dataclass
class _Cubes:
    """The tables' cubes, each laid out once, when an indicator first asks."""

    tables: Tables
    sumber_penduduk: str
    laid: dict[str, _Cube | None] = field(default_factory=dict)
    people: dict[str, _Below] = field(default_factory=dict)

    def get(self, table: str) -> _Cube | None:
        """Return the cube of a table; None where nothing was delivered."""
        if table not in self.laid:
            self.laid[table] = _build_cube(self.tables, table)
        return self.laid[table]

    def find_below(self, indicator: Indicator, cube: _Cube) -> _Below | None:
        """Return an indicator's denominator on the axes of its numerator's cube."""
        if indicator.denominator_table == _PENDUDUK:
            if indicator.table not in self.people:
                self.people[indicator.table] = self._lay_penduduk(cube)
            return self.people[indicator.table]
        other = self.get(indicator.denominator_table)
        if other is None or indicator.denominator is None:
            return None
        if not indicator.is_of_total:
            below = _sum_up(cube.counts[indicator.denominator], cube.kode)
            below[: len(cube.kode)][~cube.shown] = np.nan
            return _Below(below)
        aligned = np.full((len(cube.kode), len(cube.periode)), np.nan)
        rows = pd.Index(other.kode).get_indexer(pd.Index(cube.kode))
        months = pd.Index(other.periode).get_indexer(pd.Index(cube.periode))
        known = np.ix_(rows >= 0, months >= 0)
        counts = other.total(indicator.denominator)
        aligned[known] = counts[np.ix_(rows[rows >= 0], months[months >= 0])]
        return _Below(_sum_up(aligned, cube.kode)[:, :, None])

    def _lay_penduduk(self, cube: _Cube) -> _Below:
        """Lay the population in force beside a cube, with the name of its source."""
        shape = (len(cube.kode), len(cube.periode))
        jiwa = np.full(shape, np.nan)
        names = np.full(shape, "", dtype=object)
        penduduk = conform(self.tables.get(_PENDUDUK, pd.DataFrame()), _PENDUDUK)
        found = find_penduduk(
            penduduk[penduduk["kode"].isin(cube.kode)],
            pd.Series(cube.periode),
            sumber_penduduk=self.sumber_penduduk,
        )
        where = (
            pd.Index(cube.kode).get_indexer(found["kode"]),
            pd.Index(cube.periode).get_indexer(found["periode"]),
        )
        jiwa[where] = found["penduduk_jiwa"].to_numpy(dtype="float64")
        names[where] = found["sumber"].to_numpy(dtype=object)
        groups = np.array([text[:2] for text in cube.kode])
        blocks = [names]
        for group in (*np.unique(groups), None):
            part = names if group is None else names[groups == group]
            alike = (part == part[:1]).all(0)
            blocks.append(np.where(alike, part[0], CAMPURAN)[None, :])
        return _Below(_sum_up(jiwa, cube.kode)[:, :, None], np.concatenate(blocks))


def _measure(indicator: Indicator, cubes: _Cubes) -> pd.DataFrame | None:
    """Measure one indicator as rows of `ukuran`; None where a table is not there."""
    cube = cubes.get(indicator.table)
    if cube is None or indicator.segmen not in cube.segmen:
        return None
    below = None
    if indicator.denominator is not None:
        below = cubes.find_below(indicator, cube)
        if below is None:
            return None
    above, segmen = _sum_up(cube.counts[indicator.numerator], cube.kode), cube.segmen
    if indicator.is_of_total:
        place = cube.segmen.index(indicator.segmen)
        above, segmen = above[:, :, place : place + 1], (TOTAL,)
    else:
        above[: len(cube.kode)][~cube.shown] = np.nan
    axes = (_list_kode(cube.kode), cube.periode, segmen)
    return _to_rows(indicator.name, axes, above, below)


def _to_rows(
    name: str,
    axes: tuple[np.ndarray, np.ndarray, tuple[str, ...]],
    above: np.ndarray,
    below: _Below | None,
) -> pd.DataFrame:
    """Turn arrays [level, periode, segmen] into rows of `ukuran`."""
    value, keep, under, sumber = above, ~np.isnan(above), None, None
    if below is not None:
        under, sumber = below.counts, below.sumber
        value = above / np.where(under > 0, under, np.nan)
        keep = ~(np.isnan(above) & np.isnan(under))
    k, t, s = np.nonzero(keep)
    rows = {
        "kode": pd.Series(axes[0], dtype="str").take(k).to_numpy(),
        "periode": axes[1][t],
        "segmen": pd.Series(axes[2], dtype="str").take(s).to_numpy(),
        "indikator": name,
        "nilai": value[keep],
        "pembilang": above[keep],
        "penyebut": np.nan if under is None else under[keep],
    }
    named = None if sumber is None else sumber[k, t]
    return pd.DataFrame(rows).assign(sumber_penyebut=named)


def build_ukuran(tables: Tables, *, sumber_penduduk: str = TERBARU) -> UkuranTable:
    """Measure every indicator for kabupaten/kota, provinsi and country.

    Parameters
    ----------
    tables
        Canonical tables by name; an indicator whose table is absent is not measured.
        Rows of a provinsi's own are no part of its kabupaten/kota and stay out of
        the sums.
    sumber_penduduk
        A value of ``penduduk.sumber``, or `TERBARU`.

    Returns
    -------
    DataFrame
        Table `ukuran`; ``segmen`` is a segmen or ``total``, ``kode`` a region, a
        provinsi of two digits or ``00``. Amounts have no ``penyebut``.
    """
    cubes = _Cubes(tables, sumber_penduduk)
    measured = (_measure(indicator, cubes) for indicator in INDICATORS.values())
    frames = [frame for frame in measured if frame is not None]
    if not frames:
        return conform(pd.DataFrame(), "ukuran")
    ukuran = conform(pd.concat(frames, ignore_index=True), "ukuran")
    keys = ["kode", "indikator", "segmen", "periode"]
    return ukuran.sort_values(keys, kind="stable", ignore_index=True)
