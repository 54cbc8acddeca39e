"""The tutorial's practice delivery: made up, small, with one heading nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.config import find_root
from jkn_analysis.store import (
    list_tables,
    read_manifest,
    read_table,
    write_tables,
    write_text,
)
from jkn_analysis.wilayah import fix_kode

if TYPE_CHECKING:
    from pathlib import Path

    from jkn_analysis.config import Config

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


def forecast_latihan(kode: str | float, *, config: Config) -> Path:
    """Measure and forecast one region into ``.jkn/latihan/<kode>``; return the folder.

    The region's stored deliveries and events are copied there first; the real tables
    stay as they are.
    """
    from jkn_analysis.masa_depan import build_ramalan
    from jkn_analysis.measures import build_ukuran
    from jkn_analysis.tables import DELIVERED, TABLES

    kode = fix_kode(kode)
    folder = find_root() / ".jkn" / "latihan" / kode
    root = config.paths.processed
    names = [name for name in list_tables(root) if name in DELIVERED]
    tables = {
        name: read_table(name, root=root, kode=[kode, "00"])
        if "kode" in TABLES[name].names
        else read_table(name, root=root)
        for name in names
    }
    tables["ukuran"] = build_ukuran(
        tables, sumber_penduduk=config.build.sumber_penduduk
    )
    tables |= build_ramalan(tables, config=config)
    write_tables(tables, root=folder, contoh=read_manifest(root)["contoh"])
    return folder
