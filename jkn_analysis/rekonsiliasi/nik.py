"""NIK: 16 digits PPRRSS DDMMYY NNNN, read from any cell and checked, vectorised.

The region is the one of FIRST registration and says nothing about residence; there
is no check digit; a NIK keeps its date even where the birth date was corrected
later, so that a mismatch with the row is a hint, never an error.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from jkn_analysis.personal import list_nik_kode

if TYPE_CHECKING:
    import pyarrow as pa

    Bools = np.ndarray[Any, np.dtype[np.bool_]]
    Ints = np.ndarray[Any, np.dtype[Any]]

Cells: TypeAlias = "Any"
"""An Arrow, pandas or numpy column, or a list of cells."""

DIGITS = 16
FEMALE_DAY = 40
_CHUNK = 32_768
_SAFE_FLOAT = 2**53
_REPUNIT = 1_111_111_111_111_111
_SEPARATORS = r"[\s.,\-_/'\"`\x{2018}\x{2019}\x{201C}\x{201D}\x{00A0}\x{200B}\x{FEFF}]"
_FLOAT_TAIL = r"^(\D*[0-9]{16})[.,]0{1,2}(\D*)$"
_SCIENTIFIC = r"^\D*[0-9]([.,][0-9]+)?[eE]\+?[0-9]+\D*$"
_SCIENTIFIC_WHOLE = r"^\D*([0-9])[.,]([0-9]{15})[eE]\+?15\D*$"


class StatusNik(IntEnum):
    """Verdict on one cell; everything but SAH has no pseudonym."""

    SAH = 0
    KOSONG = 1
    TERPOTONG = 2
    """Digits lost by a spreadsheet: ``8,27101E+15`` or a float over 2**53."""
    BUKAN_ANGKA = 3
    PANJANG = 4
    BERULANG = 5
    WILAYAH = 6
    """The region code stands in no vintage of the Kemendagri table."""
    TANGGAL = 7
    URUT = 8
    """Serial 0000."""


@dataclass(frozen=True)
class ParsedNik:
    """One entry per cell; `nik` is 0 where it is not valid."""

    nik: Ints
    """int64 of the 16 digits."""
    status: Ints
    """uint8, a `StatusNik`."""

    @property
    def sah(self) -> Bools:
        """Which cells hold a valid NIK."""
        return self.status == StatusNik.SAH


@cache
def _codes() -> Bools:
    """Tell for every PPRR whether it stands in any vintage of the table."""
    known = np.zeros(10_000, bool)
    known[[int(kode) for kode in list_nik_kode()]] = True
    return known


def _text_array(values: Cells) -> pa.Array:
    """Return cells as an Arrow string array, numbers written out in full."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = values
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        array = pa.array(_plain(values), from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        return _float_text(array)
    if pa.types.is_decimal(array.type):
        array = array.cast(pa.decimal128(38, 0), safe=False)
    return pc.fill_null(array.cast(pa.large_string()), "")


def _plain(values: Cells) -> Cells:
    """Turn mixed Python cells into text; leave typed columns alone."""
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    if kind != "O":
        return values
    return [
        _number_text(cell) if isinstance(cell, int | float) else cell for cell in values
    ]


def _number_text(number: float) -> str:
    """Write a number cell; a float too large to be exact shows as damaged."""
    if isinstance(number, float):
        if math.isnan(number):
            return ""
        if number > _SAFE_FLOAT or number % 1:
            return f"{number:.5E}"
    return str(int(number))


def _float_text(array: pa.Array) -> pa.Array:
    """Write floats as whole numbers where they are exact, else as damaged."""
    import pyarrow as pa

    numbers = np.nan_to_num(array.to_numpy(zero_copy_only=False), nan=-1.0)
    exact = (numbers >= 0) & (numbers <= _SAFE_FLOAT) & (numbers % 1 == 0)
    whole = np.where(exact, numbers, 0).astype(np.int64).astype(str)
    text = np.where(exact, whole, np.where(numbers < 0, "", "1E+15"))
    return pa.array(text.tolist(), pa.large_string())


def _sixteen_bytes(array: pa.Array) -> Ints:
    """View an array of 16-byte texts as an (n, 2) big block of uint64."""
    offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset :]
    start = int(offsets[0])
    data = np.frombuffer(array.buffers()[2], np.uint8)
    block = data[start : start + DIGITS * len(array)]
    return np.ascontiguousarray(block).view("<u8").reshape(-1, 2)


def _swar(block: Ints) -> tuple[Ints, Bools]:
    """Turn 8 ASCII digits per uint64 into a number each, eight lanes at a time."""
    low, six = np.uint64(0x3030303030303030), np.uint64(0x0606060606060606)
    high = np.uint64(0xF0F0F0F0F0F0F0F0)
    digits = ((block & high) == low) & (((block + six) & high) == low)
    value = block - low
    value = (value * np.uint64(10) + (value >> np.uint64(8))) & np.uint64(
        0x00FF00FF00FF00FF
    )
    value = (value * np.uint64(100) + (value >> np.uint64(16))) & np.uint64(
        0x0000FFFF0000FFFF
    )
    value = (value * np.uint64(10_000) + (value >> np.uint64(32))) & np.uint64(
        0xFFFFFFFF
    )
    return value.astype(np.int64), digits.all(axis=1)


def _clean_text(array: pa.Array) -> pa.Array:
    """Strip quotes, blanks and separators; mend ``….0`` and exact exponents."""
    import pyarrow.compute as pc

    mended = pc.replace_substring_regex(array, _SCIENTIFIC_WHOLE, r"\1\2")
    mended = pc.replace_substring_regex(mended, _FLOAT_TAIL, r"\1\2")
    damaged = pc.match_substring_regex(mended, _SCIENTIFIC)
    stripped = pc.replace_substring_regex(mended, _SEPARATORS, "")
    return pc.if_else(damaged, "E", stripped)


@cache
def _days_in_month() -> Ints:
    """Days per month, index [leap, month]; month 0 and over 12 have none."""
    days = np.zeros((2, 100), np.int64)
    days[:, 1:13] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    days[1, 2] = 29
    return days


def _resolve_year(yy: Ints, month: Ints, day: Ints, pada: dt.date) -> Ints:
    """Take the latest century whose date is not after `pada`."""
    limit = pada.year * 10_000 + pada.month * 100 + pada.day
    late = (2000 + yy) * 10_000 + month * 100 + day > limit
    return np.where(late, 1900, 2000) + yy


def _judge(high: Ints, low: Ints, pada: dt.date) -> tuple[Ints, Ints]:
    """Check the parts of 16 digits; return status and number."""
    kode, sub, day = high // 10_000, high // 100 % 100, high % 100
    month, yy, serial = low // 1_000_000, low // 10_000 % 100, low % 10_000
    day = day - FEMALE_DAY * (day > FEMALE_DAY)
    year = _resolve_year(yy, month, day, pada)
    leap = ((year % 4 == 0) & (year != 1900)).astype(np.intp)
    dated = (day >= 1) & (day <= _days_in_month()[leap, month])
    nik = high * 100_000_000 + low
    status = np.select(
        [
            nik % _REPUNIT == 0,
            ~_codes()[kode] | (sub == 0),
            ~dated,
            serial == 0,
        ],
        [StatusNik.BERULANG, StatusNik.WILAYAH, StatusNik.TANGGAL, StatusNik.URUT],
        StatusNik.SAH,
    ).astype(np.uint8)
    return status, nik


def _fill(parsed: ParsedNik, rows: Ints, array: pa.Array, pada: dt.date) -> None:
    """Judge the 16-character texts of `rows` into `parsed`."""
    value, digits = _swar(_sixteen_bytes(array))
    parsed.status[rows[~digits]] = StatusNik.BUKAN_ANGKA
    rows, value = rows[digits], value[digits]
    status, nik = _judge(value[:, 0], value[:, 1], pada)
    parsed.status[rows] = status
    parsed.nik[rows] = np.where(status == StatusNik.SAH, nik, 0)


def parse_nik(values: Cells, *, pada: dt.date) -> ParsedNik:
    """Read and check NIK cells as offices deliver them.

    Quotes, blanks, dots and hyphens are stripped; ``….0`` and exponents that kept
    all 16 digits are mended; numbers that lost digits are called TERPOTONG.

    Parameters
    ----------
    values
        Arrow, pandas or numpy column, or a list: text, integers or floats.
    pada
        Day of the extract; decides the century of the birth year.

    Returns
    -------
    ParsedNik
        Arrays of the length of `values`.

    Examples
    --------
    >>> import datetime as dt
    >>> digits = "82710341" + "07010001"
    >>> cells = [digits, f"'8271.0341.{digits[8:]}", "8,27103E+15", None]
    >>> parsed = parse_nik(cells, pada=dt.date(2025, 11, 30))
    >>> [StatusNik(code).name for code in parsed.status]
    ['SAH', 'SAH', 'TERPOTONG', 'KOSONG']
    >>> parsed.sah.tolist()
    [True, True, False, False]
    """
    array = _text_array(values)
    nik = np.zeros(len(array), np.int64)
    status = np.full(len(array), StatusNik.KOSONG, np.uint8)
    for start in range(0, len(array), _CHUNK):
        part = slice(start, start + _CHUNK)
        run = ParsedNik(nik[part], status[part])
        _fill_chunk(run, array.slice(start, _CHUNK), pada)
    return ParsedNik(nik, status)


def _fill_chunk(parsed: ParsedNik, array: pa.Array, pada: dt.date) -> None:
    """Judge one run of rows short enough to stay in the processor's cache."""
    import pyarrow.compute as pc

    plain = pc.equal(pc.binary_length(array), DIGITS).to_numpy(zero_copy_only=False)
    if plain.any():
        chosen = array if plain.all() else array.filter(plain)
        _fill(parsed, np.flatnonzero(plain), chosen, pada)
        plain &= parsed.status != StatusNik.BUKAN_ANGKA
    if not plain.all():
        _fill_odd(parsed, np.flatnonzero(~plain), array, pada)


def _fill_odd(parsed: ParsedNik, rows: Ints, array: pa.Array, pada: dt.date) -> None:
    """Clean the cells that are not 16 plain digits, then judge what is left."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cleaned = _clean_text(array.take(pa.array(rows)))
    length = pc.binary_length(cleaned).to_numpy(zero_copy_only=False)
    digits = pc.match_substring_regex(cleaned, "^[0-9]+$")
    digits = digits.to_numpy(zero_copy_only=False)
    parsed.status[rows] = StatusNik.PANJANG
    parsed.status[rows[~digits]] = StatusNik.BUKAN_ANGKA
    damaged = pc.equal(cleaned, "E").to_numpy(zero_copy_only=False)
    parsed.status[rows[damaged]] = StatusNik.TERPOTONG
    parsed.status[rows[length == 0]] = StatusNik.KOSONG
    whole = digits & (length == DIGITS)
    if whole.any():
        _fill(parsed, rows[whole], cleaned.filter(pa.array(whole)), pada)
