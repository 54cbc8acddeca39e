"""The ask: decider, action, people, rupiah and date, the binding condition first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.context import latest_tunggakan_pemda
from jkn_analysis.briefing.data import as_date, end_of_month
from jkn_analysis.briefing.model import Angka, Bagian, Kolom, Permintaan, Tabel
from jkn_analysis.peraturan import iuran_rp
from jkn_analysis.terms import Kantor

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from jkn_analysis.briefing.context import Context

BULAN_SETAHUN = 12
PENDEK_BULAN = 3
"""Arrears up to this age are collected first: they are the newest and the smallest."""


_RANK = {"keaktifan": 0, "cakupan": 0, "sisa": 1, "tunggakan_pemda": 2}
"""What closes the gap comes first, then what stays open, then the arrears."""


def find_tariff(context: Context) -> int:
    """Return what the region pays per person-month, its own price where known."""
    told = find_uang(context, "tarif_rp")
    if told is not None:
        return round(told)
    return iuran_rp("PBPU Pemda", tanggal=context.potongan.tanggal)


def _months_left(context: Context) -> int:
    """Count the months from the one after the report to the deadline."""
    first, last = context.potongan.periode, context.tenggat
    return (last.year - first.year) * BULAN_SETAHUN + last.month - first.month


def find_gap(context: Context) -> int:
    """Count the active people missing now."""
    judged = context.status
    return (judged.gap_keaktifan_jiwa or 0) if judged else 0


def find_holding_cost(context: Context) -> int | None:
    """Return the cost of carrying the gap through the year after the deadline."""
    told = find_uang(context, "kebutuhan_tahan_rp")
    if told is not None:
        return round(told)
    gap = find_gap(context)
    return gap * find_tariff(context) * BULAN_SETAHUN if gap else None


def find_uang(
    context: Context, ukuran: str, *, tahun: int | None = None
) -> float | None:
    """Return the median of one figure of the budget table, the latest year's."""
    rows = context.tables["uang"]
    rows = rows[(rows["ukuran"] == ukuran) & (rows["kuantil"] == 0.5)]
    if tahun is not None:
        rows = rows[rows["tahun"] == tahun]
    rows = rows.dropna(subset=["nilai"]).sort_values("tahun")
    return None if rows.empty else float(rows["nilai"].iloc[-1])


def list_asks(context: Context) -> list[Permintaan]:
    """List everything asked, the binding condition first."""
    asks = list(_planned_asks(context) or _own_asks(context))
    binding = context.status.syarat_pengikat if context.status else ""
    if binding == "cakupan":
        asks.sort(key=lambda ask: ask.sumber != "cakupan")
    return asks


def _planned_asks(context: Context) -> list[Permintaan]:
    """Read the cheapest mix of routes to the deadline, a row per route."""
    table = context.tables["permintaan"]
    deadline = end_of_month(context.tenggat)
    rows = table[table["tenggat"] == pd.Timestamp(deadline)].sort_values("urutan")
    if rows.empty:
        return []
    by_route = rows.groupby("rute", sort=False)
    asks = [_planned(context, str(route), part) for route, part in by_route]
    asks.sort(key=lambda ask: (_RANK.get(ask.sumber, 0), -(ask.jiwa or 0)))
    return [*asks, *_hold(context, deadline)]


def _planned(context: Context, route: str, rows: pd.DataFrame) -> Permintaan:
    """Sum the monthly steps of one route to one ask."""
    words = context.words
    people = round(float(rows["jiwa"].sum()))
    cost = round(float(rows["biaya_rp"].sum()))
    reason = str(rows["alasan"].iloc[0])
    values = {
        "n": people,
        "jiwa": words.jumlah(people),
        "iuran": words.rp(find_tariff(context)),
        "alasan": words.say(f"rute.alasan_{reason}") if reason else "",
        "rp": words.rp(people * find_tariff(context)),
    }
    told = f"rute.{route}"
    action = words.say(told, values) if words.has(told) else route.replace("_", " ")
    kind = {
        "lunasi_tunggakan_pemda": "tunggakan_pemda",
        "daftarkan_penduduk": "cakupan",
    }
    free = f"rute.biaya_{route}"
    return Permintaan(
        kantor=str(rows["pemutus"].iloc[0]),
        tindakan=action,
        jiwa=people or None,
        rp=cost or None,
        tenggat=as_date(rows["tanggal"].min()),
        teks_rp=words.say(free)
        if words.has(free)
        else words.say("permintaan.tanpa_biaya"),
        sumber=kind.get(route, "sisa" if route == "tak_terjangkau" else "keaktifan"),
    )


def _hold(context: Context, deadline: dt.date) -> Iterator[Permintaan]:
    """Permintaan for next year's budget to hold the target."""
    cost = find_holding_cost(context)
    if not cost:
        return
    words = context.words
    year = context.tenggat.year + 1
    values = {"tahun": year, "target": words.target(context.target)}
    action = words.say("permintaan.tahan_anggaran", values)
    yield Permintaan(Kantor.SEKDA, action, None, cost, deadline, sumber="tahan")


def _own_asks(context: Context) -> Iterator[Permintaan]:
    """Compute the asks from the gap, the arrears and the counts of the newest month."""
    words, deadline = context.words, end_of_month(context.tenggat)
    yield from _fund(context, deadline)
    yield from _register(context, deadline)
    owed = latest_tunggakan_pemda(context.potongan)
    if owed:
        action = words.say("permintaan.lunasi")
        yield Permintaan(
            Kantor.BPKAD, action, None, owed, deadline, sumber="tunggakan_pemda"
        )
    yield from _reactivate(context, deadline)
    yield from _collect(context, deadline)
    yield from _use_quota(context, deadline)


def _fund(context: Context, deadline: dt.date) -> Iterator[Permintaan]:
    """Fund new active members."""
    gap = find_gap(context)
    if not gap:
        return
    words = context.words
    tariff = find_tariff(context)
    values = {
        "gap": words.jumlah(gap),
        "iuran": words.rp(tariff),
        "bulan": words.bulan(context.tenggat),
        "n": gap,
    }
    action = words.say("permintaan.biayai", values)
    cost = gap * tariff * _months_left(context)
    yield Permintaan(Kantor.BPKAD, action, gap, cost, deadline, sumber="keaktifan")
    year = context.tenggat.year + 1
    more = {
        "tahun": year,
        "target": words.target(context.target),
        "jiwa": words.jiwa(gap),
    }
    holding = find_holding_cost(context)
    yield Permintaan(
        Kantor.SEKDA,
        words.say("permintaan.tahan", more),
        gap,
        holding,
        deadline,
        sumber="keaktifan",
    )


def _register(context: Context, deadline: dt.date) -> Iterator[Permintaan]:
    """Register those who are no members yet."""
    gap = context.status.gap_cakupan_jiwa if context.status else 0
    if gap:
        text = context.words.say("permintaan.daftarkan")
        cost = gap * find_tariff(context) * _months_left(context)
        yield Permintaan(Kantor.DINKES, text, gap, cost, deadline, sumber="cakupan")


def _newest(context: Context, segmen: str) -> pd.Series | None:
    """Return the newest row of a segmen."""
    table = context.tables["kepesertaan"]
    if table.empty:
        return None
    now = table[
        (table["periode"] == table["periode"].max()) & (table["segmen"] == segmen)
    ]
    return None if now.empty else now.iloc[0]


def _reactivate(context: Context, deadline: dt.date) -> Iterator[Permintaan]:
    """Propose inactive PBI members again."""
    row = _newest(context, "PBI JK")
    if row is None:
        return
    off = int(row["terdaftar_jiwa"] - row["aktif_jiwa"])
    if off:
        words = context.words
        yield Permintaan(
            Kantor.DINSOS,
            words.say("permintaan.reaktivasi"),
            off,
            None,
            deadline,
            teks_rp=words.say("permintaan.ditanggung_apbn"),
        )


def _collect(context: Context, deadline: dt.date) -> Iterator[Permintaan]:
    """Collect the newest arrears."""
    table = context.tables["tunggakan_peserta"]
    if table.empty:
        return
    young = (table["periode"] == table["periode"].max()) & (
        table["umur_bulan"] <= PENDEK_BULAN
    )
    people = int(table.loc[young, "peserta_jiwa"].sum())
    rupiah = int(table.loc[young, "tunggakan_rp"].sum())
    if people:
        words = context.words
        income = words.say("permintaan.masuk", {"rp": words.rp(rupiah)})
        action = words.say("permintaan.tagih")
        yield Permintaan(Kantor.BPJS, action, people, None, deadline, teks_rp=income)


def _use_quota(context: Context, deadline: dt.date) -> Iterator[Permintaan]:
    """Fill the quota that is budgeted already."""
    table = context.tables["iuran_pemda"].sort_values("periode")
    if table.empty:
        return
    last = table.iloc[-1]
    free = int(last["kuota_jiwa"] - last["terisi_jiwa"])
    if free > 0:
        words = context.words
        yield Permintaan(
            Kantor.DINKES,
            words.say("permintaan.kuota"),
            free,
            None,
            deadline,
            teks_rp=words.say("permintaan.dalam_pagu"),
        )


def build_ask(context: Context) -> Bagian:
    """Build the part of the page that asks for decisions."""
    words = context.words
    title = words.say("bagian.permintaan")
    if context.status is None:
        reason = "kepesertaan" if context.history is None else "penduduk"
        return Bagian("permintaan", title, kosong=words.say(f"kosong.{reason}"))
    asks = list_asks(context)
    lack = any(
        ask.sumber in {"keaktifan", "cakupan", "tunggakan_pemda"} for ask in asks
    )
    deadline = {"tanggal": words.tanggal(end_of_month(context.tenggat))}
    intro = words.say("permintaan.pengantar" if lack else "permintaan.cukup", deadline)
    columns = (
        Kolom(words.say("permintaan.kolom_siapa"), "kiri"),
        Kolom(words.say("permintaan.kolom_jiwa")),
        Kolom(words.say("permintaan.kolom_rp")),
    )
    table = Tabel(
        nama="permintaan",
        judul=title,
        kolom=columns,
        baris=tuple(_row(context, ask) for ask in asks),
        catatan=words.say("permintaan.biayai_catatan") if lack else "",
    )
    return Bagian("permintaan", title, (intro,), (table,) if asks else ())


def _row(context: Context, ask: Permintaan) -> tuple[Angka, ...]:
    """Write one ask as a row; office and action share a cell."""
    words = context.words
    told = ask.tindakan
    if ask.tenggat != end_of_month(context.tenggat):
        when = {"tindakan": told, "tanggal": words.tanggal(ask.tenggat)}
        told = words.say("permintaan.tenggat", when)
    who = Angka(ask.kantor, "teks", f"{ask.kantor}\n{told}")
    people = words.teks("–") if ask.jiwa is None else words.angka_jiwa(ask.jiwa)
    money = words.angka_rp(ask.rp) if ask.rp is not None else words.teks(ask.teks_rp)
    return (who, people, money)
