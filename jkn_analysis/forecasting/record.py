"""Our own record: how often told bands and chances held, as they are printed now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.decrees import list_cuts
from jkn_analysis.forecasting.quotient import tell_tested

if TYPE_CHECKING:
    from collections.abc import Mapping

DENGAN, TANPA = "dengan_keputusan", "tanpa_keputusan"
"""Months ahead with a cut of lists between that nobody had announced, and without."""
PELUANG, KINI = "peluang", "cakupan80_kini"
TENTHS = 10
STEPS = (-0.02, -0.01, 0.0, 0.01, 0.02)
"""Lines whose crossing is judged, off the value that stood at the cutoff: in points for
rates, as shares for amounts."""
KEPT, CASES = 0.08, 200
"""A told chance was kept if what came lies within this, judged on so many cases."""
FEWEST_SERIES = 3
"""Regions from whose past chances are judged: those of one are a single look."""
COARSE, BOUNDS = (0.2, 0.5, 0.8), (0.35, 0.65)
"""What chances without a record are told as, and where each begins."""


def score_tested(
    tested: Mapping[str, pd.DataFrame], peristiwa: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Score past cutoffs of the totals with the bands as they would have been told.

    Coverage of 80% bands is also that of bands as wide as they are told today, from the
    whole record (`KINI`).

    Parameters
    ----------
    tested
        By indicator, what `backtest` returns.
    peristiwa
        Table of that name, for months with and without a new cut.

    Returns
    -------
    DataFrame
        Table ``uji_balik``: by months ahead and group of regions (small and large,
        provinsi, with and without a new decree). Rows of ukuran ``peluang`` have no
        month ahead: `kelompok` ``0`` to ``9`` is the tenth a chance was told in,
        ``nilai`` how often it came, ``naif`` what was told.
    """
    cuts = list_cuts(peristiwa)
    frames, today = [], tell_tested(tested, now=True)
    for indikator, table in tell_tested(tested).items():
        rate = indikator.endswith("_rate")
        table = _hold_today(table, today[indikator])
        for name, rows in _list_groups(table, cuts, rate=rate).items():
            if rows.any():
                scored = _summarise(table[rows], rate=rate)
                frames.append(scored.assign(kelompok=name, indikator=indikator))
        inside = table[table["seri"].str.len() > 2]
        if inside["seri"].nunique() >= FEWEST_SERIES:
            chances = judge_steps(inside, rate=rate)
            frames.append(chances.assign(indikator=indikator))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _hold_today(then: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    """Say of each row whether a band as wide as is told today held what came."""
    held = today["nyata"].between(today["q0.1"], today["q0.9"]).to_numpy()
    return then.assign(**{KINI: held})


def _list_groups(
    table: pd.DataFrame, cuts: pd.DatetimeIndex, *, rate: bool
) -> dict[str, pd.Series]:
    """Return the rows of each group; sizes only of amounts."""
    kabupaten = table["seri"].str.len() > 2
    groups = {"semua": kabupaten, "provinsi": ~kabupaten}
    if not rate:
        size = table.groupby("seri")["nyata"].transform("median")
        middle = size[kabupaten].median()
        groups["kecil"] = kabupaten & (size < middle)
        groups["besar"] = kabupaten & (size >= middle)
    if len(cuts):
        new = pd.Series(data=False, index=table.index)
        for month in cuts:
            new |= (table["cutoff"] < month) & (table["periode"] >= month)
        groups |= {DENGAN: kabupaten & new, TANPA: kabupaten & ~new}
    return groups


def _summarise(tested: pd.DataFrame, *, rate: bool) -> pd.DataFrame:
    """Average errors per month ahead; amounts as a share of the truth."""
    unit = 1.0 if rate else tested["nyata"].abs().where(tested["nyata"] != 0)
    parts = pd.DataFrame(
        {
            "mae": (tested["nyata"] - tested["q0.5"]).abs() / unit,
            "mae_naif": (tested["nyata"] - tested["naif"]).abs() / unit,
            "wis": tested["wis"] / unit,
            "wis_naif": tested["wis_naif"] / unit,
            "cakupan80": tested["nyata"].between(tested["q0.1"], tested["q0.9"]),
            "cakupan95": tested["nyata"].between(tested["q0.025"], tested["q0.975"]),
            KINI: tested[KINI],
        }
    ).astype(float)
    mean = parts.groupby(tested["horizon_bulan"]).mean()
    count = tested.groupby("horizon_bulan").size()
    frames = []
    for name in ("mae", "wis", "cakupan80", "cakupan95", KINI):
        naive = mean.get(f"{name}_naif", pd.Series(np.nan, index=mean.index))
        frames.append(
            pd.DataFrame({"nilai": mean[name], "naif": naive, "jumlah": count})
            .assign(ukuran=name)
            .reset_index()
        )
    return pd.concat(frames, ignore_index=True)


def list_chances(tested: pd.DataFrame, *, rate: bool) -> tuple[np.ndarray, np.ndarray]:
    """List chances told by quantiles, and how far each came: 1, 0, or a half.

    The chance to stand at or over a line at each month ahead, for lines at and around
    the value that stood at the cutoff. To stand just at it, as published figures of few
    digits do, counts half: a chance of a number without digits says no more.

    Parameters
    ----------
    tested
        Rows of `backtest`: ``nyata``, ``naif`` and quantiles ``q0.1`` and so on.
    rate
        Lines lie points off; else shares of the value.
    """
    names = [str(name) for name in tested.columns if str(name).startswith("q")]
    ends = np.array([float(name[1:]) for name in names])
    quantiles = tested[names].to_numpy()
    last, came = tested["naif"].to_numpy(), tested["nyata"].to_numpy()
    told, hit = [], []
    for step in STEPS:
        line = last + step if rate else last * (1 + step)
        told.append(1 - _place(line, quantiles, ends))
        hit.append((came > line) + 0.5 * (came == line))
    return np.concatenate(told), np.concatenate(hit)


def judge_steps(tested: pd.DataFrame, *, rate: bool) -> pd.DataFrame:
    """Lay chances told beside how often they came, by tenths of the chance."""
    chance, reached = list_chances(tested, rate=rate)
    tenth = np.minimum((chance * TENTHS).astype(int), TENTHS - 1)
    frame = pd.DataFrame({"tenth": tenth, "naif": chance, "nilai": reached})
    parts = frame.groupby("tenth")
    out = parts[["nilai", "naif"]].mean().assign(jumlah=parts.size()).reset_index()
    out["kelompok"] = out.pop("tenth").astype(str)
    return out.assign(horizon_bulan=0, ukuran=PELUANG)


def _place(line: np.ndarray, quantiles: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the probability under each line, between the quantiles of its row."""
    under = (quantiles < line[:, None]).sum(axis=1)
    at = np.clip(under, 1, len(ends) - 1)
    row = np.arange(len(line))
    low, high = quantiles[row, at - 1], quantiles[row, at]
    span = np.where(high > low, high - low, 1.0)
    share = np.clip((line - low) / span, 0, 1)
    inner = ends[at - 1] + share * (ends[at] - ends[at - 1])
    inner = np.where(under == 0, np.minimum(inner, ends[0]), inner)
    return np.asarray(inner)


@dataclass(frozen=True)
class Record:
    """Coverage of the 80% band for a group and horizon, as wide as it is told today.

    ``dulu`` is that of the bands as they would have been told at the time; ``dengan``
    and ``tanpa`` are that of kabupaten/kota in months ahead with a new cut of lists
    between, and without; None for provinsi, which are few.
    """

    cakupan: float
    dulu: float
    dengan: float | None
    tanpa: float | None
    jumlah: int


def read_record(
    uji_balik: pd.DataFrame, indikator: str, *, kelompok: str, horizon: int
) -> Record | None:
    """Read the coverage of a page's group up to the page's horizon; None if untested.

    Parameters
    ----------
    uji_balik
        Table of that name.
    indikator
        The page's.
    kelompok
        ``semua``, ``provinsi``, ``kecil`` or ``besar``.
    horizon
        Months ahead that the page speaks of.
    """
    rows = uji_balik[
        (uji_balik["indikator"] == indikator)
        & uji_balik["horizon_bulan"].between(1, max(horizon, 1))
    ]
    now, then = (_average(rows[rows["ukuran"] == name]) for name in (KINI, "cakupan80"))
    if kelompok not in now or kelompok not in then:
        return None
    chosen = (rows["kelompok"] == kelompok) & (rows["ukuran"] == KINI)
    split = (DENGAN, TANPA) if kelompok != "provinsi" else ()
    with_new, without = (now.get(name) for name in split or ("", ""))
    count = int(rows.loc[chosen, "jumlah"].sum())
    return Record(now[kelompok], then[kelompok], with_new, without, count)


def _average(rows: pd.DataFrame) -> dict[str, float]:
    """Average shares over months ahead by group, each case counting once."""
    return {
        str(name): float((part["nilai"] * part["jumlah"]).sum() / part["jumlah"].sum())
        for name, part in rows.groupby("kelompok")
    }


@dataclass(frozen=True)
class Told:
    """A chance as it is told: rounded where chances like it did not hold.

    ``terjadi`` is how often chances like it came; None where it is told as it is.
    ``kasar`` says that there is no record to hold it to, so that it is told coarsely.
    """

    peluang: float
    dikatakan: float
    terjadi: float | None
    kasar: bool


def tell_chance(chance: float, uji_balik: pd.DataFrame, indikator: str) -> Told:
    """Tell a chance as its kind held in the record; coarsely where there is none.

    Parameters
    ----------
    chance
        Computed, 0 to 1.
    uji_balik
        Table of that name.
    indikator
        The chance's.
    """
    rows = uji_balik[
        (uji_balik["indikator"] == indikator) & (uji_balik["ukuran"] == PELUANG)
    ]
    if rows["jumlah"].sum() < CASES:
        coarse = COARSE[int(np.searchsorted(BOUNDS, chance))]
        return Told(coarse, chance, None, kasar=True)
    told, came = (float(x[0]) for x in correct_chances(np.array([chance]), rows))
    return Told(told, chance, None if told == chance else came, kasar=False)


def correct_chances(
    chance: np.ndarray, rows: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Return chances as they may be told, and how often chances like them came.

    What came is a line through the record in log-odds, so that one common error, such
    as growth that was not foreseen, mends every chance alike. Where it lies within
    `KEPT` of what was told, a chance is told as it is; else nearly as often as it came,
    were it too bold or too shy. To call something less likely than was computed takes
    more: it is told no lower than the next whole word, so many of 10.

    Parameters
    ----------
    chance
        Computed, 0 to 1.
    rows
        Tenths of the record: ``naif`` told, ``nilai`` came, ``jumlah`` cases.
    """
    said = rows["naif"].to_numpy(float)
    weight = np.sqrt(rows["jumlah"].to_numpy(float) * said * (1 - said))
    odds = _to_odds(said)
    design = np.stack([np.ones_like(odds), odds], axis=1) * weight[:, None]
    missed = (_to_odds(rows["nilai"].to_numpy(float)) - odds) * weight
    shift, slope = np.linalg.lstsq(design, missed, rcond=None)[0]
    own = _to_odds(chance)
    move = shift + max(float(slope), STEEPEST) * own
    came, told = (1 / (1 + np.exp(-own - share * move)) for share in (1.0, BELIEVED))
    word = np.minimum(np.ceil(np.round(told * TENTHS, 6)) / TENTHS, chance)
    told = np.where((told < chance) & (chance < 0.5), word, told)
    return np.where(np.abs(came - chance) <= KEPT, chance, told), came


BELIEVED, STEEPEST = 0.8, -0.9
"""How far the record's error is believed to last, chosen on the JKN panel and foreign
rates, and the most that it may level chances."""


def _to_odds(chance: np.ndarray) -> np.ndarray:
    """Return the logarithm of odds, finite for a sure thing."""
    held = np.clip(chance, 0.005, 0.995)
    return np.asarray(np.log(held / (1 - held)))
