"""Synthetic tables beside members and premium: deciles, proposals, whole budgets.

Each is made from the tables it must agree with: the deciles hold the registered PBI JK
to the person, and every budget pays the premium and its share of the cigarette tax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_sample.world import round_to_total

if TYPE_CHECKING:
    from jkn_sample.world import Dunia

_PROPOSED = ("2025-04-01", "2025-07-01", "2025-10-01")
"""Months with proposals of substitutes; the last is not decided yet."""
_CARE = {
    "kunjungan_fktp": 62.0, "rawat_jalan": 29.0, "rawat_inap": 4.0,
    "persalinan": 1.3, "cuci_darah": 0.5, "klaim_tertunda": 1.1,
    "keluhan_administrasi": 0.08, "keluhan_layanan": 0.05, "keluhan_obat": 0.04,
}  # fmt: skip
"""Care of a month per 1.000 active, about as nationally in 2022 (12 million admissions
and 205,6 million primary visits of 248,8 million participants, Katadata)."""
_CARE_MONTHS, _CLAIM_RP = 12, 4_300_000
_REACH = np.array([0.9, 0.86, 0.8, 0.72, 0.6, 0.4, 0.25, 0.15, 0.08, 0.04])
"""Share of a decile that is PBI JK, before it is bent to the region's count."""


def build_sasaran(dunia: Dunia, kepesertaan: pd.DataFrame) -> pd.DataFrame:
    """Build the table ``sasaran_pbi`` of the last month."""
    month = dunia.periode[-1]
    now = kepesertaan[
        kepesertaan["periode"].eq(month) & kepesertaan["segmen"].eq("PBI JK")
    ].set_index("kode")["terdaftar_jiwa"]
    frames = []
    for kode, people in zip(dunia.kode, dunia.penduduk, strict=True):
        jiwa = round_to_total(np.full(10, people / 10), np.array(people))
        pbi = np.minimum(_bend(jiwa, int(now[kode])), jiwa)
        frames.append(
            pd.DataFrame(
                {"kode": kode, "periode": month, "desil": range(1, 11),
                 "jiwa": jiwa, "pbi_jiwa": pbi}
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _bend(jiwa: np.ndarray, total: int) -> np.ndarray:
    """Divide PBI JK over deciles: the poorer the more, never more than live there."""
    low, high = 0.01, 20.0
    for _ in range(60):
        middle = (low * high) ** 0.5
        over = (jiwa * _REACH**middle).sum() > total
        low, high = (middle, high) if over else (low, middle)
    return round_to_total(jiwa * _REACH**low, np.array(total))


def build_usulan(dunia: Dunia, kepesertaan: pd.DataFrame) -> pd.DataFrame:
    """Build the table ``usulan_pbi``: substitutes for some of the inactive PBI JK."""
    own = kepesertaan[kepesertaan["segmen"].eq("PBI JK")]
    idle = (own["terdaftar_jiwa"] - own["aktif_jiwa"]).astype(float)
    idle.index = pd.MultiIndex.from_frame(own[["kode", "periode"]])
    rows = []
    for kode in dunia.kode:
        chance = dunia.rng("usulan_pbi", kode)
        for month in map(pd.Timestamp, _PROPOSED):
            quota = int(idle.get((kode, month), 0) * chance.uniform(0.1, 0.3))
            proposed = int(quota * chance.uniform(0.5, 1.1))
            won = int(proposed * chance.uniform(0.35, 0.85))
            decided = won if month < pd.Timestamp(_PROPOSED[-1]) else None
            rows.append((kode, month, quota, proposed, decided))
    names = ["kode", "periode", "kuota_pbi_jiwa", "diusulkan_jiwa", "diterima_jiwa"]
    return pd.DataFrame(rows, columns=names)


def build_fiskal(dunia: Dunia, anggaran: pd.DataFrame) -> pd.DataFrame:
    """Build the table ``fiskal``: the whole budget around each premium budget."""
    pagu = (anggaran["pagu_rp"] + anggaran["pergeseran_rp"]).astype(float)
    sums = pagu.groupby([anggaran["kode"], anggaran["tahun"]]).sum()
    part = anggaran["sumber_dana"].eq("Pajak rokok")
    tax = pagu.where(part, 0.0).groupby([anggaran["kode"], anggaran["tahun"]]).sum()
    rows = []
    for kode in dunia.kode:
        chance = dunia.rng("fiskal", kode)
        share, mandated = chance.uniform(0.010, 0.024), chance.uniform(0.30, 0.42)
        handed = chance.uniform(0.05, 0.10), chance.uniform(0.42, 0.55)
        for tahun in (2024, 2025):
            whole = sums[kode, tahun] / share
            money = (whole, tax[kode, tahun] / mandated, *(whole * x for x in handed))
            rows.append((kode, tahun, *(int(round(x, -6)) for x in money)))
    names = ["kode", "tahun", "apbd_rp", "pajak_rokok_rp", "dbh_rp", "dau_rp"]
    return pd.DataFrame(rows, columns=names)


def build_layanan(dunia: Dunia, kepesertaan: pd.DataFrame) -> pd.DataFrame:
    """Build the table ``layanan``: care of the active in each of the last months."""
    active = kepesertaan.groupby(["kode", "periode"])["aktif_jiwa"].sum()
    rows = []
    for kode in dunia.kode:
        chance = dunia.rng("layanan", kode)
        level = {name: chance.uniform(0.75, 1.25) for name in _CARE}
        for month in dunia.periode[-_CARE_MONTHS:]:
            people = active[kode, month] / 1000
            counts = {
                name: int(chance.poisson(rate * level[name] * people))
                for name, rate in _CARE.items()
            }
            pending = counts["klaim_tertunda"] * _CLAIM_RP
            rows.append(
                {"kode": kode, "periode": month, **counts, "klaim_tertunda_rp": pending}
            )
    return pd.DataFrame(rows)
