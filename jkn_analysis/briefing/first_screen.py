"""The first screen: a decision as the title, the position, where it leads, why."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.absent import tell_refused
from jkn_analysis.briefing.ask import build_title, list_today
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.decisions import count_decisions
from jkn_analysis.briefing.figures import RATE
from jkn_analysis.briefing.model import FirstScreen, Nada, Role, Row, RowChart, Span
from jkn_analysis.briefing.money import tell_cash
from jkn_analysis.briefing.moves import find_since, tell_moves
from jkn_analysis.briefing.outlook import find_effects, name_effect
from jkn_analysis.briefing.rules import tell_status
from jkn_analysis.store import find_refused
from jkn_analysis.terms import TOTAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.model import Permintaan

RECORD_BULAN = 6
"""How many months before the truth the forecast was made that is told, if there is."""
ANCAMAN = ("potong_pbi", "kuota_telat")
"""Scenarios of the strip: what the country may cut, what the region may sign late."""
_ROOM = 0.004


def build_head(context: Context) -> str:
    """Name the meeting the page is for."""
    words, meeting = context.words, context.rapat
    if meeting is None:
        return words.say("kepala.rapat_kosong")
    values = {
        "tanggal": words.tanggal(meeting.tanggal),
        "jam": meeting.jam,
        "zona": meeting.zona_waktu,
    }
    return words.say("kepala.rapat_isi", values)


def find_turn(context: Context, *, rising: bool) -> dt.date | None:
    """Return the first month whose forecast median crosses the target."""
    if context.fan.empty or 0.5 not in context.fan:
        return None
    over = context.fan[0.5] >= context.target
    crossed = context.fan.index[over if rising else ~over]
    return None if crossed.empty else as_date(crossed[0])


def _find_lack(context: Context) -> str:
    """Say what keeps a region with participants from a rate."""
    known = context.tables["kepesertaan"]["aktif_jiwa"].notna().any()
    return "penduduk" if known else "aktif"


def build_verdict(context: Context, asks: Sequence[Permintaan]) -> tuple[str, Nada]:
    """Say the first decision in one line; where none was computed, the position."""
    words, judged, name = context.words, context.status, {"nama": context.nama}
    if context.history is None:
        return words.say("judul.tanpa_data", name), "netral"
    if judged is None:
        return words.say(f"judul.tanpa_{_find_lack(context)}", name), "netral"
    title = build_title(context, asks)
    if title is not None:
        return title
    if not judged.uhc:
        return words.say("judul.kurang", {**name, **_gap(context)}), "buruk"
    fall = find_turn(context, rising=False)
    values = {**name, "target": words.target(context.target)}
    if fall is not None:
        told = {**values, "bulan": words.bulan(fall)}
        return words.say("judul.terancam", told), "buruk"
    extra = count_surplus(context)
    spare = {**values, "lebih": words.jumlah(extra), "n": extra}
    return words.say("judul.aman", spare), "baik"


def _gap(context: Context) -> dict[str, object]:
    """Name what is missing to the condition of UHC that binds."""
    words, judged = context.words, context.status
    if judged is None:
        return {}
    if judged.syarat_pengikat == "cakupan":
        gap, line = judged.gap_cakupan_jiwa, judged.target_cakupan_rate
        told = "terdaftar"
    else:
        gap, line, told = judged.gap_keaktifan_jiwa or 0, context.target, "aktif"
    kind = words.say(f"judul.peserta_{told}")
    return {
        "gap": words.jumlah(gap), "n": gap, "target": words.target(line), "jenis": kind,
    }  # fmt: skip


def count_surplus(context: Context) -> int:
    """Count the active people above the target; 0 where there are none."""
    from jkn_analysis.uhc import needed_jiwa

    judged = context.status
    if judged is None:
        return 0
    return max(0, judged.aktif_jiwa - needed_jiwa(context.target, judged.penduduk_jiwa))


def build_first_screen(context: Context, asks: Sequence[Permintaan]) -> FirstScreen:
    """Build the position, the strip and the lines below the decisions."""
    lines = (
        tell_status(context),
        money_line(context),
        since_line(context),
        believe_line(context),
    )
    return FirstScreen(
        ringkas=build_position(context),
        strip=build_strip(context),
        putuskan=tuple(list_today(asks)),
        baris=tuple(line for line in lines if line is not None),
    )


def build_position(context: Context) -> tuple[tuple[str, bool], ...]:
    """Say rate, denominator, date and gap; the numbers that count stand out."""
    words, judged = context.words, context.status
    if judged is None:
        reason = "kepesertaan" if context.history is None else _find_lack(context)
        return ((words.sentence(words.say(f"kosong.{reason}")), False),)
    rate = context.figures.find(RATE, context.potongan.kode)
    values = {
        "penduduk": words.jumlah(judged.penduduk_jiwa),
        "tanggal": words.akhir(context.periode),
        "target": words.target(context.target),
    }
    pieces = [
        (words.say("layar.sekarang"), False),
        (rate.text if rate else "", True),
        (words.say("layar.dari", values), False),
        *_against_line(context),
    ]
    if judged.gap_cakupan_jiwa:
        cover = {
            "cakupan": words.rate_at(judged.cakupan_rate, judged.target_cakupan_rate),
            "target": words.target(judged.target_cakupan_rate),
            "gap": words.jumlah(judged.gap_cakupan_jiwa),
        }
        pieces.append((words.say("layar.cakupan", cover), False))
    potongan = context.potongan
    found = find_refused(potongan.manifest, kode=potongan.kode)
    refused = [tell_refused(one, words) for one in found]
    if refused:
        pieces.append((words.sentence("; ".join(refused)), False))
    elif context.periode < context.potongan.periode:
        late = {"periode": words.bulan(context.potongan.periode)}
        pieces.append((words.say("layar.terlambat", late), False))
    return tuple(pieces)


def _against_line(context: Context) -> list[tuple[str, bool]]:
    """Say how many people the rate is away from its line."""
    words, judged = context.words, context.status
    gap = judged.gap_keaktifan_jiwa if judged else None
    if gap is None:
        return [(words.say("layar.tanpa_syarat"), False)]
    key = "layar.kurang" if gap else "layar.lebih"
    people = gap or count_surplus(context)
    told = words.say(key, {"jiwa": words.jumlah(people), "n": people})
    line = {"target": words.target(context.target)}
    return [(told, True), (words.say("layar.untuk_syarat", line), False)]


def build_strip(context: Context) -> RowChart | None:
    """Draw now, the line, and where the usual, a cut list and a late PKS lead."""
    words, judged = context.words, context.status
    middle = context.ahead(context.tenggat)
    if judged is None or middle is None:
        return None
    now = judged.keaktifan_penduduk_rate
    rows = [_strip_row(context, words.say("layar.biasa"), middle, context.tenggat, now)]
    effects = {one.skenario: one for one in context.once("effects", find_effects)}
    for name in ANCAMAN:
        one = effects.get(name)
        # What still leads above the usual is no threat of this year.
        if one is not None and one.rate < middle:
            label = name_effect(context, name, short=True)
            rows.append(_strip_row(context, label, one.rate, one.periode, now))
    seen = [now, context.target, *(row.dot for row in rows if row.dot is not None)]
    room = max(_ROOM, (max(seen) - min(seen)) * 0.06)
    line = words.say("grafik.target", {"target": words.target(context.target)})
    told = words.say("layar.kini", {"rate": words.rate_at(now, context.target)})
    return RowChart(
        name="strip",
        title=words.say("layar.judul_strip"),
        rows=tuple(rows),
        low=min(seen) - room,
        high=max(seen) + room,
        unit="rate",
        lines=((context.target, line, "batas"), (now, told, "abu")),
    )


def _strip_row(
    context: Context, label: str, rate: float, when: dt.date, now: float
) -> Row:
    """Draw the way from now to where one future leads."""
    words = context.words
    told = words.rate_at(rate, context.target)
    month = words.bulan_saja(when)
    role: Role = "data" if rate >= min(now, context.target) else "batas"
    return Row(
        label,
        f"{told} ({month})",
        spans=(Span(min(now, rate), max(now, rate), role),),
        dot=rate,
        role=role,
    )


def money_line(context: Context) -> tuple[str, str] | None:
    """Say the year's cash; without a budget what is owed, if that is known."""
    words, label = context.words, context.words.say("layar.label_kas")
    cash = tell_cash(context)
    if cash is not None:
        return label, cash
    owed = context.figures.find("tunggakan_pemda_rp", context.potongan.kode)
    if owed is None:
        return None
    return label, words.say("layar.kas_tunggakan", {"utang": owed.text})


def since_line(context: Context) -> tuple[str, str] | None:
    """Say the movement since the last meeting and what became of its decisions."""
    words, panel = context.words, context.tables["kepesertaan"]
    past, when = context.rapat_lalu, find_since(context)
    panel = panel.dropna(subset=["aktif_jiwa"])
    by = panel.groupby(["periode", "segmen"], observed=True)["aktif_jiwa"].sum()
    known = set(panel["periode"])
    if not {pd.Timestamp(when), pd.Timestamp(context.periode)} <= known:
        return None
    change = (
        by.loc[pd.Timestamp(context.periode)] - by.loc[pd.Timestamp(when)]
    ).dropna()
    total = int(change.sum())
    flows = tell_moves(context)
    moved = change.drop(TOTAL, errors="ignore")
    moved = moved[moved.abs() >= max(1, abs(total) * 0.1)]
    parts = moved.reindex(moved.abs().sort_values(ascending=False).index)
    told = ", ".join(
        f"{name} {words.angka_selisih(value).teks}"
        for name, value in list(parts.items())[:3]
    )
    key = "layar.sejak" if told else "layar.sejak_tetap"
    key = "layar.sejak_arus" if flows else key
    people = words.angka_selisih(total).teks
    sentence = words.say(key, {"jiwa": people, "isi": flows or told})
    counted = count_decisions(context)
    if counted is not None:
        sentence += " " + words.say("layar.keputusan", counted)
        if counted["terlambat"]:
            key = "layar.alasan" if counted["alasan"] else "layar.tanpa_alasan"
            sentence += words.say(key, counted)
        sentence += "."
    day = past.tanggal if past else None
    told_day = words.tanggal(day) if day else words.akhir(when)
    return words.say("layar.label_sejak", {"tanggal": told_day}), sentence


def believe_line(context: Context) -> tuple[str, str] | None:
    """Say what we forecast and what came; else how often our intervals held."""
    words, table = context.words, context.tables["uji_balik"]
    record = _say_record(context)
    if record is not None:
        return words.say("layar.label_percaya"), record
    rows = table[(table["indikator"] == RATE) & (table["kelompok"] == "semua")]
    inside = rows[rows["ukuran"] == "cakupan80"]
    if inside.empty or context.fan.empty:
        return None
    share = float((inside["nilai"] * inside["jumlah"]).sum() / inside["jumlah"].sum())
    near = rows[(rows["ukuran"] == "mae") & (rows["horizon_bulan"] == 1)]["nilai"]
    values = {"kali": words.jumlah(round(share * 100))}
    label, told = words.say("layar.label_percaya"), words.say("layar.percaya", values)
    if len(near):
        points = words.angka_poin(float(near.iloc[0])).teks.removeprefix("+")
        told += " " + words.say("layar.percaya_galat", {"poin": points})
    return label, told


def _say_record(context: Context) -> str | None:
    """Say what we forecast for the newest month and how it came; None without any."""
    words, rows = context.words, context.tables["rekam"]
    rows = rows[rows["periode"] <= pd.Timestamp(context.potongan.periode)]
    if rows.empty:
        return None
    newest = rows[rows["periode"] == rows["periode"].max()]
    told = newest.sort_values("dari").iloc[max(0, len(newest) - RECORD_BULAN)]
    held = rows["nyata"].between(rows["rendah"], rows["tinggi"])
    values = {
        "dari": words.bulan(as_date(told["dari"])),
        "bulan": words.bulan(as_date(told["periode"])),
        "rendah": words.rate(told["rendah"], 1),
        "tinggi": words.rate(told["tinggi"], 1),
        "nyata": words.rate(told["nyata"], 1),
        "kali": words.jumlah(int(held.sum())),
        "semua": words.jumlah(len(rows)),
    }
    return words.say("layar.rekam", values)
