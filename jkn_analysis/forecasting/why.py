"""Why active people rose or fell: decrees, season, what moved the province, its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.decrees import COUNTED, measure_moved
from jkn_analysis.forecasting.members import SEASON, estimate_season, shrink_season
from jkn_analysis.terms import NASIONAL, TOTAL

if TYPE_CHECKING:
    import datetime as dt

PARTS = ("keputusan_jiwa", "musim_jiwa", "provinsi_jiwa", "sendiri_jiwa")
MONTHS = 36
"""Newest months that are taken apart."""
DOUBT = 1.0


@dataclass(frozen=True)
class Mengapa:
    """What a change of active people is made of, additive to the person."""

    keputusan_jiwa: int
    musim_jiwa: int
    provinsi_jiwa: int
    sendiri_jiwa: int

    @property
    def jumlah_jiwa(self) -> int:
        """The change itself."""
        parts = (self.keputusan_jiwa, self.musim_jiwa, self.provinsi_jiwa)
        return sum(parts) + self.sendiri_jiwa


def build_perubahan(ukuran: pd.DataFrame, peristiwa: pd.DataFrame) -> pd.DataFrame:
    """Take each month's change of active people apart.

    What decisions on file moved is what the forecaster fits out; the season is that of
    the province's median region, shrunk as the forecaster's; then what its median
    region moved beyond; the rest is the region's own. Provinsi are judged among
    provinsi, and the country, with none beside it, by itself.

    Parameters
    ----------
    ukuran, peristiwa
        Tables of that name.

    Returns
    -------
    DataFrame
        Table ``perubahan``: per kode and month the change of the total and its parts,
        which add up to it. Months after a gap are left out.
    """
    rows = ukuran[(ukuran["indikator"] == COUNTED[0]) & (ukuran["segmen"] == TOTAL)]
    wide = rows.pivot_table(index="periode", columns="kode", values="nilai")
    wide = wide.reindex(pd.date_range(wide.index.min(), wide.index.max(), freq="MS"))
    moved = measure_moved(ukuran, peristiwa, indikator=COUNTED[0])
    clear = wide + _lay_moved(moved, wide)
    groups = {
        kode: NASIONAL if len(kode) == 2 else kode[:2]
        for kode in map(str, wide.columns)
    }
    frames = []
    for _, names in pd.Series(groups).groupby(pd.Series(groups)):
        chosen = [name for name in names.index if name != NASIONAL or len(names) == 1]
        frames.append(_take_apart(wide[chosen], clear[chosen]))
        if NASIONAL in names.index and len(names) > 1:
            frames.append(_take_apart(wide[[NASIONAL]], clear[[NASIONAL]]))
    return pd.concat(frames, ignore_index=True)


def _lay_moved(moved: pd.Series, wide: pd.DataFrame) -> pd.DataFrame:
    """Lay what fitting decisions out moves beside the counts; 0 where nothing."""
    if moved.empty:
        return wide * 0.0
    by_month = moved.rename("nilai").reset_index()
    table = by_month.pivot_table(index="periode", columns="kode", values="nilai")
    return table.reindex(index=wide.index, columns=wide.columns).fillna(0.0)


def _take_apart(wide: pd.DataFrame, clear: pd.DataFrame) -> pd.DataFrame:
    """Take the changes of regions of one province apart."""
    change, plain = wide.diff(), clear.diff()
    share = plain / clear.shift(1)
    common = share.median(axis=1)
    season = _find_season(common)
    level = clear.shift(1)
    parts = {
        "keputusan_jiwa": change - plain,
        "musim_jiwa": level.mul(season, axis=0),
        "provinsi_jiwa": level.mul(common - season, axis=0),
    }
    if wide.shape[1] == 1:
        parts["provinsi_jiwa"] = level * 0.0
    whole = {name: part.round() for name, part in parts.items()}
    whole["sendiri_jiwa"] = change.sub(whole["keputusan_jiwa"]).sub(
        whole["musim_jiwa"] + whole["provinsi_jiwa"]
    )
    rows = pd.MultiIndex.from_product([wide.index, wide.columns.astype(str)])
    out = pd.DataFrame(index=rows.set_names(["periode", "kode"]))
    for name, part in ({"jumlah_jiwa": change} | whole).items():
        out[name] = part.to_numpy().ravel()
    out = out.dropna().reset_index()
    return out[out["periode"] > wide.index.max() - pd.DateOffset(months=MONTHS)]


def _find_season(common: pd.Series) -> pd.Series:
    """Return the seasonal part of each month's common change, as the forecaster's."""
    path = np.concatenate([[0.0], np.cumsum(common.fillna(0.0).to_numpy()[1:])])
    shape = estimate_season(path[None, :], np.zeros(1, dtype=int))
    wave = shrink_season(*shape, doubt=DOUBT)[0][np.arange(len(path)) % SEASON]
    return pd.Series(np.diff(wave, prepend=wave[0]), index=common.index)


def explain(
    perubahan: pd.DataFrame, kode: str, *, sejak: dt.date, sampai: dt.date
) -> Mengapa | None:
    """Sum the parts of a region's change between two months; None if one is missing.

    Parameters
    ----------
    perubahan
        Table of that name.
    kode
        Region, provinsi or ``00``.
    sejak, sampai
        Months of the two counts.
    """
    rows = perubahan[
        (perubahan["kode"] == kode)
        & (perubahan["periode"] > pd.Timestamp(sejak))
        & (perubahan["periode"] <= pd.Timestamp(sampai))
    ]
    months = (sampai.year - sejak.year) * 12 + sampai.month - sejak.month
    if months < 1 or rows["periode"].nunique() != months:
        return None
    return Mengapa(*(int(rows[name].sum()) for name in PARTS))
