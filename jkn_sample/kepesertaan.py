"""Synthetic participants: totals through control points, segments that add up.

The totals of a region pass exactly through its control points (``jangkar.csv``,
where a source is named the point is a published figure). Decrees act on segments; the
total feels them, then active rates of the free segments shift together so that
the total is met. Months whose segments were published are pinned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jkn_analysis.terms import SEGMEN
from jkn_sample.pemda import PesertaPemda
from jkn_sample.world import (
    Dunia,
    month_number,
    read_rows,
    round_matrix,
    round_to_total,
    wander,
)

PEMDA = 1
BEBAS = np.array([0, 2, 3, 4, 5])
"""Positions of the segments whose size is not set by a Pemda quota."""
NAMA_BEBAS = [SEGMEN[i] for i in BEBAS]
_BOBOT = {
    "19": (0.262, 0.125, 0.17, 0.13, 0.033),
    "81": (0.585, 0.095, 0.115, 0.07, 0.014),
    "82": (0.44, 0.095, 0.15, 0.12, 0.018),
    "": (0.40, 0.075, 0.20, 0.16, 0.02),
}
"""Registered members by free segment relative to each other, by province."""
_BOBOT_PBI = {"19.71": 0.62, "81.71": 0.25, "81.72": 0.8, "82.71": 0.75}
_BOBOT_PBPU = {"19.71": 1.9, "19.01": 1.25, "19.02": 0.8, "82.71": 1.3, "81.71": 1.5}
_AKTIF = np.array([0.86, 0.967, 0.83, 0.50, 0.95])
"""Active share of registered members by free segment before fitting."""
_BABEL_2025_08 = dict(
    zip(SEGMEN, (0.8542, 0.9265, 0.9691, 0.8260, 0.4898, 0.9505), strict=True)
)
"""Active over registered by segment, 1 September 2025 (ANTARA Babel 518073)."""
_PANGKALPINANG_2025_03 = {"PBI JK": (7_274, 0.8074), "PBPU": (27_602, 0.5168)}
"""Nonaktif and active share, 1 April 2025 (Forum Keadilan Babel 58561)."""
_MALUKU_2023_05 = {"PBI JK": 1_051_728, "PPU": 379_393, "PBPU": 115_457}
"""Registered members of Maluku, May 2023 (ANTARA Ambon 171855)."""
_MUTASI_PBI = (0.05, 0.09)
_PULIH_PBI = (1.0, 0.75, 0.55, 0.45, 0.4, 0.35)
"""What of the June 2025 cut of PBI JK remains after 0, 1, ... months."""


@dataclass(frozen=True)
class Peserta:
    """Registered and active members, shape (regions, months, segments), whole."""

    terdaftar: np.ndarray
    aktif: np.ndarray


def _control(dunia: Dunia, ukuran: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return months and values of the control points of each region."""
    points: dict[str, list[tuple[float, float]]] = {}
    for row in read_rows("jangkar.csv"):
        if row["ukuran"] == ukuran:
            pair = (month_number(row["periode"]), float(row["nilai"]))
            points.setdefault(row["kode"], []).append(pair)
    for i, kode in enumerate(dunia.kode):
        if kode not in points:
            points[kode] = _free_control(dunia, i, ukuran)
    return {
        kode: tuple(np.array(side) for side in zip(*sorted(pairs), strict=True))  # type: ignore[misc]
        for kode, pairs in points.items()
    }


def _free_control(dunia: Dunia, row: int, ukuran: str) -> list[tuple[float, float]]:
    """Draw plausible control points for a region without published figures."""
    chance = dunia.rng("jangkar", dunia.kode[row])
    start, middle = chance.uniform(0.80, 0.93), chance.uniform(0.92, 0.99)
    end = chance.uniform(0.965, 1.035)
    share = chance.uniform(0.76, 0.90) + np.array([-0.02, -0.01, 0.01])
    cakupan = np.array([start, middle, end]) * dunia.penduduk[row]
    values = cakupan if ukuran == "terdaftar" else cakupan * share
    months = [month_number(text) for text in ("2020-12", "2023-06", "2025-11")]
    return list(zip(months, np.round(values), strict=True))


def _through(
    dunia: Dunia, ukuran: str, *, moves: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """Lead a path through the control points, with known moves and noise between.

    Parameters
    ----------
    dunia, ukuran
        Which control points.
    moves
        People added by events, shape (regions, months).
    noise
        Relative noise, shape (regions, months); it vanishes at control points.
    """
    path = np.empty(dunia.shape)
    control = _control(dunia, ukuran)
    for i, kode in enumerate(dunia.kode):
        months, values = control[kode]
        inside = (months >= dunia.bulan[0]) & (months <= dunia.bulan[-1])
        at = np.interp(months, dunia.bulan, moves[i])
        smooth = np.interp(dunia.bulan, months, values - at) + moves[i]
        still = np.interp(months[inside], dunia.bulan, noise[i])
        bridge = noise[i] - np.interp(dunia.bulan, months[inside], still)
        path[i] = smooth * (1 + bridge)
    return np.round(path)


def _weights(dunia: Dunia) -> np.ndarray:
    """Return relative sizes of the free segments, (regions, months, 5)."""
    base = np.array([_BOBOT.get(kode[:2], _BOBOT[""]) for kode in dunia.kode])
    base = base * np.exp(0.10 * dunia.draw("bobot", 5))
    base[:, 0] *= [_BOBOT_PBI.get(kode, 1.0) for kode in dunia.kode]
    base[:, 3] *= [_BOBOT_PBPU.get(kode, 1.0) for kode in dunia.kode]
    steps = np.moveaxis(dunia.draw("geser", 5, dunia.shape[1]), 1, 2)
    return base[:, None, :] * np.exp(0.003 * np.cumsum(steps, axis=1))


def _events(dunia: Dunia) -> np.ndarray:
    """Return what events leave of the active PBI JK, (regions, months)."""
    left = np.ones(dunia.shape)
    low, high = _MUTASI_PBI
    cut = low + (high - low) * dunia.uniform("pbi")
    first = dunia.at("2025-06")
    for lag, rest in enumerate(_PULIH_PBI):
        if first + lag < dunia.shape[1]:
            left[:, first + lag] -= cut * rest
    update = 0.012 * dunia.uniform("dtks", dunia.shape[1])
    return left - update * np.isin(dunia.periode.month, (1, 7))


def _logit(rate: np.ndarray) -> np.ndarray:
    """Return the log odds."""
    return np.log(rate) - np.log1p(-rate)


def _shift_to_total(
    odds: np.ndarray, size: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """Shift log odds on the last axis together until the active sum to `total`."""
    low, high = np.full(total.shape, -12.0), np.full(total.shape, 12.0)
    for _ in range(60):
        middle = (low + high) / 2
        active = (size / (1 + np.exp(-odds - middle[..., None]))).sum(-1)
        low = np.where(active < total, middle, low)
        high = np.where(active < total, high, middle)
    return odds + ((low + high) / 2)[..., None]


def _rake(cells: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Scale a matrix to given row and column sums (iterative proportional fit)."""
    fit = cells.copy()
    for _ in range(200):
        fit *= (columns / fit.sum(0))[None, :]
        fit *= (rows / fit.sum(1))[:, None]
    return fit


def _fit_active(
    odds: np.ndarray, size: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Shift log odds by row and column until both sums of active members hold."""
    fit = odds
    for _ in range(60):
        fit = _shift_to_total(fit.T, size.T, columns).T
        fit = _shift_to_total(fit, size, rows)
    return fit


@dataclass
class _Draft:
    """Segments under construction; free segments only, (regions, months, 5)."""

    weight: np.ndarray
    odds: np.ndarray
    rest_terdaftar: np.ndarray
    rest_aktif: np.ndarray
    fixed: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]

    def size(self, rows: np.ndarray, t: int) -> np.ndarray:
        """Return registered members of some regions in one month."""
        weight = self.weight[rows, t]
        return weight * (self.rest_terdaftar[rows, t] / weight.sum(1))[:, None]

    def spread(
        self, rows: np.ndarray, t: int, *, size: np.ndarray, odds: np.ndarray
    ) -> None:
        """Carry the corrections found in one month to all months."""
        factor = size / self.size(rows, t)
        self.weight[rows] *= factor[:, None, :]
        self.odds[rows] += (odds - self.odds[rows, t])[:, None, :]

    def ramp(
        self, row: int, t: int, until: int, target: tuple[np.ndarray, np.ndarray]
    ) -> None:
        """Lead one region to the members of month `t`, back at its own by `until`."""
        months = np.arange(self.weight.shape[1])
        pull = np.clip((until - months) / (until - t), 0, 1)[:, None]
        size = self.size(np.array([row]), t)[0]
        self.weight[row] *= (target[0] / size) ** pull
        odds = _logit(target[1] / target[0])
        self.odds[row] += (odds - self.odds[row, t]) * pull

    def pin(
        self, rows: np.ndarray, t: int, cells: tuple[np.ndarray, np.ndarray]
    ) -> None:
        """Fix whole numbers of one month."""
        for i, row in enumerate(rows):
            self.fixed[int(row), t] = (cells[0][i], cells[1][i])


def _pin_maluku(draft: _Draft, dunia: Dunia) -> None:
    """Give Maluku its published segments of May 2023."""
    rows, t = dunia.rows("81."), dunia.at("2023-05")
    size = draft.size(rows, t)
    target = size.sum(0)
    ppu = _MALUKU_2023_05["PPU"]
    target[1:3] *= ppu / target[1:3].sum()
    target[1] = np.round(target[1])
    target[2] = ppu - target[1]
    target[0], target[3] = _MALUKU_2023_05["PBI JK"], _MALUKU_2023_05["PBPU"]
    people = draft.rest_terdaftar[rows, t]
    target[4] = people.sum() - target[:4].sum()
    fit = _rake(size, people, target)
    odds = _shift_to_total(draft.odds[rows, t], fit, draft.rest_aktif[rows, t])
    draft.spread(rows, t, size=fit, odds=odds)
    whole = round_matrix(fit, people.astype(int), target.astype(int))
    active = whole / (1 + np.exp(-odds))
    aktif = round_to_total(active, draft.rest_aktif[rows, t])
    draft.pin(rows, t, (whole, aktif))


def _babel_targets(
    size: np.ndarray, active: float, pemda: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return registered and active members by free segment of Babel, August 2025.

    PBPU and PPU-BU share what the published rates leave to reach the active total.
    """
    rate = np.array([_BABEL_2025_08[name] for name in NAMA_BEBAS])
    target = np.round(size.sum(0))
    total = np.round(size.sum())
    rest = total - target[[0, 1, 4]].sum()
    known = (rate * target)[[0, 1, 4]].sum() + pemda[1]
    target[3] = np.round((known + rate[2] * rest - active) / (rate[2] - rate[3]))
    target[2] = rest - target[3]
    aktif = np.round(rate * target)
    aktif[2] = active - pemda[1] - aktif[[0, 1, 3, 4]].sum()
    return target, aktif


def _pin_babel(draft: _Draft, dunia: Dunia, pemda: PesertaPemda) -> None:
    """Give Babel its published active rates by segment of August 2025."""
    rows, t = dunia.rows("19."), dunia.at("2025-08")
    people, active = draft.rest_terdaftar[rows, t], draft.rest_aktif[rows, t]
    size = draft.size(rows, t)
    own = (pemda.terdaftar[rows, t].sum(), pemda.aktif[rows, t].sum())
    target, target_aktif = _babel_targets(size, active.sum() + own[1], own)
    fit = _rake(size, people, target)
    odds = _fit_active(draft.odds[rows, t], fit, active, target_aktif)
    draft.spread(rows, t, size=fit, odds=odds)
    whole = round_matrix(fit, people.astype(int), target.astype(int))
    parts = whole / (1 + np.exp(-odds))
    aktif = round_matrix(parts, active.astype(int), target_aktif.astype(int))
    draft.pin(rows, t, (whole, aktif))


def _pin_pangkalpinang(draft: _Draft, dunia: Dunia) -> None:
    """Give Pangkalpinang its published segments of 1 April 2025."""
    rows, t = dunia.rows("19.71"), dunia.at("2025-03")
    size = draft.size(rows, t)[0]
    known = np.zeros(5, bool)
    aktif = np.zeros(5)
    for name, (nonaktif, rate) in _PANGKALPINANG_2025_03.items():
        j = NAMA_BEBAS.index(name)
        known[j] = True
        size[j] = np.round(nonaktif / (1 - rate))
        aktif[j] = size[j] - nonaktif
    people, active = draft.rest_terdaftar[rows[0], t], draft.rest_aktif[rows[0], t]
    free = size[~known] * (people - size[known].sum()) / size[~known].sum()
    size[~known] = round_to_total(free, np.array(people - size[known].sum()))
    rest = np.array(active - aktif[known].sum())
    odds = _shift_to_total(draft.odds[rows[0], t][~known], size[~known], rest)
    aktif[~known] = round_to_total(size[~known] / (1 + np.exp(-odds)), rest)
    draft.ramp(int(rows[0]), t, dunia.at("2025-08"), (size, aktif))
    draft.pin(rows, t, (size[None].astype(int), aktif[None].astype(int)))


def build_peserta(dunia: Dunia, pemda: PesertaPemda) -> Peserta:
    """Build registered and active members of every region, month and segmen.

    Parameters
    ----------
    dunia
        Regions and months.
    pemda
        PBPU Pemda members, already set by quota and payment.
    """
    weight, left = _weights(dunia), _events(dunia)
    jump = 0.006 * dunia.uniform("januari", dunia.shape[1])
    noise = 0.0012 * wander(dunia.draw("terdaftar", dunia.shape[1]), keep=0.7)
    noise += jump * (dunia.periode.month == 1)
    terdaftar = _through(dunia, "terdaftar", moves=pemda.terdaftar, noise=noise)
    rest = terdaftar - pemda.terdaftar
    size = weight * (rest / weight.sum(-1))[..., None]
    moves = size[..., 0] * _AKTIF[0] * (left - 1) + pemda.aktif
    noise = 0.0034 * wander(dunia.draw("aktif", dunia.shape[1]), keep=0.6)
    aktif = _through(dunia, "aktif", moves=moves, noise=noise)
    odds = np.broadcast_to(_logit(_AKTIF), size.shape).copy()
    odds[..., 0] = _logit(_AKTIF[0] * left)
    odds += 0.02 * wander(
        np.moveaxis(dunia.draw("odds", 5, dunia.shape[1]), 1, 2), keep=0.8
    )
    draft = _Draft(weight, odds, rest, aktif - pemda.aktif, {})
    if dunia.rows("81.").size:
        _pin_maluku(draft, dunia)
    if dunia.rows("19.").size:
        _pin_babel(draft, dunia, pemda)
        _pin_pangkalpinang(draft, dunia)
    return _whole(draft, pemda)


def _whole(draft: _Draft, pemda: PesertaPemda) -> Peserta:
    """Round the draft to whole people and put the Pemda segment in its place."""
    weight = draft.weight
    size = weight * (draft.rest_terdaftar / weight.sum(-1))[..., None]
    registered = round_to_total(size, draft.rest_terdaftar)
    odds = _shift_to_total(draft.odds, registered, draft.rest_aktif)
    active = round_to_total(registered / (1 + np.exp(-odds)), draft.rest_aktif)
    for (row, t), (terdaftar, aktif) in draft.fixed.items():
        registered[row, t], active[row, t] = terdaftar, aktif
    shape = (*pemda.aktif.shape, len(SEGMEN))
    whole = Peserta(np.empty(shape, np.int64), np.empty(shape, np.int64))
    whole.terdaftar[..., BEBAS], whole.aktif[..., BEBAS] = registered, active
    whole.terdaftar[..., PEMDA], whole.aktif[..., PEMDA] = pemda.terdaftar, pemda.aktif
    return whole


def build_frame(dunia: Dunia, peserta: Peserta) -> pd.DataFrame:
    """Return the members as rows of ``kepesertaan``, without the nonaktif split."""
    index = pd.MultiIndex.from_product(
        [dunia.kode, dunia.periode, SEGMEN], names=["kode", "periode", "segmen"]
    )
    return index.to_frame(index=False).assign(
        terdaftar_jiwa=peserta.terdaftar.ravel(), aktif_jiwa=peserta.aktif.ravel()
    )
