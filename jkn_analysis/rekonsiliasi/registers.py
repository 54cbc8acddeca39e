"""Reading person registers: any size, straight to pseudonyms.

A file passes through memory in runs of rows; what reaches the disk are pseudonyms,
keyed numbers and codes, partitioned by pseudonym so that every later step fits in
memory. Messages name files, columns and row numbers, never a value.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jkn_analysis.errors import InputError
from jkn_analysis.rekonsiliasi.names import build_name_keys, split_names
from jkn_analysis.rekonsiliasi.nik import StatusNik, parse_nik
from jkn_analysis.rekonsiliasi.pseudonym import build_pseudonyms, build_token_keys
from jkn_analysis.terms import SEGMEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from jkn_analysis.rekonsiliasi.pseudonym import Key

    Ints = np.ndarray[Any, np.dtype[Any]]

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
INFANT_DAYS = 365
_ACTIVE = {"aktif": 1, "1": 1, "ya": 1, "y": 1, "a": 1, "true": 1}
_LIFE = {"meninggal": 1, "mati": 1, "wafat": 1, "pindah": 2, "keluar": 2}


class Kecamatan:
    """Numbers for names of kecamatan, given in order of appearance."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {"": 0}

    def __call__(self, text: str) -> int:
        """Return the number of a name, a new one for a new name."""
        name = (
            " ".join(text.split())
            .title()
            .removeprefix("Kecamatan ")
            .removeprefix("Kec. ")
        )
        return self.number.setdefault(name, len(self.number))


@dataclass(frozen=True)
class Reading:
    """How the registers of one comparison are read."""

    folder: Path
    """Private; gets ``<register>/p=<n>.parquet``."""
    key: Key
    pada: dt.date
    """Day of the extracts."""
    parts: int = 1
    """Files that pseudonyms are spread over; a power of two."""
    kecamatan: Kecamatan = field(default_factory=Kecamatan)
    """Shared, so that one number means one name in every register."""


@dataclass
class Register:
    """One register made pseudonymous on disk, and what its reading counted."""

    name: str
    source: Path
    folder: Path
    """Parquet files ``p=<n>.parquet``; row numbers count from 0 in file order."""
    rows: int = 0
    status_nik: Counter[str] = field(default_factory=Counter)
    """Cells by `StatusNik` name."""
    broken: int = 0
    """Lines whose number of cells does not fit the header; not among `rows`."""
    kecamatan: list[str] = field(default_factory=list)
    """Names by their number in the files."""
    unknown_kode: int = 0


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


@lru_cache(maxsize=100_000)
def _find_kode(text: str) -> int:
    """Return PPRR of a region written as code or name; 0 if it fits none."""
    from jkn_analysis.errors import UnknownNameError
    from jkn_analysis.wilayah import find_wilayah

    try:
        kode = find_wilayah(text, system="kemendagri").kode
    except UnknownNameError:
        return 0
    digits = kode.replace(".", "")
    return int(digits) if len(digits) == 4 else 0


@lru_cache(maxsize=200_000)
def _find_date(text: str) -> int:
    """Return days since 1970 of a written date; the smallest integer if none."""
    stripped = text.strip()[:10]
    for pattern in (
        "%Y-%m-%d",
        "%d/%m/%Y",
        "%d-%m-%Y",
        "%Y/%m/%d",
        "%d.%m.%Y",
        "%Y%m%d",
    ):
        try:
            found = dt.datetime.strptime(stripped, pattern)  # noqa: DTZ007 - a date
        except ValueError:
            continue
        return (found.date() - dt.date(1970, 1, 1)).days
    return NO_DATE


NO_DATE = -(2**31)


def _by_distinct(column: pa.Array, find: Any, dtype: type) -> Ints:  # noqa: ANN401 - str → number
    """Translate a text column through its distinct values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    text = whole if pa.types.is_string(whole.type) else whole.cast(pa.string())
    coded = pc.fill_null(text, "").dictionary_encode()
    table: Ints = np.array(
        [find(cell) for cell in coded.dictionary.to_pylist()] or [0], dtype
    )
    return table[coded.indices.to_numpy(zero_copy_only=False)]


def parse_dates(column: pa.Array) -> Ints:
    """Return days since 1970 of a date column, `NO_DATE` where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_temporal(column.type):
        days = column.cast(pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False)
        return pc.fill_null(days.cast(pa.int32()), NO_DATE).to_numpy(
            zero_copy_only=False
        )
    return _by_distinct(column, _find_date, np.int32)


def _date_keys(days: Ints, key: Key) -> Ints:
    """Give every birth date a keyed number; 0 for none."""
    distinct, inverse = np.unique(days, return_inverse=True)
    texts = ["" if day == NO_DATE else str(day) for day in distinct]
    return build_token_keys(texts, key=key, purpose="jkn-lahir-v1")[inverse]


def _segmen_code(text: str) -> int:
    """Return the place of a segmen in `SEGMEN`; -1 if unknown."""
    from jkn_analysis.cleaning.values.names import find_segmen

    found = find_segmen(text) if text else None
    return SEGMEN.index(found) if found in SEGMEN else -1


def _state_code(register: str) -> Any:  # noqa: ANN401 - str → int
    """Return how a status cell of a register becomes a number."""
    words = _ACTIVE if register == "bpjs" else _LIFE
    return lambda text: words.get(text.strip().casefold(), 0)


def _decile(text: str) -> int:
    """Return 1 to 10; 0 if unknown."""
    digits = text.strip().removesuffix(".0")
    return int(digits) if digits.isdecimal() and 1 <= int(digits) <= 10 else 0


def read_codes(table: pa.Table, *, register: str, pada: dt.date) -> dict[str, Ints]:
    """Return kode (PPRR), segmen (place, -1 unknown), status, desil, birth in days.

    ``lahir`` counts days since 1970, ``hari`` the age in days at `pada`; columns a
    register lacks are 0 (segmen -1).
    """
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    length = table.num_rows
    finders = {
        "kode": (_find_kode, np.int16),
        "segmen": (_segmen_code, np.int8),
        "status": (_state_code(register), np.int8),
        "desil": (_decile, np.int8),
    }
    codes = {
        name: _by_distinct(columns[name], find, dtype)
        if name in columns
        else np.full(length, -1 if name == "segmen" else 0, dtype)
        for name, (find, dtype) in finders.items()
    }
    codes["lahir"] = (
        parse_dates(columns["tanggal_lahir"])
        if "tanggal_lahir" in columns
        else np.full(length, NO_DATE, np.int32)
    )
    today = (pada - dt.date(1970, 1, 1)).days
    return codes | {"hari": today - codes["lahir"].astype(np.int64)}


def _tokenise(table: pa.Table, *, register: Register, reading: Reading) -> pa.Table:
    """Turn clear rows into pseudonyms, keyed numbers and codes."""
    import pyarrow as pa

    key, pada = reading.key, reading.pada
    length = table.num_rows
    parsed = parse_nik(table.column("nik").combine_chunks(), pada=pada)
    register.status_nik.update(
        {
            StatusNik(code).name: int(n)
            for code, n in enumerate(np.bincount(parsed.status))
            if n
        }
    )
    pseudonym = build_pseudonyms(parsed.nik, key=key)
    words = split_names(table.column("nama").combine_chunks().cast(pa.string()))
    codes = read_codes(table, register=register.name, pada=pada)
    register.unknown_kode += int((codes["kode"] == 0).sum())
    kec = (
        _by_distinct(table.column("kecamatan"), reading.kecamatan, np.int32)
        if "kecamatan" in table.column_names
        else np.zeros(length, np.int32)
    )
    first = register.rows
    register.rows += length
    return pa.table(
        {
            "baris": np.arange(first, first + length, dtype=np.int64),
            "p1": pseudonym[:, 0],
            "p2": pseudonym[:, 1],
            "sah": parsed.status,
            "nama": build_name_keys(words, key=key),
            "lahir": _date_keys(codes["lahir"], key),
            "kode": codes["kode"],
            "kec": kec,
            "segmen": codes["segmen"],
            "status": codes["status"],
            "desil": codes["desil"],
            "bayi": (codes["hari"] >= 0) & (codes["hari"] < INFANT_DAYS),
        }
    )


def pseudonymise(source: Path, *, register: str, reading: Reading) -> Register:
    """Read a register and store it without a clear value.

    Parameters
    ----------
    source
        The office's file.
    register
        ``bpjs``, ``dukcapil`` or ``dtsen``.
    reading
        Where to, under which key, as of which day.

    Raises
    ------
    InputError
        If the file holds no row or lacks a column.
    """
    target = reading.folder / register
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Register(register, source, target)
    skipped: list[int] = []
    writers = _Writers(target, reading.parts)
    try:
        for table in read_batches(source, register=register, skipped=skipped):
            writers.write(_tokenise(table, register=made, reading=reading))
    finally:
        writers.close()
    if not made.rows:
        raise InputError(
            f"{source}: holds no row\n  → ask the office for the extract again"
        )
    made.broken = len(skipped)
    made.kecamatan = list(reading.kecamatan.number)
    return made


class _Writers:
    """One Parquet file per part, rows without pseudonym in part 0."""

    def __init__(self, folder: Path, parts: int) -> None:
        self._folder = folder
        self._parts = parts
        self._open: dict[int, Any] = {}

    def write(self, table: pa.Table) -> None:
        """Spread the rows of one run over the parts."""
        import pyarrow as pa

        part = table.column("p1").to_numpy() % np.uint64(self._parts)
        if self._parts == 1:
            self._append(0, table)
            return
        order = np.argsort(part.astype(np.uint8), kind="stable")
        sorted_table = table.take(pa.array(order))
        ends = np.searchsorted(part[order], np.arange(self._parts + 1))
        for at in range(self._parts):
            self._append(at, sorted_table.slice(ends[at], ends[at + 1] - ends[at]))

    def _append(self, at: int, table: pa.Table) -> None:
        import pyarrow.parquet as pq

        if at not in self._open:
            path = self._folder / f"p={at}.parquet"
            self._open[at] = pq.ParquetWriter(
                path, table.schema, compression="lz4", use_dictionary=False
            )
        self._open[at].write_table(table)

    def close(self) -> None:
        """Finish every file."""
        for writer in self._open.values():
            writer.close()


def read_rows(source: Path, *, register: str, rows: Ints) -> pa.Table:
    """Read chosen rows of a register in clear, into memory only.

    Parameters
    ----------
    source, register
        As for `read_batches`.
    rows
        Row numbers, ascending.

    Returns
    -------
    pyarrow.Table
        Mapped columns as text, and ``baris``.
    """
    import pyarrow as pa

    parts, first = [], 0
    for table in read_batches(source, register=register, skipped=[]):
        last = first + table.num_rows
        inside = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)]
        chosen = table.take(pa.array(inside - first))
        parts.append(chosen.append_column("baris", pa.array(inside, pa.int64())))
        first = last
    return pa.concat_tables(parts)


def count_parts(sources: Mapping[str, Path], *, rows_per_part: int = 1_500_000) -> int:
    """Choose how many parts keep one part's rows small, from the files' sizes."""
    import pyarrow.parquet as pq

    most = 1
    for source in sources.values():
        if source.suffix.lower() in {".parquet", ".pq"} and source.is_file():
            rows = pq.ParquetFile(source).metadata.num_rows
        else:
            rows = source.stat().st_size // 100 if source.is_file() else 0
        most = max(most, rows // rows_per_part)
    return 1 << min(6, max(0, int(most - 1).bit_length()))
