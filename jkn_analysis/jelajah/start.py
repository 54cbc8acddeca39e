"""The start page: what is loaded, as of when, and where to go from here."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.formats import format_number, format_periode
from jkn_analysis.store import has_table, list_tables, read_manifest, read_table

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOK_TUJUAN = (
    ("jelajah_keaktifan", "Keaktifan: wilayah, segmen, ramalan, skenario"),
    ("jelajah_tunggakan", "Tunggakan: umur, laju, penagihan, bagaimana-jika"),
    ("briefing_kabupaten", "Halaman satu kabupaten/kota"),
    ("briefing_provinsi", "Halaman satu provinsi"),
    ("briefing_nasional", "Halaman nasional"),
    ("kualitas_data", "Apa yang terbaca, ditolak, dicurigai"),
    ("uji_model", "Kartu model: seberapa jauh ramalan dapat dipercaya"),
    ("rekonsiliasi", "Selisih register sebagai jumlah"),
    ("panduan", "Menambah indikator dan tata letak kiriman sendiri"),
)


class DaftarTabel:
    """A small table with a sentence above it, shown as HTML."""

    def __init__(self, kalimat: str, tabel: pd.DataFrame) -> None:
        self.kalimat = kalimat
        self.tabel = tabel

    def _repr_html_(self) -> str:
        """Write the sentence and the table."""
        with pd.option_context("display.max_colwidth", None):
            body = self.tabel.to_html(index=False, border=0, justify="left")
        return f"<p>{html.escape(self.kalimat)}</p>{body}"


def list_isi(*, root: Path) -> pd.DataFrame:
    """List the stored tables: rows, regions and the last month each one has.

    Returns
    -------
    DataFrame
        ``Tabel, Baris, Wilayah, Sampai`` as finished texts.
    """
    rows = []
    for name in list_tables(root):
        table = read_table(name, root=root)
        months = table["periode"].max() if "periode" in table and len(table) else None
        regions = table["kode"].nunique() if "kode" in table else None
        rows.append(
            {
                "Tabel": name,
                "Baris": format_number(len(table)),
                "Wilayah": "" if regions is None else format_number(regions),
                "Sampai": "" if months is None else format_periode(months),
            }
        )
    return pd.DataFrame(rows, columns=["Tabel", "Baris", "Wilayah", "Sampai"])


def show_isi(*, root: Path) -> DaftarTabel:
    """Say what is loaded and as of when; say plainly if it is sample data."""
    tabel = list_isi(root=root)
    if not has_table("ukuran", root=root):
        text = "Belum ada data. Jalankan: jkn build, lalu jkn forecast."
        return DaftarTabel(text, tabel)
    last = read_table("ukuran", root=root, columns=["periode"])["periode"].max()
    contoh = read_manifest(root)["contoh"]
    mark = "DATA CONTOH (sintetis), bukan angka sebenarnya. " if contoh else ""
    text = f"{mark}{len(tabel)} tabel termuat; keadaan akhir {format_periode(last)}."
    return DaftarTabel(text, tabel)


def show_tautan(*, notebooks: Path) -> DaftarTabel:
    """List the other notebooks as links that open beside this one."""
    links = [
        {"Notebook": f'<a href="{name}.ipynb">{name}</a>', "Untuk": html.escape(arti)}
        for name, arti in NOTEBOOK_TUJUAN
        if (notebooks / f"{name}.ipynb").is_file()
    ]
    return _Tautan("Buka yang mana?", pd.DataFrame(links))


class _Tautan(DaftarTabel):
    """A table whose first column holds links of our own making."""

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None):
            body = self.tabel.to_html(
                index=False, border=0, justify="left", escape=False
            )
        return f"<p>{html.escape(self.kalimat)}</p>{body}"
