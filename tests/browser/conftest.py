"""Pages of made-up and sample regions, opened in Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jkn_analysis.briefing import build_area_briefing, build_briefing
from jkn_analysis.briefing.page_file import describe_page, write_page
from tests.browser.pages import render_page
from tests.conftest import require
from tests.unit.page_data import build_region, store_tables

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
LONGEST = "Kabupaten Penukal Abab Lematang Ilir Raya"


@pytest.fixture(scope="session")
def axe() -> str:
    """Return axe-core's source."""
    path = MODULES / "axe-core" / "axe.min.js"
    require(path.is_file(), "axe-core")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def validator() -> str:
    """Return the path of html-validate."""
    path = MODULES / ".bin" / "html-validate"
    require(path.exists() and shutil.which("node"), "html-validate")
    return str(path)


def _store_extremes(root: Path) -> dict[str, str]:
    """Store the awkward regions; return page name to code."""
    long_words = build_region("82.71")
    long_words["rapat"] = long_words["rapat"].assign(
        tempat="Ruang Rapat Lantai III Gedung Sekretariat Daerah " * 2, jenis="F" * 40
    )
    long_words["tindak_lanjut"] = long_words["tindak_lanjut"].assign(
        keputusan="Menyelesaikan tunggakan/pembayaran/rekonsiliasi/penyesuaian " * 3,
        penanggung_jawab="Dinas Kependudukan dan Pencatatan Sipil",
    )
    bare = build_region("82.72", penduduk=121_952, aktif=0.85)
    regions = {
        "migran_109": build_region(
            "82.02", penduduk=106_500, cakupan=1.0939, aktif=0.8777, unpaid=0
        ),
        "tanpa_tunggakan": {n: bare[n] for n in ("penduduk", "kepesertaan", "ramalan")},
        "60000_penunggak": build_region(
            "82.08", penduduk=66_361, cakupan=0.7, aktif=0.64, debtors=60_000
        ),
        "teks_panjang": long_words,
    }
    store_tables(list(regions.values()), root)
    return {
        name: tables["kepesertaan"]["kode"].iloc[0] for name, tables in regions.items()
    }


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> dict[str, Path]:
    """Render the awkward regions, the 28 of the sample, an area and the index."""
    folder = tmp_path_factory.mktemp("pages")
    made: dict[str, Path] = {}

    def write(name: str, html: str) -> None:
        made[name] = folder / f"{name}.html"
        made[name].write_text(html, encoding="utf-8")

    extremes = _store_extremes(folder / "ekstrem")
    for name, kode in extremes.items():
        page = build_briefing(kode, "2025-11", root=folder / "ekstrem")
        write(name, render_page(page))
    from dataclasses import replace

    page = build_briefing("82.71", "2025-11", root=folder / "ekstrem", bahasa="en")
    title = page.judul.replace(page.nama, LONGEST)
    write("nama_40_en", render_page(replace(page, nama=LONGEST, judul=title)))
    area = build_area_briefing("82", "2025-11", root=folder / "ekstrem")
    write("provinsi", render_page(area))
    for kode, html in _render_sample(folder / "contoh").items():
        write(kode, html)
    return made


def _render_sample(root: Path) -> dict[str, str]:
    """Render every region of the synthetic sample, the index and a provinsi."""
    import datetime as dt

    from jkn_analysis.config import read_config
    from jkn_analysis.masa_depan import build_ramalan
    from jkn_analysis.reporting.index_page import read_index_row, render_index
    from jkn_analysis.skenario.outcome import build_uang
    from jkn_sample import build_tables

    tables = dict(build_tables())
    made = build_ramalan(tables, config=read_config())
    money = build_uang(tables, made)
    store_tables([{**tables, **made, **money}], root)
    found, rows = {}, []
    for kode in sorted(tables["kepesertaan"]["kode"].unique()):
        page = build_briefing(kode, "2025-11", root=root)
        found[kode] = render_page(page)
        rows.append(read_index_row(write_page(describe_page(page)), f"{kode}.html"))
    for kode in ("82", "00"):
        found[kode] = render_page(build_area_briefing(kode, "2025-11", root=root))
    found["index"] = render_index(rows, periode=dt.date(2025, 11, 1), contoh=True)
    return found
