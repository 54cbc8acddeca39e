"""Fuzzing: mutated deliveries give a table or a JknError, within time and memory.

Run ``python -m benchmarks.fuzz 20000`` for the full count; every case has its seed.
"""

from __future__ import annotations

import io
import os
import random
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.cleaning.any.typed import type_table
from jkn_analysis.cleaning.open import sandbox
from jkn_analysis.errors import JknError
from jkn_analysis.tables import DELIVERED

TOP = Path(__file__).resolve().parents[1]
SAMPLES = (
    "kepesertaan/*.xlsx", "kepesertaan/*.csv", "iuran/*.csv", "iuran_pemda/*.ods",
    "faskes/*.xlsx", "penduduk/*.csv", "rapat/*.csv",
)  # fmt: skip
SLOW_SECONDS = 10.0
MAX_SEED_BYTES = 400_000
MOST_LINES = 150


def seeds(folder: Path) -> list[Path]:
    """Return small deliveries of every form; those no sample has are made."""
    raw = TOP / "data" / "raw" / "contoh"
    found = [sorted(raw.glob(pattern))[:2] for pattern in SAMPLES]
    kept = sorted((TOP / "tests" / "data" / "cleaning").glob("*.xls*"))
    paths = [path for group in found for path in group] + kept
    small = [path for path in paths if 0 < path.stat().st_size < MAX_SEED_BYTES]
    return small + make_seeds(next(p for p in small if p.suffix == ".csv"), folder)


def content_of(path: Path) -> bytes:
    """Return a seed's bytes; of a csv its head, so that 20,000 cases take minutes."""
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    return b"".join(lines[:MOST_LINES]) if path.suffix == ".csv" else content


def make_seeds(source: Path, folder: Path) -> list[Path]:
    """Write the head of a csv as xls, xlsb, json, html and in two other encodings."""
    import pandas as pd
    import xlwt

    from tests.xlsb import write_xlsb

    folder = folder / source.parent.name
    folder.mkdir(parents=True)
    frame = pd.read_csv(source, dtype=str, sep=None, engine="python").head(80)
    names = [f"benih{end}" for end in (".xls", ".json", ".html", ".tsv", ".txt")]
    xls, json, html, tsv, txt = (folder / name for name in names)
    book = xlwt.Workbook()
    sheet = book.add_sheet("Rekap")
    for column, name in enumerate(frame):
        for row, value in enumerate([name, *frame[name]]):
            number = row and str(value).isdigit()
            sheet.write(row, column, float(value) if number else str(value))
    book.save(str(xls))
    frame.to_json(json, orient="records")
    frame.to_html(html, index=False)
    frame.to_csv(tsv, sep="\t", index=False, encoding="utf-16")
    frame.to_csv(txt, sep=";", index=False, encoding="cp1252")
    rows = [list(frame), *frame.to_numpy().tolist()]
    xlsb = write_xlsb(folder / "benih.xlsb", {"Rekap": rows})
    return [xls, xlsb, json, html, tsv, txt]


def flip(content: bytes, rng: random.Random) -> bytes:
    """Change some bytes."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 2, 8, 64])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def cut(content: bytes, rng: random.Random) -> bytes:
    """Cut the file off."""
    return content[: rng.randrange(1, len(content))]


def splice(content: bytes, rng: random.Random) -> bytes:
    """Repeat, move or remove a stretch of bytes."""
    a, b = sorted(rng.randrange(len(content)) for _ in range(2))
    b = min(b, a + 5000)
    return rng.choice(
        [
            content[:b] + content[a:],
            content[:a] + content[b:],
            content[b:] + content[:b],
            content[:a] + bytes(rng.randrange(1, 300)) + content[a:],
        ]
    )


def swap(content: bytes, rng: random.Random) -> bytes:
    """Swap cells of a text file, or mutate a part inside a workbook."""
    if content.startswith(b"PK"):
        return _mutate_part(content, rng)
    lines = content.split(b"\n")
    mark = b";" if content.count(b";") > content.count(b",") else b","
    for _ in range(rng.choice([1, 3, 20])):
        one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
        first, second = lines[one].split(mark), lines[two].split(mark)
        i, j = rng.randrange(len(first)), rng.randrange(len(second))
        first[i], second[j] = second[j], first[i]
        lines[one] = mark.join(first)
        if one != two:
            lines[two] = mark.join(second)
    return b"\n".join(lines)


def _mutate_part(content: bytes, rng: random.Random) -> bytes:
    """Rewrite a workbook with one part changed, its checksum right."""
    source = zipfile.ZipFile(io.BytesIO(content))
    names = source.namelist()
    target = rng.choice(names)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            part = source.read(name)
            if name == target and part:
                part = rng.choice([flip, cut, splice])(part, rng)
            if name != target or rng.random() > 0.05:
                archive.writestr(name, part)
    return buffer.getvalue()


def tokens(content: bytes, rng: random.Random) -> bytes:
    """Put hostile words where values stood."""
    words = [
        b"=cmd|'/c calc'!A0",
        b"../../etc/passwd",
        b"<script>alert(1)</script>",
        b"1e999",
        b"-" * 300,
        b"9" * 400,
        b"\xff\xfe",
        b'"',
        b"'",
        b"\x00",
        "٣٤٥".encode(),
        b"NaN",
        b"\r",
        b"0x1F",
        b"1.2.3.4.5",
        b"2025-99-99",
        b"Jan-Des 2025",
        b",,,,,;;;;",
        b"#REF!",
    ]
    data = content
    for _ in range(rng.choice([1, 2, 5])):
        at = rng.randrange(len(data))
        data = data[:at] + rng.choice(words) + data[at + rng.randrange(6) :]
    return data


MUTATIONS = (flip, cut, splice, swap, tokens)


def run_case(path: Path, table: str) -> str:
    """Read one file every way; return what came out."""
    try:
        sheets = read_sheet(path)
    except JknError as exc:
        return type(exc).__name__
    for sheet in sheets:
        type_table(sheet)
        _ = sheet.frame
    result = clean(table, sheets)
    counts = result.counts
    if counts.rows_in != counts.kept + counts.refused + counts.recognised:
        return "miscounted"
    return "table" if result.ok else "faults"


def reader_status() -> tuple[float, int]:
    """Return CPU seconds and peak memory in MB of the running reading process."""
    for child in sandbox._children:
        folder = Path(f"/proc/{child.process.pid}")
        if folder.exists():
            ticks = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
            lines = (folder / "status").read_text().splitlines()
            peak = next((x for x in lines if x.startswith("VmHWM")), "VmHWM: 0")
            spent = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            return spent, int(peak.split()[1]) // 1024
    return 0.0, 0


def cpu_seconds() -> float:
    """Return CPU seconds of this process, the reader and the readers before it."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    gone = resource.getrusage(resource.RUSAGE_CHILDREN)
    times = own.ru_utime + own.ru_stime + gone.ru_utime + gone.ru_stime
    return times + reader_status()[0]


@dataclass
class Tally:
    """What came out of all cases."""

    outcomes: Counter[str] = field(default_factory=Counter)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    own_mb: int = 0
    reader_mb: int = 0
    waited: int = 0
    """Cases over 10 s by the clock once, but not when run again: a busy machine."""
    broken: list[tuple[int, str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def add(self, seed: int, name: str, case: Path, table: str) -> None:
        """Run one case, a slow one twice, and count what came out."""
        outcome, wall, cpu = self._time(seed, name, case, table)
        if wall > SLOW_SECONDS:
            outcome, again, cpu = self._time(seed, name, case, table)
            if again > SLOW_SECONDS or cpu > SLOW_SECONDS:
                self.outcomes["SLOW"] += 1
                text = f"{wall:.1f} s, again {again:.1f} s, {cpu:.1f} CPU s"
                self.broken.append((seed, name, text))
            self.waited += again <= SLOW_SECONDS
            wall = again
        self.wall_s, self.cpu_s = max(self.wall_s, wall), max(self.cpu_s, cpu)
        gone = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        self.reader_mb = max(self.reader_mb, reader_status()[1], gone)
        self.own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.outcomes[outcome] += 1

    def _time(
        self, seed: int, name: str, case: Path, table: str
    ) -> tuple[str, float, float]:
        """Return the outcome, wall and CPU seconds of one case."""
        begun, spent = time.monotonic(), cpu_seconds()
        try:
            outcome = run_case(case, table)
        except Exception as exc:  # noqa: BLE001 - the point of the script
            outcome = f"BROKEN {type(exc).__name__}"
            self.broken.append((seed, name, traceback.format_exc(limit=-3)))
        return outcome, time.monotonic() - begun, cpu_seconds() - spent


def fuzz(count: int, start: int = 0) -> Tally:
    """Run `count` mutations and count what came out."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as made:
        pool = [(path, content_of(path)) for path in seeds(Path(made))]
        for seed in range(start, start + count):
            rng = random.Random(seed)
            path, content = pool[rng.randrange(len(pool))]
            mutated = rng.choice(MUTATIONS)(content, rng)
            case = Path(name) / f"kasus{path.suffix}"
            case.write_bytes(mutated or b"x")
            folder = path.parent.name
            table = folder if folder in DELIVERED else "kepesertaan"
            tally.add(seed, path.name, case, table)
            if (seed - start) % 2000 == 1999:
                print(f"{seed - start + 1}: {len(tally.broken)} broken", flush=True)
        entries = Path(name).iterdir()
        tally.left = [p.name for p in entries if not p.name.startswith("kasus")]
    return tally


def main() -> None:
    """Fuzz as often as the first argument says, from the seed the second says."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    start = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    begun, spent = time.monotonic(), cpu_seconds()
    tally = fuzz(count, start)
    seen: Counter[str] = Counter()
    for seed, name, text in tally.broken:
        last = text.strip().splitlines()[-1]
        seen[last] += 1
        if seen[last] <= 2:
            print(f"seed {seed} ({name}):\n{text}")
    print(f"outcomes: {dict(tally.outcomes)}")
    print(f"slowest case: {tally.wall_s:.2f} s, {tally.cpu_s:.2f} CPU s")
    print(f"peak memory: reader {tally.reader_mb} MB, this process {tally.own_mb} MB")
    print(f"over 10 s once, not again: {tally.waited}; files left: {tally.left}")
    print(
        f"broken: {len(tally.broken)} of {count} (seeds from {start}) in "
        f"{time.monotonic() - begun:.0f} s, {cpu_seconds() - spent:.0f} CPU s"
    )


if __name__ == "__main__":
    main()
