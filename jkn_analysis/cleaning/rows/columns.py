"""Value columns of a sheet sorted into slices: what each counts, and of which part."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from jkn_analysis.cleaning.find.headings import find_role
from jkn_analysis.cleaning.find.roles import ColumnUse, Use, members_of
from jkn_analysis.cleaning.rows.work import Work
from jkn_analysis.cleaning.values.names import explain_segmen, is_plain_pbi
from jkn_analysis.cleaning.values.units import says_percent
from jkn_analysis.cleaning.words import Finding, listed, say
from jkn_analysis.tables import Column
from jkn_analysis.terms import SEGMEN, TOTAL

Slices = dict[Use, dict[str, ColumnUse]]
"""Slice of month, segmen, kelas, age and region to its columns by measure."""
BY_ROW = "uraian"
"""Measure of a column whose rows say themselves what they count."""
_VETOED = re.compile(
    r"\b(?:target|sasaran|rasio|selisih|rata\W*rata|pertumbuhan|rencana|non\W*aktif|"
    r"tidak\s+aktif|nonaktif|belum)\b",
    re.IGNORECASE,
)
"""Words of a title that announce something else than a measure of the table."""


def group_columns(work: Work, measures: Mapping[str, Column]) -> Slices:
    """Group value columns by the slice their headings fix.

    Columns of parts (men and women, APBD I and II, kelas where the table has none) are
    added up where they are all there; a printed sum of parts is compared with them.
    """
    settled = [(c, use) for c in work.roles.measured if (use := _settle(work, c))]
    settled = _name_totals(work, settled)
    groups: dict[Use, dict[str, list[ColumnUse]]] = {}
    for column, use in settled:
        measure = _measure_of(work, column, use, measures)
        if measure:
            column = replace(column, use=replace(use, role=use.role or measure))
            members = groups.setdefault(_slice_of(use), {})
            members.setdefault(measure, []).append(column)
    slices: Slices = {}
    for key, by_measure in groups.items():
        chosen = {name: _choose(work, name, own) for name, own in by_measure.items()}
        there = {name: column for name, column in chosen.items() if column is not None}
        if there:
            slices[key] = there
    _drop_running(work, slices)
    if work.table.name == "kepesertaan":
        _complete_counts(work, slices)
    if work.table.name == "anggaran":
        _complete_budget(work, slices)
    return slices


def _drop_running(work: Work, slices: Slices) -> None:
    """Leave out sums from January that stand beside the figures of their month."""
    for key in [key for key in slices if key.running]:
        months = {0, key.month, work.context.month}
        own = (slices.get(replace(key, running=False, month=m)) for m in months)
        if any(found is not None for found in own):
            left = listed([column.heading for column in slices.pop(key).values()])
            work.note(say("columns of other quantities left out: {names}", names=left))


def _slice_of(use: Use) -> Use:
    """Return what of a use tells one slice from another."""
    return Use(
        year=use.year,
        month=use.month,
        segmen=use.segmen,
        kelas=use.kelas,
        umur=use.umur,
        kode=use.kode,
        total=use.total,
        running=use.running,
    )


def _measure_of(
    work: Work, column: ColumnUse, use: Use, measures: Mapping[str, Column]
) -> str:
    """Return the measure of a column; a fault and "" where nothing says it."""
    if use.role in measures:
        return use.role
    if BY_ROW in work.roles.identifiers:
        return BY_ROW
    announced = _context_measure(work, measures)
    if announced or work.cells(column.position).isna().all():
        return announced
    pair = any(other.use.role == "aktif_jiwa" for other in work.roles.measured)
    if pair and re.search(r"peserta|\bpst\b", column.heading, re.IGNORECASE):
        return "terdaftar_jiwa"
    if column.use.total:
        return ""
    work.report(
        "unknown_heading:measure",
        position=column.position,
        value=column.heading,
        names=", ".join(measures),
    )
    return ""


def _settle(work: Work, column: ColumnUse) -> Use | None:
    """Return a column's use with segmen and month settled; None where it has none."""
    use = column.use
    if use.span:
        _report_span(work, column)
        return None
    return _settle_segmen(work, column, use)


def _report_span(work: Work, column: ColumnUse) -> None:
    """Report columns of several ages together, once for the sheet."""
    if any(problem.kind == "age_group" for problem in work.problems):
        return
    spans = list(dict.fromkeys(c.use.span for c in work.roles.measured if c.use.span))
    work.bad[:] = True
    work.report(
        "age_group", position=column.position, value=column.heading, spans=listed(spans)
    )


def _settle_segmen(work: Work, column: ColumnUse, use: Use) -> Use | None:
    """Return a column's use with its segmen canonical; None where it is no segmen.

    A word for several segmen is their sum where each has its own columns. PBI alone
    means PBI JK only where PBPU Pemda has its own columns.
    """
    if not use.segmen or use.segmen in {*SEGMEN, TOTAL}:
        whole = use.segmen in SEGMEN and use.total and not _has_finer(work)
        return replace(use, total=False) if whole else use
    others = [c for c in work.roles.measured if c.use.role == use.role]
    members = members_of(use)
    terms = [c for c in others if c.use.segmen in members and _beside(c.use, use)]
    if members and {c.use.segmen for c in terms} == set(members):
        work.sums.append((column, tuple((1, term) for term in terms)))
        return None
    beside = any(other.use.segmen == "PBPU Pemda" for other in work.roles.measured)
    if is_plain_pbi(use.segmen) and beside:
        return replace(use, segmen="PBI JK")
    if not work.cells(column.position).isna().all():
        message, remedy = explain_segmen(use.segmen)
        message = say("{name}: {message}", name="segmen", message=message)
        said = Finding("unknown_name", message, remedy)
        work.report(said, position=column.position, value=column.heading)
    return None


def _has_finer(work: Work) -> bool:
    """Tell whether the table has columns that cut a segmen finer."""
    return bool({"kelas", "umur_bulan"} & set(work.table.names))


def _beside(one: Use, other: Use) -> bool:
    """Tell whether two columns are of the same month, region and kelas."""
    fields = ("year", "month", "kelas", "umur", "kode")
    return all(getattr(one, name) == getattr(other, name) for name in fields)


def _name_totals(
    work: Work, settled: Sequence[tuple[ColumnUse, Use]]
) -> list[tuple[ColumnUse, Use]]:
    """Say what a bare ``Jumlah`` is: the whole of parts, or the one value column."""
    by_row = BY_ROW in work.roles.identifiers
    only = by_row and all(_is_bare(use) for _, use in settled)
    if by_row and len(settled) == 1:
        column, use = settled[0]
        return [(column, replace(use, role="", total=False))]
    named = []
    for column, use in settled:
        parts = [o for _, o in settled if o.part in {"L", "P"} and _near(o, use)]
        alone = [o.role for _, o in settled].count(use.role) == 1
        whole = len(parts) >= 2 or (alone and "segmen" not in work.table.names)
        if only or (use.total and not use.segmen and use.role and whole):
            use = replace(use, total=False)
        named.append((column, use))
    return named


def _is_bare(use: Use) -> bool:
    """Tell whether a use is a sum of nothing named."""
    return use.total and not use.segmen and not use.role


def _near(part: Use, whole: Use) -> bool:
    """Tell whether a column may be a part of another: the same measure and slice."""
    return (
        part.role == whole.role
        and part.segmen == whole.segmen
        and _beside(part, whole)
        and not part.total
    )


def _context_measure(work: Work, measures: Mapping[str, Column]) -> str:
    """Return the one measure that the title, sheet or file name announces."""
    stem = work.sheet.path.stem.replace("_", " ")
    lines = [line for line in (*work.sheet.title, work.sheet.sheet, stem) if line]
    lines = [x for x in lines if not _VETOED.search(x) and not says_percent(x)]
    for line in lines:
        role = find_role(line.rsplit(":", 1)[-1], work.table.name)
        if role in measures:
            return role
    for line in lines:
        words = line.lower()
        hits = {
            role
            for role in measures
            if role.rsplit("_", 1)[0].replace("_", " ") in words
        }
        if len(hits) == 1:
            return hits.pop()
    return next(iter(measures)) if len(measures) == 1 else ""


# --- columns of parts ---------------------------------------------------------------


def _choose(work: Work, measure: str, own: Sequence[ColumnUse]) -> ColumnUse | None:
    """Return the one column of a measure and slice, made of parts where need be."""
    wholes = [column for column in own if not column.use.part]
    parts = [column for column in own if column.use.part]
    terms = tuple((1, column) for column in parts)
    if len(wholes) > 1:
        for column in wholes[1:]:
            _report_double(work, measure, column)
        return None
    if wholes:
        if _are_complete(parts):
            work.sums.append((wholes[0], terms))
        return wholes[0]
    if len(parts) == 1 and not _is_half(parts[0].use.part):
        return parts[0]
    if _are_complete(parts):
        heading = " + ".join(column.heading for column in parts)
        work.note(say("{heading} added up as '{name}'", heading=heading, name=measure))
        first = parts[0]
        return ColumnUse(first.position, heading, replace(first.use, part=""), terms)
    _report_parts(work, measure, parts)
    return None


def _is_half(part: str) -> bool:
    """Tell whether a part alone is less than its slice: one sex, one kelas."""
    words = part.split()
    return bool({"L", "P", "kelas"} & set(words))


def _are_complete(parts: Sequence[ColumnUse]) -> bool:
    """Tell whether columns of parts are all different and miss none."""
    labels = [column.use.part for column in parts]
    if len(labels) < 2 or len(set(labels)) < len(labels):
        return False
    words = [set(label.split()) for label in labels]
    sexes = {word for own in words for word in own & {"L", "P"}}
    kelas = {word for own in words if "kelas" in own for word in own & {"1", "2", "3"}}
    whole = 1
    for found, full in ((sexes, {"L", "P"}), (kelas, {"1", "2", "3"})):
        if found and found != full:
            return False
        whole *= len(found) or 1
    return len(labels) % whole == 0


def _report_double(work: Work, measure: str, column: ColumnUse) -> None:
    """Report a second column of the same measure and slice."""
    work.bad[:] = True
    work.report(
        "double_column",
        position=column.position,
        value=column.heading,
        name=measure,
        setting=work.setting(column.heading, "abaikan"),
    )


def _report_parts(work: Work, measure: str, parts: Sequence[ColumnUse]) -> None:
    """Report columns that are parts of what the table counts."""
    labels = ", ".join(dict.fromkeys(column.use.part for column in parts))
    work.bad[:] = True
    work.report(
        "parts:columns",
        position=parts[0].position,
        value=parts[0].heading,
        name=measure,
        parts=labels,
    )


def _complete_counts(work: Work, slices: Slices) -> None:
    """Find registered or active participants that only follow from nonaktif.

    ``Aktif | Non Aktif | Jumlah``: the sum is the registered. Without a sum they are
    added up, or the active are the registered less the nonaktif.
    """
    off = {
        replace(_slice_of(c.use), role=""): c
        for c in work.roles.checked
        if c.use.role == "nonaktif_jiwa"
    }
    for key, column in off.items():
        own = slices.get(key, {})
        bare = slices.get(replace(key, total=True), {})
        if "aktif_jiwa" in own and "terdaftar_jiwa" not in own:
            terms = ((1, own["aktif_jiwa"]), (1, column))
            whole = _bare_total(work, key)
            if whole is not None:
                work.sums.append((whole, terms))
            own["terdaftar_jiwa"] = whole or _made(column, "terdaftar_jiwa", terms)
            if whole is not None and not key.total and bare.get("aktif_jiwa") is None:
                slices.pop(replace(key, total=True), None)
        elif "terdaftar_jiwa" in own and "aktif_jiwa" not in own:
            terms = ((1, own["terdaftar_jiwa"]), (-1, column))
            own["aktif_jiwa"] = _made(column, "aktif_jiwa", terms)


def _complete_budget(work: Work, slices: Slices) -> None:
    """Find the shift of a budget that only follows from what it is after the shift.

    ``Murni | Pergeseran | Perubahan``: the last is the sum of the others.
    """
    for column in [c for c in work.roles.checked if c.use.role == "pagu_akhir_rp"]:
        own = slices.setdefault(replace(_slice_of(column.use), role=""), {})
        names = ("pagu_rp", "pergeseran_rp")
        terms = tuple((1, own[name]) for name in names if name in own)
        lacking = [name for name in names if name not in own]
        if not lacking:
            work.sums.append((column, terms))
        elif terms:
            less = tuple((-1, term) for _, term in terms)
            own[lacking[0]] = _made(column, lacking[0], ((1, column), *less))


def _bare_total(work: Work, key: Use) -> ColumnUse | None:
    """Return the column headed only ``Jumlah`` of a slice."""
    wanted = replace(key, total=True)
    found = [
        column
        for column in work.roles.measured
        if not column.use.role and _slice_of(column.use) == wanted
    ]
    return found[0] if len(found) == 1 else None


def _made(
    column: ColumnUse, measure: str, terms: tuple[tuple[int, ColumnUse], ...]
) -> ColumnUse:
    """Return a column that is computed of others."""
    signs = "".join(f" {'+' if s > 0 else '-'} {t.heading}" for s, t in terms)
    use = replace(column.use, role=measure)
    return ColumnUse(column.position, signs.removeprefix(" + "), use, terms)
