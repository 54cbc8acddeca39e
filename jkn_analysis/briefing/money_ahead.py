"""What the money will be: arrears, debt, collection and budget, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.context import find_uang
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.model import Heading, PageTable
from jkn_analysis.tunggakan.pemda import find_masa_tunggakan

if TYPE_CHECKING:
    import datetime as dt

    from jkn_analysis.briefing.context import Context

TINGKAT = (0.1, 0.5, 0.9)
_BERARTI_RATE = 0.005
"""Change of a rate per year below which the page says it stays."""


def _range(rows: pd.DataFrame, nilai: str) -> dict[float, float] | None:
    """Return the values of the three quantiles, or None if one is missing."""
    values = rows.set_index("kuantil")[nilai].astype(float).dropna()
    if not set(TINGKAT) <= set(values.index):
        return None
    return {level: float(values.loc[level]) for level in TINGKAT}


def _told(context: Context, found: dict[float, float]) -> dict[str, object]:
    """Write a range of rupiah."""
    words = context.words
    low, middle, high = (words.rp(found[level]) for level in TINGKAT)
    key = "uang_depan.kisaran_sempit" if low == high else "uang_depan.kisaran"
    told = words.say(key, {"rendah": low, "tinggi": high})
    return {"rp": middle, "kisaran": told}


def list_member_sentences(context: Context) -> list[str]:
    """Say what members' arrears will be, what can be billed, what should come in."""
    table = context.tables["tunggakan_ramalan"]
    total = table[table["kelompok_umur"] == "total"]
    if total.empty:
        return []
    owed = _owed(context, total)
    return owed + _collected(context, total) + _method(context, table)


def _at(total: pd.DataFrame, month: dt.date, ukuran: str) -> pd.DataFrame:
    """Return the quantiles of one measure in one month."""
    when = total["periode"] == pd.Timestamp(month)
    return total[when & (total["ukuran"] == ukuran)]


def _owed(context: Context, total: pd.DataFrame) -> list[str]:
    """Say members' arrears at the deadline and at the end of the forecast."""
    last = as_date(total["periode"].max())
    first = min(context.tenggat, last)
    near = _range(_at(total, first, "tunggakan_rp"), "nilai")
    far = _range(_at(total, last, "tunggakan_rp"), "nilai")
    if near is None or far is None:
        return []
    words = context.words
    values = {
        **_told(context, far),
        "tanggal": words.akhir(last),
        "dekat": words.rp(near[0.5]),
        "tanggal_dekat": words.akhir(first),
    }
    return [words.say("uang_depan.peserta", values)]


def _collected(context: Context, total: pd.DataFrame) -> list[str]:
    """Say what should come in, and what may be billed where that is less."""
    rows = total[(total["ukuran"] == "penerimaan_rp") & (total["kuantil"] == 0.5)]
    last = as_date(total["periode"].max())
    bill = _range(_at(total, last, "dapat_ditagih_rp"), "nilai")
    owed = _range(_at(total, last, "tunggakan_rp"), "nilai")
    if rows.empty or bill is None or owed is None:
        return []
    words = context.words
    values = {"n": len(rows), "masuk": words.rp(float(rows["nilai"].sum()))}
    sentences = [words.say("uang_depan.penerimaan", values)]
    if words.rp(bill[0.5]) != words.rp(owed[0.5]):
        limit = {"tagih": words.rp(bill[0.5]), "tanggal": words.akhir(last)}
        sentences.append(words.say("uang_depan.batas", limit))
    return sentences


def _method(context: Context, table: pd.DataFrame) -> list[str]:
    """Say which of the two methods the figures are from."""
    return [context.words.say(f"uang_depan.metode_{table['metode'].iloc[0]}")]


def list_pemda_sentences(context: Context) -> list[str]:
    """Say what the local government will owe, how late, and what a month costs."""
    table = context.tables["utang_pemda"]
    ahead = table[table["jenis"] == "ramalan"]
    if ahead.empty:
        return []
    last = as_date(ahead["periode"].max())
    month = min(context.tenggat, last)
    rows = ahead[ahead["periode"] == pd.Timestamp(month)]
    found = _range(rows, "tunggakan_pemda_rp")
    if found is None:
        return []
    values = {**_told(context, found), "tanggal": context.words.akhir(month)}
    key = "uang_depan.utang" if found[0.9] > 0 else "uang_depan.utang_lunas"
    sentences = [context.words.say(key, values)]
    return sentences + _lateness(context, table) + _one_month(context, rows)


def build_debt_table(context: Context) -> PageTable | None:
    """Lay out the debt expected at the end of each quarter; None without debt."""
    table = context.tables["utang_pemda"]
    ahead = table[(table["jenis"] == "ramalan") & (table["periode"].dt.month % 3 == 0)]
    if ahead.empty or ahead["tunggakan_pemda_rp"].max() <= 0:
        return None
    words = context.words
    rows = []
    for month, part in ahead.groupby("periode"):
        found = _range(part, "tunggakan_pemda_rp")
        if found is not None:
            spread = f"{words.rp(found[0.1])} – {words.rp(found[0.9])}"
            rows.append(
                (
                    words.teks(words.akhir(as_date(month))),
                    words.angka_rp(found[0.5], "utang_pemda"),
                    words.teks(spread),
                )
            )
    heads = (
        Heading(words.say("uang_depan.kolom_per"), "kiri"),
        Heading(words.say("uang_depan.kolom_perkiraan")),
        Heading(words.say("uang_depan.kolom_kisaran")),
    )
    title = words.say("uang_depan.judul_utang")
    return PageTable("tunggakan_pemda", title, heads, tuple(rows))


def _lateness(context: Context, table: pd.DataFrame) -> list[str]:
    """Say since when the debt excludes Prioritas and when it may be paid."""
    words = context.words
    now = table[table["jenis"] == "nyata"].sort_values("periode")
    dates = find_masa_tunggakan(table)
    if now.empty or dates.empty:
        return []
    lost, back = dates["mulai"].iloc[0], dates["lunas"].iloc[0]
    if pd.isna(lost):
        return []
    days = words.jumlah(now["hari_telat"].iloc[-1])
    values = {"bulan": words.bulan(as_date(lost)), "hari": days}
    text = words.say("uang_depan.telat", values)
    if pd.isna(back):
        last = words.bulan(as_date(table["periode"].max()))
        return [text, words.say("uang_depan.tidak_lunas", {"bulan": last})]
    values = {"bulan": words.bulan(as_date(back))}
    return [text, words.say("uang_depan.lunas", values)]


def _one_month(context: Context, rows: pd.DataFrame) -> list[str]:
    """Say what one more unpaid month adds."""
    bill = float(rows.loc[rows["kuantil"] == 0.5, "tagihan_rp"].iloc[0])
    if bill <= 0:
        return []
    return [context.words.say("uang_depan.sebulan", {"rp": context.words.rp(bill)})]


def list_budget_sentences(context: Context) -> list[str]:
    """Say what will be paid by December and how collection moves."""
    rows = context.tables["uang"]
    year = context.potongan.periode.year
    paid = _range(
        rows[(rows["ukuran"] == "proyeksi_desember_rp") & (rows["tahun"] == year)],
        "nilai",
    )
    sentences = []
    if paid is not None:
        values = {**_told(context, paid), "tahun": year}
        share = find_uang(context, "proyeksi_serapan_rate")
        values["serapan"] = context.words.rate(share, 1)
        key = "uang_depan.bayar" if share is None else "uang_depan.bayar_serapan"
        sentences.append(context.words.say(key, values))
    return sentences + _collection(context)


def _collection(context: Context) -> list[str]:
    """Say the 12-month collection rate of self-payers and where it goes."""
    table = context.tables["kolektibilitas"]
    own = table[(table["segmen"] == "PBPU") & (table["kelas"] == 0)]
    past = own[own["jenis"] == "nyata"].sort_values("periode")
    ahead = own[own["jenis"] == "ramalan"]
    if past.empty or ahead.empty:
        return []
    last = ahead["periode"].max()
    found = _range(ahead[ahead["periode"] == last], "nilai")
    trend = past["tren_rate"].iloc[-1]
    if found is None or pd.isna(trend):
        return []
    words = context.words
    way = "tetap" if abs(trend) < _BERARTI_RATE else ("naik" if trend > 0 else "turun")
    values = {
        "rate": words.rate(float(past["nilai"].iloc[-1]), 1),
        "arah": words.say(f"uang_depan.{way}"),
        "rendah": words.rate(found[0.1], 1),
        "tinggi": words.rate(found[0.9], 1),
        "bulan": words.bulan(as_date(last)),
    }
    return [words.say("uang_depan.kolektibilitas", values)]
