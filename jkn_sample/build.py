"""Every delivered table of the sample, typed and checked, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.tables import DELIVERED, TABLES, conform
from jkn_analysis.terms import SEGMEN
from jkn_analysis.wilayah import read_penduduk
from jkn_sample import SEED
from jkn_sample.arrears import (
    SEGMEN_MENUNGGAK,
    build_alur,
    build_iuran,
    build_menunggak_total,
    build_tunggakan_peserta,
)
from jkn_sample.below import build_arus, build_kecamatan
from jkn_sample.beside import (
    build_fiskal,
    build_layanan,
    build_sasaran,
    build_usulan,
)
from jkn_sample.kepesertaan import build_frame, build_peserta
from jkn_sample.offices import (
    build_faskes,
    build_penerima,
    build_rapat,
    build_tindak_lanjut,
    read_shipped,
)
from jkn_sample.pemda import build_anggaran, build_iuran_pemda, build_pemda
from jkn_sample.register_counts import build_sample_selisih
from jkn_sample.swings import swing
from jkn_sample.world import Dunia, build_dunia

if TYPE_CHECKING:
    from jkn_sample.kepesertaan import Peserta

HILANG = (("82", "2022-07"), ("81.07", "2021-09"))
"""Months that were never sent."""
BASI = (("81.72", "2022-04"),)
"""Months in which an office sent the month before once more."""
TANPA_RINCIAN = ("81", 2021)
"""Province and year whose files do not split the nonaktif by cause."""


def _split(peserta: Peserta, menunggak: np.ndarray) -> np.ndarray:
    """Return nonaktif in arrears by region, month and segmen."""
    idle = peserta.terdaftar - peserta.aktif
    parts = np.zeros_like(idle)
    for j, name in enumerate(SEGMEN_MENUNGGAK):
        column = SEGMEN.index(name)
        parts[..., column] = np.minimum(menunggak[..., j], idle[..., column])
    return parts


def _as_sent(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that offices sent: some months missing, one stale."""
    for kode, month in HILANG:
        gone = frame["kode"].str.startswith(kode) & (frame["periode"] == f"{month}-01")
        frame = frame[~gone]
    frame = frame.copy()
    values = [name for name in frame.columns if name.endswith("_jiwa")]
    for kode, month in BASI:
        now = (frame["kode"] == kode) & (frame["periode"] == f"{month}-01")
        before = pd.Timestamp(f"{month}-01") - pd.DateOffset(months=1)
        last = (frame["kode"] == kode) & (frame["periode"] == before)
        frame.loc[now, values] = frame.loc[last, values].to_numpy()
    province, year = TANPA_RINCIAN
    old = frame["kode"].str.startswith(province) & (frame["periode"].dt.year == year)
    parts = ["nonaktif_menunggak_jiwa", "nonaktif_mutasi_jiwa"]
    frame[parts] = frame[parts].astype("Int64").mask(old)
    return frame


def _kepesertaan(
    dunia: Dunia, peserta: Peserta, menunggak: np.ndarray, *, as_sent: bool
) -> pd.DataFrame:
    """Return ``kepesertaan`` with the nonaktif split."""
    frame = build_frame(dunia, peserta)
    owing = _split(peserta, menunggak).ravel()
    idle = frame["terdaftar_jiwa"] - frame["aktif_jiwa"]
    frame = frame.assign(
        nonaktif_menunggak_jiwa=owing, nonaktif_mutasi_jiwa=idle - owing
    )
    return _as_sent(frame) if as_sent else frame


def _penduduk(dunia: Dunia, *, nasional: bool) -> pd.DataFrame:
    """Return population: dated sources of the sample, or the one of the country."""
    if nasional:
        return read_penduduk()
    frame = read_shipped("penduduk", dunia)
    return frame[frame["kode"] != "00"]


def build_tables(
    *, seed: int = SEED, nasional: bool = False
) -> dict[str, pd.DataFrame]:
    """Do the work of `jkn_sample.build_tables`."""
    dunia = build_dunia(seed=seed, nasional=nasional)
    pemda = build_pemda(dunia)
    peserta, pemda = swing(dunia, build_peserta(dunia, pemda), pemda)
    alur = build_alur(dunia, peserta)
    menunggak = build_menunggak_total(alur)
    iuran_pemda = build_iuran_pemda(dunia, pemda)
    rapat = build_rapat(dunia)
    tables = {
        "penduduk": _penduduk(dunia, nasional=nasional),
        "kepesertaan": _kepesertaan(dunia, peserta, menunggak, as_sent=not nasional),
        "tunggakan_peserta": build_tunggakan_peserta(dunia, alur),
        "iuran": build_iuran(dunia, peserta, alur),
        "iuran_pemda": iuran_pemda,
        "anggaran": build_anggaran(dunia, iuran_pemda),
        "peristiwa": read_shipped("peristiwa", dunia),
        "faskes": build_faskes(dunia),
        "rapat": rapat,
        "penerima": build_penerima(dunia),
        "tindak_lanjut": build_tindak_lanjut(dunia, rapat),
        "publikasi": read_shipped("publikasi", dunia),
    }
    tables["selisih"] = build_sample_selisih(
        tables["kepesertaan"], tables["penduduk"], seed=seed
    )
    if not nasional:
        tables["arus_kepesertaan"] = build_arus(dunia, tables["kepesertaan"])
        below = build_kecamatan(dunia, tables["kepesertaan"])
        tables["kepesertaan_kecamatan"] = below
        tables["sasaran_pbi"] = build_sasaran(dunia, tables["kepesertaan"])
        tables["usulan_pbi"] = build_usulan(dunia, tables["kepesertaan"])
        tables["fiskal"] = build_fiskal(dunia, tables["anggaran"])
        tables["layanan"] = build_layanan(dunia, tables["kepesertaan"])
    return {name: _typed(tables[name], name) for name in DELIVERED if name in tables}


def _typed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Give a table its types and order."""
    table = TABLES[name]
    numbers = {
        column.name: pd.to_numeric(frame[column.name])
        for column in table.columns
        if column.dtype in {"float64", "int64", "Int64"} and column.name in frame
    }
    typed = conform(frame.assign(**numbers), name)
    return typed.sort_values(list(table.key), kind="stable", ignore_index=True)
