"""Boards for JupyterLab: the batch's own calls behind pickers and sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.jelajah.start import show_isi, show_tautan
from jkn_analysis.jelajah.views import (
    Pandangan,
    Pilihan,
    build_pandangan,
    build_ringkasan,
)

if TYPE_CHECKING:
    from jkn_analysis.jelajah.age import PilihanTunggakan
    from jkn_analysis.jelajah.keaktifan import PapanKeaktifan
    from jkn_analysis.jelajah.tunggakan import PapanTunggakan

__all__ = [
    "Pandangan",
    "Pilihan",
    "build_pandangan",
    "build_ringkasan",
    "jelajahi_keaktifan",
    "jelajahi_tunggakan",
    "pilih_tunggakan",
    "show_isi",
    "show_tautan",
]


def jelajahi_keaktifan(pilihan: Pilihan) -> PapanKeaktifan:
    """Open the activity board on a first choice, on the project's own tables."""
    from jkn_analysis.config import find_root, read_config
    from jkn_analysis.jelajah.keaktifan import PapanKeaktifan

    config = read_config(root=find_root())
    return PapanKeaktifan(pilihan, root=config.paths.processed)


def pilih_tunggakan(
    kode: str,
    *,
    mulai: str = "",
    potong_pbi_persen: float = 0.0,
    kuota_persen: float = 0.0,
    rehab_persen: float = 0.0,
    pemutihan_kelas: int = 0,
) -> PilihanTunggakan:
    """Choose a region and a what-if for the arrears board."""
    from jkn_analysis.jelajah.age import PilihanTunggakan

    sliders = (potong_pbi_persen, kuota_persen, rehab_persen)
    return PilihanTunggakan(kode, mulai, *sliders, pemutihan_kelas)


def jelajahi_tunggakan(pilihan: PilihanTunggakan) -> PapanTunggakan:
    """Open the arrears board on a first choice, on the project's own tables."""
    from jkn_analysis.config import find_root, read_config
    from jkn_analysis.jelajah.tunggakan import PapanTunggakan

    config = read_config(root=find_root())
    return PapanTunggakan(pilihan, root=config.paths.processed)
