"""What every page has in common, whatever the area it speaks of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from jkn_analysis.briefing.absent import list_absent
from jkn_analysis.briefing.first_screen import (
    build_first_screen,
    build_head,
    build_verdict,
)
from jkn_analysis.briefing.letters import build_letters
from jkn_analysis.briefing.model import Briefing
from jkn_analysis.terms import Kantor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.model import (
        Fan,
        FirstScreen,
        Nada,
        Part,
        Permintaan,
    )


def _list_sources(context: Context) -> list[str]:
    """Name the offices whose data the page rests on."""
    tables = {
        Kantor.BPJS: ("kepesertaan", "tunggakan_peserta", "iuran"),
        Kantor.BPKAD: ("iuran_pemda", "anggaran"),
        Kantor.DUKCAPIL: ("penduduk",),
        Kantor.DINKES: ("faskes",),
    }
    return [
        str(office)
        for office, names in tables.items()
        if any(len(context.tables[name]) for name in names)
    ]


def _name_workbook(context: Context, parts: Sequence[Part | None]) -> tuple[Part, ...]:
    """Drop the parts without data; say last which tables stand in the workbook."""
    words, potongan = context.words, context.potongan
    there = [part for part in parts if part is not None]
    titles = [table.judul for part in there for table in part.berkas]
    if titles and there[-1].nama == "asal":
        name = f"tabel-{potongan.kode}-{potongan.periode:%Y-%m}.xlsx"
        values = {"berkas": name, "isi": "; ".join(titles)}
        told = words.say("lampiran.buku", values)
        there[-1] = replace(there[-1], kalimat=(*there[-1].kalimat, told))
    return tuple(there)


def build_page(
    context: Context,
    *,
    kipas: Fan | None,
    bagian: Sequence[Part | None],
    permintaan: tuple[Permintaan, ...] = (),
    title: tuple[str, Nada] | None = None,
    layar: FirstScreen | None = None,
    jenis: Literal["kabupaten", "provinsi", "nasional"] = "kabupaten",
) -> Briefing:
    """Put head, parts and foot of a page together; a part without data is left out."""
    from jkn_analysis import __version__

    words, potongan = context.words, context.potongan
    foot = {"sumber": ", ".join(_list_sources(context)), "versi": __version__}
    foot["rapat"] = ""
    if context.rapat is not None:
        where = {"jenis": context.rapat.jenis, "tempat": context.rapat.tempat}
        foot["rapat"] = words.say("kaki.rapat", where)
    judul, mood = title or build_verdict(context, permintaan)
    parts = _name_workbook(context, bagian)
    return Briefing(
        kode=potongan.wilayah.kode,
        nama=context.nama,
        nama_provinsi=potongan.wilayah.nama_provinsi,
        periode=potongan.periode,
        bahasa=words.bahasa,
        contoh=potongan.is_contoh,
        judul=judul,
        nada=mood,
        kepala=build_head(context),
        layar=layar or build_first_screen(context, permintaan),
        kipas=kipas,
        bagian=parts,
        kaki=words.say("kaki.isi" if foot["sumber"] else "kaki.kosong", foot),
        rapat=context.rapat,
        jenis=jenis,
        permintaan=permintaan,
        figures=tuple(context.figures.values()),
        versi=__version__,
        belum=list_absent(context) if jenis == "kabupaten" else (),
        surat=build_letters(context, permintaan, parts),
    )
