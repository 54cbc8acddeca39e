"""Cleaning: CPU seconds and memory of reading, and planted faults found."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from jkn_analysis.terms import SEGMEN
from jkn_analysis.wilayah import list_wilayah

KEY = ["kode", "periode", "segmen"]


def panel(rows: int | None = None, months: int = 60) -> pd.DataFrame:
    """Return kepesertaan of every kabupaten/kota, months and segmen, made up."""
    regions = list_wilayah()
    codes = regions.loc[regions["jenis"] != "provinsi", "kode"]
    if rows:
        months = -(-rows // (len(codes) * len(SEGMEN)))
    dates = pd.date_range("2010-01-01", periods=months, freq="MS").as_unit("us")
    index = pd.MultiIndex.from_product([codes, dates, SEGMEN], names=KEY)
    frame = index.to_frame(index=False)
    rng = np.random.default_rng(1)
    frame["terdaftar_jiwa"] = rng.integers(1_000, 900_000, len(frame))
    frame["aktif_jiwa"] = (
        frame["terdaftar_jiwa"] * rng.uniform(0.6, 1, len(frame))
    ).astype(int)
    return frame.iloc[:rows] if rows else frame


def cpu() -> float:
    """Return CPU seconds of this process and its finished children."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


MEASURE = """
import resource, sys
from pathlib import Path
import psutil
from jkn_analysis.cleaning import clean, read_sheet, sandbox

def cpu():
    own = resource.getrusage(resource.RUSAGE_SELF)
    child = sum(sum(psutil.Process(c.process.pid).cpu_times()[:2])
                for c in sandbox._children)
    return own.ru_utime + own.ru_stime + child

path = Path(sys.argv[1])
for turn in ("first", "warm"):
    start = cpu()
    sheets = read_sheet(path)
    read = cpu() - start
    result = clean("kepesertaan", sheets)
    total = cpu() - start
    faults = sum(p.severity == "fault" for p in result.problems)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    reader = psutil.Process(sandbox._children[0].process.pid).memory_info().rss >> 20
    print(f"{turn}: {len(result.frame)} rows, {faults} faults, {total:.2f} CPU s, "
          f"{read:.2f} of it reading; {peak} MB, reader {reader} MB")
    del sheets, result
"""


def run_clean(path: Path) -> str:
    """Clean one file in a fresh process, twice; CPU and memory with the reader's."""
    command = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip().replace("\n", "\n    ")


FAULTS = (
    ("periode", "2025-13"),
    ("kode", "99.99"),
    ("segmen", "PBPX"),
    ("terdaftar_jiwa", "12a4"),
    ("aktif_jiwa", ""),
    ("aktif_jiwa", "-12"),
    ("over", ""),
    ("twice", ""),
    ("terdaftar_jiwa", "1234.5"),
)


def plant(frame: pd.DataFrame, count: int = 36) -> tuple[pd.DataFrame, set[int]]:
    """Return the table as text with faults of nine kinds, and their rows."""
    text = frame.astype({"periode": "str"}).copy()
    text["periode"] = frame["periode"].dt.strftime("%Y-%m")
    text[["terdaftar_jiwa", "aktif_jiwa"]] = text[
        ["terdaftar_jiwa", "aktif_jiwa"]
    ].astype(str)
    rows = list(range(501, 501 + 977 * count, 977))
    for turn, row in enumerate(rows):
        at = text.index[row]
        name, value = FAULTS[turn % len(FAULTS)]
        if name == "over":
            text.loc[at, "aktif_jiwa"] = str(int(text.loc[at, "terdaftar_jiwa"]) + 5)
        elif name == "twice":
            text.loc[at, KEY] = text.iloc[row - 1][KEY].to_numpy()
        else:
            text.loc[at, name] = value
    return text, set(rows)


def planted(folder: Path, rows: int = 200_000) -> str:
    """Find the planted faults; report misses, false ones, CPU beyond reading."""
    from jkn_analysis.cleaning import clean, read_sheet
    from jkn_analysis.cleaning.problems import faults

    text, wanted = plant(panel(rows))
    path = folder / "planted.csv"
    text.to_csv(path, index=False)
    sheets = read_sheet(path)
    start = cpu()
    result = clean("kepesertaan", sheets)
    spent = cpu() - start
    found = {problem.row - 2 for problem in faults(result.problems)}
    return (
        f"{len(wanted & found)} of {len(wanted)} found, {len(found - wanted)} false, "
        f"{spent:.2f} CPU s beyond reading"
    )


def pandas_read(path: Path) -> float:
    """Return CPU seconds of pandas with the right dtypes."""
    start = time.process_time()
    pd.read_csv(
        path,
        dtype={
            "kode": "str",
            "segmen": "str",
            "terdaftar_jiwa": "int64",
            "aktif_jiwa": "int64",
        },
        parse_dates=["periode"],
    )
    return time.process_time() - start


def wide(frame: pd.DataFrame, path: Path) -> Path:
    """Write kepesertaan wide by month, two heading rows, as xlsx."""
    from openpyxl import Workbook

    table = frame.pivot_table(
        index=["kode", "segmen"],
        columns="periode",
        values=["terdaftar_jiwa", "aktif_jiwa"],
        observed=True,
    )
    months = sorted(frame["periode"].unique())
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Rekap")
    top, low = ["Kode", "Segmen"], ["", ""]
    for month in months:
        top += [f"{month:%Y-%m}", ""]
        low += ["Terdaftar", "Aktif"]
    sheet.append(top)
    sheet.append(low)
    for key, row in table.iterrows():
        cells = list(key)
        for month in months:
            cells += [
                int(row[("terdaftar_jiwa", month)]),
                int(row[("aktif_jiwa", month)]),
            ]
        sheet.append(cells)
    book.save(path)
    return path


def main() -> None:
    """Print one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long = folder / "long.csv"
        frame = panel(500_000)
        frame.assign(periode=frame["periode"].dt.strftime("%Y-%m-%d")).to_csv(
            long, index=False
        )
        print(f"csv, {len(frame)} rows, long: {run_clean(long)}")
        print(f"pandas.read_csv with dtypes: {pandas_read(long):.2f} CPU s")
        book = wide(panel(months=60), folder / "wide.xlsx")
        print(f"xlsx, 514 regions x 6 segmen x 60 months, wide: {run_clean(book)}")
        print(f"planted faults in 200000 rows: {planted(folder)}")


if __name__ == "__main__":
    main()
