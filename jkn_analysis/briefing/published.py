"""Published figures beside ours: only those that can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.figures import RATE
from jkn_analysis.briefing.model import Amount, Heading, PageTable, Part
from jkn_analysis.indicators import sum_tunggakan_pemda
from jkn_analysis.terms import TOTAL

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from jkn_analysis.briefing.context import Context

_TERBITAN = 12
_JIWA = {"terdaftar_jiwa", "aktif_jiwa", "nonaktif_jiwa"}


def build_published(context: Context) -> Part | None:
    """List published figures that ours can be laid beside, the newest first."""
    words = context.words
    table = context.tables["publikasi"].sort_values(["tanggal", "indikator", "sumber"])
    limit = pd.Timestamp(context.potongan.tanggal) + pd.Timedelta(days=1)
    rows: list[tuple[Amount, ...]] = []
    for row in table[table["tanggal"] <= limit].iloc[::-1].to_dict("records"):
        own = find_own(context, row)
        if own is not None and len(rows) < _TERBITAN:
            rows.append(_row(context, row, own))
    if not rows:
        return None
    columns = tuple(
        Heading(words.say(f"lampiran.kolom_{key}"), side)  # type: ignore[arg-type]
        for key, side in (
            ("angka", "kiri"),
            ("diumumkan", "kanan"),
            ("kami", "kanan"),
            ("sumber", "kiri"),
        )
    )
    title = words.say("lampiran.beda", {"n": len(rows)})
    small = PageTable("publikasi", title, columns, tuple(rows))
    intro = words.say("lampiran.beda_pengantar")
    return Part("beda", title, kalimat=(intro,), tabel=(small,), terlipat=True)


def find_official(context: Context) -> dict[str, str] | None:
    """Return the newest published activity of the area itself, as ours is told."""
    words, table = context.words, context.tables["publikasi"]
    rows = table[
        (table["kode"] == context.potongan.kode)
        & (table["indikator"] == RATE)
        & (table["tanggal"] <= pd.Timestamp(context.potongan.tanggal))
        & (table["segmen"].isna() | (table["segmen"] == TOTAL))
    ].sort_values("tanggal")
    if rows.empty:
        return None
    row = rows.to_dict("records")[-1]
    return {
        "hal": words.say(f"angka.{RATE}"),
        "nilai": _write(context, row, float(row["nilai"])).teks,
        "tanggal": words.tanggal(as_date(row["tanggal"])),
    }


def find_own(context: Context, row: Mapping[Hashable, Any]) -> float | None:
    """Return our figure of the same thing, segmen and month, None where we have none.

    A figure dated the first of a month speaks of the end of the month before.
    """
    day = row["tanggal"] - pd.Timedelta(days=1)
    month = day.to_period("M").to_timestamp()
    segmen = TOTAL if pd.isna(row["segmen"]) else str(row["segmen"])
    name = str(row["indikator"])
    if name in _JIWA | {RATE, "cakupan_rate", "keaktifan_terdaftar_rate"}:
        return _of_members(context, name, segmen, month)
    if name in {"tunggakan_peserta_rp", "peserta_menunggak"}:
        table = _month(context, "tunggakan_peserta", month)
        column = "tunggakan_rp" if name.endswith("_rp") else "peserta_jiwa"
        return None if table.empty else float(table[column].sum())
    return _of_government(context, name, month)


def _month(context: Context, name: str, month: pd.Timestamp) -> pd.DataFrame:
    """Return one month of a table."""
    table = context.tables[name]
    return table[table["periode"] == month]


def _of_members(
    context: Context, name: str, segmen: str, month: pd.Timestamp
) -> float | None:
    """Compute a count or rate of members of a segmen at a month's end."""
    rows = _month(context, "kepesertaan", month)
    rows = rows if segmen == TOTAL else rows[rows["segmen"] == segmen]
    if rows.empty or rows[["terdaftar_jiwa", "aktif_jiwa"]].isna().any(axis=None):
        return None
    all_of, active = (
        float(rows["terdaftar_jiwa"].sum()),
        float(rows["aktif_jiwa"].sum()),
    )
    if name in _JIWA:
        counts = {"terdaftar_jiwa": all_of, "aktif_jiwa": active}
        return counts.get(name, all_of - active)
    if name == "keaktifan_terdaftar_rate":
        return active / all_of if all_of else None
    history = context.history
    if segmen != TOTAL or history is None:
        return None
    people = history.frame.set_index("periode")["penduduk_jiwa"].get(month)
    if people is None or pd.isna(people):
        return None
    return (all_of if name == "cakupan_rate" else active) / float(people)


def _of_government(context: Context, name: str, month: pd.Timestamp) -> float | None:
    """Compute what the local government owes, set aside, paid or enrolled."""
    if name == "pagu_rp":
        budget = context.tables["anggaran"]
        rows = budget[budget["tahun"] == month.year]
        total = rows["pagu_rp"].sum() + rows["pergeseran_rp"].sum()
        return None if rows.empty else float(total)
    table = context.tables["iuran_pemda"].sort_values("periode")
    at = table["periode"] == month
    if not at.any():
        return None
    if name == "tunggakan_pemda_rp":
        balance = sum_tunggakan_pemda(table)[at].iloc[0]
        return None if pd.isna(balance) else float(balance)
    if name in {"kuota_jiwa", "terisi_jiwa"}:
        return float(table.loc[at, name].iloc[0])
    if name == "dibayar_rp":
        year = table["periode"].dt.year.eq(month.year) & table["periode"].le(month)
        whole = year.sum() == month.month
        return float(table.loc[year, "dibayar_rp"].sum()) if whole else None
    return None


def _row(
    context: Context, row: Mapping[Hashable, Any], own: float
) -> tuple[Amount, ...]:
    """Write one published figure, ours beside it."""
    words = context.words
    key = f"angka.{row['indikator']}"
    told = words.say(key) if words.has(key) else str(row["indikator"]).replace("_", " ")
    if not pd.isna(row["segmen"]) and row["segmen"] != TOTAL:
        told += f" {row['segmen']}"
    date = words.tanggal(as_date(row["tanggal"]))
    return (
        Amount(told, "teks", f"{told}\n{date}"),
        _write(context, row, float(row["nilai"])),
        _write(context, row, own),
        words.teks(_name_source(str(row["sumber"]))),
    )


def _name_source(source: str) -> str:
    """Shorten a web address to its site."""
    site = source.split("//", 1)[-1].split("/", 1)[0] if "//" in source else source
    return site.removeprefix("www.")


def _write(context: Context, row: Mapping[Hashable, Any], value: float) -> Amount:
    """Write a value in the unit of its indicator."""
    words, name = context.words, str(row["indikator"])
    if name.endswith("_rate"):
        return words.angka_rate(value)
    return words.angka_rp(value) if name.endswith("_rp") else words.angka_jiwa(value)
