"""What no peer has, at size: movements of 200.000 members, 7.000 kecamatan, attackers.

    python -m benchmarks.below arus --rows 200000
    python -m benchmarks.below kecamatan

`arus` plants movements between three extracts and counts what comes back otherwise.
`kecamatan` stores and measures every kecamatan of the country for 60 months beside the
514 regencies of the same months, both from plain csv through the whole reader.
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

from jkn_analysis.arus.flows import hide_small, net_by_segmen
from jkn_analysis.cleaning import build
from jkn_analysis.config import read_config
from jkn_analysis.kecamatan import measure_kecamatan
from jkn_analysis.measures import build_ukuran
from jkn_analysis.places import list_kecamatan
from jkn_analysis.rekonsiliasi.movements import compare_extracts
from jkn_analysis.rekonsiliasi.pseudonym import build_key
from jkn_analysis.store import read_table
from jkn_analysis.wilayah import list_wilayah
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
            f"{int(shown.isna().sum())} of {len(shown)} hidden"
        )
    print(f"closing = next opening: {found[0].akhir.equals(found[1].awal)}; {used()}")


def make_regencies(rng: np.random.Generator) -> pd.DataFrame:
    """Draw participants of every regency, month and segmen."""
    regions = list_wilayah()
    codes = sorted(regions.loc[regions["jenis"] != "provinsi", "kode"])
    segmen = ["PBI JK", "PBPU Pemda", "PPU-PN", "PPU-BU", "PBPU", "BP"]
    index = pd.MultiIndex.from_product(
        [codes, MONTHS, segmen], names=["kode", "periode", "segmen"]
    )
    frame = index.to_frame(index=False)
    size = rng.lognormal(10, 0.8, len(codes) * len(segmen)).reshape(len(codes), 1, -1)
    frame["terdaftar_jiwa"] = np.broadcast_to(
        size, (len(codes), len(MONTHS), len(segmen))
    ).ravel().astype(int)  # fmt: skip
    share = 0.8 + 0.01 * rng.standard_normal(len(frame))
    frame["aktif_jiwa"] = (frame["terdaftar_jiwa"] * share).astype(int)
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


def main() -> None:
    """Run what was asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("what", choices=["arus", "kecamatan"])
    asked.add_argument("--rows", type=int, default=200_000)
    given = asked.parse_args()
    run_arus(given.rows) if given.what == "arus" else run_kecamatan()


if __name__ == "__main__":
    main()
