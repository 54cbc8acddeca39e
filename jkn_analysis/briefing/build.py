"""Assemble the page of one region from its slice of the stored tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.briefing.annex import build_annex
from jkn_analysis.briefing.ask import build_ask, list_asks
from jkn_analysis.briefing.beside import build_sasaran
from jkn_analysis.briefing.care import build_care, build_facilities
from jkn_analysis.briefing.charts import build_fan, build_fan_part
from jkn_analysis.briefing.context import Context, build_context
from jkn_analysis.briefing.data import read_slice
from jkn_analysis.briefing.decisions import build_decisions
from jkn_analysis.briefing.figures import collect_figures
from jkn_analysis.briefing.money import build_arrears, build_assumptions, build_money
from jkn_analysis.briefing.moves import build_moves, build_places
from jkn_analysis.briefing.outlook import build_scenarios
from jkn_analysis.briefing.page import build_page
from jkn_analysis.briefing.parts import (
    build_quota,
    build_records,
    build_segments,
)
from jkn_analysis.errors import InputError
from jkn_analysis.wilayah import find_wilayah

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jkn_analysis.briefing.model import Briefing, Fan, Part, Permintaan

TENGGAT_BULAN = 12


def build_briefing(
    kode: str,
    periode: str,
    *,
    root: Path,
    rapat: str | None = None,
    bahasa: str = "id",
    tenggat_bulan: int = TENGGAT_BULAN,
) -> Briefing:
    """Compute every figure and sentence of one kabupaten/kota's page.

    Only the region's rows of the stored tables are read. A part without data is
    there and says why it is empty.

    Parameters
    ----------
    kode
        Kemendagri code, such as ``"82.71"``.
    periode
        Report month, such as ``"2025-11"``; nothing later is read.
    root
        Folder of the processed tables.
    rapat
        Meeting the page is for; the next one after the month if empty.
    bahasa
        ``"id"`` or ``"en"``.
    tenggat_bulan
        Month of the year at whose end targets are judged.

    Raises
    ------
    UnknownNameError
        If `kode` is no region.
    InputError
        If the month or the meeting is not known, or `kode` is an area of several.
    """
    return assemble(
        open_page(
            kode,
            periode,
            root=root,
            rapat=rapat,
            bahasa=bahasa,
            tenggat_bulan=tenggat_bulan,
        )
    )


def open_page(
    kode: str | float,
    periode: str,
    *,
    root: Path,
    rapat: str | None = None,
    bahasa: str = "id",
    tenggat_bulan: int = TENGGAT_BULAN,
) -> Context:
    """Read a region's rows and compute what all parts of its page share.

    As `build_briefing`; `kode` may be a name or a code that papermill turned into a
    number as well.
    """
    wilayah = find_wilayah(kode, system="kemendagri")
    if "." not in wilayah.kode:
        raise InputError(
            f"{wilayah.nama_lengkap} is no kabupaten/kota\n"
            "  → briefing_provinsi.ipynb, or briefing_nasional.ipynb for the country"
        )
    context = build_context(
        read_slice(wilayah.kode, periode, root=root),
        rapat=rapat,
        bahasa=bahasa,
        tenggat_bulan=tenggat_bulan,
    )
    return collect_figures(context)


def assemble(context: Context) -> Briefing:
    """Put the parts of a page together; one without data takes no room."""
    kipas = build_fan(context)
    asks = list_asks(context) if context.status else []
    parts = (
        *decision_parts(context, asks, kipas),
        *money_parts(context),
        *people_parts(context),
        *build_annex(context),
    )
    return build_page(context, kipas=kipas, bagian=parts, permintaan=tuple(asks))


def decision_parts(
    context: Context, asks: Sequence[Permintaan], kipas: Fan | None
) -> list[Part | None]:
    """Build what is asked, where it leads, what if, and what was promised."""
    return [
        build_ask(context, list(asks)),
        build_fan_part(context, kipas),
        build_scenarios(context, build_assumptions(context)),
        build_decisions(context),
    ]


def money_parts(context: Context) -> list[Part | None]:
    """Build cash and both kinds of arrears."""
    return [build_money(context), *build_arrears(context)]


def people_parts(context: Context) -> list[Part | None]:
    """Build segmen, flows, places, quota, records to mend and facilities."""
    return [
        build_segments(context),
        build_moves(context),
        build_places(context),
        build_sasaran(context),
        build_quota(context),
        build_records(context),
        build_facilities(context),
        build_care(context),
    ]
