"""Beside members and premium: whom PBI JK reaches, and the region's fiscal room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.model import PageTable, Part
from jkn_analysis.briefing.moves import build_columns
from jkn_analysis.fiskal import FISKAL, Ruang, measure_ruang
from jkn_analysis.sasaran import SASARAN, USULAN, Sasaran, measure_sasaran

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context

_LEAST_RP = 1_000_000
"""Shortfall from which the cigarette tax is told to be short."""


def find_sasaran(context: Context) -> Sasaran | None:
    """Measure the targeting of the page's region; None without its tables."""
    tables = context.tables
    return context.once(
        SASARAN, lambda _: measure_sasaran(tables[SASARAN], tables[USULAN])
    )


def build_sasaran(context: Context) -> Part | None:
    """Say whom PBI JK misses and whom it need not reach; list the deciles."""
    told = tell_sasaran(context)
    if not told:
        return None
    table = _decile_table(context)
    return Part(
        "sasaran",
        context.words.say("sasaran.judul"),
        "siapa",
        tuple(told),
        berkas=() if table is None else (table,),
        terlipat=True,
    )


def tell_sasaran(context: Context) -> list[str]:
    """Say who is missed, what is proposed, and what came of the last proposal."""
    found, words = find_sasaran(context), context.words
    if found is None:
        return []
    told = []
    missed, over = found.miskin_tanpa_pbi_jiwa, found.mampu_dengan_pbi_jiwa
    if missed is not None and over is not None and found.periode is not None:
        values: dict[str, Any] = {
            "miskin": words.jumlah(missed), "mampu": words.jumlah(over),
            "tanggal": words.akhir(as_date(found.periode)),
        }  # fmt: skip
        told.append(words.say("sasaran.kalimat", values))
    for key, row in (("usulan", found.usulan), ("putusan", found.putusan)):
        if row is None or not row["diusulkan_jiwa"]:
            continue
        values = {
            "bulan": words.bulan(as_date(row["periode"])),
            "usul": words.jumlah(row["diusulkan_jiwa"]),
            "kuota": words.jumlah(row["kuota_pbi_jiwa"]),
        }
        if key == "putusan":
            won = row["diterima_jiwa"]
            rate = words.rate(won / row["diusulkan_jiwa"], 0)
            values |= {"terima": words.jumlah(won), "rate": rate}
        told.append(words.say(f"sasaran.{key}", values))
    return told


def _decile_table(context: Context) -> PageTable | None:
    """List people and PBI JK by decile; None without them."""
    words, rows = context.words, context.tables[SASARAN]
    if rows.empty:
        return None
    now = rows[rows["periode"].eq(rows["periode"].max())].sort_values("desil")
    now = now.assign(tanpa_jiwa=now["jiwa"] - now["pbi_jiwa"])
    hidden = words.teks(words.say("sasaran.tersembunyi"))
    cells = tuple(
        (
            words.teks(str(row["desil"])),
            *(
                hidden if pd.isna(row[name]) else words.angka_jiwa(row[name])
                for name in ("jiwa", "pbi_jiwa", "tanpa_jiwa")
            ),
        )
        for row in now.to_dict("records")
    )
    columns = build_columns(
        context, "sasaran.kolom_desil", "sasaran.kolom_jiwa", "sasaran.kolom_pbi",
        "sasaran.kolom_tanpa",
    )  # fmt: skip
    when = {"tanggal": words.akhir(as_date(now["periode"].iloc[0]))}
    title = words.say("sasaran.judul_tabel", when)
    note = words.say("sasaran.catatan")
    return PageTable(SASARAN, title, columns, cells, catatan=note)


def find_ruang(context: Context) -> Ruang | None:
    """Measure the fiscal room of the page's region; None without its table."""
    tables = context.tables
    return context.once(
        FISKAL,
        lambda _: measure_ruang(
            tables[FISKAL],
            tables["anggaran"],
            tables["iuran_pemda"],
            tanggal=context.potongan.tanggal,
        ),
    )


def tell_ruang(context: Context) -> list[str]:
    """Say the premium's share of APBD, the cigarette tax and what may be cut."""
    room, words = find_ruang(context), context.words
    if room is None:
        return []
    told = []
    if room.porsi_rate is not None:
        values = {
            "tahun": room.tahun, "rate": words.rate(room.porsi_rate, 1),
            "apbd": words.rp(room.apbd_rp),
        }  # fmt: skip
        told.append(words.say("fiskal.porsi", values))
    return told + _tell_cigarettes(context, room) + _tell_cut(context, room)


def _tell_cigarettes(context: Context, room: Ruang) -> list[str]:
    """Say what the cigarette tax owes JKN and what is budgeted of it."""
    words, due, rule = context.words, room.rokok_wajib_rp, room.rokok_aturan
    budgeted = room.rokok_jkn_rp
    if due is None or rule is None or room.rokok_rp is None or budgeted is None:
        return []
    values = {
        "rokok": words.rp(room.rokok_rp), "bagian": words.rate(rule.nilai or 0.0, 1),
        "wajib": words.rp(due), "anggaran": words.rp(budgeted),
        "kurang": words.rp(due - budgeted), "aturan": rule.sumber.partition(" (")[0],
    }  # fmt: skip
    short = due - budgeted >= _LEAST_RP
    return [words.say(f"fiskal.rokok_{'kurang' if short else 'cukup'}", values)]


def _tell_cut(context: Context, room: Ruang) -> list[str]:
    """Say which debt may be cut from DAU and DBH, and how sure that is."""
    words, rule = context.words, room.potong_aturan
    if rule is None or not room.utang_lama_rp:
        return []
    amount = words.say("fiskal.dau_kosong")
    if room.dau_dbh_rp is not None:
        amount = words.say("fiskal.dari_dau", {"rp": words.rp(room.dau_dbh_rp)})
    sure = "pasti" if rule.kepastian == "pasti" else "belum"
    values = {
        "umur": int(rule.nilai or 0), "utang": words.rp(room.utang_lama_rp),
        "dau": amount, "yakin": words.say(f"fiskal.{sure}"), "aturan": rule.sumber,
    }  # fmt: skip
    return [words.say("fiskal.potong", values)]


def list_figures(context: Context) -> list[tuple[str, object, str]]:
    """List name, value and table of every figure told here."""
    reach, room = find_sasaran(context), find_ruang(context)
    names = {
        SASARAN: (reach, ("miskin_tanpa_pbi_jiwa", "mampu_dengan_pbi_jiwa")),
        FISKAL: (room, ("porsi_rate", "rokok_wajib_rp", "rokok_jkn_rp",
                        "utang_lama_rp")),
    }  # fmt: skip
    return [
        (f"fiskal_{name}" if table == FISKAL else name, getattr(found, name), table)
        for table, (found, own) in names.items()
        for name in own
        if found is not None
    ]
