"""Every table of the money side, computed for all regions in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.anggaran import build_kas, build_uang_tahunan, check_anggaran
from jkn_analysis.forecasting.record import score_tested
from jkn_analysis.masa_depan.build import tell_arrears
from jkn_analysis.masa_depan.paths import from_table, to_table
from jkn_analysis.skenario.declaration import from_peristiwa, list_asumsi
from jkn_analysis.skenario.engine import compare
from jkn_analysis.skenario.files import read_skenario
from jkn_analysis.skenario.permintaan import build_permintaan
from jkn_analysis.skenario.posisi import list_posisi
from jkn_analysis.skenario.rute import build_rute
from jkn_analysis.skenario.state import add_money, build_keadaan
from jkn_analysis.store import release_memory
from jkn_analysis.tables import TABLES, conform
from jkn_analysis.tunggakan.ahead import (
    summarise_depan,
    to_depan,
    use_told,
)
from jkn_analysis.tunggakan.flows import build_arus, build_kolektibilitas, project_arus
from jkn_analysis.tunggakan.pemda import build_utang, summarise_utang
from jkn_analysis.tunggakan.taksiran import fill_pemda

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jkn_analysis.skenario.declaration import Skenario
    from jkn_analysis.skenario.state import State

TABEL_UANG = (
    "laju_tunggakan", "tunggakan_ramalan", "uji_tunggakan", "arus_tunggakan",
    "utang_pemda", "kolektibilitas", "kas", "uang", "rute", "permintaan", "skenario",
    "asumsi_skenario", "masa_depan", "ramalan", "uji_balik",
)  # fmt: skip
_DIPAKAI = (
    "penduduk", "kepesertaan", "tunggakan_peserta", "iuran", "iuran_pemda",
    "anggaran", "peristiwa", "selisih", "kohort_kembali",
)  # fmt: skip


def build_uang(
    tables: Mapping[str, pd.DataFrame],
    hasil: Mapping[str, pd.DataFrame],
    *,
    skenario: Sequence[Skenario] | None = None,
    seed: int = 0,
    tenggat_bulan: int = 12,
) -> dict[str, pd.DataFrame]:
    """Compute all tables of arrears, budget, ask and scenarios.

    Of the country the tables are half of the memory: what a caller hands over without
    keeping it is let go as soon as it was used.

    Parameters
    ----------
    tables
        Delivered tables by name; an absent or empty one leaves its part empty.
    hasil
        Tables of `build_ramalan`; ``masa_depan`` and ``ramalan`` are used.
    skenario
        Scenarios to lay beside 'nothing changes'; the suite's own if None. Events of
        status 'skenario' are added.
    seed
        Of the draws of arrears and debt.
    tenggat_bulan
        Month of the year at whose end targets are judged.

    Returns
    -------
    dict
        Table name to rows, for every name of `TABEL_UANG`; ``masa_depan`` and
        ``ramalan`` come back with the paths of arrears and debt, ``uji_balik`` with
        the backtest of the collection rate.

    Raises
    ------
    InputError
        If a budget cannot be whole rupiah or a quota is below zero.
    """
    given = {
        name: tables[name] if name in tables else conform(pd.DataFrame(), name)
        for name in _DIPAKAI
    }
    ramalan, paths = hasil["ramalan"], from_table(hasil["masa_depan"])
    tested = hasil.get("uji_balik", pd.DataFrame())
    del tables, hasil
    check_anggaran(given["anggaran"], given["iuran_pemda"])
    given["iuran_pemda"] = fill_pemda(
        given["iuran_pemda"], given["kepesertaan"], cutoff=paths.cutoff
    )
    out = _collection(given["iuran"], tested, len(paths.periode))
    books = _past_books(given)
    keadaan = build_keadaan(
        {**given, "tunggakan_peserta": given.pop("tunggakan_peserta")},
        paths,
        ramalan=ramalan,
        seed=seed,
    )
    release_memory()
    paths = add_money(paths, keadaan)
    chosen = list(read_skenario().values() if skenario is None else skenario)
    planned = from_peristiwa(given["peristiwa"], cutoff=keadaan.cutoff)
    chosen += [planned] if planned.tindakan else []
    out["ramalan"] = tell_arrears(ramalan, paths)
    del ramalan
    out |= _arrears_tables(keadaan, books)
    out |= _pemda_tables(given, keadaan)
    out["rute"] = _routes(given, keadaan)
    release_memory()
    out["skenario"] = compare(keadaan, chosen)
    out.setdefault("uang", conform(pd.DataFrame(), "uang"))
    out["permintaan"] = _asks(given, keadaan, out, tenggat_bulan=tenggat_bulan)
    last = (keadaan.cutoff + pd.offsets.MonthEnd(0)).date()
    sizes = list_asumsi(chosen, tanggal=last)
    out["asumsi_skenario"] = sizes.assign(asumsi=sizes["asumsi"].astype(int))
    del given, keadaan
    release_memory()
    out["masa_depan"] = to_table(paths)
    del paths
    return {
        name: conform(out.pop(name, pd.DataFrame()), name)[TABLES[name].names]
        for name in TABEL_UANG
    }


def _past_books(given: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Build the books of arrears so far; none where either side was not delivered."""
    arrears, iuran = given["tunggakan_peserta"], given["iuran"]
    return [] if arrears.empty or iuran.empty else [build_arus(arrears, iuran)]


def _arrears_tables(
    keadaan: State, books: list[pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Build the arrears tables; empty where ages were not delivered."""
    part = keadaan.tunggakan
    if part is None:
        return {}
    ahead = use_told(to_depan(part.dasar), part.skala, uji=part.uji)
    return {
        "laju_tunggakan": part.laju.to_table(),
        "tunggakan_ramalan": summarise_depan(ahead),
        "uji_tunggakan": part.uji.assign(terpilih=part.uji["terpilih"].astype(int)),
        "arus_tunggakan": pd.concat(
            [*books, project_arus(part.dasar)], ignore_index=True
        ),
    }


def _collection(
    iuran: pd.DataFrame, scored: pd.DataFrame, horizon: int
) -> dict[str, pd.DataFrame]:
    """Build the collection rates and put how their forecasts did beside the others."""
    if iuran.empty:
        return {"uji_balik": scored}
    table, tested = build_kolektibilitas(iuran, horizon=horizon)
    if len(tested):
        told = score_tested({"kolektibilitas_rate": tested})
        scored = pd.concat([scored, told], ignore_index=True)
    return {"kolektibilitas": table, "uji_balik": scored}


def _pemda_tables(
    given: Mapping[str, pd.DataFrame], keadaan: State
) -> dict[str, pd.DataFrame]:
    """Build debt, cash and budget of the local governments."""
    if keadaan.pemda is None:
        return {}
    pemda = given["iuran_pemda"]
    own = pemda[pemda["kode"].isin(list(keadaan.kode))]
    cutoff = keadaan.cutoff
    kas = build_kas(own, given["anggaran"], given["peristiwa"], cutoff=cutoff)
    debt = {"utang_pemda": summarise_utang(keadaan.pemda, build_utang(own))}
    if kas.empty:
        return debt
    rows = given["kepesertaan"]
    now = rows[rows["periode"].eq(cutoff)].groupby("kode")["aktif_jiwa"].sum()
    uang = build_uang_tahunan(
        kas, keadaan, ahead=keadaan.pemda, cutoff=cutoff, aktif=now.astype(float)
    )
    return {**debt, "kas": kas, "uang": uang}


def _routes(given: Mapping[str, pd.DataFrame], keadaan: State) -> pd.DataFrame:
    """Build the routes of every region."""
    table = build_rute(given, cutoff=keadaan.cutoff)
    return table[table["kode"].isin(list(keadaan.kode))]


def _asks(
    given: Mapping[str, pd.DataFrame],
    keadaan: State,
    made: Mapping[str, pd.DataFrame],
    *,
    tenggat_bulan: int,
) -> pd.DataFrame:
    """Build the ask for the next deadline."""
    tenggat = _deadline(keadaan.cutoff, tenggat_bulan)
    posisi = list_posisi(given, keadaan, made, cutoff=keadaan.cutoff, tenggat=tenggat)
    return build_permintaan(
        posisi, made["rute"], cutoff=keadaan.cutoff, tenggat=tenggat
    )


def _deadline(cutoff: pd.Timestamp, tenggat_bulan: int) -> pd.Timestamp:
    """Return the next deadline after the data."""
    year = cutoff.year + int(cutoff.month >= tenggat_bulan)
    return pd.Timestamp(year, tenggat_bulan, 1) + pd.offsets.MonthEnd(0)
