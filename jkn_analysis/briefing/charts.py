"""The data of the main chart: history, fan, target line, events, denominators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.context import RATE
from jkn_analysis.briefing.data import add_months, as_date, select_naive
from jkn_analysis.briefing.model import Amount, Fan, Heading, Marker, PageTable, Part
from jkn_analysis.briefing.parts import tell_why

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context

BULAN_RIWAYAT = 36
TANDA_MAKS = 3
"""More events than this cannot be labelled on a phone; the annex lists them all."""


def build_fan(context: Context) -> Fan | None:
    """Build the main chart, None where no rate can be computed."""
    history = context.history
    if history is None or history.frame["rate"].isna().all():
        return None
    words = context.words
    shown = history.frame.dropna(subset=["rate"]).tail(BULAN_RIWAYAT)
    months = tuple(as_date(value) for value in shown["periode"])
    fan = context.fan
    naive = select_naive(context.potongan, RATE)
    return Fan(
        indikator=RATE,
        judul=words.say("grafik.judul_keaktifan"),
        periode=months,
        nilai=tuple(float(value) for value in shown["rate"]),
        periode_ramalan=tuple(as_date(value) for value in fan.index),
        kuantil={float(q): tuple(float(v) for v in fan[q]) for q in fan.columns},
        naif=tuple(float(value) for value in naive),
        target=context.target,
        tanda=tuple(
            sorted(
                list_events(context, since=months[0])[:TANDA_MAKS],
                key=lambda event: event.periode,
            )
        ),
        ganti_penyebut=_list_switches(context, shown),
        catatan=" ".join(_notes(context, shown)),
        alt=_describe(context, shown),
    )


def build_fan_part(context: Context, kipas: Fan | None) -> Part | None:
    """Say what comes if nothing is done, beside the main chart."""
    if kipas is None:
        return None
    words, told = context.words, []
    middle = context.ahead(context.tenggat)
    if middle is not None:
        values = {
            "bulan": words.bulan(context.tenggat),
            "tengah": words.rate_at(middle, context.target),
            "bawah": words.rate(context.ahead(context.tenggat, 0.1), 1),
            "atas": words.rate(context.ahead(context.tenggat, 0.9), 1),
            "target": words.target(context.target),
        }
        told.append(words.say("proyeksi.isi", values))
        chance = context.dikatakan(context.tenggat)
        if chance is not None:
            values["peluang"] = words.peluang(chance.peluang)
            told.append(words.say("proyeksi.peluang", values))
    title = words.say("bagian.grafik")
    why = tell_why(context)
    return Part(
        "grafik",
        title,
        "keputusan",
        (" ".join(told),) if told else (),
        rinci=(*((why,) if why else ()), kipas.catatan),
        berkas=(build_chart_data(context, kipas),),
    )


def build_chart_data(context: Context, kipas: Fan) -> PageTable:
    """Give the main chart's numbers as a table."""
    words, blank = context.words, context.words.teks("")
    rows: list[tuple[Amount, ...]] = []
    for month, value in zip(kipas.periode, kipas.nilai, strict=True):
        label = words.teks(words.bulan(month, short=True))
        rows.append((label, words.angka_rate(value), blank, blank, blank))
    for index, month in enumerate(kipas.periode_ramalan):
        label = words.teks(words.bulan(month, short=True))
        cells = [
            words.angka_rate(kipas.kuantil[q][index]) if q in kipas.kuantil else blank
            for q in (0.1, 0.5, 0.9)
        ]
        rows.append((label, blank, *cells))
    columns = tuple(
        Heading(words.say(f"lampiran.kolom_{key}"), "kiri" if n == 0 else "kanan")
        for n, key in enumerate(("bulan", "nilai", "bawah", "tengah", "atas"))
    )
    title = words.say("lampiran.data_grafik")
    return PageTable("data_grafik", title, columns, tuple(rows))


def list_events(context: Context, *, since: object) -> tuple[Marker, ...]:
    """List dated events of the region, most consequential first, then by date."""
    table = context.tables["peristiwa"]
    begin = pd.Timestamp(since)  # type: ignore[arg-type]
    end = pd.Timestamp(add_months(context.potongan.periode, 12))
    seen = table[(table["tanggal"] >= begin) & (table["tanggal"] <= end)]
    seen = seen[seen["status"] != "skenario"]
    if seen.empty:
        return ()
    own = (seen["kode"] == context.potongan.kode).astype(int)
    size = seen["dampak_jiwa"].astype("float64").abs().fillna(0.0)
    order = seen.assign(own=own, size=size).sort_values(
        ["own", "size", "tanggal"], ascending=[False, False, True], kind="stable"
    )
    return tuple(
        Marker(
            as_date(row["tanggal"]).replace(day=1),
            str(row["keterangan"]),
            row["status"],
        )
        for row in order.to_dict("records")
    )


def _list_switches(context: Context, shown: pd.DataFrame) -> tuple[Marker, ...]:
    """List the months in which another population became the denominator."""
    words = context.words
    changed = shown["sumber"].ne(shown["sumber"].shift())
    changed.iloc[0] = False
    return tuple(
        Marker(
            as_date(row["periode"]),
            words.say("grafik.penyebut_ganti", {"sumber": row["sumber"]}),
            "penyebut",
        )
        for row in shown[changed].to_dict("records")
    )


def _notes(context: Context, shown: pd.DataFrame) -> list[str]:
    """Say what is drawn, where the denominator changed, and what that changes."""
    words = context.words
    key = "grafik.catatan_tanpa_ramalan" if context.fan.empty else "grafik.catatan"
    notes = [words.say(key, {"tanggal": words.akhir(context.periode)})]
    previous = shown["sumber"].shift()
    changed = shown["sumber"].ne(previous)
    changed.iloc[0] = False
    told = [
        f"{words.bulan(as_date(row['periode']), short=True)} ({row['sumber']})"
        for row in shown[changed].to_dict("records")
    ]
    if told:
        notes.append(words.say("grafik.ganti_sumber", {"isi": ", ".join(told)}))
    return notes + _notes_on_sources(context)


def _notes_on_sources(context: Context) -> list[str]:
    """Say where a source is used backwards, and where another changes the verdict."""
    words, history = context.words, context.history
    people = context.tables["penduduk"].sort_values("berlaku_mulai")
    notes: list[str] = []
    if history is None or people.empty:
        return notes
    first = people.iloc[0]
    begin = as_date(first["berlaku_mulai"])
    if as_date(history.frame["periode"].iloc[0]) < begin.replace(day=1):
        values = {"tanggal": words.tanggal(begin), "sumber": first["sumber"]}
        notes.append(words.say("grafik.mundur", values))
    last = history.last
    in_force = people["berlaku_mulai"] <= pd.Timestamp(context.potongan.tanggal)
    near = pd.concat([people[in_force].tail(2), people[~in_force]])
    for row in near.to_dict("records"):
        rate = last["aktif_jiwa"] / row["penduduk_jiwa"]
        differs = (rate >= context.target) != (last["rate"] >= context.target)
        if row["sumber"] != last["sumber"] and differs:
            met = "putusan_memenuhi" if rate >= context.target else "putusan_tidak"
            values = {
                "sumber": row["sumber"],
                "penduduk": words.jiwa(row["penduduk_jiwa"]),
                "rate": words.rate(rate),
                "putusan": words.say(f"grafik.{met}"),
            }
            notes.append(words.say("grafik.putusan_berubah", values))
    return notes


def _describe(context: Context, shown: pd.DataFrame) -> str:
    """Write the alt text from the numbers."""
    words, fan = context.words, context.fan
    first, last = shown.iloc[0], shown.iloc[-1]
    values = {
        "nama": context.nama,
        "awal": words.rate(first["rate"], 1),
        "bulan_awal": words.bulan(as_date(first["periode"])),
        "akhir": words.rate(last["rate"], 1),
        "bulan_akhir": words.bulan(as_date(last["periode"])),
    }
    told = [words.say("grafik.alt_kipas", values)]
    for month in [] if fan.empty else [fan.index[0], fan.index[-1]]:
        row = fan.loc[month]
        ahead = {
            "bulan": words.bulan(as_date(month)),
            "tengah": words.rate(row.get(0.5), 1),
            "bawah": words.rate(row.get(0.1), 1),
            "atas": words.rate(row.get(0.9), 1),
        }
        told.append(words.say("grafik.alt_ramalan", ahead))
    told.append(
        words.say("grafik.alt_target", {"target": words.target(context.target)})
    )
    return " ".join(told)
