"""The year's cash by month: paid, still owed, and the budget that has to carry both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.model import Row, RowChart, Span

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context

_TERAKHIR = 3
"""Months drawn, the last of them December."""


def build_cash_chart(context: Context) -> RowChart | None:
    """Draw for the last months of the year what was paid since January and is owed.

    None without bills, or without a budget to compare with.
    """
    words, table = context.words, context.tables["utang_pemda"]
    year = context.potongan.periode.year
    budget = context.figures.find("pagu_rp", context.potongan.kode)
    inside = table[(table["periode"].dt.year == year) & (table["kuantil"] == 0.5)]
    rows = inside.sort_values("periode")
    if rows.empty or budget is None:
        return None
    paid = rows["dibayar_rp"].cumsum()
    shown = rows.assign(bayar=paid).tail(_TERAKHIR)
    bars = tuple(_month(context, row) for row in shown.to_dict("records"))
    top = max(row.spans[-1].high for row in bars)
    line = words.say("grafik_kas.pagu", {"rp": budget.text})
    return RowChart(
        "kas",
        words.say("grafik_kas.judul", {"tahun": year}),
        bars,
        0.0,
        max(top, budget.number) * 1.02,
        "rp",
        lines=((budget.number, line, "batas"),),
        legend=(
            ("data", words.say("grafik_kas.dibayar")),
            ("pita80", words.say("grafik_kas.akan_dibayar")),
            ("abu", words.say("grafik_kas.utang")),
        ),
    )


def _month(context: Context, row: dict[object, object]) -> Row:
    """Draw one month: paid since January, then what is owed at its end."""
    words = context.words
    paid, owed = float(row["bayar"]), float(row["tunggakan_pemda_rp"])  # type: ignore[arg-type]
    kind = str(row["jenis"])
    spans = [Span(0, paid, "data" if kind == "nyata" else "pita80")]
    if owed > 0:
        spans.append(Span(paid, paid + owed, "abu"))
    month = words.bulan(as_date(pd.Timestamp(row["periode"])), short=True)  # type: ignore[arg-type]
    label = {
        "ramalan": words.say("grafik_kas.perkiraan", {"bulan": month}),
        "taksiran": words.say("grafik_kas.taksiran", {"bulan": month}),
    }.get(kind, month)
    text = words.rp(paid) + (f" + {words.rp(owed)}" if owed > 0 else "")
    return Row(label, text, spans=tuple(spans))
