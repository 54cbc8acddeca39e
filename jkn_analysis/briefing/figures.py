"""The figures of a page, each computed once; what the parts print is read from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from jkn_analysis.anggaran import BELUM_MASUK
from jkn_analysis.briefing.beside import list_figures
from jkn_analysis.briefing.care import list_expected
from jkn_analysis.briefing.context import (
    find_uang,
    latest_tunggakan_pemda,
    select_asks,
)
from jkn_analysis.briefing.data import as_date, end_of_month
from jkn_analysis.briefing.model import Figure
from jkn_analysis.briefing.moves import find_inactive_pbi, find_moves
from jkn_analysis.briefing.points import split_scenarios
from jkn_analysis.skenario.posisi import TELAT
from jkn_analysis.terms import SEGMEN, TOTAL

if TYPE_CHECKING:
    import datetime as dt

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.model import Certainty, Satuan

RATE = "keaktifan_penduduk_rate"
DASAR = "dasar"
_UNITS: dict[str, Satuan] = {"jiwa": "jiwa", "rp": "rp", "rate": "rate"}


def _note(
    context: Context,
    name: str,
    value: Any,  # noqa: ANN401 - a cell of a table
    source: str,
    certainty: Certainty = "diukur",
    *,
    periode: dt.date | None = None,
    **where: Any,  # noqa: ANN401 - fields of the key
) -> None:
    """Add one figure; nothing where its value is missing."""
    if value is None or pd.isna(value):
        return
    words = context.words
    unit = _UNITS.get(name.rsplit("_", 1)[-1], "teks")
    text = str(value)
    if unit == "rate":
        text = words.rate_at(float(value), context.target)
    elif unit != "teks":
        value = int(value) if float(value).is_integer() else float(value)
        text = words.jumlah(value) if unit == "jiwa" else words.rp(value)
    over = name.endswith("penduduk_rate") or name == "cakupan_rate"
    last = context.history.last if context.history else None
    context.figures.add(
        Figure(
            name=name,
            kode=str(where.pop("kode", context.potongan.kode)),
            periode=periode or context.periode,
            value=value,
            unit=unit,
            text=text,
            denominator=str(last["sumber"]) if over and last is not None else "",
            as_of=end_of_month(context.periode),
            source=source,
            certainty=certainty,
            **where,
        )
    )


def collect_figures(context: Context) -> Context:
    """Compute every figure of a page into the context's book; return the context."""
    _counts(context)
    _segments(context)
    _forecast(context)
    _chances(context)
    _arrears(context)
    _budget(context)
    _scenarios(context)
    _decisions(context)
    _moves(context)
    for name, value, table in (*list_figures(context), *list_expected(context)):
        _note(context, name, value, table, "dihitung")
    return context


def _counts(context: Context) -> None:
    """Note counts, rates, gaps and status of the newest month."""
    if context.history is None:
        return
    last, source = context.history.last, f"kepesertaan {context.periode:%Y-%m}"
    for name in ("terdaftar_jiwa", "aktif_jiwa"):
        _note(context, name, last[name], source)
    _note(context, "penduduk_jiwa", last["penduduk_jiwa"], str(last["sumber"]))
    judged = context.status
    if judged is None:
        return
    told = {
        "cakupan_rate": judged.cakupan_rate,
        RATE: judged.keaktifan_penduduk_rate,
        "kurang_aktif_jiwa": judged.gap_keaktifan_jiwa,
        "kurang_terdaftar_jiwa": judged.gap_cakupan_jiwa,
        "uhc": judged.uhc,
        "prioritas": judged.prioritas,
        "award": judged.award or "tidak",
    }
    for name, value in told.items():
        _note(context, name, value, source, "dihitung")


def _segments(context: Context) -> None:
    """Note the newest counts of every segmen and the rate over registered."""
    panel = context.tables["kepesertaan"]
    now = panel[panel["periode"] == pd.Timestamp(context.periode)].set_index("segmen")
    counts = now[[name for name in now.columns if name.endswith("_jiwa")]]
    parts: dict[str, Any] = {
        name: counts.loc[name] for name in SEGMEN if name in counts.index
    }
    if len(counts):
        parts[TOTAL] = counts.sum(skipna=False)
    source = f"kepesertaan {context.periode:%Y-%m}"
    for segmen, row in parts.items():
        for name, value in row.items():
            _note(context, str(name), value, source, segmen=segmen)
        if row["terdaftar_jiwa"]:
            rate = row["aktif_jiwa"] / row["terdaftar_jiwa"]
            name = "keaktifan_terdaftar_rate"
            _note(context, name, rate, source, "dihitung", segmen=segmen)


def _forecast(context: Context) -> None:
    """Note every stored quantile of the rate, and the segmen's at the deadline."""
    for month, row in context.fan.iterrows():
        for level, value in row.items():
            where: dict[str, Any] = {"skenario": DASAR, "kuantil": level}
            when = as_date(month)
            _note(context, RATE, value, "ramalan", "diramal", periode=when, **where)
    rows = context.tables["ramalan"]
    name = "keaktifan_terdaftar_rate"
    chosen = rows[
        (rows["indikator"] == name)
        & (rows["skenario"] == DASAR)
        & (rows["periode"] == pd.Timestamp(context.tenggat))
        & (rows["kuantil"] == 0.5)
    ]
    for told in chosen.to_dict("records"):
        where = {"skenario": DASAR, "kuantil": 0.5, "segmen": str(told["segmen"])}
        _note(
            context, name, told["nilai"], "ramalan", "diramal",
            periode=context.tenggat, **where,
        )  # fmt: skip


def _chances(context: Context) -> None:
    """Note by month the chance of the line, and of UHC as a whole."""
    for month in context.fan.index:
        when = as_date(month)
        _note(
            context, f"peluang_{round(context.target * 100)}_rate",
            context.peluang(when), "peluang", "diramal", periode=when, skenario=DASAR,
        )  # fmt: skip
    table = context.tables["skenario"]
    rows = table[(table["ukuran"] == "peluang_uhc") & (table["skenario"] == DASAR)]
    for row in rows.to_dict("records"):
        _note(
            context, "peluang_uhc_rate", row["nilai"], "skenario", "diramal",
            periode=as_date(row["periode"]), skenario=DASAR,
        )  # fmt: skip


def _moves(context: Context) -> None:
    """Note who came, came back and left, and where the inactive PBI JK are."""
    flows, places = find_moves(context), find_inactive_pbi(context)
    if flows is not None:
        for name in ("masuk", "kembali", "keluar", "pindah"):
            people = flows.sum(name)
            source = f"arus_kepesertaan sejak {flows.sejak:%Y-%m}"
            _note(context, f"arus_{name}_jiwa", people, source, "dihitung")
    if places is not None:
        source = f"kepesertaan_kecamatan {context.periode:%Y-%m}"
        _note(
            context, "kecamatan_terbanyak_rate", places.bagian_rate, source, "dihitung",
            segmen="PBI JK",
        )  # fmt: skip


def _arrears(context: Context) -> None:
    """Note the two kinds of arrears, never added up."""
    pemda = context.tables["iuran_pemda"]
    if len(pemda):
        when = as_date(pemda["periode"].max())
        owed = latest_tunggakan_pemda(context.potongan)
        _note(context, "tunggakan_pemda_rp", owed, "iuran_pemda", periode=when)
        last = pemda.sort_values("periode").iloc[-1]
        for name in ("kuota_jiwa", "terisi_jiwa"):
            _note(context, name, last[name], "iuran_pemda", periode=when)
    members = context.tables["tunggakan_peserta"]
    if members.empty:
        return
    newest = members["periode"].max()
    now, when = members[members["periode"] == newest], as_date(newest)
    source = "tunggakan_peserta"
    rupiah, people = now["tunggakan_rp"].sum(), now["peserta_jiwa"].sum()
    _note(context, "tunggakan_peserta_rp", rupiah, source, periode=when)
    _note(context, "tunggakan_peserta_jiwa", people, source, periode=when)


_CASH = {
    "pagu_rp": "diukur",
    "dibayar_rp": "diukur",
    "serapan_rate": "dihitung",
    "tagihan_sisa_tahun_rp": "dihitung",
    "sisa_kas_desember_rp": "dihitung",
    "kewajiban_desember_rp": "dihitung",
    "kurang_kas_desember_rp": "dihitung",
    "proyeksi_desember_rp": "diramal",
    "proyeksi_serapan_rate": "diramal",
    "wilayah_kas": "dihitung",
    "wilayah_kurang": "dihitung",
}
"""Figures of this year's cash as stored, and how sure each is."""
_NEED = (
    "kebutuhan_bertahan_rp", "kebutuhan_capai_rp", "kebutuhan_tahan_rp",
    "kebutuhan_tahun_depan_rp", "kebutuhan_utang_rp", "kurang_pagu_rp",
    "kebutuhan_capai_jiwa", "kebutuhan_tahan_jiwa", "wilayah_kurang_pagu",
)  # fmt: skip


def _budget(context: Context) -> None:
    """Note the year's cash, and next year's need at each quantile."""
    year = context.potongan.periode.year
    december = context.potongan.periode.replace(month=12)
    table = context.tables["uang"].dropna(subset=["nilai"])
    for row in table.to_dict("records"):
        name, later = str(row["ukuran"]), row["tahun"] == year + 1
        where: dict[str, Any] = {"periode": december}
        if later:
            where["periode"] = december.replace(year=year + 1)
        sure = _CASH.get(name) if row["tahun"] == year else None
        if later and (name in _NEED or name == "pagu_rp"):
            sure = "diukur" if name == "pagu_rp" else "diramal"
        if sure is None:
            continue
        if name == "dibayar_rp" and find_uang(context, BELUM_MASUK):
            sure = "asumsi"
        if sure == "diramal":
            where |= {"skenario": DASAR, "kuantil": float(row["kuantil"])}
        _note(context, name, row["nilai"], "uang", cast("Certainty", sure), **where)


def _scenarios(context: Context) -> None:
    """Note where each scenario leads: its lowest and last month, its premium.

    'Nothing changes' is the forecast itself and is noted there.
    """
    for name, measures in sorted(split_scenarios(context).items()):
        if name == DASAR:
            continue
        where: dict[str, Any] = {"skenario": name, "kuantil": 0.5}
        rates = measures.get(RATE, {}).get(0.5, [])
        low = [min(rates, key=lambda point: point.nilai)] if rates else []
        for point in (*low, *rates[-1:]):
            _note(
                context, RATE, point.nilai, "skenario", "asumsi",
                periode=point.periode, **where,
            )  # fmt: skip
        cost = measures.get("anggaran_rp", {}).get(0.5, [])
        if cost:
            _note(
                context, "iuran_pemda_setahun_rp",
                round(float(np.nansum([point.nilai for point in cost]))),
                "skenario", "asumsi", periode=cost[-1].periode, **where,
            )  # fmt: skip


def _decisions(context: Context) -> None:
    """Note people and rupiah of every decision, and where a late contract leads."""
    for row in select_asks(context).to_dict("records"):
        due = as_date(row["tenggat"]).replace(day=1)
        sure = {"kontrak": "diramal", "celah": "diramal", "posisi": "diramal"}
        kind = sure.get(str(row["kelompok"]), "dihitung")
        kind = "asumsi" if row["asumsi"] == "ya" else kind
        where: dict[str, Any] = {"periode": due, "skenario": DASAR}
        for column in ("jiwa", "bersih_jiwa", "biaya_rp"):
            if row[column]:
                _note(
                    context, f"putusan_{row['rute']}_{column}", row[column],
                    "permintaan", cast("Certainty", kind), **where,
                )  # fmt: skip
        if not pd.isna(row["tanpa_rate"]):
            january = due.replace(year=due.year + 1, month=1)
            _note(
                context, RATE, row["tanpa_rate"], "permintaan", "asumsi",
                periode=january, skenario=TELAT, kuantil=0.5,
            )  # fmt: skip
