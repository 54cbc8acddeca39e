"""Facilities, the care participants use, and the care at risk while cover is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.model import Amount, PageTable, Part
from jkn_analysis.briefing.moves import build_columns
from jkn_analysis.formats import format_number
from jkn_analysis.indicators import INDICATORS
from jkn_analysis.layanan import LAYANAN, Risiko, find_rates

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context

_FACILITIES = ("fktp", "fkrtl", "dokter", "tempat_tidur")
_USED = (
    "kunjungan_fktp", "rawat_jalan", "rawat_inap", "persalinan", "cuci_darah",
    "klaim_tertunda", "klaim_tertunda_rp", "keluhan_administrasi", "keluhan_layanan",
    "keluhan_obat",
)  # fmt: skip


def build_facilities(context: Context) -> Part | None:
    """Say how many facilities and doctors there are, and what hinders."""
    table = context.tables["faskes"].sort_values("periode")
    if table.empty:
        return None
    words = context.words
    last = table.iloc[-1]
    counts = {name: words.jumlah(last[name]) for name in _FACILITIES[:3]}
    date = words.akhir(as_date(last["periode"]))
    told = words.say("faskes.kalimat", {**counts, "tanggal": date})
    hindered = not pd.isna(last["kendala"]) and bool(str(last["kendala"]).strip())
    if hindered:
        reason = str(last["kendala"]).strip().rstrip(".")
        told += f" {words.say('faskes.kendala')}: {reason}."
    rows = tuple(
        (words.teks(words.say(f"faskes.{name}")), words.angka_jiwa(last[name]))
        for name in _FACILITIES
        if not pd.isna(last[name])
    )
    columns = build_columns(context, "faskes.kolom_hal", "faskes.kolom_jumlah")
    small = PageTable(
        "faskes", words.say("faskes.judul", {"tanggal": date}), columns, rows
    )
    title = words.say("bagian.faskes")
    return Part(
        "faskes", title, "siapa", (told,), berkas=(small,), terlipat=not hindered
    )


def build_care(context: Context) -> Part | None:
    """List the care used beside the provinsi's, and say who is at risk uncovered."""
    rows = context.tables[LAYANAN]
    if rows.empty and context.tables["faskes"].empty:
        return None
    tables = [_used_table(context), _rate_table(context)]
    told = _tell_used(context) + tell_risk(context)
    if not told:
        return None
    return Part(
        LAYANAN,
        context.words.say("layanan.judul"),
        "siapa",
        tuple(told),
        berkas=tuple(table for table in tables if table is not None),
        terlipat=True,
    )


def find_risk(context: Context) -> Risiko | None:
    """Measure the care the inactive need in a month; None without counts."""
    return context.once("risiko", _measure_risk)


def _measure_risk(context: Context) -> Risiko | None:
    """Hold the rates of care against the inactive of the newest month."""
    if context.history is None:
        return None
    frame = context.history.frame.set_index("periode")
    idle = context.history.last["terdaftar_jiwa"] - context.history.last["aktif_jiwa"]
    if pd.isna(idle) or idle <= 0:
        return None
    active = frame["aktif_jiwa"].astype("Float64").astype("float64")
    day = context.potongan.tanggal
    return Risiko(int(idle), find_rates(context.tables[LAYANAN], active, tanggal=day))


def tell_risk(context: Context) -> list[str]:
    """Say how many of the inactive are expected to need care in a month, and why."""
    found, words = find_risk(context), context.words
    if found is None or not found.laju:
        return []
    parts = []
    for name, count in found.harapan.items():
        if count:
            mark = "*" if found.laju[name].aturan else ""
            values = {"jiwa": words.jumlah(count), "tanda": mark}
            parts.append(words.say(f"layanan.harapan_{name}", values))
    if not parts:
        return []
    joined = ", ".join(parts)
    told = words.say(
        "layanan.risiko", {"n": words.jumlah(found.nonaktif_jiwa), "isi": joined}
    )
    rules = [rate.aturan for rate in found.laju.values() if rate.aturan is not None]
    if rules:
        named = "; ".join(rule.sumber.partition(":")[0] for rule in rules)
        told += " " + words.say("layanan.nasional", {"sumber": named})
    return [told]


def _tell_used(context: Context) -> list[str]:
    """Say what stands out of the newest month: visits, claims, complaints."""
    rows, words = context.tables[LAYANAN], context.words
    if rows.empty:
        return []
    last = rows.sort_values("periode").iloc[-1]
    told = [
        words.say(
            f"layanan.pakai_{name}",
            {"n": words.rp(last[name]) if name.endswith("_rp") else
             words.jumlah(last[name])},
        )
        for name in ("kunjungan_fktp", "rawat_inap", "klaim_tertunda_rp")
        if not pd.isna(last[name]) and last[name]
    ]  # fmt: skip
    kinds = {name: last[name] for name in _USED if name.startswith("keluhan")}
    known = {name: count for name, count in kinds.items() if not pd.isna(count)}
    if known and max(known.values()):
        most = max(known, key=lambda name: known[name])
        values = {"jenis": words.say(f"layanan.{most}").lower()}
        told.append(
            words.say("layanan.keluhan", values | {"n": words.jumlah(known[most])})
        )
    if not told:
        return []
    month = words.bulan(as_date(last["periode"]))
    values = {"bulan": month, "isi": ", ".join(told)}
    return [words.say("layanan.kalimat", values)]


def _used_table(context: Context) -> PageTable | None:
    """List the counts of the newest month; a hidden one is said to be hidden."""
    rows, words = context.tables[LAYANAN], context.words
    if rows.empty:
        return None
    last = rows.sort_values("periode").iloc[-1]
    cells = []
    for name in _USED:
        value = last[name]
        amount = (
            words.angka_rp(value) if name.endswith("_rp") else (words.angka_jiwa(value))
        )
        if pd.isna(value):
            amount = words.teks("–")
        cells.append((words.teks(words.say(f"layanan.{name}")), amount))
    columns = build_columns(context, "faskes.kolom_hal", "faskes.kolom_jumlah")
    values = {"bulan": words.bulan(as_date(last["periode"]))}
    title = words.say("layanan.judul_jumlah", values)
    note = words.say("layanan.catatan")
    return PageTable(LAYANAN, title, columns, tuple(cells), catatan=note)


def _rate_table(context: Context) -> PageTable | None:
    """List rates per 1.000 participants and per doctor beside the provinsi's."""
    measured = context.tables.get("ukuran_layanan")
    if measured is None or measured.empty:
        return None
    words, wilayah = context.words, context.potongan.wilayah
    known = measured.dropna(subset=["nilai"]).sort_values("periode")
    last = known.groupby(["indikator", "kode"])["nilai"].last()
    cells = []
    for name, indicator in INDICATORS.items():
        if not indicator.per or (name, wilayah.kode) not in last.index:
            continue
        amounts = [
            _write(context, last.get((name, kode)), indicator.per)
            for kode in (wilayah.kode, wilayah.kode_provinsi)
        ]
        cells.append((words.teks(words.say(f"layanan.{name}")), *amounts))
    if not cells:
        return None
    columns = build_columns(
        context, "faskes.kolom_hal", "layanan.kolom_wilayah", "layanan.kolom_provinsi"
    )
    title = words.say("layanan.judul_laju")
    return PageTable("layanan_laju", title, columns, tuple(cells))


def _write(context: Context, value: float | None, scale: int) -> Amount:
    """Write a rate times its scale with one decimal; a dash where there is none."""
    if value is None:
        return context.words.teks("–")
    shown = float(value) * scale
    text = format_number(shown, 1, bahasa=context.words.bahasa)
    return Amount(shown, "jumlah", text)


def list_expected(context: Context) -> list[tuple[str, object, str]]:
    """List name, value and source of the care expected while cover is off."""
    found = find_risk(context)
    if found is None:
        return []
    listed: list[tuple[str, object, str]] = []
    for name, count in found.harapan.items():
        rule = found.laju[name].aturan
        listed.append(
            (f"risiko_{name}_jiwa", count, LAYANAN if rule is None else rule.sumber)
        )
    return listed
