"""The page of a provinsi or the country: who is under the line, when, what it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.area_sums import (
    BANYAK,
    DEKAT,
    Area,
    sum_provinces,
)
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.first_screen import build_position, build_strip
from jkn_analysis.briefing.members import (
    build_grid,
    first_date,
    select_fans,
    sum_asks,
)
from jkn_analysis.briefing.model import (
    Amount,
    Fan,
    Heading,
    Nada,
    PageTable,
    Part,
    Role,
    Row,
    RowChart,
    Span,
    Tile,
)
from jkn_analysis.briefing.noise import mark_change, tell_noise
from jkn_analysis.briefing.page_file import page_stem
from jkn_analysis.briefing.published import find_official
from jkn_analysis.briefing.rules import build_flags
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

BULAN_KECIL = 24
TANDA_LEBAR = 0.012
"""Width of the mark of one part, as a share of the scale."""
SEDANG = 40
"""More small charts than this are no picture."""


def write_title(area: Area) -> tuple[str, Nada]:
    """Say how many parts are under the line, and who must decide first."""
    words, under = area.context.words, area.under
    values: dict[str, object] = {
        "nama": _named(area).removeprefix("Provinsi "),
        "n": len(under),
        "jumlah": words.jumlah(len(under)),
        "semua": words.jumlah(len(area.measured)),
        "target": words.target(area.context.target),
        "gap": words.jumlah(under["gap_jiwa"].sum()),
    }
    total = sum_asks(area.members, area.context.tenggat)
    if len(total) and total["rute"].iloc[0] == "pks":
        values["jumlah"] = words.jumlah(total["wilayah"].iloc[0])
        values["jiwa"] = words.jumlah(total["jiwa"].iloc[0])
        values["tahun"] = area.context.potongan.periode.year + 1
        return words.say("judul.area_pks", values), "buruk"
    if under.empty:
        return words.say("judul.area_aman", values), "baik"
    return words.say("judul.area", values), "buruk"


def _named(area: Area) -> str:
    """Name the area, and how much of it sent data where that is not all."""
    context, words = area.context, area.context.words
    there, whole = len(area.measured), area.members.seluruhnya
    if there >= whole:
        return context.nama
    part = {"ada": words.jumlah(there), "seluruhnya": words.jumlah(whole)}
    return words.say("judul.area_sebagian", {"nama": context.nama, **part})


def build_summary(area: Area) -> tuple[tuple[str, bool], ...]:
    """Say the area's own rate, and the newest official figure beside it."""
    context, words = area.context, area.context.words
    pieces = list(build_position(context))
    official = find_official(context)
    if official is not None:
        pieces.append((words.say("layar.resmi", official), False))
    return tuple(pieces)


def build_standing(area: Area) -> tuple[str, str]:
    """Say how many parts hold UHC and meet the conditions of Prioritas."""
    words, frame = area.context.words, area.measured
    values = {
        "semua": words.jumlah(len(frame)),
        "uhc": words.jumlah(sum(told is True for told in frame["uhc"])),
        "prioritas": words.jumlah(sum(told is True for told in frame["prioritas"])),
        "pks": words.jumlah(sum(told is True for told in frame["pks"])),
        "tahun": area.context.potongan.periode.year + 1,
    }
    return words.say("layar.label_status"), words.say("layar.status", values)


def build_area_strip(area: Area) -> RowChart | None:
    """Draw where the area may go, below a row with a mark for each of its parts."""
    words, target = area.context.words, area.context.target
    strip, known = build_strip(area.context), area.measured.dropna(subset=["rate"])
    if strip is None or len(known) < 2:
        return strip
    if len(known) > BANYAK:
        known = sum_provinces(known).assign(nama="")
    rates = known["rate"].sort_values()
    low, high = min(strip.low, rates.min()), max(strip.high, rates.max())
    half = (high - low) * TANDA_LEBAR / 2
    above = {
        "n": words.jumlah((rates >= target).sum()),
        "semua": words.jumlah(len(rates)),
        "target": words.target(target),
    }
    row = Row(
        words.say("layar.tiap_wilayah"),
        words.say("layar.di_atas", above),
        spans=tuple(
            Span(rate - half, rate + half, "data" if rate >= target else "batas")
            for rate in rates
        ),
    )
    return replace(
        strip, name="sebar", rows=(row, *strip.rows), low=low - half, high=high + half
    )


def build_ranking(area: Area) -> Part:
    """Draw every part as a dot beside the line, with its flags; rank them."""
    words = area.context.words
    columns = ["uhc", "prioritas", "award", "pks", "kurang_kas_rp"]
    flags = build_flags(words, area.near[columns], area.measured["nama"])
    tables = [_rank_table(area, area.near, "peringkat"), flags]
    moved = tell_noise(area)
    sentences = [] if moved is None else [moved]
    if len(area.measured) > BANYAK:
        tables.insert(0, _province_table(area))
        sentences.append(words.say("peringkat.dekat", {"n": DEKAT}))
    chart = _province_dots(area) if len(area.measured) > BANYAK else _dots(area)
    return Part(
        "peringkat",
        words.say("bagian.peringkat"),
        "keputusan",
        tuple(sentences),
        gambar=(chart,),
        lipat=tuple(tables),
        kipas=_fans(area),
    )


def _dots(area: Area) -> RowChart:
    """Draw the parts, the widest gap first, a dot each and flags beside."""
    rows = [
        _dot(area, str(row["nama"]), float(row["rate"]), _flags(area, row), str(kode))
        for kode, row in area.near.to_dict("index").items()
        if not pd.isna(row["rate"])
    ]
    return _dot_chart(area, rows)


def _province_dots(area: Area) -> RowChart:
    """Draw the provinsi, the lowest rate first."""
    from jkn_analysis.wilayah import get_wilayah

    words, rows = area.context.words, []
    for kode, row in sum_provinces(area.measured).to_dict("index").items():
        if pd.isna(row["rate"]):
            continue
        flags = {"n": words.jumlah(row["under"]), "semua": words.jumlah(row["parts"])}
        name = get_wilayah(str(kode)).nama
        told = words.say("titik.di_bawah", flags)
        rows.append(_dot(area, name, float(row["rate"]), told, str(kode)))
    return _dot_chart(area, rows)


def _dot(area: Area, name: str, rate: float, flags: str, kode: str) -> Row:
    """Draw one region's way from the line to its rate."""
    context, words = area.context, area.context.words
    target = context.target
    role: Role = "data" if rate >= target else "batas"
    return Row(
        name.removeprefix("Kabupaten "),
        words.rate_at(rate, target),
        flags,
        spans=(Span(min(rate, target), max(rate, target), role),),
        dot=rate,
        role=role,
        link=f"{page_stem(kode, words.bahasa)}.html",
    )


def _dot_chart(area: Area, rows: list[Row]) -> RowChart:
    """Put dots on one scale with the line."""
    words, target = area.context.words, area.context.target
    seen = [target, *(row.dot for row in rows if row.dot is not None)]
    room = max(0.004, (max(seen) - min(seen)) * 0.04)
    line = words.say("grafik.target", {"target": words.target(target)})
    title = words.say("titik.judul", {"tanggal": words.akhir(area.context.periode)})
    return RowChart(
        "titik",
        title,
        tuple(rows),
        min(seen) - room,
        max(seen) + room,
        "rate",
        lines=((target, line, "batas"),),
    )


def _flags(area: Area, row: Mapping[Hashable, Any]) -> str:
    """Write what stands and what lacks: UHC or the gap, Prioritas, cash."""
    words = area.context.words
    told = [words.say("titik.uhc")] if row["uhc"] is True else []
    if row["gap_jiwa"] > 0:
        told.append(words.say("titik.kurang", {"jiwa": words.jumlah(row["gap_jiwa"])}))
    if row["gap_cakupan_jiwa"] > 0:
        lack = {"jiwa": words.jumlah(row["gap_cakupan_jiwa"])}
        told.append(words.say("titik.kurang_cakupan", lack))
    if row["prioritas"] is True:
        told.append(words.say("titik.prioritas"))
    if row["pks"] is True:
        year = {"tahun": area.context.potongan.periode.year + 1}
        told.append(words.say("titik.pks", year))
    if not pd.isna(row["kurang_kas_rp"]) and row["kurang_kas_rp"] > 0:
        cash = {"rp": words.rp(row["kurang_kas_rp"])}
        told.append(words.say("titik.kurang_kas", cash))
    return " · ".join(told)


def _rank_heads(area: Area) -> tuple[Heading, ...]:
    """Head the ranking."""
    words = area.context.words
    month = {"bulan": words.bulan(area.context.tenggat, short=True)}
    return (
        Heading(words.say("peringkat.kolom_wilayah"), "kiri"),
        Heading(words.say("peringkat.kolom_rate")),
        Heading(words.say("peringkat.kolom_gap")),
        Heading(words.say("peringkat.kolom_poin")),
        Heading(words.say("peringkat.kolom_ramalan", month)),
        Heading(words.say("peringkat.kolom_sebulan")),
    )


def _change(area: Area, kode: str) -> Amount:
    """Write a change since last month; marked where it is more than usual."""
    words = area.context.words
    change, beyond = mark_change(area, kode)
    if change is None:
        return words.teks("–")
    told = words.angka_poin(change)
    mark = words.say("peringkat.tanda" if beyond else "peringkat.tanda_biasa")
    return replace(told, teks=f"{told.teks} {mark}")


def _rank_table(area: Area, rows: pd.DataFrame, nama: str) -> PageTable:
    """Write parts as rows."""
    words = area.context.words
    cells = tuple(
        (
            words.teks(str(row["nama"]).removeprefix("Kabupaten ")),
            words.angka_rate(row["rate"], decimals=1),
            words.angka_jiwa(row["gap_jiwa"]),
            words.angka_poin(row["selisih"]),
            words.angka_rate(row["ramalan"], decimals=1),
            _change(area, str(kode)),
        )
        for kode, row in rows.to_dict("index").items()
    )
    date = {"tanggal": words.akhir(area.context.periode)}
    return PageTable(
        nama,
        words.say("peringkat.judul", date),
        _rank_heads(area),
        cells,
    )


def _province_table(area: Area) -> PageTable:
    """Sum the parts to provinsi and rank these."""
    from jkn_analysis.wilayah import get_wilayah

    words, target = area.context.words, area.context.target
    cells = tuple(
        (
            words.teks(get_wilayah(str(kode)).nama),
            words.angka_rate(row["rate"], decimals=1),
            words.angka_jiwa(row["gap"]),
            words.angka_poin(row["rate"] - target),
            words.angka_jiwa(row["under"]),
        )
        for kode, row in sum_provinces(area.measured).to_dict("index").items()
    )
    heads = (*_rank_heads(area)[:4], Heading(words.say("peringkat.kolom_bawah")))
    return PageTable("provinsi", words.say("peringkat.judul_provinsi"), heads, cells)


def build_turning(area: Area) -> Part | None:
    """List who falls under the line and who reaches it within the horizon."""
    words, context = area.context.words, area.context
    if context.fan.empty:
        return None
    title = words.say("bagian.jatuh", {"target": words.target(context.target)})
    frame = area.measured
    falls = frame[(frame["gap_jiwa"] == 0) & frame["turun"].notna()]
    rises = frame[(frame["gap_jiwa"] > 0) & frame["naik"].notna()]
    rows = [
        _turn_row(area, row, way)
        for way, part in (("turun", falls), ("naik", rises))
        for row in part.sort_values(way).to_dict("records")
    ]
    stay = int(((frame["gap_jiwa"] > 0) & frame["naik"].isna()).sum())
    values = {
        "n": len(falls),
        "turun": words.jumlah(len(falls)),
        "naik": words.jumlah(len(rises)),
        "tetap": words.jumlah(stay),
        "target": words.target(context.target),
        "bulan": words.bulan(as_date(context.fan.index[-1])),
    }
    sentence = words.say("jatuh.kalimat", values)
    month = {"bulan": words.bulan(context.tenggat, short=True)}
    heads = (
        Heading(words.say("peringkat.kolom_wilayah"), "kiri"),
        Heading(words.say("peringkat.kolom_rate")),
        Heading(words.say("jatuh.kolom_bulan"), "kiri"),
        Heading(words.say("jatuh.kolom_peluang", month), "kiri"),
    )
    table = PageTable("jatuh", words.say("jatuh.judul"), heads, tuple(rows))
    return Part(
        "jatuh", title, "keputusan", (sentence,), lipat=(table,) if rows else ()
    )


def _turn_row(area: Area, row: Mapping[Hashable, Any], way: str) -> tuple[Amount, ...]:
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
        words.teks(area.context.sebut(row["peluang"])),
    )


def _fans(area: Area) -> tuple[Fan, ...]:
    """Draw every part's fan on one scale."""
    fans = select_fans(area.members, area.context.potongan.periode)
    grid = build_grid(area.members, months=BULAN_KECIL)
    shown = area.near if len(area.measured) <= SEDANG else area.near.iloc[:0]
    return tuple(
        _small(area, row, grid, fans)
        for row in shown.reset_index().to_dict("records")
        if grid.loc[row["kode"]].notna().any()
    )


def _small(
    area: Area, row: Mapping[Hashable, Any], grid: pd.DataFrame, fans: pd.DataFrame
) -> Fan:
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
    return Fan(
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


def build_tiles(area: Area) -> Part | None:
    """Build the tile grid: every part the same size, laid out as they lie."""
    words, target = area.context.words, area.context.target
    if len(area.measured) < 2:
        return None
    if len(area.measured) > BANYAK:
        frame = sum_provinces(area.measured)
        names = {str(k): get_wilayah(str(k)).nama for k in frame.index}
    else:
        frame = area.measured
        names = {str(k): str(v) for k, v in frame["nama"].items()}
    tiles = tuple(
        Tile(
            str(kode),
            _short(names[str(kode)]),
            _value(row["rate"]),
            words.rate(row["rate"], 1),
            target,
            f"{page_stem(str(kode), words.bahasa)}.html",
        )
        for kode, row in frame.sort_index().to_dict("index").items()
    )
    values = {"target": words.target(target)}
    return Part(
        "peta",
        words.say("bagian.peta"),
        "siapa",
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
