"""Register files as offices send them: csv, Parquet or a sheet, in runs of rows.

Messages name files, columns and headings, never a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

COLUMNS: dict[str, tuple[str, ...]] = {
    "nik": ("nik", "no nik", "nomor nik", "nomor induk kependudukan", "no ktp"),
    "nama": ("nama", "nama peserta", "nama lengkap", "nama penduduk", "nmpst"),
    "tanggal_lahir": ("tanggal lahir", "tgl lahir", "tgllahir", "lahir"),
    "jenis_kelamin": ("jenis kelamin", "jk", "kelamin", "sex", "l/p"),
    "kode": ("kode", "kode kab/kota", "kode kabupaten", "kode wilayah", "kab/kota",
             "kabupaten/kota", "kabupaten", "kode kabupaten/kota"),
    "kecamatan": ("kecamatan", "kec", "nama kecamatan"),
    "alamat": ("alamat", "alamat lengkap"),
    "no_kk": ("no kk", "nomor kk", "no kartu keluarga", "nokk", "kk"),
    "no_kartu": ("no kartu", "nomor kartu", "noka", "no bpjs", "no jkn"),
    "segmen": ("segmen", "segmentasi", "jenis peserta", "segmen peserta"),
    "status": ("status", "status peserta", "status kepesertaan", "status hidup",
               "status penduduk", "keaktifan", "aktif"),
    "desil": ("desil", "desil nasional", "desil dtsen", "kelompok desil"),
}  # fmt: skip
"""Canonical columns of a register and the headings offices give them."""
REQUIRED = {
    "bpjs": ("nik", "nama", "tanggal_lahir", "kode", "segmen", "status"),
    "dukcapil": ("nik", "nama", "tanggal_lahir", "kode"),
    "dtsen": ("nik", "nama", "kode", "desil"),
}
_BATCH = 250_000
_BLOCK_BYTES = 32 << 20


def _key(text: str) -> str:
    """Reduce a heading to letters and digits."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


_HEADINGS = {_key(text): name for name, texts in COLUMNS.items() for text in texts}


def map_headings(
    headings: Sequence[str], *, register: str, source: Path
) -> dict[str, int]:
    """Find the canonical columns among the headings of a file.

    Raises
    ------
    InputError
        If two headings mean one column, or a needed one is missing.
    """
    found: dict[str, int] = {}
    twice = []
    for at, heading in enumerate(headings):
        name = _HEADINGS.get(_key(heading))
        if name in found:
            twice.append(name)
        elif name is not None:
            found[name] = at
    missing = [name for name in REQUIRED[register] if name not in found]
    if not twice and not missing:
        return found
    lines = [f"  column '{name}' stands twice" for name in twice]
    lines += [f"  column '{name}' missing" for name in missing]
    shown = ", ".join(
        f"'{heading}'" for heading in headings[:30] if not _is_data(heading)
    )
    raise InputError(
        f"{source}: not a register of {register}\n"
        + "\n".join(lines)
        + f"\n  found headings {shown or 'none'}"
        + "\n  → give every needed column one heading in the first line"
    )


def _is_data(heading: str) -> bool:
    """Tell a person's value from a heading, should the header line be missing."""
    return any(letter.isdigit() for letter in heading)


def read_batches(
    source: Path, *, register: str, skipped: list[int]
) -> Iterator[pa.Table]:
    """Read a register in runs of rows, cells as text or as the file types them.

    Parameters
    ----------
    source
        csv (any delimiter, UTF-8 or Windows-1252, even mixed), parquet, or a
        spreadsheet.
    register
        Decides which columns are needed.
    skipped
        Receives the count of lines that do not fit the header, per run.
    """
    kind = source.suffix.lower()
    if not source.is_file():
        raise InputError(f"{source}: no such file\n  → check the path")
    readers = {".parquet": _read_parquet, ".pq": _read_parquet}
    text = kind in {".csv", ".txt", ".tsv"}
    reader = readers.get(kind, _read_csv if text else _read_spreadsheet)
    yield from reader(source, register, skipped)


def _read_parquet(
    source: Path, register: str, _skipped: list[int]
) -> Iterator[pa.Table]:
    """Read row groups of the mapped columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(source)
    except (pa.ArrowInvalid, OSError) as exc:
        raise InputError(f"{source}: cannot be read as Parquet") from exc
    headings = opened.schema_arrow.names
    found = map_headings(headings, register=register, source=source)
    columns = [headings[at] for at in found.values()]
    for batch in opened.iter_batches(_BATCH, columns=columns, use_threads=False):
        table = pa.Table.from_batches([batch]).select(columns)
        yield table.rename_columns(list(found))


def _sniff(source: Path) -> tuple[str, list[str]]:
    """Return the delimiter and the headings of the first line."""
    with source.open("rb") as opened:
        line = opened.readline(1 << 20)
    text = _decode(line).lstrip("\ufeff").rstrip("\r\n")
    delimiter = max(";\t|,", key=text.count)
    return delimiter, [cell.strip().strip('"') for cell in text.split(delimiter)]


def _decode(line: bytes) -> str:
    """Read bytes as UTF-8, else as Windows-1252."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _read_csv(source: Path, register: str, skipped: list[int]) -> Iterator[pa.Table]:
    """Read a csv as bytes, so that one foreign letter does not refuse the file."""
    import pyarrow as pa
    from pyarrow import csv

    delimiter, headings = _sniff(source)
    found = map_headings(headings, register=register, source=source)
    names = [f"c{at}" for at in range(len(headings))]
    wanted = [names[at] for at in found.values()]

    def count_bad(_row: object) -> str:
        skipped.append(1)
        return "skip"

    reader = csv.open_csv(
        source,
        csv.ReadOptions(
            block_size=_BLOCK_BYTES, skip_rows=1, column_names=names, use_threads=False
        ),
        csv.ParseOptions(delimiter=delimiter, invalid_row_handler=count_bad),
        csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.binary()),
            include_columns=wanted,
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except pa.ArrowInvalid:
            # Arrow quotes the offending row: its message must not travel along.
            raise InputError(
                f"{source}: not a regular csv\n  → save it again as csv"
            ) from None
        texts = [_as_utf8(column) for column in batch.columns]
        yield pa.table(dict(zip(found, texts, strict=True)))


def _as_utf8(column: pa.Array) -> pa.Array:
    """Turn bytes into text; cells that are not UTF-8 are read as Windows-1252."""
    import pyarrow as pa

    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        cells = [None if cell is None else _decode(cell) for cell in column.to_pylist()]
        return pa.array(cells, pa.string())


def _read_spreadsheet(
    source: Path, register: str, _skipped: list[int]
) -> Iterator[pa.Table]:
    """Read the first fitting table of a spreadsheet in the limited child process."""
    import pyarrow as pa

    from jkn_analysis.cleaning import read_sheet

    tables = read_sheet(source)
    for table in tables:
        headings = [parts[-1] if parts else "" for parts in table.headers]
        if {"nik", "nama"} <= {_HEADINGS.get(_key(heading)) for heading in headings}:
            found = map_headings(headings, register=register, source=source)
            frame = table.frame
            yield pa.table(
                {
                    name: pa.array(frame.iloc[:, at], pa.string(), from_pandas=True)
                    for name, at in found.items()
                }
            )
            return
    raise InputError(
        f"{source}: no sheet has columns nik and nama\n"
        "  → give the register its headings in one line"
    )
