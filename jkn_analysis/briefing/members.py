"""The kabupaten/kota of a provinsi or the country: counts, gaps, forecasts, sums."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_analysis.arus.flows import ARUS
from jkn_analysis.briefing.data import OWN as REGION_TABLES
from jkn_analysis.briefing.data import (
    PERIODIC,
    Slice,
    as_date,
    end_of_month,
    newest_cutoff,
    parse_periode,
    until,
)
from jkn_analysis.indicators import attach_penduduk, sum_tunggakan_pemda
from jkn_analysis.store import (
    has_table,
    read_manifest,
    read_table,
    read_table_or_empty,
)
from jkn_analysis.tables import TABLES, conform
from jkn_analysis.terms import NASIONAL, TOTAL
from jkn_analysis.uhc import find_target, gap_jiwa
from jkn_analysis.wilayah import get_wilayah, list_wilayah

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

RATE = "keaktifan_penduduk_rate"
SUMMED = {
    "kepesertaan": ["periode", "segmen"],
    "tunggakan_peserta": ["periode", "segmen", "kelas", "umur_bulan"],
    "iuran": ["periode", "segmen", "kelas"],
    "anggaran": ["tahun", "sumber_dana"],
    "faskes": ["periode"],
    "layanan": ["periode"],
    "penduduk": ["sumber", "berlaku_mulai"],
}
"""Tables that add up, and what a row of the sum is."""
OWN = (
    "rapat", "peristiwa", "tindak_lanjut", "publikasi", "ramalan", "peluang",
    "skenario", "uang", "rekam",
)  # fmt: skip
"""Tables whose rows of the provinsi or country itself are shown."""
OF_MEMBERS = (
    "ramalan", "peluang", "permintaan", "uang", "peristiwa", "selisih",
    "tindak_lanjut", "arus_kepesertaan",
)  # fmt: skip
ONLY: dict[str, dict[str, list[Any]]] = {
    "ramalan": {"indikator": [RATE], "segmen": [TOTAL], "skenario": ["dasar"]}
}
"""Rows of the parts that a page shows, where the table holds many others."""


@dataclass(frozen=True)
class Members:
    """The parts of an area and everything read for them."""

    nama: pd.Series
    """Name in full by code, in order of code."""
    tables: dict[str, pd.DataFrame]
    """Rows of the parts, cut at the report month."""
    seluruhnya: int
    """Number of kabupaten/kota the area has, delivered or not."""

    @property
    def kode(self) -> list[str]:
        """Codes of the parts."""
        return list(self.nama.index)


def read_members(kode: str, periode: dt.date, *, root: Path) -> Members:
    """Read the tables of every kabupaten/kota of an area that delivered members."""
    regions = list_wilayah(kode_provinsi=None if kode == NASIONAL else kode)
    regions = regions[regions["jenis"] != "provinsi"].sort_values("kode")
    codes = regions["kode"].tolist()
    debts = "tunggakan_peserta"
    only = {**ONLY, debts: _find_newest(debts, codes, periode, root=root)}
    read = partial(read_table_or_empty, root=root, cutoff=f"{periode:%Y-%m}")
    tables = {
        name: read(name, kode=codes, only=only.get(name))
        for name in (*SUMMED, "iuran_pemda", *OF_MEMBERS)
    }
    for name in set(PERIODIC) & set(tables):
        tables[name] = until(tables[name], periode)
    for name in ("ramalan", "peluang"):
        tables[name] = newest_cutoff(tables[name], periode)
    there = set(tables["kepesertaan"]["kode"])
    named = {code: get_wilayah(code).nama_lengkap for code in codes if code in there}
    tables = {
        name: frame[frame["kode"].isin(list(named))] for name, frame in tables.items()
    }
    return Members(pd.Series(named, dtype="str"), tables, len(codes))


def _find_newest(
    name: str, codes: list[str], periode: dt.date, *, root: Path
) -> dict[str, list[Any]]:
    """Choose the months a page shows: each part's newest, and the newest of all."""
    cutoff = f"{periode:%Y-%m}"
    if not has_table(name, root=root, cutoff=cutoff):
        return {}
    rows = read_table(
        name, root=root, kode=codes, columns=["kode", "periode"], cutoff=cutoff
    )
    rows = until(rows.drop_duplicates(), periode)
    count = rows.groupby("periode").size()
    whole = count.index[count == rows["kode"].nunique()]
    return {"periode": sorted({*rows.groupby("kode")["periode"].max(), *whole[-1:]})}


def sum_members(members: Members, name: str, kode: str) -> pd.DataFrame:
    """Sum a table over the parts; a row that lacks a part that counts is left out.

    The sum of a month in which one part did not report would pass for a fall.
    """
    frame, keys = members.tables[name], SUMMED[name]
    if frame.empty:
        return conform(pd.DataFrame(), name)
    counts = [
        column
        for column in frame.columns
        if column not in {*keys, "kode"}
        and pd.api.types.is_numeric_dtype(frame[column])
    ]
    grouped = frame.groupby(keys, observed=True)
    total = grouped[counts].sum(skipna=False)
    if name in {"kepesertaan", "penduduk", "iuran", "tunggakan_peserta", "layanan"}:
        first = keys[0]
        parts = frame.groupby(first)["kode"].nunique()
        count = frame["kode"].nunique()
        if name in {"penduduk", "layanan"}:
            count = len(members.kode)
        whole = parts.index[parts == count]
        total = total[total.index.get_level_values(first).isin(whole)]
    return conform(total.reset_index().assign(kode=kode), name)


def sum_selisih(members: Members, kode: str) -> pd.DataFrame:
    """Sum the newest counts of records to repair by reason; hidden ones stay out."""
    frame = members.tables["selisih"]
    whole = frame[frame["kecamatan"].isna() | (frame["kecamatan"] == "")]
    newest = whole.groupby("kode")["periode"].transform("max")
    keys = ["alasan", "kantor"]
    rows = whole[whole["periode"] == newest].groupby(keys, observed=True)
    counts = rows[["jumlah_jiwa", "nonaktif_jiwa"]].sum(min_count=1).reset_index()
    when = whole["periode"].max()
    return conform(counts.assign(kode=kode, periode=when), "selisih")


def sum_arus(members: Members, kode: str) -> pd.DataFrame:
    """Sum the flows of the months that every part delivered; hidden ones stay out."""
    frame = members.tables[ARUS]
    parts = frame.groupby("periode")["kode"].nunique()
    rows = frame[frame["periode"].isin(parts.index[parts == len(members.kode)])]
    keys = [*(name for name in TABLES[ARUS].key if name != "kode"), "sejak"]
    total = rows.groupby(keys, dropna=False)["jiwa"].sum(min_count=1).reset_index()
    return conform(total.assign(kode=kode), ARUS)


def sum_iuran_pemda(members: Members, kode: str) -> pd.DataFrame:
    """Sum the government's bills; each month carries its opening balance."""
    frame = members.tables["iuran_pemda"]
    if frame.empty:
        return conform(pd.DataFrame(), "iuran_pemda")
    closing = sum_tunggakan_pemda(frame)
    flow = (frame["tagihan_rp"] - frame["dibayar_rp"]).astype("float64")
    opened = frame.assign(tunggakan_awal_rp=(closing - flow).round())
    amounts = [name for name in opened.columns if name.endswith(("_rp", "_jiwa"))]
    total = opened.groupby("periode")[amounts].sum(skipna=False)
    parts = frame.groupby("periode")["kode"].nunique()
    total = total[parts == frame["kode"].nunique()].reset_index()
    opening = total["tunggakan_awal_rp"].clip(lower=0).round().astype("Int64")
    return conform(total.assign(kode=kode, tunggakan_awal_rp=opening), "iuran_pemda")


def read_area(kode: str, periode: str, *, root: Path) -> tuple[Slice, Members]:
    """Read an area: sums of its parts as if it were one region, and the parts."""
    month = parse_periode(periode)
    members = read_members(kode, month, root=root)
    read = partial(read_table_or_empty, root=root, cutoff=periode)
    own = {name: read(name, kode=kode) for name in OWN}
    above = (kode, NASIONAL)
    for name in ("rapat", "peristiwa"):
        own[name] = read(name, kode=above)
    for name in ("ramalan", "peluang"):
        own[name] = newest_cutoff(own[name], month)
    summed = {name: sum_members(members, name, kode) for name in SUMMED}
    empty = {name: conform(pd.DataFrame(), name) for name in REGION_TABLES}
    tables = {
        **empty,
        **own,
        **summed,
        "iuran_pemda": sum_iuran_pemda(members, kode),
        "selisih": sum_selisih(members, kode),
        ARUS: sum_arus(members, kode),
        **{name: read(name) for name in ("uji_balik", "asumsi_skenario")},
    }
    manifest = read_manifest(root, cutoff=periode)
    return Slice(get_wilayah(kode), month, tables, manifest), members


def measure_members(
    members: Members, periode: dt.date, *, target: float, tenggat: dt.date
) -> pd.DataFrame:
    """Measure every part at its newest month.

    Returns
    -------
    DataFrame
        By code: nama, periode, penduduk_jiwa, terdaftar_jiwa, aktif_jiwa, rate,
        gap_jiwa, selisih (rate less target), ramalan and peluang at the deadline,
        turun (first forecast month under the target) or naik (first over it),
        tunggakan_pemda_rp, tunggakan_peserta_rp, gap_cakupan_jiwa; widest gap first.
    """
    counts = attach_penduduk(members.tables["kepesertaan"], members.tables["penduduk"])
    newest = counts.sort_values("periode").groupby("kode").tail(1).set_index("kode")
    frame = newest.assign(nama=members.nama)
    people = frame["penduduk_jiwa"].astype("Float64").astype("float64")
    active = frame["aktif_jiwa"].astype("float64")
    frame = frame.assign(rate=active / people.where(people > 0))
    cover = find_target(end_of_month(periode)).cakupan_rate
    frame["gap_jiwa"] = [
        np.nan if np.isnan(size + part) else gap_jiwa(target, int(size), int(part))
        for size, part in zip(people, active, strict=True)
    ]
    frame["selisih"] = frame["rate"] - target
    frame["gap_cakupan_jiwa"] = [
        0 if np.isnan(size) else gap_jiwa(cover, int(size), int(part))
        for size, part in zip(people, frame["terdaftar_jiwa"], strict=True)
    ]
    frame = frame.join(_ahead(members, periode, target=target, tenggat=tenggat))
    frame = frame.join(_owed(members))
    return frame.sort_values(["gap_jiwa", "selisih"], ascending=[False, True])


def select_fans(members: Members, periode: dt.date) -> pd.DataFrame:
    """Return the parts' forecasts: index kode and month, a column per quantile."""
    rows = members.tables["ramalan"]
    rows = rows[
        (rows["indikator"] == RATE)
        & (rows["segmen"] == TOTAL)
        & (rows["skenario"] == "dasar")
        & (rows["periode"] > pd.Timestamp(periode))
    ]
    keys = ["kode", "periode", "kuantil"]
    return rows.set_index(keys)["nilai"].unstack().sort_index()  # noqa: PD010 - unique keys


def _ahead(
    members: Members, periode: dt.date, *, target: float, tenggat: dt.date
) -> pd.DataFrame:
    """Return forecast, chance and turning months of every part."""
    fans = select_fans(members, periode)
    columns = ["ramalan", "turun", "naik", "peluang"]
    if fans.empty:
        return pd.DataFrame(columns=columns)
    median = fans[0.5].unstack("kode").sort_index()  # noqa: PD010 - unique keys
    when = pd.Timestamp(tenggat)
    out = pd.DataFrame(index=median.columns)
    out["ramalan"] = median.loc[when] if when in median.index else np.nan
    for name, hit in (("turun", median < target), ("naik", median >= target)):
        first = hit.idxmax().where(hit.any())
        out[name] = first.astype("datetime64[us]")
    chance = members.tables["peluang"]
    chance = chance[
        (chance["indikator"] == RATE)
        & (chance["periode"] == when)
        & (chance["skenario"] == "dasar")
        & ((chance["target"] - target).abs() < 1e-9)
    ]
    out["peluang"] = chance.set_index("kode")["peluang"]
    return out


def _owed(members: Members) -> pd.DataFrame:
    """Return both kinds of arrears of every part at the newest month."""
    pemda = members.tables["iuran_pemda"]
    closing = pemda.assign(sisa=sum_tunggakan_pemda(pemda)).sort_values("periode")
    # the newest month's own balance: `last` would take an older one for a missing one
    owed = closing.groupby("kode").tail(1).set_index("kode")["sisa"].clip(lower=0)
    debts = members.tables["tunggakan_peserta"]
    newest = debts.groupby("kode")["periode"].transform("max")
    now = debts[debts["periode"] == newest]
    members_owe = now.groupby("kode")["tunggakan_rp"].sum()
    return pd.DataFrame(
        {"tunggakan_pemda_rp": owed, "tunggakan_peserta_rp": members_owe}
    )


def sum_asks(members: Members, tenggat: dt.date) -> pd.DataFrame:
    """Sum the parts' asks at the deadline by decider and route, what binds first."""
    rows = members.tables["permintaan"]
    due = pd.Timestamp(end_of_month(tenggat))
    rows = rows[rows["tenggat"].eq(due) & rows["kelompok"].ne("posisi")]
    grouped = rows.groupby(["pemutus", "rute"], observed=True)
    total = grouped[["jiwa", "bersih_jiwa", "biaya_rp"]].sum()
    total["wilayah"] = grouped["kode"].nunique()
    total["urutan"] = grouped["urutan"].median()
    order = ["urutan", "wilayah"]
    return total.reset_index().sort_values(
        order, ascending=[True, False], ignore_index=True
    )


def build_grid(members: Members, *, months: int) -> pd.DataFrame:
    """Return the parts' rates by month: index kode, a column per month."""
    counts = attach_penduduk(members.tables["kepesertaan"], members.tables["penduduk"])
    people = counts["penduduk_jiwa"].astype("Float64").astype("float64")
    rate = counts["aktif_jiwa"].astype("float64") / people.where(people > 0)
    long = counts.assign(rate=rate).set_index(["kode", "periode"])["rate"]
    wide = long.unstack("periode").sort_index(axis=1)  # noqa: PD010 - unique keys
    full = pd.date_range(wide.columns[0], wide.columns[-1], freq="MS")
    return wide.reindex(columns=full).iloc[:, -months:]


def first_date(value: object) -> dt.date | None:
    """Return a date or None where there is none."""
    return None if pd.isna(value) else as_date(value)  # type: ignore[call-overload]
