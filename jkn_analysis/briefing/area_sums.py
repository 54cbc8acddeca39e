"""What the regions of an area add up to: gaps by provinsi, asks, promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.ask import HARI_INI
from jkn_analysis.briefing.data import end_of_month
from jkn_analysis.briefing.decisions import SELESAI, TERLAMBAT, judge_decision
from jkn_analysis.briefing.members import sum_asks
from jkn_analysis.briefing.model import Amount, Heading, PageTable, Part, Permintaan

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.members import Members

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


def sum_provinces(measured: pd.DataFrame) -> pd.DataFrame:
    """Sum the parts to provinsi: rate, gap, parts, parts under; the lowest first."""
    group = measured.index.str[:2]
    counts = measured[["aktif_jiwa", "penduduk_jiwa"]].astype("float64")
    total = counts.groupby(group).sum(min_count=1)
    out = pd.DataFrame({"rate": total["aktif_jiwa"] / total["penduduk_jiwa"]})
    out["gap"] = measured["gap_jiwa"].groupby(group).sum()
    out["under"] = (measured["gap_jiwa"] > 0).groupby(group).sum()
    out["parts"] = measured["gap_jiwa"].groupby(group).size()
    return out.sort_values("rate")


def sum_lines(area: Area) -> tuple[Permintaan, ...]:
    """Sum the parts' asks at the deadline to one line per decider and route."""
    context, words = area.context, area.context.words
    deadline = end_of_month(context.tenggat)
    lines = []
    for row in sum_asks(area.members, context.tenggat).to_dict("records"):
        people, cost = round(float(row["jiwa"])), round(float(row["biaya_rp"]))
        where = {"n": words.jumlah(row["wilayah"])}
        told = f"{_route(area, row)} {words.say('permintaan.di_wilayah', where)}"
        lines.append(
            Permintaan(
                str(row["pemutus"]),
                told,
                people or None,
                cost if cost > 0 else None,
                deadline,
                teks_rp=_free(area, row),
                rute=str(row["rute"]),
                pendek=told,
            )
        )
    return tuple(lines)


def build_asks(area: Area) -> Part | None:
    """Lay out the sums of the asks; the lines stand on the page, the table folded."""
    words = area.context.words
    total = sum_asks(area.members, area.context.tenggat)
    if total.empty:
        return None
    heads = (
        Heading(words.say("permintaan.kolom_siapa"), "kiri"),
        Heading(words.say("permintaan.kolom_wilayah")),
        Heading(words.say("permintaan.kolom_jiwa")),
        Heading(words.say("permintaan.kolom_rp")),
    )
    values = {"bulan": words.bulan(area.context.tenggat)}
    rows = tuple(_ask_row(area, row) for row in total.to_dict("records"))
    title = words.say("permintaan.jumlah", values)
    table = PageTable("permintaan", title, heads, rows)
    part = words.say("bagian.permintaan")
    listed = len(total) > HARI_INI
    return Part("permintaan", part, "keputusan", lipat=(table,), terlipat=not listed)


def _route(area: Area, row: Mapping[Hashable, Any]) -> str:
    """Name a route in a few words."""
    words, key = area.context.words, f"rute.pendek_{row['rute']}"
    return words.say(key) if words.has(key) else str(row["rute"]).replace("_", " ")


def _free(area: Area, row: Mapping[Hashable, Any]) -> str:
    """Say who carries what costs the region nothing."""
    words, key = area.context.words, f"rute.biaya_{row['rute']}"
    back = {"rp": words.rp(abs(float(row["biaya_rp"])))}
    return words.say(key if words.has(key) else "permintaan.tanpa_biaya", back)


def _ask_row(area: Area, row: Mapping[Hashable, Any]) -> tuple[Amount, ...]:
    """Write one decider's route summed over the parts."""
    words = area.context.words
    people, cost = round(float(row["jiwa"])), round(float(row["biaya_rp"]))
    told = f"{row['pemutus']}\n{_route(area, row)}"
    return (
        Amount(str(row["pemutus"]), "teks", told),
        words.angka_jiwa(row["wilayah"]),
        words.angka_jiwa(people) if people else words.teks("–"),
        words.angka_rp(cost) if cost > 0 else words.teks(_free(area, row)),
    )


def build_promises(area: Area) -> Part | None:
    """Sum the decisions of the parts' last meetings: done, late, by office."""
    rows, words = area.members.tables["tindak_lanjut"], area.context.words
    if rows.empty:
        return None
    day = area.context.potongan.tanggal
    status = [
        judge_decision(str(told), due.date(), tanggal=day)
        for told, due in zip(rows["status"], rows["tenggat"], strict=True)
    ]
    rows = rows.assign(status=status)
    groups = rows.groupby("penanggung_jawab")["status"]
    counts = pd.DataFrame(
        {
            "semua": groups.size(),
            "selesai": groups.agg(lambda part: int((part == SELESAI).sum())),
            "lewat": groups.agg(lambda part: int((part == TERLAMBAT).sum())),
        }
    ).sort_values("lewat", ascending=False)
    values = {
        "n": words.jumlah(counts["semua"].sum()),
        "selesai": words.jumlah(counts["selesai"].sum()),
        "terlambat": words.jumlah(counts["lewat"].sum()),
        "wilayah": words.jumlah(rows["kode"].nunique()),
    }
    heads = (
        Heading(words.say("tindak.kolom_kantor"), "kiri"),
        Heading(words.say("tindak.kolom_semua")),
        Heading(words.say("tindak.kolom_selesai")),
        Heading(words.say("tindak.kolom_terlambat")),
    )
    cells = tuple(
        (
            words.teks(str(office)),
            *(words.angka_jiwa(row[name]) for name in ("semua", "selesai", "lewat")),
        )
        for office, row in counts.iterrows()
    )
    title = words.say("tindak.judul_area")
    table = PageTable("tindak_kantor", title, heads, cells)
    part = words.say("bagian.tindak_lanjut")
    told = words.say("tindak.jumlah", values)
    return Part("tindak_lanjut", part, "keputusan", (told,), tabel=(table,))
