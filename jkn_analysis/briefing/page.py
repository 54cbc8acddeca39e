"""What every page has in common, whatever the area it speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jkn_analysis.briefing.first_screen import build_head
from jkn_analysis.briefing.model import Briefing

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.model import Bagian, Kartu, Kipas, Nada, Permintaan


def build_page(
    context: Context,
    *,
    verdict: tuple[str, Nada],
    kartu: tuple[Kartu, ...],
    kipas: Kipas | None,
    bagian: tuple[Bagian, ...],
    jenis: Literal["kabupaten", "provinsi", "nasional"] = "kabupaten",
    permintaan: tuple[Permintaan, ...] = (),
) -> Briefing:
    """Put head, verdict, parts and footer of a page together."""
    from jkn_analysis import __version__

    words, potongan = context.words, context.potongan
    footer = {"sumber": "BPJS Kesehatan, BPKAD, Dukcapil", "versi": __version__}
    title, mood = verdict
    return Briefing(
        kode=potongan.wilayah.kode,
        nama=context.nama,
        nama_provinsi=potongan.wilayah.nama_provinsi,
        periode=potongan.periode,
        bahasa=words.bahasa,
        skenario=context.skenario,
        contoh=potongan.is_contoh,
        judul=title,
        nada=mood,
        kepala=build_head(context),
        kartu=kartu,
        kipas=kipas,
        bagian=bagian,
        kaki=words.say("kaki.isi", footer),
        rapat=context.rapat,
        jenis=jenis,
        permintaan=permintaan,
        figures=tuple(context.figures.values()),
        versi=__version__,
    )
