"""Money on the page: budget, what it will need, both kinds of arrears, scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.beside import tell_ruang
from jkn_analysis.briefing.cash import build_cash_chart
from jkn_analysis.briefing.context import find_uang
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.model import (
    Amount,
    Bars,
    Heading,
    PageTable,
    Part,
    Row,
    RowChart,
    Span,
)
from jkn_analysis.briefing.money_ahead import (
    build_debt_table,
    list_budget_sentences,
    list_member_sentences,
    list_pemda_sentences,
)
from jkn_analysis.briefing.outlook import find_effects, name_effect
from jkn_analysis.formats import format_number
from jkn_analysis.tunggakan.pemda import build_utang

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context

UMUR = ((1, 3), (4, 12), (13, 24), (25, 25))
"""Age buckets of members' arrears in months, as BPJS branches route collection."""
_BULAN_BATANG = 24
_FROM_BILLS = ("dibayar_rp", "tunggakan_pemda_rp")
"""Figures of the year's cash that hold estimates where bills did not come."""


def build_money(context: Context) -> Part | None:
    """Build the budget part: this year's cash, month by month, and next year's need."""
    tables = [
        table
        for table in (
            build_cash_table(context),
            build_month_table(context),
            build_need_table(context),
        )
        if table is not None
    ]
    if not tables:
        return None
    words, chart = context.words, build_cash_chart(context)
    year = context.potongan.periode.year
    return Part(
        "uang",
        words.say("bagian.uang"),
        "uang",
        (*tell_estimated(context), *tell_need(context)),
        gambar=() if chart is None else (chart,),
        rinci=(
            *_joined([*_absorption(context, year), *list_budget_sentences(context)]),
            *_joined(tell_ruang(context)),
        ),
        lipat=tuple(tables),
    )


def tell_need(context: Context) -> list[str]:
    """Say what next year needs at the median and in 9 of 10 cases, of what budget."""
    words = context.words
    name = "kebutuhan_tahun_depan_rp"
    middle, high = (_at_level(context, name, level) for level in (0.5, 0.9))
    if middle is None or high is None:
        return []
    values = {
        "tahun": context.tenggat.year + 1,
        "rp": words.rp(middle),
        "tinggi": words.rp(high),
    }
    sure = values["rp"] == values["tinggi"]
    return [words.say("kebutuhan.pasti" if sure else "kebutuhan.kalimat", values)]


def tell_cash(context: Context) -> str | None:
    """Say in one line what December's cash is: left, due, short or over.

    Of an area how many regions are short and by how much together: one's surplus
    pays for no other.
    """
    words = context.words
    short = find_uang(context, "kurang_kas_desember_rp")
    if short is None:
        return None
    count = find_uang(context, "wilayah_kurang")
    known = find_uang(context, "wilayah_kas")
    mark = "".join(f" {line}" for line in tell_estimated(context))
    if count is not None and known is not None:
        values = {"n": round(count), "semua": round(known), "rp": words.rp(short)}
        key = "kas.wilayah" if count else "kas.wilayah_cukup"
        return words.say(key, values) + mark
    paid, pagu = find_uang(context, "dibayar_rp"), find_uang(context, "pagu_rp")
    bills, due = (
        find_uang(context, name)
        for name in ("tagihan_sisa_tahun_rp", "kewajiban_desember_rp")
    )
    if pagu is None or paid is None or due is None or bills is None:
        return None
    left = pagu - paid
    values = {
        "sisa": words.rp(abs(left)),
        "tagihan": words.rp(bills),
        "utang": words.rp(due - bills),
        "rp": words.rp(short or left - due),
    }
    parts = [words.say("kas.sisa" if left >= 0 else "kas.lampau", values)]
    parts += [words.say("kas.tagihan", values)] if bills else []
    parts += [words.say("kas.utang", values)] if due > bills else []
    ending = words.say("kas.kurang" if short else "kas.lebih", values)
    return f"{'; '.join(parts)}: {ending}.{mark}"


def tell_estimated(context: Context) -> list[str]:
    """Say which of the year's bills did not come and are estimated; none of none."""
    words = context.words
    many = find_uang(context, "wilayah_kurang_kiriman")
    if many is not None:
        return [words.say("kas.taksiran_wilayah", {"n": round(many)})]
    table = context.tables["utang_pemda"]
    year = context.potongan.periode.year
    rows = table[table["jenis"].eq("taksiran") & table["periode"].dt.year.eq(year)]
    months = [words.bulan(as_date(month), short=True) for month in rows["periode"]]
    return [words.say("kas.taksiran", {"bulan": ", ".join(months)})] if months else []


def build_cash_table(context: Context) -> PageTable | None:
    """Lay this year's cash out so that the lines add up; None where none is known."""
    words = context.words
    year = context.potongan.periode.year
    values: dict[str, object] = {
        "tahun": year,
        "bulan": words.bulan(context.potongan.periode),
        "tanggal": words.akhir(context.potongan.periode),
    }
    signs = {
        "pagu_rp": 1, "dibayar_rp": -1, "tagihan_sisa_tahun_rp": -1,
        "sisa_kas_desember_rp": 1, "tunggakan_pemda_rp": -1,
    }  # fmt: skip
    rows: list[tuple[Amount, ...]] = []
    guessed = tell_estimated(context)
    for name, sign in signs.items():
        amount = find_uang(context, name)
        if amount is not None:
            told = words.say(f"kas.baris_{name}", values)
            told += "*" if guessed and name in _FROM_BILLS else ""
            rows.append((words.teks(told), words.angka_rp(sign * amount, "uang")))
    if not rows:
        return None
    last = _last_line(context, values)
    bold = () if last is None else (len(rows),)
    rows += [] if last is None else [last]
    heads = (
        Heading(words.say("uang.kolom_pos"), "kiri"),
        Heading(words.say("uang.kolom_nilai")),
    )
    rows += _quota_rows(context)
    title = words.say("kas.judul", values)
    note = "".join(f"* {line}" for line in guessed)
    return PageTable("uang", title, heads, tuple(rows), note, baris_tebal=bold)


def _last_line(
    context: Context, values: dict[str, object]
) -> tuple[Amount, ...] | None:
    """Write what December is short or over; of an area how many regions are short."""
    words = context.words
    short = find_uang(context, "kurang_kas_desember_rp")
    if short is None:
        return None
    count = find_uang(context, "wilayah_kurang")
    if count is not None:
        known = find_uang(context, "wilayah_kas") or 0.0
        told = {**values, "n": round(count), "semua": round(known)}
        line = words.say("kas.baris_wilayah", told)
        return words.teks(line), words.angka_rp(-short, "uang")
    left = find_uang(context, "sisa_kas_desember_rp") or 0.0
    over = left - (find_uang(context, "tunggakan_pemda_rp") or 0.0)
    key = "kas.baris_kurang" if short else "kas.baris_lebih"
    return words.teks(words.say(key, values)), words.angka_rp(over, "uang")


def build_month_table(context: Context) -> PageTable | None:
    """Lay the cash of each month out: this year to December, the next by quarter."""
    words = context.words
    rows = context.tables["kas"].sort_values("periode")
    year = context.potongan.periode.year
    month = rows["periode"].dt.month
    rows = rows[rows["periode"].dt.year.eq(year) | month.mod(3).eq(0)]
    if rows.empty:
        return None
    cells = tuple(
        (
            words.teks(words.bulan(as_date(row["periode"]), short=True)),
            words.angka_rp(row["tagihan_rp"], "kas"),
            words.angka_rp(row["utang_rp"], "kas"),
            words.angka_rp(row["kewajiban_rp"], "kas"),
            words.angka_rp(row["sisa_kas_rp"], "kas"),
        )
        for row in rows.to_dict("records")
    )
    names = ("bulan", "tagihan", "utang", "kewajiban", "sisa")
    heads = tuple(
        Heading(words.say(f"kas.kolom_{name}"), "kiri" if name == "bulan" else "kanan")
        for name in names
    )
    note = words.say("kas.catatan", {"tahun": year + 1})
    return PageTable("kas", words.say("kas.judul_bulan"), heads, cells, catatan=note)


def build_need_table(context: Context) -> PageTable | None:
    """Lay next year's need out at the median and in 9 of 10 cases; lines add up."""
    words = context.words
    if find_uang(context, "kebutuhan_bertahan_rp", depan=1) is None:
        return None
    people = find_uang(context, "kebutuhan_capai_jiwa", depan=1)
    short = find_uang(context, "wilayah_kurang_pagu", depan=1)
    values: dict[str, object] = {
        "n": round(short or 0.0),
        "target": words.target(context.target),
        "tahun": context.tenggat.year + 1,
        "jiwa": words.jumlah(people),
        "desember": words.bulan(context.tenggat),
    }
    signs = {
        "kebutuhan_bertahan_rp": 1, "kebutuhan_capai_rp": 1, "kebutuhan_tahan_rp": 1,
        "kebutuhan_tahun_depan_rp": 1, "pagu_rp": -1, "kurang_pagu_rp": 1,
        "kebutuhan_utang_rp": 1,
    }  # fmt: skip
    rows: list[tuple[Amount, ...]] = []
    bold: list[int] = []
    for name, sign in signs.items():
        pair = [_at_level(context, name, level) for level in (0.5, 0.9)]
        if None in pair or (name == "pagu_rp" and short is not None):
            continue
        if name in {"kebutuhan_tahun_depan_rp", "kurang_pagu_rp"}:
            bold.append(len(rows))
        apart = name == "kurang_pagu_rp" and short is not None
        key = f"kebutuhan.{name}_wilayah" if apart else f"kebutuhan.{name}"
        told = words.teks(words.say(key, values))
        cells = (words.angka_rp(sign * (amount or 0.0), "uang") for amount in pair)
        rows.append((told, *cells))
    heads = (
        Heading(words.say("uang.kolom_pos"), "kiri"),
        Heading(words.say("kebutuhan.kolom_tengah")),
        Heading(words.say("kebutuhan.kolom_tinggi")),
    )
    title = words.say("kebutuhan.judul", values)
    note = words.say("kebutuhan.catatan", values)
    return PageTable("kebutuhan", title, heads, tuple(rows), note, tuple(bold))


def _at_level(context: Context, name: str, level: float) -> float | None:
    """Return a figure of next year at a quantile; one without quantiles as it is."""
    found = find_uang(context, name, depan=1, kuantil=level)
    return find_uang(context, name, depan=1) if found is None else found


def _quota_rows(context: Context) -> list[tuple[Amount, ...]]:
    """List the quota filled, from the newest month."""
    words = context.words
    table = context.tables["iuran_pemda"].sort_values("periode")
    if table.empty:
        return []
    last = table.iloc[-1]
    filled, quota = words.jumlah(last["terisi_jiwa"]), words.jumlah(last["kuota_jiwa"])
    cell = Amount(int(last["terisi_jiwa"]), "jiwa", f"{filled} / {quota}")
    return [(words.teks(words.say("uang.kuota")), cell)]


def _absorption(context: Context, year: int) -> list[str]:
    """Say what part of the budget was paid."""
    words = context.words
    paid, pagu = find_uang(context, "dibayar_rp"), find_uang(context, "pagu_rp")
    if not pagu or paid is None:
        return []
    values = {
        "tahun": year,
        "bulan": words.bulan(context.potongan.periode),
        "bayar": words.rp(paid),
        "pagu": words.rp(pagu),
        "serapan": words.rate(paid / pagu, 1),
    }
    return [words.say("uang.kalimat", values)]


def build_arrears(context: Context) -> tuple[Part, ...]:
    """Build the two kinds of arrears, a part each, never added up."""
    pemda = context.tables["iuran_pemda"].sort_values("periode")
    members = context.tables["tunggakan_peserta"]
    parts = []
    if len(_list_debt(context, pemda)):
        parts.append(_pemda(context, pemda))
    if len(members):
        now = members[members["periode"] == members["periode"].max()]
        parts.append(_members(context, now))
    return tuple(parts)


def _joined(sentences: list[str]) -> list[str]:
    """Put sentences into one paragraph, none if there are none."""
    return [" ".join(sentences)] if sentences else []


def _pemda(context: Context, pemda: pd.DataFrame) -> Part:
    """Say and draw the local government's arrears."""
    words = context.words
    shown = _list_debt(context, pemda).tail(_BULAN_BATANG)
    months = [as_date(value) for value in shown["periode"]]
    values = shown["tunggakan_pemda_rp"].clip(lower=0).tolist()
    guessed = tuple(shown["jenis"].eq("taksiran"))
    last = len(months) - 1 - guessed[::-1].index(False)
    change = values[last] - values[0]
    way = "tetap" if abs(change) < 1 else ("naik" if change > 0 else "turun")
    told = {
        "rp": words.rp(values[last]),
        "tanggal": words.akhir(months[last]),
        "arah": words.say(f"tunggakan.{way}"),
        "selisih": words.rp(abs(change)),
        "bulan_awal": words.bulan(months[0]),
        "nama": context.nama,
        "awal": words.rp(values[0]),
        "akhir": words.rp(values[-1]),
        "bulan_akhir": words.bulan(months[-1]),
    }
    chart = Bars(
        nama="tunggakan_pemda",
        judul=words.say("grafik.judul_pemda")
        + (words.say("grafik.taksiran") if any(guessed) else ""),
        label=tuple(words.bulan(month, short=True) for month in months),
        nilai=tuple(values),
        teks=tuple(words.rp(value) for value in values),
        satuan="rp",
        alt=words.say("grafik.alt_pemda", told),
        periode=tuple(months),
        taksiran=guessed,
    )
    debt = build_debt_table(context)
    return Part(
        "tunggakan_pemda",
        words.say("bagian.tunggakan_pemda"),
        "uang",
        (words.say(f"tunggakan.pemda{'' if any(values) else '_nihil'}", told),),
        batang=(chart,),
        lipat=() if debt is None else (debt,),
        berkas=(_list_months(context, chart),),
        rinci=tuple(_joined(list_pemda_sentences(context))),
    )


def _list_months(context: Context, chart: Bars) -> PageTable:
    """Give the bars' numbers as a table."""
    words = context.words
    heads = (
        Heading(words.say("kas.kolom_bulan"), "kiri"),
        Heading(words.say("kas.kolom_utang")),
    )
    rows = tuple(
        (words.teks(label), words.angka_rp(value, "iuran_pemda"))
        for label, value in zip(chart.label, chart.nilai, strict=True)
    )
    return PageTable(f"{chart.nama}_bulan", chart.judul, heads, rows)


def _sum_ages(now: pd.DataFrame) -> tuple[list[int], list[int]]:
    """Sum people and rupiah in arrears by age."""
    ages = [now["umur_bulan"].between(low, high) for low, high in UMUR]
    people = [int(now.loc[inside, "peserta_jiwa"].sum()) for inside in ages]
    return people, [int(now.loc[inside, "tunggakan_rp"].sum()) for inside in ages]


def tell_members(context: Context) -> list[str]:
    """Say how many self-paying members owe how much; nothing where none is known."""
    words, table = context.words, context.tables["tunggakan_peserta"]
    if table.empty:
        return []
    people, rupiah = _sum_ages(table[table["periode"] == table["periode"].max()])
    values = {
        "jiwa": words.jiwa(sum(people)),
        "rp": words.rp(sum(rupiah)),
        "lama": words.jiwa(people[-1]),
    }
    return [words.say("tunggakan.peserta", values)]


def _list_debt(context: Context, pemda: pd.DataFrame) -> pd.DataFrame:
    """List the debt at the end of each month delivered, or estimated where it was."""
    table = context.tables["utang_pemda"]
    past = table[table["jenis"].ne("ramalan")]
    past = build_utang(pemda) if past.empty else past
    return past.sort_values("periode")


def _members(context: Context, now: pd.DataFrame) -> Part:
    """Say, draw and list the members' arrears by age."""
    words = context.words
    people, rupiah = _sum_ages(now)
    labels = [words.say(f"grafik.umur_{number}") for number in range(1, len(UMUR) + 1)]
    values = {"tanggal": words.akhir(as_date(now["periode"].iloc[0]))}
    drawn = tuple(
        Row(label, words.jumlah(count), words.rp(amount), (Span(0, count, "data"),))
        for label, count, amount in zip(labels, people, rupiah, strict=True)
    )
    title = words.say("tunggakan.judul_umur", values)
    chart = RowChart(
        "tunggakan_peserta", title, drawn, 0.0, float(max([*people, 1])), "jiwa"
    )
    rows = [
        (words.teks(label), words.angka_jiwa(count), words.angka_rp(amount))
        for label, count, amount in zip(labels, people, rupiah, strict=True)
    ]
    total = words.say("umum.total")
    rows.append(
        (words.teks(total), words.angka_jiwa(sum(people)), words.angka_rp(sum(rupiah)))
    )
    table = PageTable(
        nama="tunggakan_peserta",
        judul=words.say("tunggakan.judul_umur", values),
        kolom=(
            Heading(words.say("tunggakan.kolom_umur"), "kiri"),
            Heading(words.say("tunggakan.kolom_jiwa")),
            Heading(words.say("tunggakan.kolom_rp")),
        ),
        baris=tuple(rows),
        baris_tebal=(len(rows) - 1,),
    )
    return Part(
        "tunggakan_peserta",
        words.say("bagian.tunggakan_peserta"),
        "uang",
        tuple(tell_members(context)),
        gambar=(chart,),
        berkas=(table,),
        rinci=tuple(_joined(list_member_sentences(context))),
    )


def build_assumptions(context: Context) -> PageTable | None:
    """List what each scenario on the page assumes, and on whose word.

    A size that no source gives is marked with an asterisk.
    """
    words = context.words
    shown = {one.skenario for one in context.once("effects", find_effects)}
    table = context.tables["asumsi_skenario"]
    table = table[table["skenario"].isin(shown)]
    if table.empty:
        return None
    rows = tuple(
        (
            words.teks(name_effect(context, str(kode))),
            words.teks("\n".join([_sizes(context, part), _sources(part)])),
        )
        for kode, part in table.groupby("skenario", sort=False)
    )
    heads = (
        Heading(words.say("skenario.kolom_skenario"), "kiri"),
        Heading(words.say("uang_depan.kolom_asumsi"), "kiri"),
    )
    title = words.say("uang_depan.judul_asumsi")
    note = words.say("uang_depan.catatan_asumsi")
    return PageTable("asumsi", title, heads, rows, catatan=note)


def _sizes(context: Context, part: pd.DataFrame) -> str:
    """Write the parameters of a scenario that do anything."""
    used = part[part["nilai"].ne(0) & ~part["parameter"].eq("kuota_jiwa")]
    bahasa = context.words.bahasa
    sizes = [
        format_number(nilai, int(nilai % 1 != 0), bahasa=bahasa)
        + ("%" if name.endswith("_persen") or name == "persen" else "")
        for name, nilai in zip(used["parameter"], used["nilai"], strict=True)
    ]
    marks = ["*" if asumsi else "" for asumsi in used["asumsi"]]
    parts = zip(used["arti"], sizes, marks, strict=True)
    return "; ".join(f"{arti}: {size}{mark}" for arti, size, mark in parts)


def _sources(part: pd.DataFrame) -> str:
    """Write the sources of a scenario once each."""
    return "; ".join(dict.fromkeys(part["sumber"]))
