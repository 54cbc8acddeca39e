"""Assemble the page of a provinsi or the country from its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.annex import build_annex
from jkn_analysis.briefing.area import (
    build_area_strip,
    build_ranking,
    build_standing,
    build_summary,
    build_tiles,
    build_turning,
    write_title,
)
from jkn_analysis.briefing.area_sums import (
    Area,
    build_asks,
    build_promises,
    sum_lines,
)
from jkn_analysis.briefing.ask import HARI_INI
from jkn_analysis.briefing.charts import build_fan, build_fan_part
from jkn_analysis.briefing.context import build_context
from jkn_analysis.briefing.figures import collect_figures
from jkn_analysis.briefing.first_screen import believe_line, money_line, since_line
from jkn_analysis.briefing.members import measure_members, read_area
from jkn_analysis.briefing.model import FirstScreen
from jkn_analysis.briefing.money import build_arrears, build_assumptions, build_money
from jkn_analysis.briefing.moves import build_moves
from jkn_analysis.briefing.outlook import build_scenarios
from jkn_analysis.briefing.page import build_page
from jkn_analysis.briefing.parts import build_records, build_segments
from jkn_analysis.briefing.rules import judge_members
from jkn_analysis.errors import InputError
from jkn_analysis.terms import NASIONAL
from jkn_analysis.wilayah import find_wilayah

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jkn_analysis.briefing.model import Briefing, Fan, Part, Permintaan

TENGGAT_BULAN = 12


def build_area_briefing(
    kode: str,
    periode: str,
    *,
    root: Path,
    rapat: str | None = None,
    bahasa: str = "id",
    tenggat_bulan: int = TENGGAT_BULAN,
) -> Briefing:
    """Compute the page of a provinsi (two digits) or the country (``00``).

    The area's own rates are ratios of the sums of its kabupaten/kota.

    Parameters
    ----------
    kode
        ``"82"`` or ``"00"``.
    periode
        Report month, such as ``"2025-11"``.
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
        If `kode` is one kabupaten/kota.
    """
    area = open_area(
        kode,
        periode,
        root=root,
        rapat=rapat,
        bahasa=bahasa,
        tenggat_bulan=tenggat_bulan,
    )
    kipas = build_fan(area.context)
    parts = (
        *area_decisions(area, kipas),
        *area_money(area),
        *area_people(area),
        *area_data(area),
    )
    return build_area_page(area, area_asks(area), kipas, parts)


def open_area(
    kode: str | float,
    periode: str,
    *,
    root: Path,
    rapat: str | None = None,
    bahasa: str = "id",
    tenggat_bulan: int = TENGGAT_BULAN,
) -> Area:
    """Read an area and measure its parts; without any, `measured` has no row.

    As `build_area_briefing`; `kode` may be a name or a number as well.
    """
    wilayah = find_wilayah(kode, system="kemendagri")
    if "." in wilayah.kode:
        raise InputError(
            f"{wilayah.nama_lengkap} is one kabupaten/kota\n"
            "  → briefing_kabupaten.ipynb"
        )
    potongan, members = read_area(wilayah.kode, periode, root=root)
    context = build_context(
        potongan,
        rapat=rapat,
        bahasa=bahasa,
        tenggat_bulan=tenggat_bulan,
    )
    collect_figures(context)
    if members.nama.empty:
        return Area(context, members, pd.DataFrame())
    measured = measure_members(
        members, potongan.periode, target=context.target, tenggat=context.tenggat
    )
    measured = measured.join(judge_members(members, potongan.periode))
    return Area(context, members, measured)


def area_asks(area: Area) -> tuple[Permintaan, ...]:
    """List what is asked, summed over the parts; none without parts."""
    return () if area.measured.empty else tuple(sum_lines(area))


def area_decisions(area: Area, kipas: Fan | None) -> list[Part | None]:
    """Build who is under the line, who turns when, what is asked, what if, promises."""
    if area.measured.empty:
        return []
    context = area.context
    return [
        build_ranking(area),
        build_turning(area),
        build_asks(area),
        build_fan_part(context, kipas),
        build_scenarios(context, build_assumptions(context)),
        build_promises(area),
    ]


def area_money(area: Area) -> list[Part | None]:
    """Build cash and both kinds of arrears."""
    if area.measured.empty:
        return []
    return [build_money(area.context), *build_arrears(area.context)]


def area_people(area: Area) -> list[Part | None]:
    """Build the tiles, segmen, flows and records to mend."""
    if area.measured.empty:
        return []
    context = area.context
    return [
        build_tiles(area),
        build_segments(context),
        build_moves(context),
        build_records(context),
    ]


def area_data(area: Area) -> list[Part | None]:
    """Build quality, method and origin."""
    return [] if area.measured.empty else list(build_annex(area.context))


def build_area_page(
    area: Area,
    asks: Sequence[Permintaan],
    kipas: Fan | None,
    parts: Sequence[Part | None],
) -> Briefing:
    """Put first screen and parts together."""
    context = area.context
    jenis = "nasional" if context.potongan.kode == NASIONAL else "provinsi"
    if area.measured.empty:
        return build_page(context, kipas=kipas, bagian=(), jenis=jenis)  # type: ignore[arg-type]
    lines = (money_line(context), since_line(context), believe_line(context))
    layar = FirstScreen(
        ringkas=build_summary(area),
        strip=build_area_strip(area),
        putuskan=tuple(asks)[:HARI_INI],
        baris=(build_standing(area), *(line for line in lines if line is not None)),
    )
    return build_page(
        context,
        kipas=kipas,
        bagian=parts,
        title=write_title(area),
        layar=layar,
        permintaan=tuple(asks),
        jenis=jenis,  # type: ignore[arg-type]
    )
