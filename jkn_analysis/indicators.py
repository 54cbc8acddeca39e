"""Rates as ratios of sums: every indicator and its denominator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.terms import NASIONAL, SEGMEN, TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jkn_analysis.tables import PanelTable, UkuranTable

TERBARU = "terbaru"
"""Setting of `sumber_penduduk`: at each month the latest source then in force."""
CAMPURAN = "campuran"
"""Name of the denominator where the parts of a sum come from several sources."""


@dataclass(frozen=True)
class Indicator:
    """A quotient of two summed columns; no denominator means an amount."""

    name: str
    numerator: str
    denominator: str | None
    table: str
    arti: str


_ALL = (
    Indicator(
        "cakupan_rate",
        "terdaftar_jiwa",
        "penduduk_jiwa",
        "kepesertaan",
        "peserta terdaftar dibagi penduduk",
    ),
    Indicator(
        "keaktifan_penduduk_rate",
        "aktif_jiwa",
        "penduduk_jiwa",
        "kepesertaan",
        "peserta aktif dibagi penduduk",
    ),
    Indicator(
        "keaktifan_terdaftar_rate",
        "aktif_jiwa",
        "terdaftar_jiwa",
        "kepesertaan",
        "peserta aktif dibagi peserta terdaftar",
    ),
    Indicator(
        "nonaktif_menunggak_rate",
        "nonaktif_menunggak_jiwa",
        "terdaftar_jiwa",
        "kepesertaan",
        "peserta nonaktif karena menunggak dibagi peserta terdaftar",
    ),
    Indicator(
        "nonaktif_mutasi_rate",
        "nonaktif_mutasi_jiwa",
        "terdaftar_jiwa",
        "kepesertaan",
        "peserta nonaktif karena mutasi dibagi peserta terdaftar",
    ),
    Indicator(
        "pbpu_pemda_penduduk_rate",
        "pbpu_pemda_aktif_jiwa",
        "penduduk_jiwa",
        "kepesertaan",
        "peserta aktif PBPU Pemda dibagi penduduk",
    ),
    Indicator(
        "terdaftar_jiwa", "terdaftar_jiwa", None, "kepesertaan", "peserta terdaftar"
    ),
    Indicator("aktif_jiwa", "aktif_jiwa", None, "kepesertaan", "peserta aktif"),
    Indicator(
        "kolektibilitas_rate",
        "diterima_rp",
        "ditagih_rp",
        "iuran",
        "iuran diterima dibagi iuran ditagih pada bulan itu",
    ),
    Indicator(
        "tunggakan_peserta_rp",
        "tunggakan_rp",
        None,
        "tunggakan_peserta",
        "tunggakan iuran peserta mandiri",
    ),
    Indicator(
        "tunggakan_peserta_jiwa",
        "peserta_jiwa",
        None,
        "tunggakan_peserta",
        "peserta mandiri yang menunggak",
    ),
    Indicator(
        "tunggakan_pemda_rp",
        "tunggakan_pemda_rp",
        None,
        "iuran_pemda",
        "iuran PBPU Pemda yang belum dibayar pemerintah daerah",
    ),
    Indicator(
        "serapan_kuota_rate",
        "terisi_jiwa",
        "kuota_jiwa",
        "iuran_pemda",
        "kuota PBPU Pemda yang terisi",
    ),
    Indicator(
        "serapan_anggaran_rate",
        "dibayar_tahun_rp",
        "pagu_rp",
        "iuran_pemda",
        "iuran dibayar sejak Januari dibagi pagu setelah pergeseran",
    ),
)
INDICATORS: dict[str, Indicator] = {indicator.name: indicator for indicator in _ALL}


def measure(
    panel: PanelTable,
    indicator: Indicator,
    *,
    by: Sequence[str] = ("kode", "periode"),
) -> pd.DataFrame:
    """Compute one indicator per group as a ratio of sums.

    Rates are never averaged: summing first gives a large kota the weight of its
    peserta when `by` moves up to the provinsi. One missing count makes the whole
    group missing, because a partial sum would pass for a real fall.

    Parameters
    ----------
    panel
        One row per kabupaten/kota and month, with or without segmen. A rate over
        penduduk needs the column ``penduduk_jiwa``, repeated on no more than one
        row per kode and month (see `attach_penduduk`).
    indicator
        The quotient to compute.
    by
        Grouping columns, in output order.

    Returns
    -------
    DataFrame
        The columns in `by`, then ``indicator`` and ``value``, sorted by `by`.

    Examples
    --------
    >>> names = ["kode", "terdaftar_jiwa", "aktif_jiwa"]
    >>> rows = [["82.71", 900, 810], ["82.71", 100, 40], ["82.03", 50, None]]
    >>> measure(
    ...     pd.DataFrame(rows, columns=names),
    ...     INDICATORS["keaktifan_terdaftar_rate"],
    ...     by=names[:1],
    ... )
        kode                 indicator  value
    0  82.03  keaktifan_terdaftar_rate    NaN
    1  82.71  keaktifan_terdaftar_rate   0.85
    """
    wanted = [indicator.numerator]
    if indicator.denominator is not None:
        wanted.append(indicator.denominator)
    counts = panel.groupby(list(by), observed=True)[wanted].sum(skipna=False)
    value = counts[indicator.numerator].astype("Float64").astype("float64")
    if indicator.denominator is not None:
        below = counts[indicator.denominator].astype("Float64").astype("float64")
        value = value / below.where(below > 0)
    measured = value.rename("value").reset_index().assign(indicator=indicator.name)
    return measured[[*by, "indicator", "value"]]


def find_penduduk(
    penduduk: pd.DataFrame, periode: pd.Series, *, sumber_penduduk: str = TERBARU
) -> pd.DataFrame:
    """Find the population in force at the end of each month, per region.

    Months before the first source use the earliest one: a history has to have
    one, and the source is named beside the number.

    Parameters
    ----------
    penduduk
        The table of that name.
    periode
        Months, first days; duplicates allowed.
    sumber_penduduk
        A value of ``penduduk.sumber``, or `TERBARU`.

    Returns
    -------
    DataFrame
        ``kode, periode, penduduk_jiwa, sumber``, one row per region and month.
    """
    months = pd.Series(sorted(pd.unique(periode)), name="periode")
    known = penduduk
    if sumber_penduduk != TERBARU:
        known = penduduk[penduduk["sumber"] == sumber_penduduk]
    if known.empty or months.empty:
        return pd.DataFrame(columns=["kode", "periode", "penduduk_jiwa", "sumber"])
    known = known.sort_values(["berlaku_mulai", "sumber"], kind="stable")
    grid = pd.DataFrame({"kode": known["kode"].unique()}).merge(months, how="cross")
    grid["akhir"] = grid["periode"] + pd.offsets.MonthEnd(0)
    grid = grid.sort_values("akhir", kind="stable")
    kinds = {"akhir": "datetime64[us]", "kode": "str"}
    right = known.rename(columns={"berlaku_mulai": "akhir"}).astype(kinds)
    found = pd.merge_asof(
        grid.astype(kinds),
        right[["kode", "akhir", "sumber", "penduduk_jiwa"]],
        on="akhir",
        by="kode",
    )
    first = known.drop_duplicates("kode").set_index("kode")
    early = found["sumber"].isna()
    for name in ("penduduk_jiwa", "sumber"):
        found[name] = found[name].where(~early, found["kode"].map(first[name]))
    found["penduduk_jiwa"] = found["penduduk_jiwa"].astype("int64")
    columns = ["kode", "periode", "penduduk_jiwa", "sumber"]
    return found[columns].sort_values(["kode", "periode"], ignore_index=True)


def attach_penduduk(
    panel: PanelTable, penduduk: pd.DataFrame, *, sumber_penduduk: str = TERBARU
) -> pd.DataFrame:
    """Sum a panel over segmen and put the population in force beside the counts.

    Returns
    -------
    DataFrame
        One row per kode and month: summed ``_jiwa`` columns, ``penduduk_jiwa``
        (Int64, missing where no source is known) and ``sumber``.
    """
    counts = [name for name in panel.columns if name.endswith("_jiwa")]
    total = panel.groupby(["kode", "periode"], observed=True)[counts].sum(skipna=False)
    people = find_penduduk(penduduk, panel["periode"], sumber_penduduk=sumber_penduduk)
    merged = total.reset_index().merge(
        people, on=["kode", "periode"], how="left", validate="one_to_one"
    )
    return merged.astype({"penduduk_jiwa": "Int64"})


def sum_tunggakan_pemda(iuran_pemda: pd.DataFrame) -> pd.Series:
    """Compute the local government's unpaid premium at the end of each month.

    The balance is the last opening balance given (``tunggakan_awal_rp``, of that
    month's start; 0 before the first month where none is given) plus all bills
    since, less all payments since.

    Returns
    -------
    Series
        Rupiah, float, on the index of `iuran_pemda`; missing after a gap in the
        months until the next opening balance.
    """
    ordered = iuran_pemda.sort_values(["kode", "periode"], kind="stable")
    kode = ordered["kode"]
    month = ordered["periode"].dt.year * 12 + ordered["periode"].dt.month
    flow = (ordered["tagihan_rp"] - ordered["dibayar_rp"]).astype("float64")
    opening = ordered["tunggakan_awal_rp"].astype("Float64").astype("float64")
    first = kode != kode.shift()
    opening = opening.mask(first & opening.isna(), 0.0)
    gap = ~first & (month.diff() != 1) & opening.isna()
    block = (opening.notna() | gap).cumsum()
    start = opening.groupby(block).transform("first")
    balance = start + flow.groupby(block).cumsum()
    balance = balance.mask(gap.groupby(block).transform("any"))
    return balance.reindex(iuran_pemda.index)


@dataclass(frozen=True)
class _Cube:
    """Counts as arrays [kode, periode, segmen]; NaN where not delivered."""

    kode: np.ndarray
    periode: np.ndarray
    counts: dict[str, np.ndarray]
    delivered: np.ndarray
    """Whether the row was delivered, before absent segmen count as 0 in sums."""


_COUNTS = (
    "terdaftar_jiwa",
    "aktif_jiwa",
    "nonaktif_menunggak_jiwa",
    "nonaktif_mutasi_jiwa",
)


def _build_cube(panel: pd.DataFrame, periode: np.ndarray, kode: np.ndarray) -> _Cube:
    """Lay the panel out as arrays.

    A segmen counts as 0 before its first month in a region that was delivered
    then, so that a segmen that starts late does not blank the total; one that
    disappears later leaves the total missing.
    """
    shape = (len(kode), len(periode), len(SEGMEN))
    where = (
        pd.Index(kode).get_indexer(pd.Index(panel["kode"])),
        pd.Index(periode).get_indexer(pd.Index(panel["periode"])),
        pd.Index(SEGMEN).get_indexer(pd.Index(panel["segmen"])),
    )
    delivered = np.zeros(shape, dtype=bool)
    delivered[where] = True
    month = np.arange(len(periode))[None, :, None]
    first = np.where(delivered.any(1), delivered.argmax(1), len(periode))[:, None, :]
    absent = (month < first) & delivered.any(2, keepdims=True)
    values = {}
    for name in _COUNTS:
        cube = np.full(shape, np.nan)
        cube[where] = panel[name].to_numpy(dtype="float64", na_value=np.nan)
        cube[absent] = 0.0
        values[name] = cube
    return _Cube(kode, periode, values, delivered)


def _sum_up(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Sum kab/kota (axis 0, sorted by provinsi) to provinsi and country.

    NaN spreads: a provinsi with one missing part is missing.
    """
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    provinces = np.add.reduceat(values, starts, axis=0)
    return np.concatenate([values, provinces, values.sum(0, keepdims=True)])


def _list_kode(kode: np.ndarray) -> np.ndarray:
    """Name the rows that `_sum_up` returns."""
    provinces = sorted({text[:2] for text in kode})
    return np.array([*kode, *provinces, NASIONAL], dtype=object)


@dataclass(frozen=True)
class _Penduduk:
    """Population in force, arrays [kode, periode], with the source's name."""

    jiwa: np.ndarray
    sumber: np.ndarray


def _lay_penduduk(
    penduduk: pd.DataFrame, cube: _Cube, *, sumber_penduduk: str
) -> _Penduduk:
    """Lay the population out beside a cube and sum it to provinsi and country."""
    shape = (len(cube.kode), len(cube.periode))
    jiwa = np.full(shape, np.nan)
    names = np.full(shape, "", dtype=object)
    found = find_penduduk(
        penduduk[penduduk["kode"].isin(cube.kode)],
        pd.Series(cube.periode),
        sumber_penduduk=sumber_penduduk,
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
    return _Penduduk(_sum_up(jiwa, groups), np.concatenate(blocks))


def _to_rows(
    indicator: str,
    axes: tuple[np.ndarray, np.ndarray, Sequence[str]],
    parts: tuple[np.ndarray, np.ndarray | None],
    sumber: np.ndarray | None = None,
) -> pd.DataFrame:
    """Turn arrays [kode, periode, segmen] into rows of `ukuran`."""
    above, below = parts
    value = above if below is None else above / np.where(below > 0, below, np.nan)
    keep = ~np.isnan(value) if below is None else ~(np.isnan(above) & np.isnan(below))
    k, t, s = np.nonzero(keep)
    rows = {
        "kode": pd.Series(axes[0], dtype="str").take(k).to_numpy(),
        "periode": axes[1][t],
        "segmen": pd.Series(axes[2], dtype="str").take(s).to_numpy(),
        "indikator": indicator,
        "nilai": value[keep],
        "pembilang": above[keep],
        "penyebut": np.nan if below is None else below[keep],
    }
    named = None if sumber is None else sumber[k, t]
    return pd.DataFrame(rows).assign(sumber_penyebut=named)


def _measure_kepesertaan(
    tables: Mapping[str, pd.DataFrame], *, sumber_penduduk: str
) -> list[pd.DataFrame]:
    """Measure everything that rests on kepesertaan."""
    panel = tables["kepesertaan"]
    panel = panel[panel["kode"].str.len() > 2]
    if panel.empty:
        return []
    kode = np.array(sorted(panel["kode"].unique()), dtype=object)
    periode = np.array(sorted(panel["periode"].unique()), dtype="datetime64[us]")
    cube = _build_cube(panel, periode, kode)
    groups = np.array([text[:2] for text in kode])
    names = _list_kode(kode)
    people = _lay_penduduk(tables["penduduk"], cube, sumber_penduduk=sumber_penduduk)
    above = np.ones((len(names) - len(kode), *cube.delivered.shape[1:]), dtype=bool)
    shown = np.concatenate([cube.delivered, above])
    split = {name: _sum_up(values, groups) for name, values in cube.counts.items()}
    both = {
        name: np.concatenate(
            [np.where(shown, values, np.nan), values.sum(2, keepdims=True)], axis=2
        )
        for name, values in split.items()
    }
    axes = (names, periode, (*SEGMEN, TOTAL))
    only_total = (names, periode, (TOTAL,))
    frames = [
        _to_rows(name, axes, (both[name], None))
        for name in ("terdaftar_jiwa", "aktif_jiwa")
    ]
    over_terdaftar = [
        indicator
        for indicator in INDICATORS.values()
        if indicator.denominator == "terdaftar_jiwa"
    ]
    for indicator in over_terdaftar:
        parts = (both[indicator.numerator], both["terdaftar_jiwa"])
        frames.append(_to_rows(indicator.name, axes, parts))
    pemda = SEGMEN.index("PBPU Pemda")
    over_people = {
        "cakupan_rate": both["terdaftar_jiwa"][:, :, -1:],
        "keaktifan_penduduk_rate": both["aktif_jiwa"][:, :, -1:],
        "pbpu_pemda_penduduk_rate": both["aktif_jiwa"][:, :, pemda : pemda + 1],
    }
    below = people.jiwa[:, :, None]
    return frames + [
        _to_rows(name, only_total, (counts, below), people.sumber)
        for name, counts in over_people.items()
    ]


def _measure_amounts(
    frame: pd.DataFrame, columns: Mapping[str, str | tuple[str, str]]
) -> list[pd.DataFrame]:
    """Measure amounts and rates of a table with one row per kode, month, segmen."""
    frame = frame[frame["kode"].str.len() > 2]
    if frame.empty:
        return []
    kode = np.array(sorted(frame["kode"].unique()), dtype=object)
    periode = np.array(sorted(frame["periode"].unique()), dtype="datetime64[us]")
    segmen = list(dict.fromkeys(frame["segmen"]))
    where = (
        pd.Index(kode).get_indexer(frame["kode"]),
        pd.Index(periode).get_indexer(frame["periode"]),
        pd.Index(segmen).get_indexer(frame["segmen"]),
    )
    groups = np.array([text[:2] for text in kode])
    axes = (_list_kode(kode), periode, segmen)

    def lay(name: str) -> np.ndarray:
        cube = np.full((len(kode), len(periode), len(segmen)), np.nan)
        cube[where] = frame[name].to_numpy(dtype="float64", na_value=np.nan)
        return _sum_up(cube, groups)

    frames = []
    for name, column in columns.items():
        above, below = (column, None) if isinstance(column, str) else column
        parts = (lay(above), None if below is None else lay(below))
        frames.append(_to_rows(name, axes, parts))
    return frames


def _with_total(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Sum a table to kode, month and segmen, and add the total of all segmen."""
    keys = ["kode", "periode", "segmen"]
    by_segmen = frame.groupby(keys, observed=True)[columns].sum().reset_index()
    total = frame.groupby(keys[:2], observed=True)[columns].sum().reset_index()
    return pd.concat([by_segmen, total.assign(segmen=TOTAL)], ignore_index=True)


def _measure_pemda(
    iuran_pemda: pd.DataFrame, anggaran: pd.DataFrame
) -> list[pd.DataFrame]:
    """Measure quota, arrears and budget use of the local governments."""
    frame = iuran_pemda.assign(
        segmen=TOTAL,
        tahun=iuran_pemda["periode"].dt.year,
        tunggakan_pemda_rp=sum_tunggakan_pemda(iuran_pemda),
    ).sort_values(["kode", "periode"], kind="stable")
    paid = frame.groupby(["kode", "tahun"], observed=True)["dibayar_rp"]
    frame["dibayar_tahun_rp"] = paid.cumsum()
    changed = anggaran[["kode", "tahun"]].astype({"tahun": frame["tahun"].dtype})
    changed["pagu_rp"] = anggaran["pagu_rp"] + anggaran["pergeseran_rp"]
    frame = frame.merge(
        changed.groupby(["kode", "tahun"], observed=True)["pagu_rp"]
        .sum()
        .reset_index(),
        on=["kode", "tahun"],
        how="left",
        validate="many_to_one",
    )
    return _measure_amounts(
        frame,
        {
            "tunggakan_pemda_rp": "tunggakan_pemda_rp",
            "serapan_kuota_rate": ("terisi_jiwa", "kuota_jiwa"),
            "serapan_anggaran_rate": ("dibayar_tahun_rp", "pagu_rp"),
        },
    )


def build_ukuran(
    tables: Mapping[str, pd.DataFrame], *, sumber_penduduk: str = TERBARU
) -> UkuranTable:
    """Measure every indicator for kabupaten/kota, provinsi and country.

    Parameters
    ----------
    tables
        Canonical tables by name; ``kepesertaan`` and ``penduduk`` must be there,
        the others may be absent. Rows of a provinsi's own in the money tables
        are no part of its kabupaten/kota and stay out of the sums.
    sumber_penduduk
        A value of ``penduduk.sumber``, or `TERBARU`.

    Returns
    -------
    DataFrame
        Table `ukuran`; ``segmen`` is a segmen or ``total``, ``kode`` a region, a
        provinsi of two digits or ``00``. Amounts have no ``penyebut``.
    """
    from jkn_analysis.tables import conform

    empty: pd.DataFrame = pd.DataFrame()
    frames = _measure_kepesertaan(tables, sumber_penduduk=sumber_penduduk)
    iuran = tables.get("iuran", empty)
    if not iuran.empty:
        summed = _with_total(iuran, ["diterima_rp", "ditagih_rp"])
        columns = {"kolektibilitas_rate": ("diterima_rp", "ditagih_rp")}
        frames += _measure_amounts(summed, columns)
    owed = tables.get("tunggakan_peserta", empty)
    if not owed.empty:
        summed = _with_total(owed, ["tunggakan_rp", "peserta_jiwa"])
        frames += _measure_amounts(
            summed,
            {
                "tunggakan_peserta_rp": "tunggakan_rp",
                "tunggakan_peserta_jiwa": "peserta_jiwa",
            },
        )
    pemda = tables.get("iuran_pemda", empty)
    if not pemda.empty:
        budget = tables.get("anggaran", empty)
        frames += _measure_pemda(pemda, conform(budget, "anggaran"))
    if not frames:
        return conform(empty, "ukuran")
    ukuran = conform(pd.concat(frames, ignore_index=True), "ukuran")
    keys = ["kode", "indikator", "segmen", "periode"]
    return ukuran.sort_values(keys, kind="stable", ignore_index=True)
