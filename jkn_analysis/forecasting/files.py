"""Any long csv of code, month, count: read, forecast, written."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.backtest import LEAST_MONTHS, backtest
from jkn_analysis.forecasting.forecast import Kind, forecast
from jkn_analysis.forecasting.scoring import score

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = 3
RESULT, SCORES = "ramalan", "uji_balik.csv"


@dataclass(frozen=True)
class FileForecast:
    """What a forecast of one file made."""

    series: int
    scores: pd.DataFrame
    written: tuple[Path, ...]


def read_long(path: Path) -> pd.DataFrame:
    """Read a csv whose columns are code, month and count, whatever their names.

    The month column is the one that parses as dates, the count the last numeric
    one; a column named ``seri``, ``periode`` or ``nilai`` is taken at its word.

    Raises
    ------
    ForecastError
        Names file, column and the value that cannot be read.
    """
    try:
        frame = pd.read_csv(path, sep=None, engine="python", dtype="str")
    except (OSError, ValueError, csv.Error, pd.errors.ParserError) as exc:
        raise ForecastError(
            f"{path}: cannot be read as csv\n  → give three columns: code, month, count"
        ) from exc
    if frame.shape[1] < COLUMNS:
        raise ForecastError(
            f"{path}: found column(s) {', '.join(frame.columns)}\n"
            "  → give three: code, month, count"
        )
    code, month, count = _find_columns(frame)
    return pd.DataFrame(
        {
            "seri": frame[code],
            "periode": _parse_months(frame[month], path),
            "nilai": _parse_counts(frame[count], path),
        }
    )


def _find_columns(frame: pd.DataFrame) -> tuple[str, str, str]:
    """Name the columns of code, month and count."""
    if {"seri", "periode", "nilai"} <= set(frame.columns):
        return "seri", "periode", "nilai"
    shape = r"^\s*(?:19|20)\d\d[-/]\d{1,2}"
    head = frame.head(200)
    dated = [str(c) for c in frame if head[c].dropna().str.match(shape).all()]
    named = ["periode"] if "periode" in frame else []
    month = [*named, *dated, str(frame.columns[1])][0]
    rest = [column for column in frame.columns if column != month]
    return str(rest[0]), month, str(rest[-1])


def _parse_months(text: pd.Series, path: Path) -> pd.Series:
    """Parse months such as 2019-12 or 2019-12-01."""
    parsed = pd.to_datetime(text.str.strip(), format="mixed", errors="coerce")
    bad = parsed.isna()
    if bad.any():
        line = int(bad.to_numpy().argmax()) + 2
        raise ForecastError(
            f"{path}, line {line}, column '{text.name}': "
            f"'{text[bad].iloc[0]}' is not a month\n  → write 2019-12"
        )
    return pd.Series(parsed.dt.to_period("M").dt.to_timestamp(), name=text.name)


def _parse_counts(text: pd.Series, path: Path) -> pd.Series:
    """Parse counts; an empty cell is a missing month."""
    parsed = pd.to_numeric(text.str.strip(), errors="coerce")
    bad = parsed.isna() & text.notna() & (text.str.strip() != "")
    if bad.any():
        line = int(bad.to_numpy().argmax()) + 2
        raise ForecastError(
            f"{path}, line {line}, column '{text.name}': "
            f"'{text[bad].iloc[0]}' is not a number\n  → write 12345 or 12345.6"
        )
    return parsed


def forecast_file(
    path: Path, folder: Path, *, kind: Kind, horizon_months: int
) -> FileForecast:
    """Forecast every series of a csv; write result and scores to `folder`.

    Parameters
    ----------
    path
        A csv of code, month, count.
    folder
        Where ``ramalan.csv``, ``ramalan.parquet`` and ``uji_balik.csv`` go.
    kind
        As in `forecast`.
    horizon_months
        Months ahead.
    """
    from io import BytesIO

    from jkn_analysis.store import write_bytes, write_text

    history = read_long(path)
    made = forecast(history, horizon_months=horizon_months, kind=kind)
    written = [folder / f"{RESULT}.csv", folder / f"{RESULT}.parquet"]
    write_text(written[0], made.to_csv(index=False))
    packed = BytesIO()
    made.to_parquet(packed, index=False, compression="zstd")
    write_bytes(written[1], packed.getvalue())
    scores = pd.DataFrame()
    if history["periode"].nunique() >= LEAST_MONTHS:
        tested = backtest(history, horizon_months=horizon_months, kind=kind)
        scores = score(tested, by=["horizon_bulan"])
        written.append(folder / SCORES)
        write_text(written[2], scores.to_csv(index=False))
    return FileForecast(made["seri"].nunique(), scores, tuple(written))
