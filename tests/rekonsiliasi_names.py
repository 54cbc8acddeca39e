"""What tests of registers of persons ask of single names and codes."""

from __future__ import annotations

import pyarrow as pa

from jkn_analysis.personal import list_nik_kode
from jkn_analysis.rekonsiliasi.names import split_names


def normalize_name(name: str) -> tuple[str, ...]:
    """Return the comparable parts of one name, in its order."""
    words = split_names(pa.array([name]))
    return tuple(part for code in words.code for part in words.distinct[code])


def list_kode(*, lama: bool | None = None) -> list[str]:
    """List region codes a NIK may begin with: no longer in force, current, or both."""
    newest = max(int(last) for last in list_nik_kode().values())
    return [
        f"{kode[:2]}.{kode[2:]}"
        for kode, last in sorted(list_nik_kode().items())
        if lama is None or lama == (int(last) != newest)
    ]
