"""Rows of a register made comparable: the table both linkage and its model read.

Clear values; lives in memory only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jkn_analysis.rekonsiliasi.names import build_name_columns, split_names
from jkn_analysis.rekonsiliasi.nik import parse_nik

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd
    import pyarrow as pa

RECORD_COLUMNS = (
    "id", "nik", "nik_teks", "nama", "nama_gabung", "nama_urut", "nama_depan",
    "nama_akhir", "kata", "lahir", "lahir_tukar", "tahun", "bulan_hari", "jk", "kode",
    "kk",
    "alamat",
    "sidik",
)  # fmt: skip
_SHORTEST_NIK = 14


def build_records(frame: pd.DataFrame, *, pada: dt.date) -> pa.Table:
    """Make the rows of one register comparable with those of another.

    Parameters
    ----------
    frame
        Canonical register columns; ``nama`` and ``tanggal_lahir`` are needed,
        ``nik``, ``jenis_kelamin``, ``kode``, ``no_kk`` used where present.
    pada
        Day of the extract.

    Returns
    -------
    pyarrow.Table
        One row per row, in the same order, with `RECORD_COLUMNS`; ``id`` counts
        from 0. Dates are ISO text so that every engine compares them alike.
    """
    import pyarrow as pa

    words = split_names(pa.array(frame["nama"], pa.string(), from_pandas=True))
    names = build_name_columns(words)
    count = np.bincount(words.row, minlength=len(frame))
    columns = {"id": pa.array(np.arange(len(frame)))}
    columns |= _nik_columns(frame, pada) | names
    columns |= {"kata": pa.array(count, pa.int32())} | _date_columns(frame)
    columns |= {
        "jk": _text(frame, "jenis_kelamin", within=("L", "P")),
        "kode": _text(frame, "kode"),
        "kk": _text(frame, "no_kk"),
        "alamat": _address(frame),
        "sidik": _fingerprint(frame),
    }
    return pa.table({name: columns[name] for name in RECORD_COLUMNS})


def _nik_columns(frame: pd.DataFrame, pada: dt.date) -> dict[str, pa.Array]:
    """Return the valid number, and the digits as written for near matches."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "nik" not in frame:
        empty = pa.nulls(len(frame), pa.int64())
        return {"nik": empty, "nik_teks": empty.cast(pa.string())}
    text = frame["nik"].astype("str")
    parsed = parse_nik(frame["nik"], pada=pada)
    nik = pa.array(parsed.nik, mask=~parsed.sah)
    digits = pc.replace_substring_regex(
        pa.array(text, pa.string(), from_pandas=True), r"[^0-9]", ""
    )
    length = pc.binary_length(digits)
    whole = pc.and_(pc.greater_equal(length, _SHORTEST_NIK), pc.less_equal(length, 17))
    written = pc.if_else(whole, digits, None)
    return {"nik": nik, "nik_teks": pc.coalesce(nik.cast(pa.string()), written)}


def _date_columns(frame: pd.DataFrame) -> dict[str, pa.Array]:
    """Return the birth date, the same with day and month swapped, and parts."""
    import pandas as pd
    import pyarrow as pa

    born = pd.to_datetime(frame["tanggal_lahir"], errors="coerce")
    text = {
        "lahir": born.dt.strftime("%Y-%m-%d"),
        "lahir_tukar": born.dt.strftime("%Y-%d-%m"),
        "bulan_hari": born.dt.strftime("%m-%d"),
    }
    columns = {
        name: pa.array(values, pa.string(), from_pandas=True)
        for name, values in text.items()
    }
    columns["tahun"] = pa.array(born.dt.year.astype("Int32"))
    return columns


def _text(frame: pd.DataFrame, name: str, *, within: tuple[str, ...] = ()) -> pa.Array:
    """Return a column as text, null where absent, empty or not one of `within`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name not in frame:
        return pa.nulls(len(frame), pa.string())
    values = pa.array(frame[name].astype("str"), pa.string(), from_pandas=True)
    known = pc.not_equal(values, "")
    if within:
        known = pc.is_in(values, pa.array(within, pa.string()))
    return pc.if_else(known, values, None)


def _fingerprint(frame: pd.DataFrame) -> pa.Array:
    """Give rows a number by all they hold: ties are then never broken by place."""
    import pandas as pd
    import pyarrow as pa

    inside = [name for name in sorted(frame.columns) if name != "baris"]
    texts = frame[inside].astype("str").fillna("")
    return pa.array(pd.util.hash_pandas_object(texts, index=False).to_numpy())


def _address(frame: pd.DataFrame) -> pa.Array:
    """Return the address in capitals without signs; the street words are dropped."""
    import pyarrow.compute as pc

    text = pc.utf8_upper(_text(frame, "alamat"))
    for pattern, new in (
        (r"[^A-Z0-9]+", " "),
        (r"\b(JL|JLN|JALAN|NO|NOMOR|RT|RW|DS|DESA|KEL|KELURAHAN|DUSUN|LR|GG)\b", " "),
        (r"\b0+", ""),
        (r" +", " "),
    ):
        text = pc.replace_substring_regex(text, pattern, new)
    text = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(text, ""), None, text)
