"""Who came, came back and left since the last meeting, and where the inactive are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.arus.flows import (
    ARUS,
    KELUAR,
    KEMBALI,
    MASUK,
    PINDAH,
    bound_flows,
    share_paper,
    sum_flows,
)
from jkn_analysis.arus.lasting import (
    HORIZONS,
    KOHORT,
    LEAST_JIWA,
    measure_survival,
)
from jkn_analysis.arus.sebab import WAYS_BACK, list_sebab
from jkn_analysis.briefing.data import add_months, as_date
from jkn_analysis.briefing.model import Heading, PageTable, Part, Row, RowChart, Span
from jkn_analysis.kecamatan import TABLE as KECAMATAN
from jkn_analysis.kecamatan import find_places, measure_kecamatan, order_visits

if TYPE_CHECKING:
    import datetime as dt

    from jkn_analysis.arus.flows import Flows
    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.model import Amount, Role
    from jkn_analysis.kecamatan import Places

_CAUSES = 3
"""Causes of leaving that are named and drawn; the workbook has them all."""
_PBI = "PBI JK"
_SHORT = 0.02
"""Room beside the steps of the picture, as a share of what moved."""


def build_columns(context: Context, *keys: str) -> tuple[Heading, ...]:
    """Build headings; the first stands left."""
    words = context.words
    first, *others = keys
    return (
        Heading(words.say(first), "kiri"),
        *(Heading(words.say(key)) for key in others),
    )


def find_since(context: Context) -> dt.date:
    """Return the month to compare with: the last meeting's, else three months ago."""
    past = context.rapat_lalu
    if past is not None:
        return add_months(past.tanggal.replace(day=1), -1)
    return add_months(context.periode, -3)


def find_moves(context: Context) -> Flows | None:
    """Add up the flows since the last meeting; None where none lead to this month."""
    return context.once("moves", _find_moves)


def _find_moves(context: Context) -> Flows | None:
    """Compute `find_moves`."""
    rows = context.tables[ARUS]
    if rows.empty or context.history is None:
        return None
    return sum_flows(rows, sejak=find_since(context), sampai=context.periode)


def name_cause(context: Context, sebab: str) -> str:
    """Write a cause."""
    one = list_sebab()[sebab]
    return one.meaning if context.words.bahasa == "en" else one.arti


def tell_moves(context: Context) -> str | None:
    """Say how many came, came back and left since the last meeting, and why."""
    flows, words = find_moves(context), context.words
    if flows is None:
        return None
    causes = ", ".join(
        f"{name_cause(context, sebab)} {words.jumlah(jiwa)}"
        for sebab, jiwa in flows.parts(KELUAR)[:_CAUSES]
    )
    values = {name: words.jumlah(flows.sum(name)) for name in (MASUK, KEMBALI, KELUAR)}
    late = flows.sejak.date() != find_since(context)
    values["sejak"] = words.bulan(as_date(flows.sejak)) if late else ""
    key = "arus.sejak" if late else "arus.kalimat"
    told = words.say(key, {**values, "isi": causes})
    return words.say("arus.sebagian", {"isi": told}) if flows.hidden else told


def build_moves(context: Context) -> Part | None:
    """Draw the way from the opening to the closing, every cause a step."""
    flows, words = find_moves(context), context.words
    title, stayed = words.say("arus.judul"), _tell_lasting(context)
    if flows is None:
        told = [*tell_bounds(context), *stayed]
        return (
            Part("arus", title, "siapa", tuple(told), terlipat=True) if told else None
        )
    told = [words.say("arus.pindah", {"jiwa": words.jumlah(flows.sum(PINDAH))})]
    told += _tell_paper(context, flows)
    told += stayed
    if flows.hidden:
        told.append(words.say("arus.tersembunyi", {"n": flows.hidden}))
    chart = _waterfall(context, flows)
    return Part(
        "arus",
        title,
        "siapa",
        gambar=(chart,) if chart is not None else (),
        rinci=tuple(told),
        berkas=(_flow_table(context, flows),),
        terlipat=True,
    )


def _tell_paper(context: Context, flows: Flows) -> list[str]:
    """Say how many left for paper, how many are no longer entitled, and the rest."""
    words, kinds = context.words, share_paper(flows)
    known = kinds.get("berkas", 0) + kinds.get("hak", 0)
    if not known:
        return []
    values = {
        "rate": words.rate(kinds.get("berkas", 0) / known, 0),
        "berkas": words.jumlah(kinds.get("berkas", 0)),
        "hak": words.jumlah(kinds.get("hak", 0)),
        "lain": words.jumlah(flows.sum(KELUAR) - known),
    }
    return [words.say("arus.berkas", values)]


def _tell_lasting(context: Context) -> list[str]:
    """Say of each way back how many are still active at the longest time followed."""
    words, rows = context.words, context.tables[KOHORT]
    told = []
    for sebab in WAYS_BACK:
        known = measure_survival(rows[rows["rute"] == sebab])
        known = [one for one in known if one.bulan in HORIZONS]
        if not known or known[-1].jiwa < LEAST_JIWA:
            continue
        last = known[-1]
        values = {
            "rute": name_cause(context, sebab), "bulan": last.bulan, "n": last.bulan,
            "rate": words.rate(last.rate, 0), "rendah": words.rate(last.rendah, 0),
            "tinggi": words.rate(last.tinggi, 0),
        }  # fmt: skip
        told.append(words.say("arus.tahan", values))
    return told


def _waterfall(context: Context, flows: Flows) -> RowChart | None:
    """Draw coming, coming back and leaving as steps between two stocks."""
    words, history = context.words, context.history
    active = history.frame.set_index("periode")["aktif_jiwa"]  # type: ignore[union-attr]
    if not {flows.sejak, flows.sampai} <= set(active.index):
        return None
    start, end = float(active[flows.sejak]), float(active[flows.sampai])
    causes = flows.parts(KELUAR)
    named = [(name_cause(context, why), -n) for why, n in causes[:_CAUSES]]
    rest = sum(n for _, n in causes[_CAUSES:])
    steps = [
        (words.say("arus.masuk"), flows.sum(MASUK)),
        (words.say("arus.kembali"), flows.sum(KEMBALI)),
        *named,
        (words.say("arus.lain"), -rest),
    ]
    hidden = end - start - sum(size for _, size in steps)
    steps.append((words.say("arus.kecil"), int(hidden)))
    rows, at, seen = [], start, [start, end]
    for label, size in steps:
        if not size:
            continue
        role: Role = "baik" if size > 0 else "batas"
        span = Span(min(at, at + size), max(at, at + size), role)
        rows.append(Row(label, words.angka_selisih(size).teks, spans=(span,)))
        at += size
        seen.append(at)
    room = _SHORT * (max(seen) - min(seen))
    values = {
        "awal": words.jumlah(start), "bulan": words.bulan(as_date(flows.sejak)),
        "akhir": words.jumlah(end),
    }  # fmt: skip
    return RowChart(
        "arus",
        words.say("arus.judul_gambar", values),
        tuple(rows),
        min(seen) - room,
        max(seen) + room,
        "jiwa",
        lines=((start, "", "abu"),),
    )


def _flow_table(context: Context, flows: Flows) -> PageTable:
    """List every cause of the flows."""
    words = context.words
    rows = tuple(
        (
            words.teks(words.say(f"arus.{arah}")),
            words.teks(name_cause(context, sebab)),
            words.angka_jiwa(jiwa),
        )
        for arah in (MASUK, KEMBALI, KELUAR, PINDAH)
        for sebab, jiwa in flows.parts(arah)
    )
    months = {
        "awal": words.akhir(as_date(flows.sejak)),
        "akhir": words.akhir(as_date(flows.sampai)),
    }
    columns = build_columns(context, "arus.kolom_arah", "arus.kolom_sebab", "arus.jiwa")
    return PageTable("arus", words.say("arus.judul_tabel", months), columns, rows)


def tell_bounds(context: Context) -> tuple[str, ...]:
    """Say the least that must have moved, where no flows were delivered."""
    if context.history is None or not context.bersegmen:
        return ()
    since, words = find_since(context), context.words
    panel = context.tables["kepesertaan"].dropna(subset=["aktif_jiwa"])
    found = bound_flows(panel, sejak=since, sampai=context.periode)
    if found is None:
        return ()
    values = {
        "bulan": words.bulan(since),
        "masuk": words.jumlah(found.masuk),
        "keluar": words.jumlah(found.keluar),
    }
    return (words.say("arus.batas", values),)


def find_inactive_pbi(context: Context) -> Places | None:
    """Find the kecamatan that hold half of the inactive PBI JK of this month."""
    return context.once("pbi_places", _find_inactive_pbi)


def _find_inactive_pbi(context: Context) -> Places | None:
    """Compute `find_inactive_pbi`."""
    rows, kode = context.tables[KECAMATAN], context.potongan.kode
    rows = rows[rows["periode"].eq(pd.Timestamp(context.periode))]
    rows = rows[rows["segmen"].eq(_PBI)]
    registered, active = (
        context.figures.find(name, kode, segmen=_PBI)
        for name in ("terdaftar_jiwa", "aktif_jiwa")
    )
    if rows.empty or registered is None or active is None:
        return None
    counts = measure_kecamatan(rows)[["kecamatan", "nonaktif_jiwa"]]
    return find_places(
        counts.rename(columns={"nonaktif_jiwa": "jiwa"}),
        kode=kode,
        jiwa=registered.number - active.number,
    )


def build_places(context: Context) -> Part | None:
    """Say which kecamatan hold half of the inactive PBI JK; list them for visits."""
    found, words = find_inactive_pbi(context), context.words
    if found is None:
        return None
    named = ", ".join(
        f"{name} {words.jumlah(jiwa)}"
        for name, jiwa in zip(found.nama, found.jiwa, strict=True)
    )
    values = {
        "n": len(found.nama), "semua": found.semua,
        "rate": words.rate(found.bagian_rate, 0), "isi": named,
    }  # fmt: skip
    return Part(
        "kecamatan",
        words.say("kecamatan.judul"),
        "siapa",
        (words.say("kecamatan.kalimat", values),),
        berkas=(_visit_table(context, found),),
    )


def _visit_table(context: Context, found: Places) -> PageTable:
    """List all kecamatan in the order of visits."""
    words = context.words
    rows: list[tuple[Amount, ...]] = []
    for at, one in enumerate(order_visits(found.whole).to_dict("records"), start=1):
        count = words.angka_jiwa(one["jiwa"])
        if count.nilai is None:
            count = words.teks(words.say("kecamatan.tersembunyi"))
        across = words.say("kecamatan.menyeberang") if one["menyeberang"] else ""
        rows.append(
            (words.teks(str(at)), words.teks(str(one["kecamatan"])), count,
             words.teks(across))
        )  # fmt: skip
    columns = build_columns(
        context, "kecamatan.kolom_urutan", "kecamatan.kolom_nama", "arus.jiwa",
        "kecamatan.kolom_jalan",
    )  # fmt: skip
    when = {"tanggal": words.akhir(context.periode)}
    return PageTable(
        "kecamatan", words.say("kecamatan.judul_tabel", when), columns, tuple(rows)
    )
