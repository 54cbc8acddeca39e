"""What a change does, collected: where and when it applies, and its effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from jkn_analysis.errors import ScenarioError
from jkn_analysis.terms import NASIONAL, SEGMEN

if TYPE_CHECKING:
    from jkn_analysis.skenario.declaration import DatedChange
    from jkn_analysis.skenario.state import State

GALAT_ASUMSI = 0.25
"""Spread (plus or minus, triangular) put on a size that is only assumed."""
PBI, PEMDA, PBPU = (SEGMEN.index(name) for name in ("PBI JK", "PBPU Pemda", "PBPU"))


@dataclass
class Impact:
    """Effects collected from all changes; they commute, so order cannot matter."""

    kali: dict[int, np.ndarray]
    """Segment to (months, regions, draws): share that stays active."""
    tambah: dict[int, np.ndarray]
    """Segment to people added."""
    daftar: np.ndarray
    """People who are registered for the first time."""
    tarif_pemda: np.ndarray
    """Factor on what the region and the state pay per person."""
    bayar_pemda: np.ndarray
    keluar: np.ndarray
    masuk: np.ndarray
    tarif: np.ndarray
    hapus: np.ndarray
    kembali: np.ndarray
    cicil: dict[int, np.ndarray]
    pakai_tunggakan: bool = False

    def scale(self, segmen: int, factor: np.ndarray, shape: tuple[int, ...]) -> None:
        """Multiply the active share of a segment."""
        if segmen not in self.kali:
            self.kali[segmen] = np.ones(shape)
        self.kali[segmen] *= factor

    def add(self, segmen: int, people: np.ndarray, shape: tuple[int, ...]) -> None:
        """Add active people to a segment."""
        if segmen not in self.tambah:
            self.tambah[segmen] = np.zeros(shape)
        self.tambah[segmen] += people


@dataclass(frozen=True)
class Setting:
    """Where and when one change applies."""

    keadaan: State
    act: DatedChange
    mulai: int
    wilayah: np.ndarray
    """(1, regions, 1): 1 where the change holds."""
    orang: float = 0.0
    """Active people of the change's segmen in all regions where it holds."""

    def within(self, part: State, rows: slice) -> Setting:
        """Return the same change in some of the regions."""
        return replace(self, keadaan=part, wilayah=self.wilayah[:, rows])

    def from_start(self, months: float | None = None) -> np.ndarray:
        """Return (months, 1, 1): 1 from the start on, for some months or for good."""
        h = np.arange(len(self.keadaan.periode))
        end = np.inf if months is None else self.mulai + months
        return ((h >= self.mulai) & (h < end)).astype(float)[:, None, None]

    def draw(self, name: str, *, maksimal: float = 1.0) -> np.ndarray:
        """Return a percentage as a fraction; spread over draws if assumed."""
        value = self.act.get(name) / 100
        if not self.act.is_assumed(name):
            return np.full((1, 1, 1), value)
        return self.spread(value, maksimal=maksimal)

    def spread(self, value: float, *, maksimal: float = 1.0) -> np.ndarray:
        """Spread a fraction that is only assumed over the draws."""
        u = self.keadaan.peluang
        low = np.sqrt(2 * np.minimum(u, 0.5)) - 1
        high = 1 - np.sqrt(2 * np.minimum(1 - u, 0.5))
        drawn = value * (1 + GALAT_ASUMSI * np.where(u < 0.5, low, high))
        return np.minimum(drawn, maksimal)[None, None, :]


def neutral(keadaan: State) -> Impact:
    """Return effects of nothing."""
    months, regions, _ = keadaan.ukuran
    one, none = np.ones((months, regions, 1)), np.zeros((months, regions, 1))
    units = 0 if keadaan.tunggakan is None else len(keadaan.tunggakan.posisi)
    shape = (months, units, 1)
    unit_one, unit_none = np.ones(shape), np.zeros(shape)
    return Impact(
        {}, {}, none, one.copy(), one.copy(), unit_one, unit_one,
        unit_one, unit_none, unit_none, {},
    )  # fmt: skip


def place(keadaan: State, act: DatedChange) -> Setting:
    """Resolve month and regions of a change."""
    month = act.month(keadaan.cutoff)
    first = keadaan.periode[0]
    start = (month.year - first.year) * 12 + month.month - first.month
    where = np.array(
        [act.wilayah in {NASIONAL, k, k[:2]} for k in keadaan.kode], dtype=float
    )
    shaped = len(act.wilayah) in {2, 5}
    if not shaped or (not where.any() and len(keadaan.kode) > 1):
        raise ScenarioError(
            f"scenario '{act.jenis}': region '{act.wilayah}' is not among those "
            "forecast\n  → give 00, a province or a kabupaten/kota code such as 82.71"
        )
    held = keadaan.aktif_segmen(act.segmen)[0, :, 0] if act.segmen else where
    people = float((held * where).sum())
    return Setting(keadaan, act, start, where[None, :, None], people)
