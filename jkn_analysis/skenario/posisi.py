"""Where every region stands for the ask: gap, contract, cash, list, next year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.peraturan import IURAN_PBPU_PEMDA_RP
from jkn_analysis.skenario.permintaan import Position
from jkn_analysis.skenario.rute import count_selisih, take_newest
from jkn_analysis.uhc import Standing, find_target, needed_jiwa, status

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import Any

    from jkn_analysis.anggaran import CashPaths

SUDAH_PPU = ("pemda_sudah_ppu",)
"""Register difference: paid by Pemda though an employer pays."""
BERSIH = (
    "ganda_baris", "ganda_segmen", "ganda_provinsi", "meninggal", "meninggal_pbi",
    "pindah",
)  # fmt: skip
"""Register differences of people who are dead, doubled or gone."""
TELAT = "kuota_telat"
"""Shipped scenario of a contract signed late."""
_KONTRAK = r"(?:perpanjangan|perjanjian|kontrak|\bPKS\b|adendum)"
_TELAT = r"(?:telat|terlambat|belum)"


def list_kontrak(peristiwa: pd.DataFrame, tahun: int) -> set[str]:
    """List regions whose contract of a year is on file.

    On file is an event of the region's own code, sure or past, dated in the four
    months before the year or in it, that names a contract and not its delay. A row
    of the province names no region and is not one.
    """
    own = peristiwa[
        peristiwa["kode"].str.len().eq(5)
        & peristiwa["status"].isin(("terjadi", "pasti"))
        & peristiwa["segmen"].fillna("PBPU Pemda").eq("PBPU Pemda")
        & peristiwa["tanggal"].between(f"{tahun - 1}-09-01", f"{tahun}-12-31")
    ]
    told = own["jenis"] + " " + own["keterangan"].fillna("")
    named = told.str.contains(_KONTRAK, case=False, regex=True)
    late = told.str.contains(_TELAT, case=False, regex=True)
    return set(own.loc[named & ~late, "kode"])


def list_posisi(
    given: Mapping[str, pd.DataFrame],
    jalur: CashPaths,
    made: Mapping[str, pd.DataFrame],
    *,
    cutoff: pd.Timestamp,
    tenggat: pd.Timestamp,
) -> list[Position]:
    """List the position of every region that has a population and a forecast.

    Parameters
    ----------
    given
        Delivered tables.
    jalur
        Draws of the future.
    made
        Computed tables ``uang`` and ``skenario``.
    cutoff
        Last month of the data.
    tenggat
        Last day of the deadline's month.
    """
    frame = _counts(given, cutoff).reindex(jalur.kode)
    month = pd.DatetimeIndex([tenggat.replace(day=1)])
    at = jalur.periode.get_indexer(month)[0]
    ahead = jalur.aktif[max(at, 0), :, 0]
    frame = frame.assign(
        penduduk=jalur.penduduk, nanti=np.floor(ahead) if at >= 0 else frame["aktif"]
    )
    frame = frame.join(_money(made["uang"], cutoff.year)).join(_dark(made["skenario"]))
    frame["sudah_ppu"] = count_selisih(given["selisih"], SUDAH_PPU, cutoff=cutoff)
    frame["ganda"] = count_selisih(given["selisih"], BERSIH, cutoff=cutoff, aktif=True)
    signed = list_kontrak(given["peristiwa"], cutoff.year + 1)
    frame = frame.dropna(subset=["penduduk", "aktif"])
    return [
        _posisi(str(kode), row, kontrak=kode in signed, cutoff=cutoff, tenggat=tenggat)
        for kode, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]


def _counts(given: Mapping[str, pd.DataFrame], cutoff: pd.Timestamp) -> pd.DataFrame:
    """Count registered, active and Pemda's active members, newest month, by kode."""
    now = take_newest(given["kepesertaan"], cutoff=cutoff)
    total = now.groupby("kode")[["terdaftar_jiwa", "aktif_jiwa"]].sum()
    pemda = now[now["segmen"].eq("PBPU Pemda")].set_index("kode")["aktif_jiwa"]
    return pd.DataFrame(
        {
            "terdaftar": total["terdaftar_jiwa"],
            "aktif": total["aktif_jiwa"],
            "pemda": pemda,
        }
    ).astype(float)


def _money(uang: pd.DataFrame, tahun: int) -> pd.DataFrame:
    """Lay this year's cash and next year's need out by kode."""
    rows = uang[uang["kuantil"].eq(0.5)]
    names = {
        tahun: (
            "pagu_rp", "dibayar_rp", "kewajiban_desember_rp", "kurang_kas_desember_rp",
            "tunggakan_pemda_rp", "tarif_rp",
        ),
        tahun + 1: ("kebutuhan_bertahan_rp", "kurang_pagu_rp"),
    }  # fmt: skip
    parts = {
        name: rows[rows["tahun"].eq(year) & rows["ukuran"].eq(name)].set_index("kode")[
            "nilai"
        ]
        for year, wanted in names.items()
        for name in wanted
    }
    return pd.DataFrame(parts)


def _dark(skenario: pd.DataFrame) -> pd.DataFrame:
    """Read who is off, and the activity then, in the first month of a late contract."""
    rows = skenario[skenario["skenario"].eq(TELAT) & skenario["kuantil"].eq(0.5)]
    off = rows[rows["ukuran"].eq("aktif_jiwa") & rows["selisih"].lt(0)]
    first = off.groupby("kode")["periode"].min().rename("bulan")
    there = rows.merge(first.reset_index(), on="kode")
    there = there[there["periode"].eq(there["bulan"])]
    people = there[there["ukuran"].eq("aktif_jiwa")].set_index("kode")["selisih"]
    rates = there[there["ukuran"].eq("keaktifan_penduduk_rate")].set_index("kode")
    return pd.DataFrame({"gelap": -people, "gelap_rate": rates["nilai"]})


def _posisi(
    kode: str,
    row: Mapping[Hashable, Any],
    *,
    kontrak: bool,
    cutoff: pd.Timestamp,
    tenggat: pd.Timestamp,
) -> Position:
    """Put one region's figures together and judge what needs judging."""
    known = {name: None if pd.isna(value) else value for name, value in row.items()}
    people, active = int(row["penduduk"]), int(row["aktif"])
    target = find_target(tenggat.date()).keaktifan_penduduk_rate
    needed = 0 if target is None else needed_jiwa(target, people)
    owed = known["tunggakan_pemda_rp"]
    pemda = int(known["pemda"] or 0)
    judged = status(
        Standing(
            people, int(row["terdaftar"]), active, pemda,
            None if owed is None else round(owed),
        ),
        tanggal=(cutoff + pd.offsets.MonthEnd(0)).date(),
    )  # fmt: skip
    pagu, paid = known["pagu_rp"], known["dibayar_rp"]
    return Position(
        kode,
        needed - active,
        needed - int(row["nanti"]),
        cakupan_jiwa=judged.gap_cakupan_jiwa,
        pemda_jiwa=pemda,
        gelap_jiwa=None if known["gelap"] is None else round(row["gelap"]),
        gelap_rate=known["gelap_rate"],
        kontrak=kontrak,
        prioritas=judged.prioritas is True,
        tarif_rp=known["tarif_rp"] or IURAN_PBPU_PEMDA_RP,
        utang_rp=owed,
        kewajiban_rp=known["kewajiban_desember_rp"],
        ruang_rp=None if pagu is None or paid is None else pagu - paid,
        kurang_kas_rp=known["kurang_kas_desember_rp"],
        lepas_jiwa=int(known["sudah_ppu"] or 0),
        ganda_jiwa=int(known["ganda"] or 0),
        tahun_depan_rp=known["kebutuhan_bertahan_rp"],
        kurang_pagu_rp=known["kurang_pagu_rp"],
    )
