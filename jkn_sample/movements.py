"""Three made-up extracts of members a month apart, every movement planted and known.

Nobody in them exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_analysis.terms import LUAR, NONAKTIF, SEGMEN

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]

KODE = ("82.71", "82.03")
OFF = dict(
    zip(
        SEGMEN,
        ("pbi_dihapus", "pemda_berhenti", "berhenti_kerja", "berhenti_kerja",
         "menunggak", "menunggak"),
        strict=True,
    )
)  # fmt: skip
ON = dict(
    zip(
        SEGMEN,
        ("pbi_diaktifkan", "didaftarkan_pemda", "bekerja_lagi", "bekerja_lagi",
         "membayar", "membayar"),
        strict=True,
    )
)  # fmt: skip
MOVES = (
    *dict.fromkeys(OFF.values()), *dict.fromkeys(ON.values()), "hilang", "meninggal",
    "pindah_keluar", "pindah_masuk", "pindah_segmen", "baru", "lahir",
)  # fmt: skip
"""Causes that are planted."""
_FATE = ("tetap", "padam", "hilang", "meninggal", "pindah", "segmen")
_SHARE = (0.90, 0.05, 0.01, 0.01, 0.015, 0.015)
"""What becomes of the active in a month, and how often."""
_BACK, _FRESH, _INFANT = 0.06, 0.02, 0.3


@dataclass(frozen=True)
class Extracts:
    """Extracts of successive months, the residents, and what truly moved."""

    bpjs: tuple[pd.DataFrame, ...]
    dukcapil: pd.DataFrame
    moves: tuple[pd.DataFrame, ...]
    """kode, segmen_asal, segmen_tujuan, sebab, jiwa (1): a row a movement."""


def build_extracts(n: int, *, seed: int = 0, months: int = 3) -> Extracts:
    """Draw extracts of about `n` members each.

    Parameters
    ----------
    n
        Members of the first month.
    seed
        Start of all chance.
    months
        How many extracts.
    """
    rng = np.random.default_rng(seed)
    people = _draw(n, np.arange(n), rng, born=1985)
    people["aktif"] = rng.random(n) < 0.8
    stages, moves, dead = [people], [], []
    for _ in range(months - 1):
        after, moved, died = _advance(stages[-1], rng)
        stages.append(after)
        moves.append(moved)
        dead.append(died)
    return Extracts(
        tuple(_as_extract(stage, at, rng) for at, stage in enumerate(stages)),
        _residents(pd.concat(dead)),
        tuple(moves),
    )


def _draw(
    n: int, numbers: Array, rng: np.random.Generator, *, born: int
) -> pd.DataFrame:
    """Draw members: a number each, a region, a segmen, a birth year."""
    share = [0.4, 0.15, 0.06, 0.14, 0.22, 0.03]
    return pd.DataFrame(
        {
            "nomor": numbers,
            "kode": rng.choice(KODE, n, p=[0.6, 0.4]),
            "segmen": rng.choice(SEGMEN, n, p=share),
            "aktif": True,
            "lahir": born,
        }
    )


def _move(
    rows: pd.DataFrame, asal: object, tujuan: object, sebab: object
) -> pd.DataFrame:
    """Write down who moved."""
    return pd.DataFrame(
        {"kode": rows["kode"], "segmen_asal": asal, "segmen_tujuan": tujuan,
         "sebab": sebab, "jiwa": 1}
    )  # fmt: skip


def _advance(
    before: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Let a month pass; return the members after it, the movements, and the dead."""
    after = before.copy()
    fate = np.where(before["aktif"], rng.choice(_FATE, len(before), p=_SHARE), "")
    off = before[fate == "padam"]
    gone = before[fate == "hilang"]
    died = before[fate == "meninggal"]
    left = before[fate == "pindah"]
    other = before[fate == "segmen"]
    back = before[~before["aktif"] & (rng.random(len(before)) < _BACK)]
    after.loc[[*off.index, *died.index], "aktif"] = False
    after.loc[back.index, "aktif"] = True
    place = {name: SEGMEN[(at + 2) % len(SEGMEN)] for at, name in enumerate(SEGMEN)}
    after.loc[other.index, "segmen"] = other["segmen"].map(place)
    away = {KODE[0]: KODE[1], KODE[1]: KODE[0]}
    after.loc[left.index, "kode"] = left["kode"].map(away)
    after = after.drop(index=gone.index)
    count = int(_FRESH * len(before))
    first = int(before["nomor"].max()) + 1 + 10 * len(before)
    fresh = _draw(count, first + np.arange(count), rng, born=1985)
    fresh["lahir"] = np.where(rng.random(count) < _INFANT, 2025, 1985)
    infant = np.where(fresh["lahir"] == 2025, "lahir", "baru")
    arrived = left.assign(kode=left["kode"].map(away))
    moves = [
        _move(off, off["segmen"], NONAKTIF, off["segmen"].map(OFF)),
        _move(gone, gone["segmen"], LUAR, "hilang"),
        _move(died, died["segmen"], NONAKTIF, "meninggal"),
        _move(left, left["segmen"], LUAR, "pindah_keluar"),
        _move(arrived, LUAR, left["segmen"], "pindah_masuk"),
        _move(other, other["segmen"], other["segmen"].map(place), "pindah_segmen"),
        _move(back, NONAKTIF, back["segmen"], back["segmen"].map(ON)),
        _move(fresh, LUAR, fresh["segmen"], infant),
    ]
    whole = pd.concat([after, fresh], ignore_index=True)
    return whole, pd.concat(moves, ignore_index=True), died


def _nik(rows: pd.DataFrame) -> list[str]:
    """Write a valid number for every member."""
    head = np.where(rows["lahir"] == 2025, "010125", "010185")
    numbers = rows["nomor"].to_numpy()
    sub = numbers // 9_999
    return [
        f"8271{1 + s % 60:02d}{1 + s // 60 % 28:02d}{h[2:]}{1 + n % 9_999:04d}"
        for s, h, n in zip(sub, head, numbers, strict=True)
    ]


def _as_extract(
    rows: pd.DataFrame, month: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Write the members as BPJS does, in any order; each month other NIK are lost."""
    mixed = rows.sample(frac=1, random_state=rng).reset_index(drop=True)
    lost = mixed["nomor"] % 25 == month
    day = np.where(mixed["lahir"] == 2025, "2025-06-01", "1985-01-01")
    return pd.DataFrame(
        {
            "nik": np.where(lost, "", _nik(mixed)),
            "nama": "PESERTA CONTOH",
            "tanggal_lahir": day,
            "kode": mixed["kode"],
            "no_kartu": [f"0009{n:09d}" for n in mixed["nomor"]],
            "segmen": mixed["segmen"],
            "status": np.where(mixed["aktif"], "AKTIF", "NONAKTIF"),
        }
    )


def _residents(died: pd.DataFrame) -> pd.DataFrame:
    """Write Dukcapil's extract: here only who died."""
    return pd.DataFrame(
        {
            "nik": _nik(died),
            "nama": "PENDUDUK CONTOH",
            "tanggal_lahir": "1985-01-01",
            "kode": died["kode"].to_numpy(),
            "status": "MENINGGAL",
        }
    )
