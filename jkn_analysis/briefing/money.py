"""Money on the page: budget, what it will need, both kinds of arrears, scenarios."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.ask import (
    find_gap,
    find_holding_cost,
    find_tariff,
    find_uang,
)
from jkn_analysis.briefing.context import DESEMBER
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.model import Angka, Bagian, Batang, Kolom, Tabel
from jkn_analysis.briefing.money_ahead import (
    build_budget_chart,
    build_debt_table,
    list_budget_sentences,
    list_member_sentences,
    list_pemda_sentences,
)
from jkn_analysis.formats import format_number
from jkn_analysis.indicators import sum_tunggakan_pemda
from jkn_analysis.skenario import list_asumsi, read_skenario

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context

UMUR = ((1, 3), (4, 12), (13, 24), (25, 25))
"""Age buckets of members' arrears in months, as BPJS branches route collection."""
_BULAN_BATANG = 24


def build_money(context: Context) -> Bagian:
    """Build the budget part: what was set aside, paid, and will be needed."""
    words = context.words
    title = words.say("bagian.uang")
    year = context.potongan.periode.year
    paid = context.tables["iuran_pemda"]
    budget = context.tables["anggaran"]
    rows = [*_budget_rows(context, year), *_need_rows(context), *_collect_rows(context)]
    if not rows:
        return Bagian("uang", title, kosong=words.say("kosong.anggaran"))
    sentences = [
        words.say("kosong.bagian", {"alasan": words.say(f"kosong.{name}")})
        for name, table in (("anggaran", budget), ("iuran_pemda", paid))
        if table.empty
    ]
    sentences += _budget_sentences(context, year)
    sentences += _joined(list_budget_sentences(context))
    chart = build_budget_chart(context)
    table = Tabel(
        nama="uang",
        judul=words.say("uang.judul_pagu", {"tahun": year}),
        kolom=(
            Kolom(words.say("uang.kolom_pos"), "kiri"),
            Kolom(words.say("uang.kolom_nilai")),
        ),
        baris=tuple(rows),
    )
    charts = () if chart is None else (chart,)
    return Bagian("uang", title, tuple(sentences), (table,), charts)


def _budget(context: Context, year: int) -> float | None:
    """Return the budget of a year after shifts."""
    table = context.tables["anggaran"]
    rows = table[table["tahun"] == year]
    if rows.empty:
        return None
    return float(rows["pagu_rp"].sum() + rows["pergeseran_rp"].sum())


def _paid(context: Context, year: int) -> tuple[float, float] | None:
    """Return bills and payments of a year so far."""
    table = context.tables["iuran_pemda"]
    rows = table[table["periode"].dt.year == year]
    if rows.empty:
        return None
    return float(rows["tagihan_rp"].sum()), float(rows["dibayar_rp"].sum())


def _project_bill(context: Context, year: int) -> float | None:
    """Project the year's bill: what was billed plus the last bill to December."""
    told = find_uang(context, "tagihan_tahun_rp", tahun=year)
    if told is not None:
        return told
    table = context.tables["iuran_pemda"].sort_values("periode")
    rows = table[table["periode"].dt.year == year]
    if rows.empty:
        return None
    left = DESEMBER - as_date(rows["periode"].iloc[-1]).month
    return float(rows["tagihan_rp"].sum() + left * rows["tagihan_rp"].iloc[-1])


def _budget_rows(context: Context, year: int) -> list[tuple[Angka, ...]]:
    """Budget, paid, absorption, projection, quota, arrears."""
    words = context.words
    budget, flows = _budget(context, year), _paid(context, year)
    bill = _project_bill(context, year)
    month = {"bulan": words.bulan(context.potongan.periode)}
    rows: list[tuple[Angka, ...]] = []
    if budget is not None:
        rows.append(
            (words.teks(words.say("uang.pagu")), words.angka_rp(budget, "anggaran"))
        )
    if flows is not None:
        paid = words.teks(words.say("uang.dibayar", month))
        rows.append((paid, words.angka_rp(flows[1], "iuran_pemda")))
    if budget and flows is not None:
        rate = words.angka_rate(flows[1] / budget, "dibayar / pagu", 1)
        rows.append((words.teks(words.say("uang.serapan")), rate))
    if bill is not None:
        rows.append((words.teks(words.say("uang.proyeksi")), words.angka_rp(bill)))
    if budget is not None and bill is not None:
        key = "uang.sisa" if budget >= bill else "uang.kurang"
        rows.append((words.teks(words.say(key)), words.angka_rp(abs(budget - bill))))
    return rows + _quota_rows(context)


def _quota_rows(context: Context) -> list[tuple[Angka, ...]]:
    """List the quota filled and arrears, from the newest month."""
    words = context.words
    table = context.tables["iuran_pemda"].sort_values("periode")
    if table.empty:
        return []
    last = table.iloc[-1]
    filled, quota = words.jumlah(last["terisi_jiwa"]), words.jumlah(last["kuota_jiwa"])
    cell = Angka(int(last["terisi_jiwa"]), "jiwa", f"{filled} / {quota}")
    rows: list[tuple[Angka, ...]] = [(words.teks(words.say("uang.kuota")), cell)]
    owed = sum_tunggakan_pemda(table).iloc[-1]
    date = {"tanggal": words.akhir(as_date(last["periode"]))}
    rows.append((words.teks(words.say("uang.tunggakan", date)), words.angka_rp(owed)))
    return rows


def _need_rows(context: Context) -> list[tuple[Angka, ...]]:
    """List the cost of today's members, of reaching the target, of holding it."""
    words = context.words
    year = context.tenggat.year + 1
    values = {"target": words.target(context.target), "tahun": year}
    gap = find_gap(context)
    reach = find_uang(context, "kebutuhan_capai_rp")
    if reach is None and gap:
        reach = float(gap * find_tariff(context) * DESEMBER)
    needs = (
        ("uang.kebutuhan", find_uang(context, "kebutuhan_bertahan_rp")),
        ("uang.capai", reach),
        ("uang.tahan", find_holding_cost(context)),
    )
    return [
        (words.teks(words.say(key, values)), words.angka_rp(amount))
        for key, amount in needs
        if amount is not None
    ]


def _collect_rows(context: Context) -> list[tuple[Angka, ...]]:
    """List premium received over billed, PBPU, where no trend of it is told."""
    if len(context.tables["kolektibilitas"]):
        return []
    words = context.words
    table = context.tables["iuran"]
    rows = table[
        (table["segmen"] == "PBPU") & (table["periode"] == table["periode"].max())
    ]
    billed = rows["ditagih_rp"].sum()
    if rows.empty or billed <= 0:
        return []
    month = as_date(rows["periode"].iloc[0])
    values = {"segmen": "PBPU", "bulan": words.bulan(month)}
    rate = words.angka_rate(rows["diterima_rp"].sum() / billed, "iuran", 1)
    return [(words.teks(words.say("uang.kolektibilitas", values)), rate)]


def _budget_sentences(context: Context, year: int) -> list[str]:
    """Say what was paid of what, and whether the budget lasts."""
    words = context.words
    budget, flows = _budget(context, year), _paid(context, year)
    bill = _project_bill(context, year)
    if budget is None or flows is None or bill is None:
        return []
    values = {
        "bulan": words.bulan(context.potongan.periode),
        "bayar": words.rp(flows[1]),
        "pagu": words.rp(budget),
        "serapan": words.rate(flows[1] / budget if budget else None, 1),
        "tagihan": words.rp(flows[0]),
        "rp": words.rp(abs(budget - bill)),
    }
    ending = "uang.kalimat_sisa" if budget >= bill else "uang.kalimat_kurang"
    return [words.say("uang.kalimat", values) + " " + words.say(ending, values)]


def build_arrears(context: Context) -> Bagian:
    """Build the two kinds of arrears, two charts, never added up."""
    words = context.words
    sentences = [words.say("tunggakan.pengantar")]
    charts: list[Batang] = []
    tables: list[Tabel] = []
    pemda = context.tables["iuran_pemda"].sort_values("periode")
    if pemda.empty:
        sentences.append(_missing(context, "iuran_pemda"))
    else:
        sentence, chart = _pemda(context, pemda)
        sentences += [sentence, *_joined(list_pemda_sentences(context))]
        charts.append(chart)
        debt = build_debt_table(context)
        tables += [] if debt is None else [debt]
    members = context.tables["tunggakan_peserta"]
    if members.empty:
        sentences.append(_missing(context, "tunggakan_peserta"))
    else:
        now = members[members["periode"] == members["periode"].max()]
        sentence, chart, table = _members(context, now)
        sentences += [sentence, *_joined(list_member_sentences(context))]
        charts.append(chart)
        tables.append(table)
    return Bagian(
        "tunggakan",
        words.say("bagian.tunggakan"),
        tuple(sentences),
        tuple(tables),
        tuple(charts),
    )


def _joined(sentences: list[str]) -> list[str]:
    """Put sentences into one paragraph, none if there are none."""
    return [" ".join(sentences)] if sentences else []


def _missing(context: Context, reason: str) -> str:
    """Say why something is not there."""
    words = context.words
    return words.say("kosong.bagian", {"alasan": words.say(f"kosong.{reason}")})


def _pemda(context: Context, pemda: pd.DataFrame) -> tuple[str, Batang]:
    """Say and draw the local government's arrears."""
    words = context.words
    balance = sum_tunggakan_pemda(pemda).clip(lower=0)
    shown = pemda.assign(saldo=balance).tail(_BULAN_BATANG)
    months = [as_date(value) for value in shown["periode"]]
    values = shown["saldo"].astype("float64").tolist()
    change = values[-1] - values[0]
    way = "tetap" if abs(change) < 1 else ("naik" if change > 0 else "turun")
    told = {
        "rp": words.rp(values[-1]),
        "tanggal": words.akhir(months[-1]),
        "arah": words.say(f"tunggakan.{way}"),
        "selisih": words.rp(abs(change)),
        "bulan_awal": words.bulan(months[0]),
        "nama": context.nama,
        "awal": words.rp(values[0]),
        "akhir": words.rp(values[-1]),
        "bulan_akhir": words.bulan(months[-1]),
    }
    chart = Batang(
        nama="tunggakan_pemda",
        judul=words.say("grafik.judul_pemda"),
        label=tuple(words.bulan(month, short=True) for month in months),
        nilai=tuple(values),
        teks=tuple(words.rp(value) for value in values),
        satuan="rp",
        alt=words.say("grafik.alt_pemda", told),
        periode=tuple(months),
    )
    return words.say("tunggakan.pemda", told), chart


def _members(context: Context, now: pd.DataFrame) -> tuple[str, Batang, Tabel]:
    """Say, draw and list the members' arrears by age."""
    words = context.words
    people, rupiah = [], []
    for low, high in UMUR:
        inside = now["umur_bulan"].between(low, high)
        people.append(int(now.loc[inside, "peserta_jiwa"].sum()))
        rupiah.append(int(now.loc[inside, "tunggakan_rp"].sum()))
    labels = [words.say(f"grafik.umur_{number}") for number in range(1, len(UMUR) + 1)]
    date = words.akhir(as_date(now["periode"].iloc[0]))
    values = {
        "jiwa": words.jiwa(sum(people)),
        "rp": words.rp(sum(rupiah)),
        "lama": words.jiwa(people[-1]),
        "tanggal": date,
    }
    told = "; ".join(
        f"{label} {words.jiwa(count)}"
        for label, count in zip(labels, people, strict=True)
    )
    chart = Batang(
        nama="tunggakan_peserta",
        judul=words.say("grafik.judul_umur"),
        label=tuple(labels),
        nilai=tuple(float(count) for count in people),
        teks=tuple(words.jumlah(count) for count in people),
        satuan="jiwa",
        alt=words.say("grafik.alt_umur", {"isi": told}),
    )
    rows = [
        (words.teks(label), words.angka_jiwa(count), words.angka_rp(amount))
        for label, count, amount in zip(labels, people, rupiah, strict=True)
    ]
    total = words.say("umum.total")
    rows.append(
        (words.teks(total), words.angka_jiwa(sum(people)), words.angka_rp(sum(rupiah)))
    )
    table = Tabel(
        nama="tunggakan_peserta",
        judul=words.say("tunggakan.judul_umur", values),
        kolom=(
            Kolom(words.say("tunggakan.kolom_umur"), "kiri"),
            Kolom(words.say("tunggakan.kolom_jiwa")),
            Kolom(words.say("tunggakan.kolom_rp")),
        ),
        baris=tuple(rows),
        baris_tebal=(len(rows) - 1,),
    )
    return words.say("tunggakan.peserta", values), chart, table


def build_scenarios(context: Context) -> Bagian:
    """Build the scenarios side by side over the forecast year."""
    words = context.words
    title = words.say("bagian.skenario")
    table = context.tables["skenario"]
    if table.empty:
        return Bagian("skenario", title, kosong=words.say("skenario.kosong"))
    middle = table[table["kuantil"] == 0.5].sort_values("periode")
    last = as_date(middle["periode"].max())
    low = middle[middle["ukuran"] == "keaktifan_penduduk_rate"]
    worst = low.groupby("skenario")["nilai"].min().to_dict()
    names = sorted(
        middle["skenario"].unique(),
        key=lambda name: (name != "dasar", worst.get(name, 1.0), name),
    )
    rows = tuple(
        _scenario_row(context, name, table[table["skenario"] == name]) for name in names
    )
    values = {
        "bulan": words.bulan(last),
        "target": words.target(context.target),
    }
    heads = (
        Kolom(words.say("skenario.kolom_skenario"), "kiri"),
        Kolom(words.say("skenario.kolom_terendah")),
        Kolom(words.bulan(last, short=True)),
        Kolom(words.say("skenario.kolom_selisih")),
        Kolom(words.say("skenario.kolom_rp")),
    )
    small = Tabel("skenario", title, heads, rows, catatan=words.say("skenario.catatan"))
    return Bagian(
        "skenario", title, (words.say("skenario.pengantar", values),), (small,)
    )


def _scenario_row(context: Context, name: str, rows: pd.DataFrame) -> tuple[Angka, ...]:
    """Write one scenario as a row."""
    words = context.words
    middle = rows[rows["kuantil"] == 0.5].sort_values("periode")
    by = {str(key): part for key, part in middle.groupby("ukuran")}
    return (
        words.teks(_scenario_name(context, name)),
        *_scenario_rates(context, by.get("keaktifan_penduduk_rate")),
        _scenario_change(context, name, rows[rows["ukuran"] == "aktif_jiwa"]),
        _scenario_cost(context, by.get("anggaran_rp")),
    )


def _scenario_name(context: Context, name: str) -> str:
    """Name a scenario in the page's language, by its declaration if it is our own."""
    words = context.words
    key = f"skenario.nama.{name}"
    return words.say(key) if words.has(key) else name.replace("_", " ")


def _scenario_rates(
    context: Context, rates: pd.DataFrame | None
) -> tuple[Angka, Angka]:
    """Write the lowest rate of the year with its month, and the last."""
    words = context.words
    if rates is None or rates.empty:
        return words.kosong(), words.kosong()
    low = rates.sort_values("nilai", kind="stable").iloc[0]
    told = words.rate(float(low["nilai"]), 1)
    month = words.bulan(as_date(low["periode"]), short=True)
    lowest = Angka(float(low["nilai"]), "rate", f"{told}\n{month}")
    return lowest, words.angka_rate(float(rates["nilai"].iloc[-1]), decimals=1)


def _scenario_change(context: Context, name: str, active: pd.DataFrame) -> Angka:
    """Write the people more or fewer than if nothing changed, and how sure that is."""
    words = context.words
    if name == "dasar":
        return words.teks("–")
    last = active[active["periode"] == active["periode"].max()]
    change = last.set_index("kuantil")["selisih"]
    if 0.5 not in change.index:
        return words.kosong()
    found = words.angka_selisih(round(float(change.loc[0.5])))
    if not {0.1, 0.9} <= set(change.index):
        return found
    spread = round(float(change.loc[0.9] - change.loc[0.1]) / 2)
    if spread == 0:
        return found
    return replace(found, teks=f"{found.teks}\n±{words.jumlah(spread)}")


def _scenario_cost(context: Context, cost: pd.DataFrame | None) -> Angka:
    """Write the premium the region pays over the year."""
    words = context.words
    if cost is None or cost.empty:
        return words.kosong()
    return words.angka_rp(round(float(cost["nilai"].sum())))


def build_assumptions(context: Context) -> Tabel | None:
    """List what each scenario on the page assumes, and on whose word.

    A size that no source gives is marked with an asterisk; scenarios that are not
    the suite's own were declared by the reader and are left out.
    """
    words = context.words
    shown = set(context.tables["skenario"]["skenario"])
    known = [one for kode, one in read_skenario().items() if kode in shown]
    table = list_asumsi(known)
    if table.empty:
        return None
    rows = tuple(
        (
            words.teks(_scenario_name(context, str(kode))),
            words.teks("\n".join([_sizes(context, part), _sources(part)])),
        )
        for kode, part in table.groupby("skenario", sort=False)
    )
    heads = (
        Kolom(words.say("skenario.kolom_skenario"), "kiri"),
        Kolom(words.say("uang_depan.kolom_asumsi"), "kiri"),
    )
    title = words.say("uang_depan.judul_asumsi")
    note = words.say("uang_depan.catatan_asumsi")
    return Tabel("asumsi", title, heads, rows, catatan=note)


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
