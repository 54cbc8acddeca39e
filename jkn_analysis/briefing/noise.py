"""Signal or noise: whether a region moved more in a month than it usually does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.members import build_grid, select_fans

if TYPE_CHECKING:
    import datetime as dt

    from jkn_analysis.briefing.area_sums import Area
    from jkn_analysis.briefing.members import Members

LIMITS = (0.025, 0.975)
"""Quantiles of the forecast one month ahead that bound what is usual: 19 of 20."""
_MOST_NAMED = 3


def measure_noise(members: Members, periode: dt.date) -> pd.DataFrame:
    """Compare each part's change since last month with its own usual noise.

    The scale is the forecaster's: how far the interval of 19 in 20 of the first month
    ahead lies from its middle is how far this region moves without a reason.

    Returns
    -------
    DataFrame
        By kode: ``berubah`` (change of the rate in the report month), ``luar`` (True
        where it is outside the usual); regions without both are left out.
    """
    grid = build_grid(members, months=2)
    fans = select_fans(members, periode)
    month = pd.Timestamp(periode)
    before = month - pd.DateOffset(months=1)
    if fans.empty or not {before, month} <= set(grid.columns):
        return pd.DataFrame(columns=["berubah", "luar"])
    ahead = month + pd.DateOffset(months=1)
    first = fans[fans.index.get_level_values("periode") == ahead]
    first = first.droplevel("periode")
    change = (grid[month] - grid[before]).dropna().rename("berubah")
    frame = change.to_frame().join(first[[*LIMITS, 0.5]], how="inner")
    low, high = (frame[limit] - frame[0.5] for limit in LIMITS)
    frame["luar"] = (frame["berubah"] < low) | (frame["berubah"] > high)
    return frame[["berubah", "luar"]]


def tell_noise(area: Area) -> str | None:
    """Say which parts moved more than usual since last month, the largest first."""
    noise = area.context.once("noise", lambda _: _measure(area))
    if noise.empty:
        return None
    words, beyond = area.context.words, noise[noise["luar"]]
    if beyond.empty:
        return words.say("peringkat.biasa", {"n": len(noise)})
    order = beyond["berubah"].abs().sort_values(ascending=False).index
    named = ", ".join(
        f"{str(area.measured.loc[kode, 'nama']).removeprefix('Kabupaten ')} "
        f"{words.angka_poin(float(beyond.loc[kode, 'berubah'])).teks}"
        for kode in order[:_MOST_NAMED]
    )
    values = {"n": len(beyond), "semua": len(noise), "isi": named}
    return words.say("peringkat.luar_biasa", values)


def _measure(area: Area) -> pd.DataFrame:
    """Measure the parts of an area."""
    return measure_noise(area.members, area.context.periode)


def mark_change(area: Area, kode: str) -> tuple[float | None, bool]:
    """Return one part's change since last month, and whether it is more than usual."""
    noise = area.context.once("noise", lambda _: _measure(area))
    if kode not in noise.index:
        return None, False
    return float(noise.loc[kode, "berubah"]), bool(noise.loc[kode, "luar"])  # type: ignore[arg-type]
