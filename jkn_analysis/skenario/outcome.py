"""Every table of the money side, computed for all regions in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.anggaran import build_rute, build_uang_tahunan, check_anggaran
from jkn_analysis.masa_depan.build import tell_arrears
from jkn_analysis.masa_depan.paths import from_table, to_table
from jkn_analysis.skenario.declaration import from_peristiwa, read_skenario
from jkn_analysis.skenario.engine import compare
from jkn_analysis.skenario.permintaan import Posisi, build_permintaan
from jkn_analysis.skenario.state import add_money, build_keadaan
from jkn_analysis.tables import TABLES, conform
from jkn_analysis.tunggakan.ahead import (
    summarise_depan,
    to_depan,
    use_ramalan,
)
from jkn_analysis.tunggakan.flows import build_arus, build_kolektibilitas, project_arus
from jkn_analysis.tunggakan.pemda import build_utang, summarise_utang
from jkn_analysis.uhc import find_target, gap_jiwa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jkn_analysis.skenario.declaration import Skenario
    from jkn_analysis.skenario.state import Keadaan

TABEL_UANG = (
    "laju_tunggakan", "tunggakan_ramalan", "uji_tunggakan", "arus_tunggakan",
    "utang_pemda", "kolektibilitas", "uang", "rute", "permintaan", "skenario",
    "masa_depan", "ramalan",
)  # fmt: skip
_DIPAKAI = (
    "penduduk", "kepesertaan", "tunggakan_peserta", "iuran", "iuran_pemda",
    "anggaran", "peristiwa",
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

    Parameters
    ----------
    tables
        Delivered tables by name; an absent or empty one leaves its part empty.
    hasil
        Tables of `build_ramalan`; ``masa_depan`` and ``ramalan`` are used.
    skenario
        Scenarios to lay beside 'nothing changes'; the suite's own and the events
        of status 'skenario' if None.
    seed
        Of the draws of arrears and debt.
    tenggat_bulan
        Month of the year at whose end targets are judged.

    Returns
    -------
    dict
        Table name to rows, for every name of `TABEL_UANG`; ``masa_depan`` and
        ``ramalan`` come back with the paths of arrears and debt.

    Raises
    ------
    InputError
        If a budget cannot be whole rupiah or a quota is below zero.
    """
    given = {
        name: tables[name] if name in tables else conform(pd.DataFrame(), name)
        for name in _DIPAKAI
    }
    check_anggaran(given["anggaran"], given["iuran_pemda"])
    ramalan = hasil["ramalan"]
    paths = from_table(hasil["masa_depan"])
    keadaan = build_keadaan(given, paths, ramalan=ramalan, seed=seed)
    paths = add_money(paths, keadaan)
    ramalan = tell_arrears(ramalan, paths)
    chosen = list(skenario) if skenario is not None else _default(given, keadaan)
    out = _arrears_tables(given, keadaan)
    out["kolektibilitas"] = _collection(given["iuran"], len(keadaan.periode))
    out |= _pemda_tables(given, keadaan, ramalan)
    out["rute"] = _routes(given, keadaan)
    out["permintaan"] = _asks(keadaan, rute=out["rute"], tenggat_bulan=tenggat_bulan)
    out["skenario"] = compare(keadaan, chosen)
    out |= {"masa_depan": to_table(paths), "ramalan": ramalan}
    return {
        name: conform(out.get(name, pd.DataFrame()), name)[TABLES[name].names]
        for name in TABEL_UANG
    }


def _default(given: Mapping[str, pd.DataFrame], keadaan: Keadaan) -> list[Skenario]:
    """Return the shipped scenarios and the planned events."""
    planned = from_peristiwa(given["peristiwa"], cutoff=keadaan.cutoff)
    return [*read_skenario().values(), *([planned] if planned.tindakan else [])]


def _arrears_tables(
    given: Mapping[str, pd.DataFrame], keadaan: Keadaan
) -> dict[str, pd.DataFrame]:
    """Build the arrears tables; empty where ages were not delivered."""
    part = keadaan.tunggakan
    if part is None:
        return {}
    ahead = use_ramalan(to_depan(part.dasar), part.skala)
    books = [project_arus(part.dasar)]
    if not given["iuran"].empty:
        books.insert(0, build_arus(given["tunggakan_peserta"], given["iuran"]))
    return {
        "laju_tunggakan": part.laju.to_table(),
        "tunggakan_ramalan": summarise_depan(ahead),
        "uji_tunggakan": part.uji.assign(terpilih=part.uji["terpilih"].astype(int)),
        "arus_tunggakan": pd.concat(books, ignore_index=True),
    }


def _collection(iuran: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Build the collection rates."""
    if iuran.empty:
        return pd.DataFrame()
    return build_kolektibilitas(iuran, horizon=horizon)


def _pemda_tables(
    given: Mapping[str, pd.DataFrame], keadaan: Keadaan, ramalan: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Build debt and budget of the local governments."""
    if keadaan.pemda is None:
        return {}
    pemda = given["iuran_pemda"]
    history = build_utang(pemda[pemda["kode"].isin(list(keadaan.kode))])
    uang = build_uang_tahunan(
        given,
        keadaan.pemda,
        _active(ramalan, given["kepesertaan"], keadaan),
        penduduk=pd.Series(keadaan.penduduk, index=keadaan.kode).dropna(),
    )
    return {"utang_pemda": summarise_utang(keadaan.pemda, history), "uang": uang}


def _active(
    ramalan: pd.DataFrame, kepesertaan: pd.DataFrame, keadaan: Keadaan
) -> pd.DataFrame:
    """Return active members ahead at three quantiles, and now."""
    rows = ramalan[
        ramalan["indikator"].eq("aktif_jiwa")
        & ramalan["segmen"].eq("total")
        & ramalan["skenario"].eq("dasar")
        & ramalan["kuantil"].isin((0.1, 0.5, 0.9))
    ]
    now = kepesertaan[kepesertaan["periode"].eq(keadaan.cutoff)]
    count = now.groupby("kode")["aktif_jiwa"].sum().rename("nilai").reset_index()
    count = count.assign(periode=keadaan.cutoff, kuantil=0.5)
    columns = ["kode", "periode", "kuantil", "nilai"]
    return pd.concat([rows[columns], count[columns]], ignore_index=True)


def _routes(given: Mapping[str, pd.DataFrame], keadaan: Keadaan) -> pd.DataFrame:
    """Build the routes of every region."""
    table = build_rute(given, cutoff=keadaan.cutoff)
    return table[table["kode"].isin(list(keadaan.kode))]


def _asks(
    keadaan: Keadaan,
    *,
    rute: pd.DataFrame,
    tenggat_bulan: int,
) -> pd.DataFrame:
    """Build the ask for this year's deadline and for the end of the horizon."""
    first = _deadline(keadaan.cutoff, tenggat_bulan)
    last = keadaan.periode[-1] + pd.offsets.MonthEnd(0)
    parts = [
        build_permintaan(
            list_posisi(keadaan, tenggat=when),
            rute,
            cutoff=keadaan.cutoff,
            tenggat=when,
        )
        for when in sorted({min(first, last), last})
    ]
    return pd.concat(parts, ignore_index=True)


def _deadline(cutoff: pd.Timestamp, tenggat_bulan: int) -> pd.Timestamp:
    """Return the next deadline after the data."""
    year = cutoff.year + int(cutoff.month >= tenggat_bulan)
    return pd.Timestamp(year, tenggat_bulan, 1) + pd.offsets.MonthEnd(0)


def list_posisi(keadaan: Keadaan, *, tenggat: pd.Timestamp) -> list[Posisi]:
    """Return gap at the deadline, debt and free money of every region.

    The gap is that of the median forecast at the deadline if nothing changes. Free
    money is the budget left after carrying today's members to December; a deadline
    in another budget year has no budget yet.
    """
    rule = find_target(tenggat.date())
    at = int(keadaan.periode.searchsorted(tenggat.replace(day=1)))
    at = min(at, len(keadaan.periode) - 1)
    active = keadaan.aktif[at, :, 0]
    free, debt = _free_money(keadaan, tenggat), _owed(keadaan)
    return [
        Posisi(
            str(kode),
            _gap(rule.keaktifan_penduduk_rate, people, active[i]),
            _gap(rule.cakupan_rate, people, keadaan.terdaftar[at, i, 0]),
            None if np.isnan(debt[i]) else float(debt[i]),
            None if np.isnan(free[i]) else float(free[i]),
            _is_prioritas(keadaan, i, debt=debt[i]),
        )
        for i, (kode, people) in enumerate(
            zip(keadaan.kode, keadaan.penduduk, strict=True)
        )
        if not np.isnan(people)
    ]


def _gap(target: float | None, people: float, part: float) -> int:
    """Return the people missing to a target, 0 where no target holds."""
    if target is None or np.isnan(part):
        return 0
    return gap_jiwa(target, int(people), int(part))


def _owed(keadaan: Keadaan) -> np.ndarray:
    """Return the Pemda debt now; NaN if unknown."""
    debt = pd.Series(np.nan, index=keadaan.kode)
    if keadaan.pemda is not None:
        debt[keadaan.pemda.kode] = keadaan.pemda.awal_rp
    return debt.to_numpy(dtype=float)


def _free_money(keadaan: Keadaan, tenggat: pd.Timestamp) -> np.ndarray:
    """Return the budget left after this year's remaining bills; NaN if unknown."""
    free = pd.Series(np.nan, index=keadaan.kode)
    pemda = keadaan.pemda
    if pemda is None or tenggat.year != pemda.sisa_pagu[0]:
        return free.to_numpy(dtype=float)
    left = np.where(np.isinf(pemda.sisa_pagu[1]), np.nan, pemda.sisa_pagu[1])
    inside = np.asarray(keadaan.periode.year == tenggat.year)
    bills = pemda.tagihan_rp[inside].mean(axis=-1).sum(axis=0)
    free[pemda.kode] = np.where(np.isnan(left), np.nan, np.maximum(left - bills, 0))
    return free.to_numpy(dtype=float)


def _is_prioritas(keadaan: Keadaan, at: int, *, debt: float) -> bool:
    """Tell whether new Pemda members are active at once: both targets, no debt."""
    people = keadaan.penduduk[at]
    rule = find_target(keadaan.cutoff.date())
    active = float(keadaan.aktif[0, at, 0]) / people
    covered = keadaan.terdaftar[0, at, 0] / people
    return bool(
        covered >= rule.cakupan_rate
        and active >= (rule.keaktifan_penduduk_rate or 0.0)
        and not debt > 0
    )
