"""What was refused or not sent, by whom, and what the page could answer with it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from jkn_analysis.terms import Kantor

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.words import Words
    from jkn_analysis.store import Refused

PERLU: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (Kantor.BPJS, "kepesertaan", ("kepesertaan",)),
    (Kantor.DUKCAPIL, "penduduk", ("penduduk",)),
    (Kantor.BPKAD, "iuran_pemda", ("iuran_pemda", "anggaran")),
    (Kantor.BPJS, "tunggakan_peserta", ("tunggakan_peserta", "iuran")),
    (Kantor.SEKDA, "rapat", ("rapat", "tindak_lanjut")),
    (Kantor.DINSOS, "selisih", ("selisih",)),
    (Kantor.DINKES, "faskes", ("faskes",)),
)
"""Office, text and tables of each delivery, the most useful first."""


BULAN_CUKUP = 24
"""Months of membership with which a forecast can be tested and knows its season."""


def list_absent(context: Context) -> tuple[str, ...]:
    """Name every delivery that is not there, its office, and what it would answer."""
    words = context.words
    wanted: list[tuple[str, str, list[str]]] = [
        (Kantor.BPJS, key, [key]) for key in _list_finer(context)
    ]
    for office, key, tables in PERLU:
        lacking = [name for name in tables if context.tables[name].empty]
        wanted += [(office, key, lacking)] if lacking else []
    told = []
    for office, key, names in wanted:
        data = ", ".join(words.say(f"belum.data_{name}") for name in names)
        values = {
            "data": data[:1].upper() + data[1:],
            "kantor": office,
            "guna": words.say(f"belum.guna_{key}"),
        }
        told.append(words.say("belum.kalimat", values))
    return tuple(told)


def _list_finer(context: Context) -> list[str]:
    """Name what the membership that was sent leaves out: segmen, reasons, months."""
    panel = context.tables["kepesertaan"]
    if panel.empty:
        return []
    reasons = panel[["nonaktif_menunggak_jiwa", "nonaktif_mutasi_jiwa"]]
    lacks = {
        "segmen": not context.bersegmen,
        "sebab": context.bersegmen and bool(reasons.isna().all(axis=None)),
        "bulan": panel["periode"].nunique() < BULAN_CUKUP,
    }
    return [name for name, lacking in lacks.items() if lacking]


def tell_refused(one: Refused, words: Words) -> str:
    """Say which delivery is refused or gone, and what stands in."""
    when = one.sejak if one.sebab == "hilang" else one.tiba
    values = {
        "berkas": one.file.rsplit("/", 1)[-1],
        "tanggal": _day(when, words),
        "dipakai": _day(one.dipakai, words),
        "n": one.cells,
    }
    key = "ditolak_sel" if one.sebab == "ditolak" and one.cells else one.sebab
    text = words.say(f"kiriman.{key}", values)
    if one.dipakai:
        text += f" ({words.say('kiriman.dipakai', values)})"
    return text


def _day(text: str, words: Words) -> str:
    """Write a day of the manifest; unknown where it has none."""
    if not text:
        return words.say("umum.tidak_tersedia")
    return words.tanggal(dt.date.fromisoformat(text))
