"""Which region each row is about, from code, name, province and title together."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from jkn_analysis.cleaning.values.cells import tidy
from jkn_analysis.cleaning.values.names import find_region, is_branch
from jkn_analysis.cleaning.words import Finding, Said, finding, say
from jkn_analysis.terms import NASIONAL
from jkn_analysis.wilayah import Wilayah, get_wilayah, is_known_name, squeeze

_BARE = re.compile(r"\d{4}(?:\.0+)?")
_DOTTED = re.compile(r"\d{2}\.\d{2}")
KECAMATAN = re.compile(r"\d{2}\.\d{2}\.\d{2}(?:\.\d{4})?")
"""Codes of kecamatan and desa, which begin with that of their kabupaten/kota."""
_FLOATED = re.compile(r"\d{2}\.\d")


@dataclass(frozen=True)
class Origin:
    """The cells of a row that speak of its region."""

    kode: str = ""
    kode_kemendagri: str = ""
    kode_bps: str = ""
    nama: str = ""
    provinsi: str = ""


@dataclass
class RegionColumn:
    """Regions by distinct origin: the region, or what is wrong and with which cell."""

    found: dict[Origin, Wilayah] = field(default_factory=dict)
    wrong: dict[Origin, tuple[str, Finding]] = field(default_factory=dict)
    """Origin to the role of the cell and what is wrong with it."""
    notes: list[str] = field(default_factory=list)


def _code_text(text: str) -> str:
    """Return a code without the damage spreadsheets do to it."""
    code = (
        text.strip().lstrip("'").removesuffix(".00") if len(text) > 5 else text.strip()
    )
    if re.fullmatch(r"\d{4}\.0+", code):
        return code.split(".")[0]
    if re.fullmatch(r"\d{1,2}\.0", code):
        return code.split(".")[0]
    if KECAMATAN.fullmatch(code):
        return code[:5]
    if _FLOATED.fullmatch(code):
        return f"{code}0"
    if re.fullmatch(r"\d{2}00", code):
        return code[:2]
    if re.fullmatch(r"\d{2}[.,]00", code):
        return code[:2]
    return NASIONAL if code in {"0", "00", "0000"} else code


def _province(text: str) -> str | None:
    """Return the code of a province named in a cell, None where it names none."""
    if not text:
        return None
    found = find_region(text if any(map(str.isalpha, text)) else _code_text(text))
    return found.kode_provinsi if isinstance(found, Wilayah) else None


def _named(origin: Origin) -> Wilayah | str | None:
    """Return the region of the name cell; None where there is no name."""
    if not origin.nama:
        return None
    found = find_region(origin.nama, kode_provinsi=_province(origin.provinsi))
    if isinstance(found, str) and origin.provinsi:
        wider = find_region(origin.nama)
        return wider if isinstance(wider, Wilayah) else found
    return found


def find_system(origins: Sequence[Origin], declared: str) -> tuple[str, str]:
    """Decide the code system of bare four-digit codes from the names beside them.

    Returns
    -------
    tuple of str
        The system, "" where nothing decides, and a note on how it was decided.
    """
    if declared:
        return declared, ""
    if any(_DOTTED.match(origin.kode.strip()) for origin in origins):
        return "kemendagri", ""
    votes: dict[str, int] = {"bps": 0, "kemendagri": 0}
    for origin in origins:
        code = _code_text(origin.kode)
        if not _BARE.fullmatch(code) or not _may_be_known(origin):
            continue
        named = _named(origin)
        if not isinstance(named, Wilayah):
            continue
        dotted = f"{code[:2]}.{code[2:]}"
        if named.kode_bps != named.kode.replace(".", ""):
            votes["bps"] += code == named.kode_bps
            votes["kemendagri"] += dotted == named.kode
    winners = [system for system, count in votes.items() if count]
    if len(winners) == 1:
        note = say(
            "codes read as {system}: the names beside them agree", system=winners[0]
        )
        return winners[0], note
    return "", ""


def read_regions(origins: Sequence[Origin], *, declared: str = "") -> RegionColumn:
    """Find the region of every distinct origin.

    A code with a dot is Kemendagri's. Bare digits need a declared system or names
    beside them; where the two systems differ and nothing decides, the row is a fault.
    Code and name must agree.
    """
    column = RegionColumn()
    system, note = find_system(origins, declared)
    if note:
        column.notes.append(note)
    for origin in origins:
        if len(column.wrong) >= EXPLAINED and not _may_be_known(origin):
            role = "nama" if origin.nama else "kode"
            column.wrong[origin] = (role, finding("unknown_name:regions"))
            continue
        if is_branch(origin.nama):
            continue
        result = _settle(origin, system)
        if isinstance(result, Wilayah):
            column.found[origin] = result
        else:
            column.wrong[origin] = result
    _decide_by_others(column)
    return column


def _decide_by_others(column: RegionColumn) -> None:
    """Decide names of two regions by the other rows.

    ``Bogor`` beside ``Kota Bogor`` is the kabupaten; of two regions of one name in two
    provinces it is the one in the province of all other rows.
    """
    used = {region.kode for region in column.found.values()}
    provinces = {kode[:2] for kode in used if len(kode) > 2}
    for origin, (_, wrong) in list(column.wrong.items()):
        named = getattr(wrong.remedy, "values", {}).get("name", "")
        candidates = re.findall(r"\b\d\d\.\d\d\b", str(named))
        if wrong.kind != "ambiguous_name" or len(candidates) < 2 or origin.kode:
            continue
        left = [kode for kode in candidates if kode not in used]
        near = [kode for kode in candidates if {kode[:2]} == provinces]
        if len(near) == 1:
            left = near
        elif len(left) != 1 or len(candidates) != 2:
            continue
        region = get_wilayah(left[0])
        column.found[origin] = region
        del column.wrong[origin]
        column.notes.append(
            say(
                "'{name}' is {region}: the other rows decide",
                name=origin.nama,
                region=region.nama_lengkap,
            )
        )


EXPLAINED = 50
"""Unknown names from which on no likely ones are searched: it is another list."""
NEAR = 0.8
"""Likeness of letters from which a region is suggested for an unknown name."""
_CODE_FIRST = re.compile(r"\d{1,2}(?:[.,]?\d{2}){0,2}(?:[.,]\d{1,4})?(?:[\s.:–-]+\D+)?")


def _may_be_known(origin: Origin) -> bool:
    """Tell quickly whether some cell of an origin is a code or a known name."""
    parts = (origin.nama, origin.kode, origin.kode_kemendagri, origin.kode_bps)
    return any(
        text and (_CODE_FIRST.fullmatch(text.strip()) or is_known_name(text))
        for text in parts
    )


def _settle(origin: Origin, system: str) -> Wilayah | tuple[str, Finding]:
    """Return the region of one origin or its fault."""
    named = None if KECAMATAN.fullmatch(origin.kode.strip()) else _named(origin)
    coded = _coded(origin, system, named)
    if isinstance(coded, tuple):
        return coded
    if isinstance(coded, Wilayah) and isinstance(named, Wilayah) and coded != named:
        return _disagree(origin, coded, named)
    if isinstance(coded, Wilayah):
        if isinstance(named, str) and not _suits(origin.nama, coded):
            return _explain("nama", named)
        return coded
    if named is None:
        return ("nama", finding("missing:region"))
    return named if isinstance(named, Wilayah) else _explain("nama", named)


def _suits(name: str, region: Wilayah) -> bool:
    """Tell whether an ambiguous name may be the coded region's (Bogor)."""
    found = find_region(name, kode_provinsi=region.kode_provinsi)
    text = found if isinstance(found, str) else ""
    return region.kode in text


def _coded(
    origin: Origin, system: str, named: Wilayah | str | None
) -> Wilayah | tuple[str, Finding] | None:
    """Return the region of the code cells, a fault, or None where there is no code."""
    given = {
        "kode_kemendagri": ("kemendagri", origin.kode_kemendagri),
        "kode_bps": ("bps", origin.kode_bps),
        "kode": (system, origin.kode),
    }
    found: Wilayah | None = None
    for role, (own, text) in given.items():
        if not text:
            continue
        region = _find_code(_code_text(text), own, named)
        if isinstance(region, str):
            return _explain(role, region)
        if found is not None and region != found:
            return _disagree(origin, region, found, role=role)
        found = region
    return found


def _find_code(code: str, system: str, named: Wilayah | str | None) -> Wilayah | str:
    """Find a code; where both systems know the digits, a name beside it may decide."""
    if code == NASIONAL:
        return get_wilayah(NASIONAL)
    found = find_region(code, system="" if "." in code else system)
    if isinstance(found, str) and isinstance(named, Wilayah) and not system:
        digits = code.replace(".", "")
        if digits in {named.kode.replace(".", ""), named.kode_bps}:
            return named
    return found


def _disagree(
    origin: Origin, coded: Wilayah, named: Wilayah, *, role: str = "kode"
) -> tuple[str, Finding]:
    """Describe a code and a name that mean two regions."""
    shown = origin.kode or origin.kode_kemendagri or origin.kode_bps
    own = (
        role
        if origin.kode
        else ("kode_kemendagri" if origin.kode_kemendagri else "kode_bps")
    )
    said = finding(
        "code_name",
        code=tidy(shown),
        coded=coded.nama_lengkap,
        kode=coded.kode,
        named=named.nama_lengkap,
        other=named.kode,
    )
    return own, said


_REASONS = (
    "no region has this name",
    "fits {n} regions",
    "no region has this code",
    "a code with a dot is Kemendagri's, not a BPS code",
    "a code stored as a number lost a zero",
    "the digits depend on the code system: {means}",
    "code and name disagree",
)


def _explain(role: str, text: str) -> tuple[str, Finding]:
    """Turn the error text of a lookup into a finding."""
    lines = [line.strip() for line in text.splitlines()]
    reason = lines[0].split(": ", 1)[-1]
    listed = next((x for x in lines if x.startswith("candidates: ")), "")
    candidates = listed.removeprefix("candidates: ")
    ambiguous = "fits" in reason or "depend" in reason
    if reason == _REASONS[0]:
        name = lines[0].partition("'")[2].rpartition("'")[0]
        candidates = ", ".join(x for x in candidates.split(", ") if _is_near(name, x))
    remedy = say("write the Kemendagri code (82.71) or the full name (Kota Ternate)")
    if "depend" in reason:
        remedy = say(
            'write 82.71, or set kode_system = "kemendagri" or "bps" under '
            "[sources.<table>]"
        )
    if candidates:
        remedy = say("did you mean {name}? {write}", name=candidates, write=remedy)
    kind = "ambiguous_name" if ambiguous else "unknown_name"
    return role, Finding(kind, say("region: {reason}", reason=_reason(reason)), remedy)


def _reason(text: str) -> Said:
    """Return a reason of `wilayah` as a text of the catalogue."""
    for template in _REASONS:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(template))
        found = re.fullmatch(pattern, text)
        if found:
            return say(template, **found.groupdict())
    return say("{reason}", reason=text)


def _is_near(name: str, candidate: str) -> bool:
    """Tell whether a candidate (code and name) is likely what a name misspells."""
    target = squeeze(re.sub(r"^\S+ (?:Kabupaten|Kota|Provinsi) ", "", candidate))
    core = squeeze(
        re.sub(r"(?i)^(?:kab(?:upaten)?|kota|prov(?:insi)?)\b\.?", "", name.strip())
    )
    return difflib.SequenceMatcher(None, core, target).ratio() >= NEAR
