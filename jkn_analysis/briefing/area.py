"""The page of a provinsi or the country: who is under the line, when, what it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.annex import build_method, build_provenance, build_quality
from jkn_analysis.briefing.charts import build_fan
from jkn_analysis.briefing.context import Context, build_context
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.figures import collect_figures
from jkn_analysis.briefing.first_screen import build_cards
from jkn_analysis.briefing.members import (
    Members,
    build_grid,
    first_date,
    measure_members,
    read_area,
    select_fans,
    sum_asks,
)
from jkn_analysis.briefing.model import (
    Angka,
    Bagian,
    Briefing,
    Kipas,
    Kolom,
    Nada,
    Petak,
    Tabel,
    Ubin,
)
from jkn_analysis.briefing.money import build_arrears, build_money, build_scenarios
from jkn_analysis.briefing.page import build_page
from jkn_analysis.briefing.parts import build_decisions, build_segments
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

BULAN_PETAK = 24
BULAN_KECIL = 24
DEKAT = 25
"""Regions on each side of the line that the national page lists."""
BANYAK = 60
"""More parts than this are shown by provinsi, and only the nearest by name."""


@dataclass(frozen=True)
class Area:
    """An area as one region, and its parts measured."""

    context: Context
    members: Members
    measured: pd.DataFrame

    @property
    def under(self) -> pd.DataFrame:
        """Parts under the target, the widest gap first."""
        return self.measured[self.measured["gap_jiwa"] > 0]

    @property
    def near(self) -> pd.DataFrame:
        """Parts to list by name: all, or the nearest to the line on both sides."""
        if len(self.measured) <= BANYAK:
            return self.measured
        known = self.measured.dropna(subset=["selisih"]).sort_values("selisih")
        below, above = known[known["selisih"] < 0], known[known["selisih"] >= 0]
        return pd.concat([below.tail(DEKAT), above.head(DEKAT)])


def build_area_briefing(
    kode: str,
    periode: str,
    *,
    root: Path,
    rapat: str | None = None,
    skenario: str = "dasar",
    bahasa: str = "id",
    tenggat_bulan: int = 12,
) -> Briefing:
    """Compute the page of a provinsi (two digits) or the country (``00``).

    The area's own rates are ratios of the sums of its kabupaten/kota.

    Parameters
    ----------
    kode
        ``"82"`` or ``"00"``.
    periode
        Report month, such as ``"2025-11"``.
    root
        Folder of the processed tables.
    rapat
        Meeting the page is for; the next one after the month if empty.
    skenario
        Forecast scenario of the first screen.
    bahasa
        ``"id"`` or ``"en"``.
    tenggat_bulan
        Month of the year at whose end targets are judged.

    Raises
    ------
    UnknownNameError
        If `kode` is no region.
    """
    potongan, members = read_area(kode, periode, root=root)
    context = build_context(
        potongan,
        rapat=rapat,
        skenario=skenario,
        bahasa=bahasa,
        tenggat_bulan=tenggat_bulan,
    )
    collect_figures(context)
    if members.nama.empty:
        return _assemble(context, None)
    measured = measure_members(
        members, potongan.periode, target=context.target, tenggat=context.tenggat
    )
    return _assemble(context, Area(context, members, measured))


def _assemble(context: Context, area: Area | None) -> Briefing:
    """Put the parts of the page together."""
    wilayah = context.potongan.wilayah
    return build_page(
        context,
        verdict=_verdict(context, area),
        kartu=build_cards(context),
        kipas=build_fan(context),
        bagian=_parts(context, area),
        jenis="nasional" if wilayah.kode == NASIONAL else "provinsi",
    )


def _parts(context: Context, area: Area | None) -> tuple[Bagian, ...]:
    """Build the parts; without a single member the ranking says why it is empty."""
    shared = (
        build_segments(context),
        build_money(context),
        build_arrears(context),
        build_scenarios(context),
        build_decisions(context),
        build_quality(context),
        build_method(context),
        build_provenance(context),
    )
    if area is None:
        words = context.words
        title, reason = words.say("bagian.peringkat"), words.say("kosong.kepesertaan")
        names = ("peringkat", "permintaan", "jatuh", "kecil", "peta", "petak")
        return (*(Bagian(name, title, kosong=reason) for name in names), *shared)
    return (
        _ranking(area),
        _asks(area),
        _turning(area),
        _fans(area),
        _tiles(area),
        _heat(area),
        *shared,
    )


def _verdict(context: Context, area: Area | None) -> tuple[str, Nada]:
    """Say what the parts have to decide; else how many are under the line."""
    words, judged = context.words, context.status
    if area is None or judged is None:
        return words.say("judul.tanpa_data", {"nama": context.nama}), "netral"
    total = sum_asks(area.members, context.tenggat)
    under = len(area.under)
    values: dict[str, object] = {
        "nama": _named(context, area),
        "n": under,
        "jumlah": words.jumlah(under),
        "semua": words.jumlah(len(area.measured)),
        "target": words.target(context.target),
        "gap": words.jumlah(area.under["gap_jiwa"].sum()),
        "tahun": context.potongan.periode.year + 1,
    }
    if len(total) and total["rute"].iloc[0] == "pks":
        first = total.iloc[0]
        values["jumlah"] = words.jumlah(first["wilayah"])
        values["jiwa"] = words.jumlah(first["jiwa"])
        return words.say("judul.area_pks", values), "buruk"
    if not under:
        return words.say("judul.area_aman", values), "baik"
    key = "judul.area_kurang" if judged.gap_keaktifan_jiwa else "judul.area_atas"
    return words.say(key, values), "buruk"


def _named(context: Context, area: Area) -> str:
    """Name the area, and how much of it sent data where that is not all."""
    there, whole = len(area.measured), area.members.seluruhnya
    if there >= whole:
        return context.nama
    words = context.words
    part = {"ada": words.jumlah(there), "seluruhnya": words.jumlah(whole)}
    return words.say("judul.area_sebagian", {"nama": context.nama, **part})


def _ranking(area: Area) -> Bagian:
    """Rank the parts by gap in people and in points."""
    context, words = area.context, area.context.words
    title = words.say("bagian.peringkat")
    values = {
        "target": words.target(context.target),
        "bulan": words.bulan(context.tenggat),
    }
    tables = [_rank_table(area, area.near, "peringkat")]
    sentences = [words.say("peringkat.pengantar", values)]
    if len(area.measured) < area.members.seluruhnya:
        part = {"n": len(area.measured), "semua": area.members.seluruhnya}
        sentences.append(words.say("peringkat.sebagian", part))
    if len(area.measured) > BANYAK:
        tables.insert(0, _province_table(area))
        sentences.append(words.say("peringkat.dekat", {"n": DEKAT}))
    return Bagian("peringkat", title, tuple(sentences), tuple(tables))


def _rank_heads(area: Area) -> tuple[Kolom, ...]:
    """Head the ranking."""
    words = area.context.words
    month = {"bulan": words.bulan(area.context.tenggat, short=True)}
    return (
        Kolom(words.say("peringkat.kolom_wilayah"), "kiri"),
        Kolom(words.say("peringkat.kolom_rate")),
        Kolom(words.say("peringkat.kolom_gap")),
        Kolom(words.say("peringkat.kolom_poin")),
        Kolom(words.say("peringkat.kolom_ramalan", month)),
    )


def _rank_table(area: Area, rows: pd.DataFrame, nama: str) -> Tabel:
    """Write parts as rows."""
    words = area.context.words
    cells = tuple(
        (
            words.teks(str(row["nama"]).removeprefix("Kabupaten ")),
            words.angka_rate(row["rate"], decimals=1),
            words.angka_jiwa(row["gap_jiwa"]),
            words.angka_poin(row["selisih"]),
            words.angka_rate(row["ramalan"], decimals=1),
        )
        for row in rows.to_dict("records")
    )
    date = {"tanggal": words.akhir(area.context.periode)}
    return Tabel(
        nama,
        words.say("peringkat.judul", date),
        _rank_heads(area),
        cells,
        kolom_batang=1,
    )


def _province_table(area: Area) -> Tabel:
    """Sum the parts to provinsi and rank these."""
    from jkn_analysis.wilayah import get_wilayah

    words, target = area.context.words, area.context.target
    frame = area.measured.assign(provinsi=area.measured.index.str[:2])
    counts = ["aktif_jiwa", "penduduk_jiwa"]
    total = frame.groupby("provinsi")[counts].sum(skipna=False).astype("float64")
    total["gap"] = frame.groupby("provinsi")["gap_jiwa"].sum()
    total["under"] = (frame["gap_jiwa"] > 0).groupby(frame["provinsi"]).sum()
    total["rate"] = total["aktif_jiwa"] / total["penduduk_jiwa"]
    cells = tuple(
        (
            words.teks(get_wilayah(str(row["provinsi"])).nama),
            words.angka_rate(row["rate"], decimals=1),
            words.angka_jiwa(row["gap"]),
            words.angka_poin(row["rate"] - target),
            words.angka_jiwa(row["under"]),
        )
        for row in total.sort_values("rate").reset_index().to_dict("records")
    )
    heads = (
        *_rank_heads(area)[:4],
        Kolom(words.say("peringkat.kolom_bawah")),
    )
    return Tabel(
        "provinsi", words.say("peringkat.judul_provinsi"), heads, cells, kolom_batang=1
    )


def _asks(area: Area) -> Bagian:
    """Sum the asks by decider."""
    words = area.context.words
    title = words.say("bagian.permintaan")
    total = sum_asks(area.members, area.context.tenggat)
    if total.empty:
        return Bagian("permintaan", title, kosong=words.say("kosong.permintaan"))
    rows = tuple(_ask_row(area, row) for row in total.to_dict("records"))
    heads = (
        Kolom(words.say("permintaan.kolom_siapa"), "kiri"),
        Kolom(words.say("permintaan.kolom_wilayah")),
        Kolom(words.say("permintaan.kolom_jiwa")),
        Kolom(words.say("permintaan.kolom_rp")),
    )
    values = {"bulan": words.bulan(area.context.tenggat)}
    intro = words.say("permintaan.jumlah", values)
    return Bagian(
        "permintaan", title, (intro,), (Tabel("permintaan", title, heads, rows),)
    )


def _ask_row(area: Area, row: Mapping[Hashable, Any]) -> tuple[Angka, ...]:
    """Write one decider's route summed over the parts."""
    words = area.context.words
    key = f"rute.pendek_{row['rute']}"
    told = words.say(key) if words.has(key) else str(row["rute"]).replace("_", " ")
    people, cost = round(float(row["jiwa"])), round(float(row["biaya_rp"]))
    free = f"rute.biaya_{row['rute']}"
    back = {"rp": words.rp(abs(cost))}
    nothing = words.say(free if words.has(free) else "permintaan.tanpa_biaya", back)
    return (
        Angka(str(row["pemutus"]), "teks", f"{row['pemutus']}\n{told}"),
        words.angka_jiwa(row["wilayah"]),
        words.angka_jiwa(people) if people else words.teks("–"),
        words.angka_rp(cost) if cost > 0 else words.teks(nothing),
    )


def _turning(area: Area) -> Bagian:
    """List who falls under the line and who reaches it within the horizon."""
    words, context = area.context.words, area.context
    title = words.say("bagian.jatuh", {"target": words.target(context.target)})
    if context.fan.empty:
        return Bagian("jatuh", title, kosong=words.say("kosong.ramalan"))
    falls = area.measured[
        (area.measured["gap_jiwa"] == 0) & area.measured["turun"].notna()
    ]
    rises = area.measured[
        (area.measured["gap_jiwa"] > 0) & area.measured["naik"].notna()
    ]
    rows = [
        _turn_row(area, row, "turun")
        for row in falls.sort_values("turun").to_dict("records")
    ]
    rows += [
        _turn_row(area, row, "naik")
        for row in rises.sort_values("naik").to_dict("records")
    ]
    stay = int(((area.measured["gap_jiwa"] > 0) & area.measured["naik"].isna()).sum())
    values = {
        "n": len(falls),
        "turun": words.jumlah(len(falls)),
        "naik": words.jumlah(len(rises)),
        "tetap": words.jumlah(stay),
        "target": words.target(context.target),
        "bulan": words.bulan(as_date(context.fan.index[-1])),
    }
    sentence = words.say("jatuh.kalimat", values)
    if not rows:
        return Bagian("jatuh", title, (sentence,))
    month = {"bulan": words.bulan(context.tenggat, short=True)}
    heads = (
        Kolom(words.say("peringkat.kolom_wilayah"), "kiri"),
        Kolom(words.say("peringkat.kolom_rate")),
        Kolom(words.say("jatuh.kolom_bulan"), "kiri"),
        Kolom(words.say("jatuh.kolom_peluang", month), "kiri"),
    )
    return Bagian(
        "jatuh", title, (sentence,), (Tabel("jatuh", title, heads, tuple(rows)),)
    )


def _turn_row(area: Area, row: Mapping[Hashable, Any], way: str) -> tuple[Angka, ...]:
    """Write when one part crosses the line."""
    words = area.context.words
    when = first_date(row[way])
    told = (
        words.say(f"jatuh.{way}", {"bulan": words.bulan(when, short=True)})
        if when
        else ""
    )
    return (
        words.teks(str(row["nama"])),
        words.angka_rate(row["rate"], decimals=1),
        words.teks(told),
        words.teks(words.peluang(row["peluang"])),
    )


def _fans(area: Area) -> Bagian:
    """Draw every part's fan on one scale."""
    words = area.context.words
    title = words.say("bagian.kecil")
    fans = select_fans(area.members, area.context.potongan.periode)
    grid = build_grid(area.members, months=BULAN_KECIL)
    shown = [
        _small(area, row, grid, fans)
        for row in area.near.reset_index().to_dict("records")
        if grid.loc[row["kode"]].notna().any()
    ]
    values = {"target": words.target(area.context.target)}
    return Bagian(
        "kecil", title, (words.say("kecil.pengantar", values),), kipas=tuple(shown)
    )


def _small(
    area: Area, row: Mapping[Hashable, Any], grid: pd.DataFrame, fans: pd.DataFrame
) -> Kipas:
    """Build one small fan."""
    words, kode = area.context.words, str(row["kode"])
    past = grid.loc[kode].dropna()
    has = not fans.empty and kode in fans.index.get_level_values("kode")
    ahead = fans.loc[kode] if has else pd.DataFrame()
    now = words.rate(float(past.to_numpy()[-1]), 1)
    later = words.rate(float(ahead[0.5].to_numpy()[-1]), 1) if has else ""
    told = f"{now} → {later}" if later else now
    values = {
        "nama": row["nama"],
        "akhir": now,
        "nanti": later or words.say("umum.tidak_tersedia"),
    }
    return Kipas(
        indikator="keaktifan_penduduk_rate",
        judul=str(row["nama"]),
        periode=tuple(as_date(month) for month in past.index),
        nilai=tuple(float(value) for value in past.to_numpy()),
        periode_ramalan=tuple(as_date(month) for month in ahead.index),
        kuantil={float(q): tuple(float(v) for v in ahead[q]) for q in ahead.columns},
        target=area.context.target,
        catatan=told,
        alt=words.say("kecil.alt", values),
    )


def _tiles(area: Area) -> Bagian:
    """Build the tile grid: every part the same size, since cities vanish on a map."""
    words = area.context.words
    tiles = tuple(
        Ubin(
            str(kode),
            _short(str(row["nama"])),
            _value(row["rate"]),
            words.rate(row["rate"], 1),
            area.context.target,
        )
        for kode, row in area.measured.sort_index().to_dict("index").items()
    )
    values = {"target": words.target(area.context.target)}
    return Bagian(
        "peta",
        words.say("bagian.peta"),
        (words.say("peta.pengantar", values),),
        ubin=tiles,
    )


def _value(rate: float) -> float | None:
    """Turn NaN into None."""
    return None if pd.isna(rate) else float(rate)


def _short(nama: str) -> str:
    """Shorten a name to what fits a tile."""
    return (
        nama.removeprefix("Kabupaten ")
        .replace("Kepulauan", "Kep.")
        .replace("Halmahera", "Halm.")
    )


def _heat(area: Area) -> Bagian:
    """Build the heat map of month by region."""
    words = area.context.words
    title = words.say("bagian.petak")
    grid = build_grid(area.members, months=BULAN_PETAK)
    labels, values = _heat_rows(area, grid)
    under = [
        sum(v < area.context.target for v in row if not pd.isna(v)) for row in values
    ]
    worst = max(range(len(labels)), key=under.__getitem__)
    told = {
        "n": len(grid.columns),
        "wilayah": words.jumlah(len(labels)),
        "nama": labels[worst],
        "jumlah": words.jumlah(under[worst]),
        "target": words.target(area.context.target),
    }
    heat = Petak(
        nama="petak",
        judul=title,
        label=tuple(labels),
        periode=tuple(as_date(month) for month in grid.columns),
        nilai=tuple(tuple(_value(rate) for rate in row) for row in values),
        target=area.context.target,
        alt=words.say("petak.alt", told),
        catatan=words.say("petak.catatan", told),
    )
    return Bagian("petak", title, petak=heat)


def _heat_rows(
    area: Area, grid: pd.DataFrame
) -> tuple[list[str], Sequence[Sequence[float]]]:
    """Return labels and rates, parts by gap; provinsi where there are too many."""
    from jkn_analysis.wilayah import get_wilayah

    if len(grid) <= BANYAK:
        order = [str(kode) for kode in area.measured.index if kode in grid.index]
        names = [_short(str(area.measured.loc[kode, "nama"])) for kode in order]
        return names, grid.loc[order].to_numpy().tolist()
    weight = area.measured["penduduk_jiwa"].astype("float64").reindex(grid.index)
    active = grid.mul(weight, axis=0)
    group = grid.index.str[:2]
    rate = (
        active.groupby(group).sum(min_count=1).div(weight.groupby(group).sum(), axis=0)
    )
    rate = rate.sort_values(rate.columns[-1])
    names = [get_wilayah(str(kode)).nama for kode in rate.index]
    return names, rate.to_numpy().tolist()
