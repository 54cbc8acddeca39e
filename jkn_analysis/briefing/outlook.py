"""Where it leads: the scenarios as dots on one line, and the way to the target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from jkn_analysis.briefing.figures import DASAR, RATE
from jkn_analysis.briefing.model import (
    Amount,
    Heading,
    PageTable,
    Part,
    Role,
    Row,
    RowChart,
    Span,
)
from jkn_analysis.briefing.points import split_scenarios
from jkn_analysis.skenario import read_skenario
from jkn_analysis.skenario.engine import RARE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.points import Point

TERGAMBAR = 5
"""Scenarios drawn, those that move most; the table has them all."""
TAMPAK = 0.0005
"""A scenario that moves the rate by less than this leads nowhere else."""


@dataclass(frozen=True)
class Effect:
    """Where one scenario stands in the month it moves the rate most."""

    skenario: str
    periode: dt.date
    rate: float
    change: float
    """Rate less the one of the same month if nothing changes."""
    selisih_jiwa: int
    rentang_jiwa: int
    """Half of the 8-in-10 interval of that difference."""
    iuran_rp: float | None
    """Premium of the region over the year, None where bills are not known."""


def find_effects(context: Context) -> list[Effect]:
    """List the scenarios that move the rate, the worst first."""
    found = []
    for name, measures in split_scenarios(context).items():
        rates = measures.get(RATE, {}).get(0.5, [])
        moved = [point for point in rates if abs(point.selisih) >= TAMPAK]
        if name == DASAR or not moved:
            continue
        worst = _find_worst(moved)
        people = {
            level: point.selisih
            for level, points in measures.get("aktif_jiwa", {}).items()
            for point in points
            if point.periode == worst.periode
        }
        spread = (people.get(0.9, 0.0) - people.get(0.1, 0.0)) / 2
        cost = np.array([p.nilai for p in measures.get("anggaran_rp", {}).get(0.5, [])])
        found.append(
            Effect(
                name,
                worst.periode,
                worst.nilai,
                worst.selisih,
                round(people.get(0.5, 0.0)),
                round(abs(spread)),
                None if np.isnan(cost).all() else float(np.nansum(cost)),
            )
        )
    return sorted(found, key=lambda one: (one.change, one.skenario))


def _find_worst(moved: Sequence[Point]) -> Point:
    """Return the month a scenario is told by: the lowest rate where it takes away.

    Where it adds, the month it adds most. A month before it begins is none of its own.
    """
    if max(moved, key=lambda point: abs(point.selisih)).selisih < 0:
        return min(moved, key=lambda point: point.nilai)
    return max(moved, key=lambda point: point.selisih)


def _list_titles(context: Context) -> dict[str, str]:
    """Return the title of every scenario, as its declaration has it."""
    told = context.tables["asumsi_skenario"].drop_duplicates("skenario")
    return dict(zip(told["skenario"], told["judul"].astype(str), strict=True))


def name_effect(context: Context, name: str, *, short: bool = False) -> str:
    """Name a scenario in the page's language; one of the reader's by its own name."""
    words, titles = context.words, context.once("titles", _list_titles)
    title = titles.get(name, name.replace("_", " "))
    shipped = context.once("shipped", lambda _: read_skenario()).get(name)
    if shipped is not None and name in titles and shipped.judul != title:
        return title
    keys = [f"skenario.{kind}.{name}" for kind in (["pendek"] * short + ["nama"])]
    return next((words.say(key) for key in keys if words.has(key)), title)


def build_scenarios(context: Context, assumptions: PageTable | None) -> Part | None:
    """Draw every scenario that leads elsewhere, ordered by effect, its cost beside."""
    words, judged = context.words, context.status
    effects = context.once("effects", find_effects)
    if not effects or judged is None:
        return None
    now = judged.keaktifan_penduduk_rate
    largest = sorted(effects, key=lambda one: -abs(one.change))[:TERGAMBAR]
    drawn = [one for one in effects if one in largest]
    rows = [_scenario_row(context, one) for one in drawn]
    seen = [now, context.target]
    seen += [one.rate for one in drawn] + [one.rate - one.change for one in drawn]
    room = max(0.004, (max(seen) - min(seen)) * 0.05)
    line = words.say("grafik.target", {"target": words.target(context.target)})
    known = any(one.iuran_rp for one in drawn)
    paid = words.say("skenario.dan_iuran") if known else ""
    chart = RowChart(
        name="skenario",
        title=words.say("skenario.judul_gambar"),
        rows=tuple(rows),
        low=min(seen) - room,
        high=max(seen) + room,
        unit="rate",
        lines=((context.target, line, "batas"),),
        legend=(("garis", words.say("skenario.legenda")),),
        note=words.say("skenario.catatan", {"iuran": paid}),
    )
    return Part(
        "skenario",
        words.say("bagian.skenario"),
        "keputusan",
        gambar=(chart,),
        lipat=(_scenario_table(context, effects),),
        berkas=() if assumptions is None else (assumptions,),
    )


def _scenario_table(context: Context, effects: Sequence[Effect]) -> PageTable:
    """List every scenario that leads elsewhere: rate and month, people, premium."""
    words = context.words
    rows = []
    for one in effects:
        month = words.bulan(one.periode, short=True)
        told = words.rate_at(one.rate, context.target)
        people = words.angka_selisih(one.selisih_jiwa)
        spread = f"{people.teks}\n±{words.jumlah(one.rentang_jiwa)}"
        cost = words.angka_rp(one.iuran_rp) if one.iuran_rp else words.teks("–")
        rows.append(
            (
                words.teks(_with_costs(context, one.skenario)),
                Amount(one.rate, "rate", f"{told}\n{month}"),
                replace(people, teks=spread) if one.rentang_jiwa else people,
                cost,
            )
        )
    keys = ("skenario", "keaktifan", "beda", "rp")
    heads = tuple(
        Heading(words.say(f"skenario.kolom_{key}"), "kiri" if n == 0 else "kanan")
        for n, key in enumerate(keys)
    )
    return PageTable("skenario", words.say("skenario.semua"), heads, tuple(rows))


def _with_costs(context: Context, name: str) -> str:
    """Name a scenario with what it leaves behind: unpaid, without cover, not found."""
    words, measures = context.words, split_scenarios(context)[name]
    told = []
    for measure in sorted(set(RARE) & set(measures)):
        known = [p.nilai for p in measures[measure].get(0.5, []) if p.nilai == p.nilai]
        for size in known[-1:]:
            people = words.jumlah(round(size))
            said = words.rp(round(size)) if measure.endswith("_rp") else people
            told.append(words.say(f"skenario.{measure}", {"n": said}))
    return "\n".join([name_effect(context, name), *told])


def _scenario_row(context: Context, one: Effect) -> Row:
    """Draw the way from 'nothing changes' to where a scenario leads."""
    words = context.words
    base = one.rate - one.change
    role: Role = "batas" if one.change < 0 else "data"
    told = words.angka_selisih(one.selisih_jiwa).teks
    if one.rentang_jiwa:
        told += f" ±{words.jumlah(one.rentang_jiwa)}"
    note = words.say("skenario.beda", {"jiwa": told})
    if one.iuran_rp:
        cost = {"rp": words.rp(one.iuran_rp)}
        note += " · " + words.say("skenario.iuran", cost)
    return Row(
        name_effect(context, one.skenario),
        f"{words.rate_at(one.rate, context.target)} ({words.bulan_saja(one.periode)})",
        note,
        spans=(Span(min(base, one.rate), max(base, one.rate), role),),
        dot=one.rate,
        role=role,
    )


def build_way(
    context: Context, steps: Sequence[tuple[str, str, int]], note: str = ""
) -> RowChart | None:
    """Draw the way from today's active members to the line, a step per decision.

    Parameters
    ----------
    context
        The page's.
    steps
        As `ask.list_steps` returns them: the gap of today, then what closes it.
    note
        What to say below.
    """
    judged, words = context.status, context.words
    if judged is None or len(steps) < 2:
        return None
    (_, _, gap), *rest = steps
    at, need = judged.aktif_jiwa, judged.aktif_jiwa + gap
    rows = []
    for kind, label, people in rest:
        if not people or kind == "lebih":
            continue
        role: Role = "pita50" if people > 0 else "batas"
        if kind in {"tak_terjangkau", "proyeksi"}:
            role = "abu"
        span = Span(min(at, at + people), max(at, at + people), role)
        rows.append(Row(label, words.angka_selisih(people).teks, spans=(span,)))
        at += people
    edges = [edge for row in rows for s in row.spans for edge in (s.low, s.high)]
    seen = [judged.aktif_jiwa, need, *edges]
    low = min(seen) - max(1, (max(seen) - min(seen)) * 0.25)
    first = Row(
        words.say("jalan.sekarang"),
        words.jumlah(judged.aktif_jiwa),
        spans=(Span(low, judged.aktif_jiwa, "data"),),
    )
    line = {"target": words.target(context.target)}
    last = Row(
        words.say("jalan.syarat", line),
        words.jumlah(need),
        spans=(Span(low, need, "pita80"),),
    )
    return RowChart(
        name="jalan",
        title=words.say("jalan.judul", line),
        rows=(first, *rows, last),
        low=low,
        high=max(seen) + (max(seen) - low) * 0.04,
        unit="jiwa",
        lines=((need, "", "batas"),),
        note=note,
    )
