"""Fuzzing: mutated deliveries give a table or a JknError, within time and memory.

Run ``python -m benchmarks.fuzz 20000`` for the full count; every case has its seed.
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

from jkn_analysis.cleaning import clean, read_sheet, sandbox
from jkn_analysis.cleaning.typed import type_table
from jkn_analysis.errors import JknError

TOP = Path(__file__).resolve().parents[1]
SAMPLES = (
    "kepesertaan/*.xlsx", "kepesertaan/*.csv", "iuran/*.csv", "iuran_pemda/*.ods",
    "faskes/*.xlsx", "penduduk/*.csv", "rapat/*.csv",
)  # fmt: skip
SLOW_SECONDS = 10.0
MAX_SEED_BYTES = 400_000


def seeds() -> list[Path]:
    """Return small deliveries of every form."""
    raw = TOP / "data" / "raw" / "contoh"
    found = [sorted(raw.glob(pattern))[:2] for pattern in SAMPLES]
    made = sorted((TOP / "tests" / "data" / "cleaning").glob("*"))
    paths = [path for group in found for path in group] + [
        p for p in made if p.is_file()
    ]
    return [path for path in paths if 0 < path.stat().st_size < MAX_SEED_BYTES]


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


def child_memory_mb() -> int:
    """Return the peak memory of the reading process."""
    for child in sandbox._children:
        status = Path(f"/proc/{child.process.pid}/status")
        if status.exists():
            line = next(
                x for x in status.read_text().splitlines() if x.startswith("VmHWM")
            )
            return int(line.split()[1]) // 1024
    return 0


def fuzz(count: int, start: int = 0) -> dict[str, object]:
    """Run `count` mutations and count what came out."""
    pool = [(path, path.read_bytes()) for path in seeds()]
    outcomes: Counter[str] = Counter()
    slowest, memory, broken = 0.0, 0, []
    with tempfile.TemporaryDirectory() as name:
        for seed in range(start, start + count):
            rng = random.Random(seed)
            path, content = pool[rng.randrange(len(pool))]
            mutated = rng.choice(MUTATIONS)(content, rng)
            case = Path(name) / f"kasus{path.suffix}"
            case.write_bytes(mutated or b"x")
            begun = time.monotonic()
            table = (
                path.parent.name if path.parent.name != "cleaning" else "kepesertaan"
            )
            try:
                outcome = run_case(case, table)
            except Exception as exc:  # noqa: BLE001 - the point of the script
                outcome = f"BROKEN {type(exc).__name__}"
                broken.append((seed, path.name, traceback.format_exc(limit=-3)))
            taken = time.monotonic() - begun
            slowest = max(slowest, taken)
            memory = max(memory, child_memory_mb())
            outcomes[outcome] += 1
            if taken > SLOW_SECONDS:
                outcomes["SLOW"] += 1
                broken.append((seed, path.name, f"{taken:.1f} s"))
        left = [p.name for p in Path(name).iterdir() if not p.name.startswith("kasus")]
    return {
        "outcomes": dict(outcomes),
        "slowest_s": round(slowest, 2),
        "reader_mb": memory,
        "broken": broken,
        "left": left,
    }


def main() -> None:
    """Fuzz as often as the first argument says and print the outcome."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    start = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    result = fuzz(count, start)
    seen: Counter[str] = Counter()
    for seed, name, text in result["broken"]:  # type: ignore[attr-defined]
        last = text.strip().splitlines()[-1]
        seen[last] += 1
        if seen[last] <= 2:
            print(f"seed {seed} ({name}):\n{text}")
    for key in ("outcomes", "slowest_s", "reader_mb", "left"):
        print(f"{key}: {result[key]}")
    print(f"broken: {len(result['broken'])} of {count}")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
