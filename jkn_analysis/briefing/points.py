"""The rows of scenarios, laid out once for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jkn_analysis.briefing.data import as_date

if TYPE_CHECKING:
    import datetime as dt

    from jkn_analysis.briefing.context import Context

    Points = dict[str, dict[str, dict[float, list["Point"]]]]


class Point(NamedTuple):
    """One month of one measure of a scenario."""

    periode: dt.date
    nilai: float
    selisih: float


def split_scenarios(context: Context) -> Points:
    """Return the months of every scenario by name, measure and quantile, in order.

    A page asks for some of these a hundred times; a mask over the table for each
    would be a tenth of the page's time.
    """
    return context.once("points", _split)


def _split(context: Context) -> Points:
    """Walk the table once."""
    table = context.tables["skenario"].sort_values("periode", kind="stable")
    days = {when: as_date(when) for when in table["periode"].unique()}
    found: Points = {}
    columns = ("skenario", "ukuran", "kuantil", "periode", "nilai", "selisih")
    for name, measure, level, when, value, change in zip(
        *(table[column].tolist() for column in columns), strict=True
    ):
        levels = found.setdefault(name, {}).setdefault(measure, {})
        levels.setdefault(level, []).append(Point(days[when], value, change))
    return found
