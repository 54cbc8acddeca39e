"""The tutorial's practice delivery: made up, small, with one heading nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.jelajah.start import DaftarTabel
from jkn_analysis.store import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jkn_analysis.cleaning import Problem

KIRIMAN = """\
DATA CONTOH - Jumlah fasilitas kesehatan
Dinas Kesehatan Provinsi Maluku Utara

Kab/Kota;Per;Jml Puskesmas & Klinik;RS;Dokter Bertugas
Kota Ternate;30 Nopember 2025;24;6;402
Kota Tikep;30 Nopember 2025;18;2;187
Halut;30 Nopember 2025;22;2;145
JUMLAH;;64;10;734
Sumber: data latihan, bukan angka sebenarnya
"""


def write_latihan(*, root: Path) -> Path:
    """Write the practice delivery under ``.jkn/latihan`` and return its path."""
    path = root / ".jkn" / "latihan" / "faskes" / "faskes_2025-11.csv"
    write_text(path, KIRIMAN)
    return path


def show_masalah(problems: Sequence[Problem]) -> DaftarTabel:
    """Show problems as a table: where, what, what to do."""
    rows = [
        (problem.place, f"{problem.message} {problem.value}", problem.remedy)
        for problem in problems
    ]
    table = pd.DataFrame(rows, columns=["Tempat", "Masalah", "Langkah"])
    return DaftarTabel(f"{len(rows)} masalah.", table)
