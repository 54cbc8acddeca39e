"""The decisions of a page in words: who, what, people, rupiah, by when, else what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.context import find_uang, select_asks
from jkn_analysis.briefing.data import as_date, end_of_month
from jkn_analysis.briefing.model import Amount, Heading, PageTable, Part, Permintaan
from jkn_analysis.briefing.outlook import build_way
from jkn_analysis.peraturan import iuran_rp, look_up
from jkn_analysis.uhc import needed_jiwa

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.model import Nada

_HARI_SEBULAN = 365 / 12
HARI_INI = 3
"""Decisions of the first screen."""


def find_tariff(context: Context) -> int:
    """Return what the region pays per person-month, its own price where known."""
    told = find_uang(context, "tarif_rp")
    if told is not None:
        return round(told)
    return iuran_rp("PBPU Pemda", tanggal=context.potongan.tanggal)


def find_gap(context: Context) -> int:
    """Count the active people missing now."""
    judged = context.status
    return (judged.gap_keaktifan_jiwa or 0) if judged else 0


def list_asks(context: Context) -> list[Permintaan]:
    """List the decisions, what binds first; none before the forecast was made."""
    rows = select_asks(context)
    rows = rows[rows["kelompok"] != "posisi"]
    return [_write(context, row) for row in rows.to_dict("records")]


def list_today(asks: Sequence[Permintaan]) -> list[Permintaan]:
    """Choose what is to be decided today: the first of each kind, then the rest.

    The order of `asks` is kept, so what binds stays first.
    """
    first = {ask.sumber: ask for ask in reversed(asks)}
    chosen = [ask for ask in asks if first[ask.sumber] is ask][:HARI_INI]
    rest = [ask for ask in asks if ask not in chosen]
    chosen += rest[: HARI_INI - len(chosen)]
    return [ask for ask in asks if ask in chosen]


def build_title(
    context: Context, asks: Sequence[Permintaan]
) -> tuple[str, Nada] | None:
    """Build the page's title of the first decision; None where there is none.

    It sounds the alarm only where people are missing or the budget is short today.
    """
    if not asks or context.status is None:
        return None
    short = find_uang(context, "kurang_kas_desember_rp")
    bad = not context.status.uhc or bool(short)
    return f"{context.nama}: {asks[0].judul}", "buruk" if bad else "netral"


def _write(context: Context, row: Mapping[Hashable, Any]) -> Permintaan:
    """Write one decision in words."""
    words, route = context.words, str(row["rute"])
    values = _values(context, row)
    cost = round(float(row["biaya_rp"]))
    free = f"rute.biaya_{route}"
    text = words.say(free, values) if words.has(free) else ""
    title = f"putusan.{route}"
    action = words.say(_variant(context, row, f"rute.{route}"), values)
    return Permintaan(
        kantor=str(row["pemutus"]),
        tindakan=action,
        jiwa=round(float(row["jiwa"])) or None,
        rp=cost if cost > 0 else None,
        tenggat=as_date(row["tanggal"]),
        teks_rp=text or words.say("permintaan.tanpa_biaya"),
        sumber=str(row["kelompok"]),
        rute=route,
        bersih_jiwa=round(float(row["bersih_jiwa"])) or None,
        asumsi=row["asumsi"] == "ya",
        bulan=int(row["bulan"]),
        pendek=words.say(_variant(context, row, f"rute.pendek_{route}")),
        judul=words.say(_variant(context, row, title), values)
        if words.has(title)
        else words.say("putusan.umum", {**values, "tindakan": action}),
        tanpa=words.say(_variant(context, row, f"tanpa.{route}"), values)
        + _say_cut(context, route),
    )


def _say_cut(context: Context, route: str) -> str:
    """Warn of the cut of DAU/DBH where the oldest bill is older than the rule says."""
    rule = look_up("potong_dau_dbh_umur", context.potongan.tanggal)
    owed = context.tables["utang_pemda"]
    owed = owed[owed["jenis"].eq("nyata")].sort_values("periode")
    if route != "geser_anggaran" or rule is None or owed.empty:
        return ""
    months = float(owed["hari_telat"].iloc[-1]) / _HARI_SEBULAN
    return context.words.say("tanpa.potong_dau") if months > (rule.nilai or 0) else ""


def _variant(context: Context, row: Mapping[Hashable, Any], key: str) -> str:
    """Choose the wording where a figure is missing or another one is worth saying."""
    special = {
        "pks": ("tanpa_rate", pd.isna(row["tanpa_rate"])),
        "daftarkan_penduduk": ("celah", find_gap(context) > 0),
        "geser_anggaran": ("tagihan", not find_uang(context, "tunggakan_pemda_rp")),
        "anggaran_depan": ("pasti", _is_narrow(context)),
        "tak_terjangkau": ("tanpa_tarif", not row["biaya_bulan_rp"]),
    }
    ending, holds = special.get(str(row["rute"]), ("", False))
    other = f"{key}_{ending}"
    return other if holds and context.words.has(other) else key


def _is_narrow(context: Context) -> bool:
    """Tell whether the median need and that of 9 of 10 cases print the same."""
    name = "kebutuhan_tahun_depan_rp"
    told = {
        context.words.rp(find_uang(context, name, depan=1, kuantil=q))
        for q in (0.5, 0.9)
    }
    return len(told) == 1


def _values(context: Context, row: Mapping[Hashable, Any]) -> dict[str, object]:
    """Put the figures of a decision into words."""
    words = context.words
    people, net = round(float(row["jiwa"])), round(float(row["bersih_jiwa"]))
    gap, tariff = find_gap(context), find_tariff(context)
    month = float(row["biaya_bulan_rp"])
    year = context.potongan.periode.year
    need = {q: find_uang(context, "kebutuhan_tahun_depan_rp", depan=1, kuantil=q)
            for q in (0.5, 0.9)}  # fmt: skip
    rate = row["tanpa_rate"]
    judged = context.status
    return {
        "n": people,
        "jiwa": words.jumlah(people),
        "bersih": words.jumlah(net),
        "rp": words.rp(abs(float(row["biaya_rp"]))),
        "bulanan": words.rp(abs(month)),
        "iuran": words.rp(tariff),
        "gap": words.jumlah(gap),
        "rp_gap": words.rp(gap * tariff),
        "target": words.target(context.target),
        "cakupan": words.target(judged.target_cakupan_rate if judged else 0.98),
        "rate": "" if pd.isna(rate) else words.rate(float(rate), 1),
        "tahun": year + 1,
        "tahun_ini": year,
        "tanggal": words.tanggal(as_date(row["tanggal"])),
        "tenggat": words.tanggal(as_date(row["tenggat"])),
        "kebutuhan": words.rp(need[0.5]),
        "tinggi": words.rp(need[0.9]),
        "pagu": words.rp(find_uang(context, "pagu_rp", depan=1)),
        "alasan": words.say(f"rute.alasan_{row['alasan']}") if row["alasan"] else "",
    }


def build_ask(context: Context, asks: Sequence[Permintaan]) -> Part | None:
    """Build the part that asks for decisions: the way to the line, then all of them.

    None where neither forecast nor ask was computed.
    """
    words = context.words
    if context.status is None or select_asks(context).empty:
        return None
    title = words.say("bagian.permintaan")
    if not asks:
        enough = context.status.uhc and len(context.tables["iuran_pemda"])
        key = "cukup" if enough and context.bersegmen else "belum_terhitung"
        told = (words.say(f"permintaan.{key}"),)
        return Part("permintaan", title, "keputusan", told)
    columns = (
        Heading(words.say("permintaan.kolom_siapa"), "kiri"),
        Heading(words.say("permintaan.kolom_jiwa")),
        Heading(words.say("permintaan.kolom_rp")),
    )
    marked = any(ask.asumsi for ask in asks)
    table = PageTable(
        nama="permintaan",
        judul=words.say("permintaan.semua"),
        kolom=columns,
        baris=tuple(_row(context, ask) for ask in asks),
        catatan=words.say("permintaan.catatan_pks") if asks[0].rute == "pks" else "",
    )
    steps = build_steps(context)
    note = words.say("permintaan.catatan_asumsi") if marked else ""
    way = build_way(context, context.once("steps", list_steps), note)
    deadline = {"tanggal": words.tanggal(end_of_month(context.tenggat))}
    return Part(
        "permintaan",
        title,
        "keputusan",
        gambar=() if way is None else (way,),
        rinci=(words.say("permintaan.pengantar", deadline),),
        berkas=(table,) if steps is None else (table, steps),
    )


def _row(context: Context, ask: Permintaan) -> tuple[Amount, ...]:
    """Write one ask as a row; office, action and what happens else share a cell."""
    words = context.words
    told = ask.tindakan
    if ask.tenggat != end_of_month(context.tenggat):
        when = {"tindakan": told, "tanggal": words.tanggal(ask.tenggat)}
        told = words.say("permintaan.tenggat", when)
    who = Amount(
        ask.kantor, "teks", f"{ask.kantor}\n{told}. {words.sentence(ask.tanpa)}"
    )
    people = words.teks("–")
    if ask.jiwa is not None:
        people = words.angka_jiwa(ask.jiwa)
        if ask.asumsi:
            people = Amount(ask.jiwa, "jiwa", f"{people.teks}*")
    if ask.rp is None:
        return (who, people, words.teks(ask.teks_rp))
    text = words.rp(ask.rp)
    if ask.bulan > 1:
        text = words.say("permintaan.setahun", {"rp": text})
    return (who, people, Amount(ask.rp, "rp", text))


def list_steps(context: Context) -> list[tuple[str, str, int]]:
    """List from today's gap to nothing: kind, words, people; the people add up.

    The first is what is missing today; the others are what the forecast brings,
    what each route adds, what cleaning takes away (below zero) and what stays out
    of reach: they sum to the first, below zero for a region above the line. Empty
    where no route is asked for.
    """
    judged, rows = context.status, select_asks(context)
    rows = rows[rows["bersih_jiwa"].ne(0)]
    if judged is None or not rows["kelompok"].isin(("celah",)).any():
        return []
    gap = needed_jiwa(context.target, judged.penduduk_jiwa) - judged.aktif_jiwa
    order = rows["rute"].map({"proyeksi": 0, "tak_terjangkau": 2, "lebih": 2})
    rows = rows.assign(tempat=order.fillna(1)).sort_values(["tempat", "urutan"])
    words = context.words
    start = words.say("langkah.kini" if gap >= 0 else "langkah.kini_lebih")
    steps = [("kini", start, gap)]
    for row in rows.to_dict("records"):
        key = _variant(context, row, f"langkah.{row['rute']}")
        told = words.say(key, _values(context, row))
        steps.append((str(row["rute"]), told, round(float(row["bersih_jiwa"]))))
    return steps


def build_steps(context: Context) -> PageTable | None:
    """Lay out how the gap of today closes, line by line, or does not."""
    words = context.words
    steps = context.once("steps", list_steps)
    if not steps:
        return None
    values = {"tanggal": words.tanggal(end_of_month(context.tenggat))}
    rows = tuple(
        (words.teks(told), words.angka_jiwa(count)) for _, told, count in steps
    )
    heads = (
        Heading(words.say("langkah.kolom_langkah"), "kiri"),
        Heading(words.say("permintaan.kolom_jiwa")),
    )
    return PageTable(
        "langkah", words.say("langkah.judul", values), heads, rows, baris_tebal=(0,)
    )
