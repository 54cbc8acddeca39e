"""Who: segmen, the inactive by reason, the quota, records to repair, facilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.letters import build_kecamatan
from jkn_analysis.briefing.model import (
    Amount,
    Heading,
    PageTable,
    Part,
    Row,
    RowChart,
    Span,
)
from jkn_analysis.briefing.moves import build_columns, find_since
from jkn_analysis.terms import NASIONAL, SEGMEN, TOTAL, Kantor

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.model import Role

_ALASAN_MAKS = 4
"""Reasons drawn; the workbook has them all."""


def tell_why(context: Context) -> str | None:
    """Say what the change of active people since the last meeting is made of."""
    from jkn_analysis.forecasting.why import explain

    words, since = context.words, find_since(context)
    table = context.tables["perubahan"]
    why = explain(table, context.potongan.kode, sejak=since, sampai=context.periode)
    parts = why and (why.keputusan_jiwa, why.musim_jiwa, why.provinsi_jiwa)
    if why is None or not any(parts or ()):
        return None  # a region alone: nothing could be told apart
    values = {
        "bulan": words.bulan(since),
        "jumlah": words.angka_selisih(why.jumlah_jiwa).teks,
        "keputusan": words.angka_selisih(why.keputusan_jiwa).teks,
        "musim": words.angka_selisih(why.musim_jiwa).teks,
        "provinsi": words.angka_selisih(why.provinsi_jiwa).teks,
        "sendiri": words.angka_selisih(why.sendiri_jiwa).teks,
    }
    country = context.potongan.kode == NASIONAL
    return words.say(
        "proyeksi.mengapa_negara" if country else "proyeksi.mengapa", values
    )


def build_segments(context: Context) -> Part | None:
    """Draw every segmen as active and inactive, and the inactive by reason."""
    panel = context.tables["kepesertaan"]
    if not context.bersegmen:
        return None
    words = context.words
    now = _by_segmen(panel, context.periode)
    since = _by_segmen(panel, find_since(context))
    charts = [_segment_chart(context, now), _cause_chart(context, now)]
    return Part(
        "segmen",
        words.say("bagian.segmen"),
        "siapa",
        _segment_sentences(context, now),
        gambar=tuple(chart for chart in charts if chart is not None),
        lipat=(_count_table(context, now), _cause_table(context, now, since)),
    )


def _by_segmen(panel: pd.DataFrame, periode: dt.date) -> pd.DataFrame:
    """Return one month by segmen with its total, missing parts kept missing."""
    month = panel[panel["periode"] == pd.Timestamp(periode)].set_index("segmen")
    counts = month[[name for name in month.columns if name.endswith("_jiwa")]]
    total = counts.sum(skipna=False).to_frame(TOTAL).T if len(counts) else counts
    order = [name for name in SEGMEN if name in counts.index]
    return pd.concat([counts.loc[order], total])


def _segment_sentences(context: Context, now: pd.DataFrame) -> tuple[str, ...]:
    """Say in which segmen most are inactive, of how many."""
    words = context.words
    parts = now.drop(index=TOTAL)
    inactive = (parts["terdaftar_jiwa"] - parts["aktif_jiwa"]).astype("float64")
    if inactive.isna().all() or not inactive.sum():
        return ()
    worst = str(inactive.idxmax())
    values = {
        "nonaktif": words.jumlah(inactive.sum()),
        "segmen": worst,
        "jiwa": words.jumlah(inactive[worst]),
    }
    return (words.say("segmen.terbanyak", values),)


def _segment_chart(context: Context, now: pd.DataFrame) -> RowChart:
    """Draw each segmen as a bar of its active and inactive members."""
    words = context.words
    rows = []
    for segmen, row in now.drop(index=TOTAL).astype("float64").iterrows():
        registered, active = float(row["terdaftar_jiwa"]), float(row["aktif_jiwa"])
        rate = words.rate(active / registered, 1) if registered else "–"
        rows.append(
            Row(
                str(segmen),
                f"{words.jumlah(active)} / {words.jumlah(registered)}",
                rate,
                (Span(0, active, "data"), Span(active, registered, "pita80")),
            )
        )
    return RowChart(
        "segmen",
        words.say("segmen.judul_gambar", {"tanggal": words.akhir(context.periode)}),
        tuple(rows),
        0.0,
        float(now.drop(index=TOTAL)["terdaftar_jiwa"].astype("float64").max()),
        "jiwa",
        legend=(
            ("data", words.say("segmen.legenda_aktif")),
            ("pita80", words.say("segmen.legenda_nonaktif")),
        ),
    )


def _cause_chart(context: Context, now: pd.DataFrame) -> RowChart | None:
    """Draw the inactive as one bar by reason, each with who brings them back."""
    words, frame = context.words, now.astype("float64")
    debt = frame["nonaktif_menunggak_jiwa"].get(TOTAL)
    moved = frame["nonaktif_mutasi_jiwa"]
    if pd.isna(debt) or pd.isna(moved.get(TOTAL)):
        return None
    pbi = float(moved.get("PBI JK", 0.0))
    pemda = float(moved.get("PBPU Pemda", 0.0))
    reasons: Sequence[tuple[str, float, str, Role]] = (
        ("menunggak", float(debt), Kantor.BPJS, "batas"),
        ("mutasi_pbi", pbi, Kantor.DINSOS, "pita50"),
        ("mutasi_pemda", pemda, f"{Kantor.DINKES}, {Kantor.BPKAD}", "abu"),
        ("mutasi_lain", float(moved[TOTAL]) - pbi - pemda, Kantor.BPJS, "pita80"),
    )
    shown = [one for one in reasons if one[1] > 0]
    at, rows = 0.0, []
    for key, people, office, role in shown:
        label = words.say(f"segmen.sebab_{key}")
        rows.append(
            Row(label, words.jumlah(people), office, (Span(at, at + people, role),))
        )
        at += people
    if not rows:
        return None
    title = words.say("segmen.judul_sebab", {"jiwa": words.jumlah(at)})
    return RowChart("nonaktif", title, tuple(rows), 0.0, at, "jiwa")


def _name(context: Context, segmen: str) -> Amount:
    """Write a segmen's name."""
    words = context.words
    return words.teks(words.say("umum.total") if segmen == TOTAL else segmen)


def _count_table(context: Context, now: pd.DataFrame) -> PageTable:
    """List registered, active, inactive and the rate over registered."""
    words = context.words
    source = f"kepesertaan {context.periode:%Y-%m}"
    rows = []
    for segmen, row in now.iterrows():
        registered, active = row["terdaftar_jiwa"], row["aktif_jiwa"]
        rate = active / registered if registered else None
        rows.append(
            (
                _name(context, str(segmen)),
                words.angka_jiwa(registered, source),
                words.angka_jiwa(active, source),
                words.angka_jiwa(registered - active, source),
                words.angka_rate(rate, f"aktif / terdaftar, {source}", 1),
            )
        )
    return PageTable(
        nama="segmen",
        judul=words.say("segmen.judul_1", {"tanggal": words.akhir(context.periode)}),
        kolom=build_columns(
            context,
            "segmen.kolom_segmen",
            "segmen.kolom_terdaftar",
            "segmen.kolom_aktif",
            "segmen.kolom_nonaktif",
            "segmen.kolom_rate",
        ),
        baris=tuple(rows),
        baris_tebal=(len(rows) - 1,),
        catatan=words.say("segmen.pengantar"),
    )


def _cause_table(context: Context, now: pd.DataFrame, since: pd.DataFrame) -> PageTable:
    """List inactive by cause, change since the last meeting, forecast rate."""
    words = context.words
    when = find_since(context)
    rows = []
    for segmen, row in now.iterrows():
        before = since["aktif_jiwa"].get(segmen) if len(since) else None
        change = None if before is None else row["aktif_jiwa"] - before
        ahead = context.figures.find(
            "keaktifan_terdaftar_rate",
            context.potongan.kode,
            segmen=str(segmen),
            skenario="dasar",
        )
        rate = ahead.number if ahead else None
        rows.append(
            (
                _name(context, str(segmen)),
                words.angka_jiwa(row["nonaktif_menunggak_jiwa"]),
                words.angka_jiwa(row["nonaktif_mutasi_jiwa"]),
                words.teks("–") if change is None else words.angka_selisih(change),
                words.teks("–") if rate is None else words.angka_rate(rate, decimals=1),
            )
        )
    key = "segmen.rapat_lalu" if context.rapat_lalu else "segmen.tahun_lalu"
    past = context.rapat_lalu.tanggal if context.rapat_lalu else None
    told = words.tanggal(past) if past else words.akhir(when)
    values = {"sejak": words.say(key, {"tanggal": told})}
    short = {
        "tanggal": words.bulan(when, short=True),
        "bulan": words.bulan(context.tenggat, short=True),
    }
    heads = (
        Heading(words.say("segmen.kolom_segmen"), "kiri"),
        Heading(words.say("segmen.kolom_menunggak")),
        Heading(words.say("segmen.kolom_mutasi")),
        Heading(words.say("segmen.kolom_sejak", short)),
        Heading(words.say("segmen.kolom_ramalan", short)),
    )
    return PageTable(
        nama="segmen_sebab",
        judul=words.say("segmen.judul_2", values),
        kolom=heads,
        baris=tuple(rows),
        baris_tebal=(len(rows) - 1,),
    )


def build_quota(context: Context) -> Part | None:
    """Draw how much of the PBPU Pemda quota is filled."""
    words, book = context.words, context.figures
    kode = context.potongan.kode
    filled, quota = (book.find(name, kode) for name in ("terisi_jiwa", "kuota_jiwa"))
    if filled is None or quota is None or not quota.number:
        return None
    free = quota.number - filled.number
    values = {"jiwa": words.jumlah(abs(free)), "n": abs(free)}
    text = words.say("kuota.sisa" if free >= 0 else "kuota.lewat", values)
    row = Row(
        words.say("kuota.terisi"),
        f"{filled.text} / {quota.text}",
        text,
        (Span(0, filled.number, "data"),),
    )
    top = max(filled.number, quota.number)
    mark = words.say("kuota.batas", {"jiwa": quota.text})
    chart = RowChart(
        "kuota", "", (row,), 0.0, top, "jiwa", lines=((quota.number, mark, "batas"),)
    )
    return Part("kuota", words.say("bagian.kuota"), "siapa", gambar=(chart,))


def build_records(context: Context) -> Part | None:
    """Draw the counts of records to repair, by reason, with the office."""
    table = context.tables["selisih"]
    whole = table[table["kecamatan"].isna() | (table["kecamatan"] == "")]
    whole = whole[whole["periode"] == whole["periode"].max()]
    if whole.empty:
        return None
    words = context.words
    ordered = whole.sort_values(
        ["jumlah_jiwa", "alasan"], ascending=[False, True], na_position="last"
    )
    rows, drawn = [], []
    for row in ordered.to_dict("records"):
        key = f"alasan.{row['alasan']}"
        reason = words.say(key) if words.has(key) else str(row["alasan"])
        count = words.angka_jiwa(row["jumlah_jiwa"])
        if count.nilai is None:
            count = Amount(None, "jiwa", words.say("catatan.disembunyikan"))
        else:
            span = Span(0, float(count.nilai), "data")
            drawn.append(Row(reason, count.teks, str(row["kantor"]), (span,)))
        rows.append((Amount(reason, "teks", f"{reason}\n{row['kantor']}"), count))
    title = words.say("bagian.catatan")
    columns = build_columns(context, "catatan.kolom_alasan", "catatan.kolom_jiwa")
    top = max((row.spans[0].high for row in drawn), default=1.0)
    chart = RowChart("catatan", "", tuple(drawn[:_ALASAN_MAKS]), 0.0, top, "jiwa")
    whole_list = PageTable("catatan", words.say("catatan.semua"), columns, tuple(rows))
    return Part(
        "catatan",
        title,
        "siapa",
        (words.say("catatan.pengantar"),),
        gambar=(chart,) if drawn else (),
        berkas=(whole_list, *build_kecamatan(context)),
    )
