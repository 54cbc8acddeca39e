"""How the sample moves: regions rise, stall and fall as they do in the real panel.

Published figures fix single months; between them the panel decides. In the mature
years of the real monthly panel (2020-21, members by regency):

- half of all 12-month changes are falls: `JATUH_12_BULAN`;
- a region loses over 1% in 32% of its Januaries: `JATUH_JANUARI`;
- and in 13% of its other months: `JATUH_BULAN_LAIN`.

The active members of the committed sample, 28 regions and all 59 months, hold to each
within `TOLERANSI`: 46.3%, 32.1% and 11.3%.

What is made: contracts of Pemda lapse in January and are signed by May; lists of PBI JK
and of employers fill early, are cut, partly come back, and grow by drives. PPU-PN, PBPU
and BP, whose activity is pay and arrears, keep their own way. From `TENANG` on nothing
is added: there the published figures lie so close that they move by themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from jkn_sample.kepesertaan import PEMDA, Peserta
from jkn_sample.world import month_number, read_rows, round_to_total

if TYPE_CHECKING:
    from jkn_sample.pemda import PesertaPemda
    from jkn_sample.world import Dunia

JATUH_12_BULAN, JATUH_JANUARI, JATUH_BULAN_LAIN = 0.50, 0.32, 0.13
"""The panel: 12-month changes below 0; Januaries and other months below -1%."""
TOLERANSI = 0.05
TENANG = "2024-11"
"""First month without swings."""
_DAFTAR = (0, 3)
"""Positions of the segments whose lists are cut: PBI JK and PPU-BU."""
_PUTUS, _PUTUS_BESAR = 0.38, (0.10, 0.25)
"""Chance that a Pemda contract lapses in January, and the share of members off."""
_PUTUS_SISA = (1.0, 0.8, 0.45, 0.15, 0.0)
"""What of a lapse is left after 0, 1, ... months."""
_POTONG, _POTONG_BESAR = 0.28, (0.011, 0.04)
"""Chance of a cut of the lists in a month, and its size over active members."""
_POTONG_SISA = (1.0, 0.9, 0.8, 0.7, 0.6, 0.55)
_TAMBAH, _TAMBAH_BESAR = 0.12, (0.01, 0.04)
"""The same for drives, which last."""
_ARAH = (-0.04, 0.06)
"""Other course of a region in a year: mean and spread."""
_PENUH, _PALING_PENUH = 0.88, 0.99
"""Active share of the lists above which they fill ever slower, and its bound."""
_SEMUA = 0.98
"""Most of the population that swings leave active."""
_AWAL = 0.97
"""Least of the registered at the start over the first published, where unpublished."""


def _some(
    dunia: Dunia, topic: str, chance: float, size: tuple[float, float]
) -> np.ndarray:
    """Draw sizes of what happens in some months of some regions, else 0."""
    luck, amount = np.moveaxis(dunia.uniform(topic, dunia.shape[1], 2), 2, 0)
    return (luck < chance) * (size[0] + (size[1] - size[0]) * amount)


def _left(size: np.ndarray, rest: tuple[float, ...]) -> np.ndarray:
    """Return what is left in each month of all losses so far, (regions, months)."""
    path = np.zeros_like(size)
    for lag in range(size.shape[1]):
        part = rest[min(lag, len(rest) - 1)]
        path[:, lag:] += part * size[:, : size.shape[1] - lag]
    return path


def _restless(dunia: Dunia) -> np.ndarray:
    """Tell which months have swings."""
    return dunia.bulan < month_number(TENANG)


def _lapsed(dunia: Dunia, pemda: PesertaPemda) -> np.ndarray:
    """Return the members of Pemda off because a contract lapsed in January."""
    size = _some(dunia, "pks", _PUTUS, _PUTUS_BESAR)
    size *= (dunia.periode.month == 1) & _restless(dunia)
    return np.round(pemda.aktif * _left(size, _PUTUS_SISA))


def _course(dunia: Dunia) -> np.ndarray:
    """Return the log of each region's swings, (regions, months)."""
    mean, spread = _ARAH
    own = dunia.draw("arah", 6)[:, dunia.periode.year - dunia.periode.year[0]]
    steps = (mean + spread * own) / 12 + 0.003 * dunia.draw("gerak", dunia.shape[1])
    steps += _some(dunia, "tambah", _TAMBAH, _TAMBAH_BESAR)
    cut = _some(dunia, "potong", _POTONG, _POTONG_BESAR)
    return np.cumsum(steps, axis=1) - _left(cut, _POTONG_SISA)


def _published(dunia: Dunia, ukuran: str) -> list[np.ndarray]:
    """Return each region's published months before `TENANG`, and that one.

    What was published before the first month counts as of the first.
    """
    calm = month_number(TENANG)
    months = {kode: {calm} for kode in dunia.kode}
    for row in read_rows("jangkar.csv"):
        month = max(month_number(row["periode"]), dunia.bulan[0])
        if row["ukuran"] == ukuran and row["sumber"] and month < calm:
            months.get(row["kode"], set()).add(month)
    return [np.sort([*months[kode]]) for kode in dunia.kode]


def _bridge(dunia: Dunia, total: np.ndarray, course: np.ndarray) -> np.ndarray:
    """Lead a course through the totals of the published months."""
    path = np.empty(dunia.shape)
    for i, months in enumerate(_published(dunia, "aktif")):
        gap = np.interp(months, dunia.bulan, np.log(total[i]) - course[i])
        path[i] = np.exp(course[i] + np.interp(dunia.bulan, months, gap))
    return path


def _bent(share: np.ndarray) -> np.ndarray:
    """Bend shares above `_PENUH`, so that no list is ever all active."""
    room = _PALING_PENUH - _PENUH
    over = np.maximum(share - _PENUH, 0)
    return np.clip(share, 0.4, _PENUH) - room * np.expm1(-over / room)


def _filled_early(dunia: Dunia, terdaftar: np.ndarray) -> np.ndarray:
    """Let the lists fill long before the first month whose total was published."""
    early, total = terdaftar.copy(), terdaftar.sum(-1)
    for i, months in enumerate(_published(dunia, "terdaftar")):
        known = int(months[0] == dunia.bulan[0])
        last = int(months[known] - dunia.bulan[0])
        least = 0.0 if known else _AWAL * total[i, last]
        gap = total[i, last] - max(total[i, 0], least)
        goal = total[i, last] - gap * (1 - np.arange(last) / last) ** 5
        lists = terdaftar[i, :last][:, _DAFTAR]
        more = np.maximum(goal - total[i, :last], 0) / lists.sum(-1)
        early[i, :last, _DAFTAR] = np.round(lists * (1 + more)[:, None]).T
    return early


def swing(
    dunia: Dunia, peserta: Peserta, pemda: PesertaPemda
) -> tuple[Peserta, PesertaPemda]:
    """Let lists swing and contracts lapse between the published months.

    Parameters
    ----------
    dunia
        Regions and months.
    peserta, pemda
        Members on their smooth way.
    """
    off = _lapsed(dunia, pemda)
    terdaftar, aktif = _filled_early(dunia, peserta.terdaftar), peserta.aktif.copy()
    lists, size = aktif[..., _DAFTAR], terdaftar[..., _DAFTAR]
    people = dunia.penduduk[:, None]
    now, most, total = lists.sum(-1), size.sum(-1), aktif.sum(-1)
    goal = now + _bridge(dunia, total + off, _course(dunia)) - total
    goal = np.minimum(most * _bent(goal / most), now - total + _SEMUA * people)
    goal = np.where(_restless(dunia), np.round(goal), now)
    pool = np.where((goal > now)[..., None], size - lists, lists)
    share = (goal - now) / np.maximum(pool.sum(-1), 1)
    aktif[..., _DAFTAR] = round_to_total(lists + pool * share[..., None], goal)
    aktif[..., PEMDA] -= off.astype(np.int64)
    return Peserta(terdaftar, aktif), replace(
        pemda, aktif=pemda.aktif - off, putus=pemda.putus + off
    )
