"""Cleaning: CPU seconds and memory of reading, and planted faults found."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from jkn_analysis.terms import SEGMEN
from jkn_analysis.wilayah import list_wilayah, read_penduduk

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
    people = read_penduduk().set_index("kode")["penduduk_jiwa"]
    share = rng.uniform(0.08, 0.2, len(frame))
    frame["terdaftar_jiwa"] = (frame["kode"].map(people) * share).astype(int)
    frame["aktif_jiwa"] = (
        frame["terdaftar_jiwa"] * rng.uniform(0.6, 1, len(frame))
    ).astype(int)
    return frame.iloc[:rows] if rows else frame


def cpu() -> float:
    """Return CPU seconds of this process and its finished children."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


CLEAN = """
import resource, sys
import pandas
from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.cleaning.open import sandbox

def cpu():
    spent = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        spent += usage.ru_utime + usage.ru_stime
    return spent

start = cpu()
sheets = read_sheet(sys.argv[1])
sandbox.close()
read = cpu() - start
result = clean("kepesertaan", sheets)
faults = sum(p.severity == "fault" for p in result.problems)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(cpu() - start, f"({len(result.frame)} rows, {faults} faults; {read:.2f} of it "
      f"reading; {peak} MB, reader {child} MB)")
"""
PANDAS = """
import sys, time
import pandas as pd

start = time.process_time()
pd.read_csv(sys.argv[1], parse_dates=["periode"], dtype={
    "kode": "str", "segmen": "str", "terdaftar_jiwa": "int64", "aktif_jiwa": "int64"})
print(time.process_time() - start)
"""
TURNS = 5


def run_fresh(code: str, path: Path) -> tuple[float, str]:
    """Run code on a file in a fresh process; return CPU seconds and what it said."""
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, _, said = done.stdout.strip().partition(" ")
    return float(seconds), said


def compare(path: Path) -> None:
    """Print cleaning and pandas.read_csv in fresh processes, turn by turn."""
    ratios = []
    for _ in range(TURNS):
        ours, said = run_fresh(CLEAN, path)
        theirs, _ = run_fresh(PANDAS, path)
        ratios.append(ours / theirs)
        print(f"  {ours:.2f} CPU s {said}; pandas.read_csv {theirs:.2f}")
    print(
        f"  ratio {min(ratios):.1f} to {max(ratios):.1f}, median {median(ratios):.1f}"
    )


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
        print(f"csv, {len(frame)} rows, long, read and cleaned in fresh processes:")
        compare(long)
        book = wide(panel(months=60), folder / "wide.xlsx")
        ours, said = run_fresh(CLEAN, book)
        print(f"xlsx, 514 x 6 segmen x 60 months, wide: {ours:.2f} CPU s {said}")
        print(f"planted faults in 200000 rows: {planted(folder)}")


if __name__ == "__main__":
    main()
