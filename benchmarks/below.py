"""What no peer has, at size: movements of 200.000 members, 7.000 kecamatan, attackers.

    python -m benchmarks.below arus --rows 200000
    python -m benchmarks.below kecamatan
    python -m benchmarks.below serang

`arus` plants movements between three extracts and counts what comes back otherwise,
from the extracts and from a mutation report of the same counts.
`kecamatan` stores and measures every kecamatan of the country for 60 months beside the
514 regencies of the same months, both from plain csv through the whole reader.
`serang` publishes made-up flows and kecamatan of two months, full of small counts, and
plays the attacker: exact stocks of every segmen and month, exact totals of the regency,
the rules of rounding, and linear programmes for every hidden count. Sums above the
regency (province, country, page, workbook, mail) are made of shown rows alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from jkn_analysis.arus.flows import ARUS, hide_small
from jkn_analysis.cleaning import build, clean, read_sheet
from jkn_analysis.config import read_config
from jkn_analysis.kecamatan import TABLE, measure_kecamatan, publish
from jkn_analysis.measures import build_ukuran
from jkn_analysis.places import list_kecamatan
from jkn_analysis.rekonsiliasi.movements import compare_extracts
from jkn_analysis.rekonsiliasi.pseudonym import build_key
from jkn_analysis.store import read_table
from jkn_analysis.tables import conform
from jkn_analysis.terms import SEGMEN
from jkn_analysis.wilayah import read_penduduk
from jkn_sample.movements import build_extracts

KEY = build_key("6f1c9e0b7d42a8533be0f4917c28d65a09f3be71c4d82a6655e01b9f37ac84d2")
DAYS = (dt.date(2025, 9, 30), dt.date(2025, 10, 31), dt.date(2025, 11, 30))
MONTHS = pd.date_range("2020-12-01", "2025-11-01", freq="MS")
NAMES = ["kode", "segmen_asal", "segmen_tujuan", "sebab"]


def used() -> str:
    """CPU seconds of this process and its children, and its peak memory."""
    spent = sum(
        sum(resource.getrusage(who)[:2])
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"{spent:.1f} CPU s, peak {peak} MB"


def net_by_segmen(flows: pd.DataFrame) -> pd.Series:
    """Sum who came less who left, by kode, periode and segmen."""
    keys = ["kode", "periode"]
    parts = []
    for side, sign in (("segmen_tujuan", 1), ("segmen_asal", -1)):
        own = flows[flows[side].isin(SEGMEN)].rename(columns={side: "segmen"})
        count = sign * own["jiwa"].astype("Float64").astype(float)
        parts.append(own[[*keys, "segmen"]].assign(jiwa=count))
    return pd.concat(parts).groupby([*keys, "segmen"])["jiwa"].sum()


def run_arus(rows: int) -> None:
    """Plant, compare, count differences; books close and the chain holds."""
    made = build_extracts(rows, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{at}.csv" for at in range(3)]
        for path, frame in zip(paths, made.bpjs, strict=True):
            frame.to_csv(path, index=False)
        dead = Path(folder) / "dukcapil.csv"
        made.dukcapil.to_csv(dead, index=False)
        found = []
        for at in range(2):
            start = time.process_time()
            found.append(
                compare_extracts(
                    paths[at], paths[at + 1], sejak=DAYS[at], pada=DAYS[at + 1],
                    key=KEY, dukcapil=dead,
                )
            )  # fmt: skip
            print(f"comparison {at + 1}: {time.process_time() - start:.1f} CPU s")
    for at, one in enumerate(found):
        planted = made.moves[at].groupby(NAMES)["jiwa"].sum()
        got = one.arus.set_index(NAMES)["jiwa"]
        wrong = int((planted.sub(got, fill_value=0) != 0).sum())
        net = net_by_segmen(one.arus).droplevel("periode")
        closed = one.awal.add(net, fill_value=0).sub(one.akhir, fill_value=0)
        shown = hide_small(one.arus)["jiwa"]
        print(
            f"{len(made.bpjs[at])} members, {len(planted)} counts of {planted.sum()} "
            f"movements planted, {wrong} wrong; open by {int(closed.abs().sum())}; "
            f"{int(shown.isna().sum())} of {len(shown)} hidden; by report "
            f"{count_wrong_by_report(planted, DAYS[at + 1])} wrong"
        )
    print(f"closing = next opening: {found[0].akhir.equals(found[1].awal)}; {used()}")


def count_wrong_by_report(planted: pd.Series, month: dt.date) -> int:
    """Write planted counts as an office's mutation report, read it, count the wrong."""
    names = {"segmen_asal": "Segmen Asal", "segmen_tujuan": "Segmen Tujuan",
             "sebab": "Jenis Mutasi", "jiwa": "Jumlah"}  # fmt: skip
    rows = planted.reset_index().rename(columns=names)
    rows.insert(1, "Bulan", f"{month:%Y-%m}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutasi.csv"
        rows.rename(columns={"kode": "Kab/Kota"}).to_csv(path, sep=";", index=False)
        read = clean(ARUS, read_sheet(path)).frame.set_index(NAMES)["jiwa"]
    return int((planted.sub(read, fill_value=0) != 0).sum())


def make_regencies(rng: np.random.Generator) -> pd.DataFrame:
    """Draw participants of every regency, month and segmen, below its population."""
    people = read_penduduk().set_index("kode")["penduduk_jiwa"]
    codes = sorted(code for code in people.index if len(code) > 2)
    share = np.array([0.40, 0.14, 0.08, 0.14, 0.19, 0.05])
    index = pd.MultiIndex.from_product(
        [codes, MONTHS, SEGMEN], names=["kode", "periode", "segmen"]
    )
    size = people.loc[codes].to_numpy(float)[:, None, None] * share
    grown = np.linspace(0.90, 0.97, len(MONTHS))[None, :, None]
    frame = index.to_frame(index=False)
    frame["terdaftar_jiwa"] = (size * grown).ravel().astype(int)
    rate = 0.8 + 0.002 * rng.standard_normal(len(frame))
    frame["aktif_jiwa"] = (frame["terdaftar_jiwa"] * rate).astype(int)
    return frame


def make_kecamatan(rng: np.random.Generator, codes: list[str]) -> pd.DataFrame:
    """Draw totals of every kecamatan and month; a tenth of the places are tiny."""
    places = [(k, name) for k in codes for name in sorted(list_kecamatan(k).values())]
    size = np.where(
        rng.random(len(places)) < 0.1, 12, rng.lognormal(9.5, 0.7, len(places))
    )
    frame = pd.DataFrame(places, columns=["kode", "kecamatan"])
    frame = frame.loc[frame.index.repeat(len(MONTHS))].reset_index(drop=True)
    frame["periode"] = np.tile(MONTHS, len(places))
    frame["terdaftar_jiwa"] = np.repeat(size, len(MONTHS)).astype(int)
    share = np.clip(0.8 + 0.01 * rng.standard_normal(len(frame)), 0, 1)
    frame["aktif_jiwa"] = (frame["terdaftar_jiwa"] * share).astype(int)
    return frame


def run_level(name: str, frame: pd.DataFrame) -> float:
    """Build from csv, measure, and say the cost; return the CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        target = root / "data" / "raw" / "x" / name
        target.mkdir(parents=True)
        (root / "jkn.toml").write_text("", encoding="utf-8")
        by = frame["kode"].str[:2]
        for province, rows in frame.groupby(by):
            rows.to_csv(target / f"{province}.csv", index=False, date_format="%Y-%m")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.process_time()
        config = read_config(root / "jkn.toml", root=root)
        report = build(config)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        stored = read_table(name, root=config.paths.processed)
        if name == "kepesertaan":
            build_ukuran({"kepesertaan": stored})
        else:
            measure_kecamatan(stored)
        spent = time.process_time() - start
        spent += sum(after[:2]) - sum(before[:2])
        bytes_ = sum(
            path.stat().st_size
            for path in config.paths.processed.rglob(f"{name}*")
            if path.is_file()
        )
    refused = sum(one.refused for one in report.files)
    print(
        f"{name}: {len(frame)} rows in, {len(stored)} stored, {refused} files refused, "
        f"{spent:.1f} CPU s, {bytes_ / 1e6:.1f} MB stored; {used()}"
    )
    return spent


def run_kecamatan() -> None:
    """Compare the cost of kecamatan with that of the regencies."""
    rng = np.random.default_rng(0)
    regencies = make_regencies(rng)
    below = make_kecamatan(rng, sorted(regencies["kode"].unique()))
    base = run_level("kepesertaan", regencies)
    finer = run_level("kepesertaan_kecamatan", below)
    print(f"kecamatan / kabupaten: {finer / base:.2f} (bar 3)")


def bound(
    told: np.ndarray,
    equal: tuple[np.ndarray, np.ndarray],
    *,
    slack: float,
    below: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """Return the least and greatest value of every hidden (missing) count."""
    hidden = np.isnan(told)
    bounds = [
        (0, None) if gone else (max(value - slack, 0), value + slack)
        for gone, value in zip(hidden, told, strict=True)
    ]
    more = {"A_ub": below[0], "b_ub": below[1]} if below is not None else {}
    found = np.zeros((int(hidden.sum()), 2))
    for row, cell in enumerate(np.flatnonzero(hidden)):
        for side, sign in enumerate((1.0, -1.0)):
            goal = np.zeros(len(told))
            goal[cell] = sign
            solved = linprog(goal, A_eq=equal[0], b_eq=equal[1], bounds=bounds, **more)
            ends = solved.fun * sign if solved.status == 0 else np.inf
            found[row, side] = ends
    return found


def attack_flows(true: pd.DataFrame) -> np.ndarray:
    """Publish flows, then bound every hidden count from the stocks of all segmen."""
    told, net = hide_small(true), net_by_segmen(true)
    found = []
    for (kode, month), rows in told.groupby(["kode", "periode"]):
        values = rows["jiwa"].astype("Float64").to_numpy(float, na_value=np.nan)
        signs = [
            rows["segmen_tujuan"].eq(name).to_numpy(float)
            - rows["segmen_asal"].eq(name).to_numpy(float)
            for name in SEGMEN
        ]
        change = [float(net.get((kode, month, name), 0.0)) for name in SEGMEN]
        found.append(bound(values, (np.array(signs), np.array(change)), slack=0.0))
    return np.concatenate(found)


def attack_kecamatan(true: pd.DataFrame) -> np.ndarray:
    """Publish kecamatan, then bound every hidden count from totals and rounding."""
    told = publish(true)
    keys = ["kode", "periode", "segmen"]
    both = true.merge(told, on=[*keys, "kecamatan"], suffixes=("", "_told"))
    found = []
    for _, rows in both.sort_values("kecamatan").groupby(keys):
        shown = rows["aktif_jiwa_told"].astype("Float64")
        values = shown.to_numpy(float, na_value=np.nan)
        total = np.array([float(rows["aktif_jiwa"].sum())])
        lines, ends = [], []
        for start in range(len(values)):
            for stop in range(start + 1, len(values) + 1):
                if np.isnan(values[start:stop]).any():
                    break
                line = np.zeros(len(values))
                line[start:stop] = 1
                slack = 2.0 * ((start > 0) + (stop < len(values)))
                lines += [line, -line]
                ends += [values[start:stop].sum() + slack + 0.5,
                         -values[start:stop].sum() + slack + 0.5]  # fmt: skip
        below = (np.array(lines), np.array(ends)) if lines else None
        whole = (np.ones((1, len(values))), total)
        found.append(bound(values, whole, slack=4.0, below=below))
    return np.concatenate(found)


def draw_flows(rng: np.random.Generator) -> pd.DataFrame:
    """Draw flows of six regencies and two months, most counts small."""
    rows = []
    for kode in ("82.71", "82.03", "81.71", "19.71", "82.05", "81.02"):
        for month in MONTHS[-2:]:
            for one in (*_COMES, *_GOES):
                if rng.random() < 0.7:
                    jiwa = int(rng.choice([1, 2, 3, 4, 6, 15, 80, 900]))
                    rows.append((kode, month, *one, jiwa))
    columns = ["kode", "periode", *NAMES[1:], "jiwa"]
    return conform(pd.DataFrame(rows, columns=columns), ARUS)


_COMES = [(start, name, why) for name in SEGMEN
          for start, why in (("luar", "baru"), ("nonaktif", "membayar"))]  # fmt: skip
_GOES = [(name, end, why) for name in SEGMEN for end, why in (
    ("nonaktif", "menunggak"), ("luar", "meninggal"), ("PBPU", "pindah_segmen"))
    if name != end]  # fmt: skip


def draw_kecamatan(rng: np.random.Generator) -> pd.DataFrame:
    """Draw kecamatan of four regencies and two months, many counts small."""
    rows = [
        (kode, name, month, segmen, on + off, on)
        for kode in ("82.71", "82.03", "81.71", "19.71")
        for name in sorted(list_kecamatan(kode).values())
        for month in MONTHS[-2:]
        for segmen in ("PBI JK", "BP")
        for on, off in [rng.choice([0, 1, 2, 3, 4, 7, 20, 300], 2)]
    ]
    columns = ["kode", "kecamatan", "periode", "segmen", "terdaftar_jiwa", "aktif_jiwa"]
    return conform(pd.DataFrame(rows, columns=columns), TABLE)


def run_attack(draws: int) -> None:
    """Attack and print what was found."""
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        for name, found in (
            ("flows", attack_flows(draw_flows(rng))),
            ("kecamatan", attack_kecamatan(draw_kecamatan(rng))),
        ):
            width = found[:, 1] - found[:, 0]
            print(
                f"draw {seed}, {name}: {len(found)} hidden, {int((width < 1).sum())} "
                f"exact, {int((width < 4).sum())} with fewer than 5 values"
            )


def main() -> None:
    """Run what was asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("what", choices=["arus", "kecamatan", "serang"])
    asked.add_argument("--rows", type=int, default=200_000)
    given = asked.parse_args()
    runs = {
        "arus": lambda: run_arus(given.rows),
        "kecamatan": run_kecamatan,
        "serang": lambda: run_attack(5),
    }
    runs[given.what]()


if __name__ == "__main__":
    main()
