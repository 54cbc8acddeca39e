"""The further indicators of a page: every entry of the registry marked `on_page`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.data import add_months, as_date, select_fan
from jkn_analysis.briefing.model import Amount, Heading, PageTable, Part
from jkn_analysis.formats import format_number
from jkn_analysis.indicators import INDICATORS, Indicator
from jkn_analysis.terms import TOTAL

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.words import Words

_HORIZON = 12


def build_further(context: Context) -> Part | None:
    """List the registry's indicators that are on the page; None where none is.

    Each with its newest value, the one of a year before and, where the registry asks
    for a forecast, the median twelve months ahead.
    """
    chosen = [indicator for indicator in INDICATORS.values() if indicator.on_page]
    if not chosen or "ukuran" not in context.tables:
        return None
    words = context.words
    title = words.say("lampiran.indikator")
    rows = [row for indicator in chosen if (row := _build_row(context, indicator))]
    if not rows:
        return None
    keys = ("indikator", "bulan", "sekarang", "setahun", "ramalan")
    left = {"indikator", "bulan"}
    columns = tuple(
        Heading(words.say(f"lampiran.kolom_{key}"), "kiri" if key in left else "kanan")
        for key in keys
    )
    table = PageTable("indikator", title, columns, tuple(rows))
    return Part("indikator", title, tabel=(table,))


def _build_row(context: Context, indicator: Indicator) -> tuple[Amount, ...] | None:
    """Write one indicator's row; None where it was never measured here."""
    words = context.words
    measured = context.tables["ukuran"]
    rows = measured[
        (measured["indikator"] == indicator.name) & (measured["segmen"] == TOTAL)
    ]
    known = rows.dropna(subset=["nilai"]).set_index("periode")["nilai"].sort_index()
    if known.empty:
        return None
    newest = as_date(known.index[-1])
    before = known.get(pd.Timestamp(add_months(newest, -_HORIZON)))
    fan = select_fan(context.potongan, indicator.name)
    ahead = fan[0.5].iloc[:_HORIZON].iloc[-1] if 0.5 in fan else None
    return (
        words.teks(name_indicator(indicator, words)),
        words.teks(words.bulan(newest, short=True)),
        *(_write(indicator, value, words) for value in (known.iloc[-1], before, ahead)),
    )


def name_indicator(indicator: Indicator, words: Words) -> str:
    """Name an indicator for a reader: the catalogue's sentence, else its meaning."""
    key = f"angka.{indicator.name}"
    return words.say(key) if words.has(key) else indicator.arti


def _write(indicator: Indicator, value: float | None, words: Words) -> Amount:
    """Write a value in the indicator's unit; a dash where there is none."""
    if value is None or pd.isna(value):
        return words.teks("–")
    if indicator.unit == "rate":
        return words.angka_rate(value)
    if indicator.unit == "rp":
        return words.angka_rp(value)
    if indicator.unit == "rasio":
        return Amount(
            float(value), "jumlah", format_number(value, 1, bahasa=words.bahasa)
        )
    return words.angka_jiwa(value)
