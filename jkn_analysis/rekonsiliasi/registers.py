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
from jkn_analysis.rekonsiliasi.files import read_batches
from jkn_analysis.rekonsiliasi.names import build_name_keys, split_names
from jkn_analysis.rekonsiliasi.nik import StatusNik, parse_nik
from jkn_analysis.rekonsiliasi.pseudonym import build_pseudonyms, build_token_keys
from jkn_analysis.terms import SEGMEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from jkn_analysis.rekonsiliasi.pseudonym import Key

    Ints = np.ndarray[Any, np.dtype[Any]]

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
