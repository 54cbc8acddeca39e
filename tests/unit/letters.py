"""A small page and the letter about it, for tests of mail."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields

from jkn_analysis.briefing.model import (
    Briefing,
    Figure,
    FirstScreen,
    Letters,
    OfficeNote,
)
from jkn_analysis.delivery.message import Letter

MONTH = dt.date(2025, 11, 1)
_PAGE = {field.name for field in fields(Briefing)}
_LETTER = {field.name for field in fields(Letter)}


def make_page(**changes) -> Briefing:
    """Build a page of Kota Ternate; `kalimat`, `keputusan`, `baris` lie deeper."""
    rate = Figure("keaktifan_penduduk_rate", "82.71", MONTH, 0.79, "rate", "79,0%")
    surat = {
        "data_per": "30 November 2025",
        "kalimat": ("Satu kalimat.",),
        **{name: changes[name] for name in ("kalimat", "keputusan") if name in changes},
    }
    layar = FirstScreen((("Syarat 80%.", False),), None, (), changes.get("baris", ()))
    values = {
        "kode": "82.71", "nama": "Kota Ternate", "nama_provinsi": "Maluku Utara",
        "periode": MONTH, "bahasa": "id", "contoh": False,
        "judul": "Kota Ternate kurang 2.109 jiwa", "nada": "buruk", "kepala": "",
        "kipas": None, "bagian": (), "kaki": "Disusun dari data BPJS Kesehatan.",
        "figures": (rate,), "surat": Letters(**surat), "layar": layar,
    }  # fmt: skip
    return Briefing(**{**values, **{k: v for k, v in changes.items() if k in _PAGE}})


def make_letter(**changes) -> Letter:
    """Build a letter; `pokok`, `kantor` and `lead` are its note's."""
    note = OfficeNote(
        changes.get("kantor", "BPKAD"),
        changes.get("pokok", "kurang 2.109 jiwa"),
        changes.get("lead", ("Lunasi.",)),
    )
    own = {name: value for name, value in changes.items() if name in _LETTER}
    values = {"meeting": None, "report_sha256": "ab" * 32, "note": note, **own}
    return Letter(make_page(**changes), **values)
