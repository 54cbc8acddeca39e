"""Synthetic flows of members and participants by kecamatan, consistent with the rest.

Flows close the books of ``kepesertaan`` to the person: what is active at the end of a
month is what was active before, plus who came, less who left. Counts of kecamatan add
up to their regency's; a few places hold most of the inactive PBI JK.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.places import list_kecamatan
from jkn_analysis.terms import LUAR, NONAKTIF, SEGMEN
from jkn_analysis.wilayah import get_wilayah
from jkn_sample.world import round_to_total

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jkn_sample.world import Dunia

BULAN = 6
"""Months that have flows and counts by kecamatan: June to November 2025."""
_TURN = {
    "PBI JK": 0.009, "PBPU Pemda": 0.014, "PPU-PN": 0.004, "PPU-BU": 0.022,
    "PBPU": 0.018, "BP": 0.006,
}  # fmt: skip
"""Share of the active who come anew in an ordinary month."""
_COME: Mapping[str, Mapping[tuple[str, str], float]] = {
    "PBI JK": {
        (LUAR, "baru"): 0.45, (LUAR, "lahir"): 0.25, (NONAKTIF, "pbi_diaktifkan"): 0.30,
    },
    "PBPU Pemda": {
        (LUAR, "baru"): 0.40, (LUAR, "lahir"): 0.15,
        (NONAKTIF, "didaftarkan_pemda"): 0.45,
    },
    "PPU-PN": {(LUAR, "baru"): 0.60, (NONAKTIF, "bekerja_lagi"): 0.40},
    "PPU-BU": {(LUAR, "baru"): 0.45, (NONAKTIF, "bekerja_lagi"): 0.55},
    "PBPU": {
        (LUAR, "baru"): 0.32, (NONAKTIF, "membayar"): 0.55, (NONAKTIF, "rehab"): 0.08,
        (LUAR, "pindah_masuk"): 0.05,
    },
    "BP": {(LUAR, "baru"): 0.50, (NONAKTIF, "membayar"): 0.50},
}  # fmt: skip
_GO: Mapping[str, Mapping[tuple[str, str], float]] = {
    "PBI JK": {
        (NONAKTIF, "pbi_dihapus"): 0.70, (NONAKTIF, "nik_tidak_padan"): 0.09,
        (NONAKTIF, "tidak_layak"): 0.09, (LUAR, "meninggal"): 0.08,
        (LUAR, "pindah_keluar"): 0.04,
    },
    "PBPU Pemda": {
        (NONAKTIF, "pemda_berhenti"): 0.68, (NONAKTIF, "tidak_diusulkan_ulang"): 0.18,
        (LUAR, "meninggal"): 0.08, (LUAR, "pindah_keluar"): 0.06,
    },
    "PPU-PN": {
        (NONAKTIF, "berhenti_kerja"): 0.80, (LUAR, "meninggal"): 0.12,
        (LUAR, "pindah_keluar"): 0.08,
    },
    "PPU-BU": {
        (NONAKTIF, "berhenti_kerja"): 0.76, (NONAKTIF, "badan_usaha_tak_lapor"): 0.20,
        (LUAR, "meninggal"): 0.04,
    },
    "PBPU": {
        (NONAKTIF, "menunggak"): 0.88, (LUAR, "meninggal"): 0.07,
        (LUAR, "pindah_keluar"): 0.05,
    },
    "BP": {(NONAKTIF, "menunggak"): 0.50, (LUAR, "meninggal"): 0.50},
}  # fmt: skip
_SWITCH = ("PPU-BU", "PBPU", 0.003)
"""Who loses a job and goes on paying: from, to, share of the active."""


def build_arus(dunia: Dunia, kepesertaan: pd.DataFrame) -> pd.DataFrame:
    """Build the table ``arus_kepesertaan`` of the last months."""
    months = dunia.periode[-BULAN - 1 :]
    rows: list[tuple[object, ...]] = []
    for kode, own in kepesertaan.groupby("kode"):
        active = own.pivot_table(index="periode", columns="segmen", values="aktif_jiwa")
        chance = dunia.rng("arus", str(kode))
        for before, month in pairwise(months):
            found = _month(active.loc[before], active.loc[month], chance)  # type: ignore[arg-type]
            rows += [(kode, month, *one) for one in found]
    names = ["kode", "periode", "segmen_asal", "segmen_tujuan", "sebab", "jiwa"]
    return pd.DataFrame(rows, columns=names)


def _month(
    old: pd.Series, new: pd.Series, chance: np.random.Generator
) -> list[tuple[str, str, str, int]]:
    """Draw one month's flows of a region that lead from one stock to the next."""
    start, end, share = _SWITCH
    moved = int(share * old[start] * chance.uniform(0.6, 1.4))
    rows = [(start, end, "pindah_segmen", moved)] if moved else []
    for segmen in SEGMEN:
        change = int(new[segmen] - old[segmen])
        change += moved * ((segmen == start) - (segmen == end))
        come = int(_TURN[segmen] * old[segmen] * chance.uniform(0.7, 1.3))
        come = max(come, change + come // 2)
        for total, shares, side in ((come, _COME, 0), (come - change, _GO, 1)):
            for (other, sebab), n in _draw(shares[segmen], total, chance):
                ends = (segmen, other) if side else (other, segmen)
                rows.append((*ends, sebab, n))
    return rows


def _draw(
    shares: Mapping[tuple[str, str], float], total: int, chance: np.random.Generator
) -> list[tuple[tuple[str, str], int]]:
    """Divide people over where they come from or go to, and why."""
    weight = np.array(list(shares.values())) * chance.uniform(0.8, 1.2, len(shares))
    parts = round_to_total(weight / weight.sum() * total, np.array(total))
    return [(end, int(n)) for end, n in zip(shares, parts, strict=True) if n]


def build_kecamatan(dunia: Dunia, kepesertaan: pd.DataFrame) -> pd.DataFrame:
    """Build the table ``kepesertaan_kecamatan`` of the last months."""
    months = dunia.periode[-BULAN:]
    known = kepesertaan[kepesertaan["periode"].isin(months)]
    frames = [_places(dunia, str(kode), own) for kode, own in known.groupby("kode")]
    return pd.concat(frames, ignore_index=True)


def _places(dunia: Dunia, kode: str, own: pd.DataFrame) -> pd.DataFrame:
    """Spread a region's members over its kecamatan."""
    names = sorted(list_kecamatan(kode).values())
    chance = dunia.rng("kecamatan", kode)
    size = _size(names, get_wilayah(kode).nama) * chance.lognormal(0.0, 0.2, len(names))
    tilt = {name: chance.lognormal(0.0, 0.2, len(names)) for name in SEGMEN}
    idle = {
        name: chance.lognormal(0.0, 0.5 if name == "PBI JK" else 0.35, len(names))
        for name in SEGMEN
    }
    frames = []
    for row in own.to_dict("records"):
        segmen = row["segmen"]
        weight = size * tilt[segmen]
        off = weight * idle[segmen]
        active = _split(weight, int(row["aktif_jiwa"]))
        rest = _split(off, int(row["terdaftar_jiwa"] - row["aktif_jiwa"]))
        frames.append(
            pd.DataFrame(
                {"kode": kode, "kecamatan": names, "periode": row["periode"],
                 "segmen": segmen, "terdaftar_jiwa": active + rest,
                 "aktif_jiwa": active}
            )
        )  # fmt: skip
    return pd.concat(frames)


def _size(names: list[str], region: str) -> np.ndarray:
    """Guess how many live in each place, as ranks: the town many, an islet few.

    A place named after its region is (part of) the town; one named an island is small,
    but where most places are islands.
    """
    island = np.array([name.startswith(("Pulau ", "Kepulauan ")) for name in names])
    town = np.array([region in name for name in names]) & ~island
    few = 0.15 if island.mean() < 0.5 else 1.0
    return np.where(island, few, np.where(town, 5.0, 1.0))


def _split(weight: np.ndarray, total: int) -> np.ndarray:
    """Divide people by weight into whole numbers."""
    return round_to_total(weight / weight.sum() * total, np.array(total))
