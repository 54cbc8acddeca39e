"""Regions: 38 provinces and 514 kabupaten/kota, their codes, names and population.

Facts come from tables shipped in ``jkn_analysis/data`` (each names its source in its
first line). A name or code becomes a region only if it fits exactly one; anything
else is an error that lists the candidates.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

from jkn_analysis.errors import UnknownNameError
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

ChangeKind = Literal["provinsi", "kabupaten", "kota"]
System = Literal["kemendagri", "bps"]

DEPAN: dict[str, tuple[str, ...]] = {
    "provinsi": ("provinsi", "propinsi", "prov", "prop", "pemprov"),
    "kabupaten": (
        "kabupaten",
        "kab",
        "kabupatenadministrasi",
        "kabadministrasi",
        "kabadm",
        "kabupatenadm",
        "pemkab",
        "pemerintahkabupaten",
        "kbpt",
    ),
    "kota": (
        "kota",
        "kotaadministrasi",
        "kotaadm",
        "kotamadya",
        "kodya",
        "pemkot",
        "pemerintahkota",
    ),
}
"""Words that offices put before a name, squeezed, by kind of region."""

RINGKAS: dict[str, tuple[str, ...]] = {
    "kepulauan": ("kep", "kepl"),
    "pulau": ("p", "pul"),
    "selatan": ("sel",),
    "utara": ("ut",),
    "tengah": ("teng", "tgh"),
    "timur": ("tim",),
    "barat": ("bar", "brt"),
    "tenggara": ("tgr", "tengg"),
    "bagian": ("bag",),
    "teluk": ("tlk",),
    "tanjung": ("tj", "tg"),
    "gunung": ("gn",),
    "sungai": ("s", "sei"),
    "ogan": ("o",),
    "hulu": ("hl",),
    "dan": ("",),
}
"""Abbreviations of the words inside official names."""

_MAX_SUGGESTIONS = 5
_NATIONAL_NAMES = ("indonesia", "nasional", "seluruhindonesia", "republikindonesia")


@dataclass(frozen=True)
class Wilayah:
    """One region; `kode` is Kemendagri's, always text."""

    kode: str
    nama: str
    jenis: str
    kode_provinsi: str
    nama_provinsi: str
    kode_bps: str
    zona_waktu: str
    luas_km2: float | None

    @property
    def nama_lengkap(self) -> str:
        """Name with its kind, as a letterhead prints it.

        Examples
        --------
        >>> get_wilayah("82.71").nama_lengkap, get_wilayah("82").nama_lengkap
        ('Kota Ternate', 'Provinsi Maluku Utara')
        """
        if self.kode == NASIONAL:
            return self.nama
        administrasi = " Administrasi" if self.kode.startswith("31.") else ""
        return f"{self.jenis.capitalize()}{administrasi} {self.nama}"


INDONESIA = Wilayah(
    NASIONAL, "Indonesia", "negara", NASIONAL, "Indonesia", NASIONAL, "WIB", None
)


def _read_fact(name: str) -> list[dict[str, str]]:
    """Read a shipped table; its first line names the source."""
    path = resources.files("jkn_analysis").joinpath("data", name)
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines[1:]))


@cache
def _regions() -> dict[str, Wilayah]:
    """Return every region by its Kemendagri code."""
    regions = {NASIONAL: INDONESIA}
    for row in _read_fact("wilayah.csv"):
        area = float(row.pop("luas_km2"))
        regions[row["kode"]] = Wilayah(**row, luas_km2=area)
    return regions


@cache
def _by_bps() -> dict[str, Wilayah]:
    """Return every region by its BPS code."""
    return {region.kode_bps: region for region in _regions().values()}


@cache
def _kode_lama() -> dict[str, str]:
    """Return Kemendagri codes in use before the Papua provinces of 2022."""
    rows = _read_fact("nama_lain.csv")
    return {row["tulisan"]: row["kode"] for row in rows if row["jenis"] == "kode_lama"}


def get_wilayah(kode: str) -> Wilayah:
    """Return the region of a canonical Kemendagri code; "00" is Indonesia.

    Raises
    ------
    UnknownNameError
        If no region has the code.
    """
    try:
        return _regions()[kode]
    except KeyError as exc:
        raise UnknownNameError(
            f"kode '{kode}': no region has this Kemendagri code\n"
            "  → write it as text with a dot, as in 82.71"
        ) from exc


def list_wilayah(
    jenis: ChangeKind | None = None, kode_provinsi: str | None = None
) -> pd.DataFrame:
    """List regions as the table ``wilayah``, in order of code.

    Parameters
    ----------
    jenis
        Only this kind, or all.
    kode_provinsi
        Only this province, or all.
    """
    import pandas as pd

    from jkn_analysis.tables import conform

    rows = [
        region.__dict__
        for region in _regions().values()
        if region.kode != NASIONAL
        and jenis in {None, region.jenis}
        and kode_provinsi in {None, region.kode_provinsi}
    ]
    return conform(pd.DataFrame(rows), "wilayah")


def read_penduduk() -> pd.DataFrame:
    """Read the population shipped with the package as the table ``penduduk``.

    Dukcapil semester II 2024 for 514 kabupaten/kota, 38 provinces and Indonesia
    (Kepmendagri 300.2.2-2138/2025), the denominator BPJS used in mid-2025.
    """
    import pandas as pd

    from jkn_analysis.tables import conform

    return conform(pd.DataFrame(_read_fact("penduduk.csv")), "penduduk")


def squeeze(text: str) -> str:
    r"""Reduce a name to its letters and digits, lower case, without accents.

    Examples
    --------
    >>> squeeze("B a w a n g"), squeeze("Kab.  Kep.\nSula"), squeeze("Toli-Toli")
    ('bawang', 'kabkepsula', 'tolitoli')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9]", "", plain)


def _spellings(nama: str) -> Iterator[str]:
    """Yield squeezed spellings of one name with each word whole or abbreviated."""
    forms = [""]
    for word in re.split(r"[\s-]+", nama.casefold()):
        choices = (word, *RINGKAS.get(word, ()))
        forms = [done + squeeze(choice) for done in forms for choice in choices]
    yield from forms


def _shortened(nama: str) -> Iterator[str]:
    """Yield names without Kepulauan or Pulau, or with one in place of the other."""
    core = re.sub(r"\b(?:Kepulauan|Pulau|Daerah Istimewa)\b", " ", nama).strip()
    if core != nama:
        yield from _spellings(core)
        yield from _spellings(f"Kepulauan {core}")
        yield from _spellings(f"Pulau {core}")


def _add(index: dict[str, set[str]], region: Wilayah, keys: Iterable[str]) -> None:
    """Index squeezed names bare and behind every word for the region's kind."""
    for key in keys:
        for front in ("", *DEPAN[region.jenis]):
            index.setdefault(front + key, set()).add(region.kode)


@cache
def _indices() -> tuple[dict[str, set[str]], ...]:
    """Return the name indices, the surest first: whole, other, shortened."""
    whole: dict[str, set[str]] = {name: {NASIONAL} for name in _NATIONAL_NAMES}
    other: dict[str, set[str]] = {}
    shortened: dict[str, set[str]] = {}
    for region in _regions().values():
        if region.kode == NASIONAL:
            continue
        _add(whole, region, [squeeze(region.nama)])
        _add(other, region, _spellings(region.nama))
        _add(shortened, region, _shortened(region.nama))
    for row in _read_fact("nama_lain.csv"):
        if row["jenis"] != "kode_lama":
            target = whole if row["kode"] == "34" else other
            _add(target, get_wilayah(row["kode"]), [squeeze(row["tulisan"])])
    return whole, other, shortened


def _listed(codes: Iterable[str]) -> str:
    """Write regions as candidates, in order of code unless ranked."""
    ordered = sorted(codes) if isinstance(codes, set) else codes
    regions = [get_wilayah(kode) for kode in ordered]
    return ", ".join(f"{region.kode} {region.nama_lengkap}" for region in regions)


@cache
def _squeezed_names(kode_provinsi: str | None) -> dict[str, str]:
    """Return the codes of all regions, or those of a province, by squeezed name."""
    return {
        squeeze(region.nama): region.kode
        for region in _regions().values()
        if kode_provinsi in {None, region.kode_provinsi}
    }


def is_known_name(text: str) -> bool:
    """Tell whether a text is some spelling of one or more regions' names.

    Examples
    --------
    >>> is_known_name("Bogor"), is_known_name("Kab. Bogor"), is_known_name("Boggor")
    (True, True, False)
    """
    return bool(_match_name(squeeze(text), None, None))


def _suggest(key: str, *, kode_provinsi: str | None) -> list[str]:
    """Return codes of the regions whose names look most like `key`."""
    import difflib

    fronts = sorted((word for kind in DEPAN.values() for word in kind), key=len)
    core = next((key[len(w) :] for w in fronts[::-1] if key.startswith(w)), key)
    names = _squeezed_names(kode_provinsi)
    near = difflib.get_close_matches(core, names, n=_MAX_SUGGESTIONS, cutoff=0.6)
    inside = [name for name in names if len(core) > 3 and core in name]
    return [names[name] for name in dict.fromkeys(near + inside)][:_MAX_SUGGESTIONS]


def _unknown(text: str, codes: Iterable[str], reason: str) -> UnknownNameError:
    """Build the error of a name or code that fits two regions or none."""
    listed = _listed(codes)
    hint = f"\n  candidates: {listed}" if listed else ""
    return UnknownNameError(
        f"wilayah '{text}': {reason}{hint}\n"
        "  → write the Kemendagri code (82.71) or the full name (Kota Ternate)"
    )


def _fits(region: Wilayah, kode_provinsi: str | None, jenis: str | None) -> bool:
    """Tell whether a region lies in the province and is of the kind asked for."""
    return kode_provinsi in {None, region.kode_provinsi} and jenis in {
        None,
        region.jenis,
    }


def _match_name(key: str, kode_provinsi: str | None, jenis: str | None) -> set[str]:
    """Return the codes that a squeezed name fits, from the surest index that has it."""
    for index in _indices():
        found = {
            kode
            for kode in index.get(key, ())
            if _fits(get_wilayah(kode), kode_provinsi, jenis)
        }
        if found:
            return found
    return set()


def _find_name(text: str, kode_provinsi: str | None, jenis: str | None) -> Wilayah:
    """Find a region by name."""
    found = _match_name(squeeze(text), kode_provinsi, jenis)
    if not found:
        found = _match_parts(text, kode_provinsi, jenis)
    if len(found) == 1:
        return get_wilayah(found.pop())
    if found:
        raise _unknown(text, found, f"fits {len(found)} regions")
    near = _suggest(squeeze(text), kode_provinsi=kode_provinsi)
    raise _unknown(text, near, "no region has this name")


def _match_parts(text: str, kode_provinsi: str | None, jenis: str | None) -> set[str]:
    """Match ``Ternate, Kota`` and ``Kota Ternate (Maluku Utara)``."""
    parts = [part for part in re.split(r"[,;()/]+|\s[-–]\s", text) if part.strip()]
    if len(parts) != 2:
        return set()
    first, second = (squeeze(part) for part in parts)
    for kind, words in DEPAN.items():
        if second in words:
            return _match_name(first, kode_provinsi, kind)
    province = _match_name(second, None, "provinsi")
    if len(province) != 1:
        return set()
    return _match_name(first, province.pop(), jenis)


def _find_dotted(text: str, system: str | None) -> Wilayah:
    """Find a region by a Kemendagri code with its dot."""
    kode = text.replace(",", ".")
    if system == "bps":
        raise _unknown(text, [], "a code with a dot is Kemendagri's, not a BPS code")
    if len(kode) == 4:
        maybe = (f"{kode[:3]}0{kode[3]}", f"{kode}0")
        known = [full for full in maybe if full in _regions()]
        raise _unknown(text, known, "a code stored as a number lost a zero")
    kode = _kode_lama().get(kode, kode)
    if kode not in _regions():
        near = [known for known in _regions() if known.startswith(kode[:3])]
        raise _unknown(text, near[:_MAX_SUGGESTIONS], "no region has this code")
    return get_wilayah(kode)


def _find_digits(text: str, system: str | None) -> Wilayah:
    """Find a region by bare digits, which mean one thing only if both systems agree."""
    digits = text.split(".")[0]
    dotted = digits if len(digits) == 2 else f"{digits[:2]}.{digits[2:]}"
    kemendagri = _regions().get(_kode_lama().get(dotted, dotted))
    bps = _by_bps().get(digits)
    chosen = {"kemendagri": kemendagri, "bps": bps}.get(system or "")
    if system and chosen:
        return chosen
    found = [region for region in (kemendagri, bps) if region]
    if not system and kemendagri == bps and kemendagri:
        return kemendagri
    if not found:
        raise _unknown(text, [], "no region has this code")
    means = "; ".join(
        f"{name} {digits} = {region.kode} {region.nama_lengkap}"
        for name, region in (("Kemendagri", kemendagri), ("BPS", bps))
        if region
    )
    raise UnknownNameError(
        f"wilayah '{text}': the digits depend on the code system: {means}\n"
        "  → say which: system='kemendagri' or system='bps' "
        "([sources.<table>] kode_system in the config file), or write 82.71"
    )


def _find_coded_name(
    match: re.Match[str], kode_provinsi: str | None, jenis: str | None
) -> Wilayah:
    """Find ``82.71 Kota Ternate``: the name decides, the code must be its."""
    code, name = match.groups()
    region = _find_name(name, kode_provinsi, jenis)
    lama = _kode_lama().get(code, code)
    if lama not in {region.kode, region.kode.replace(".", ""), region.kode_bps}:
        raise _unknown(match.string, [region.kode], "code and name disagree")
    return region


def find_wilayah(
    text: str | float,
    *,
    kode_provinsi: str | None = None,
    jenis: ChangeKind | None = None,
    system: System | None = None,
) -> Wilayah:
    """Find the one region that a name or code means, in any spelling offices use.

    Whole official names come before abbreviations and old names, those before
    shortened names: "Maluku" is the province, "Sula" Kepulauan Sula. A bare name that
    is a kabupaten and a kota ("Bogor") fits two unless `jenis` or the text says which.
    Bare digits are read only where Kemendagri and BPS agree or `system` is given.

    Parameters
    ----------
    text
        Name or code as delivered; 8271.0 is read as 8271.
    kode_provinsi, jenis
        Narrow the search.
    system
        Code system of bare digits: "kemendagri", "bps", or None if not known.

    Raises
    ------
    UnknownNameError
        If two regions fit, or none; lists the candidates.

    Examples
    --------
    >>> find_wilayah("Kab. Kep.  Sula").kode, find_wilayah("Tikep").nama_lengkap
    ('82.05', 'Kota Tidore Kepulauan')
    >>> find_wilayah(8203, system="bps").kode, find_wilayah("8271.0").kode
    ('82.05', '82.71')
    """
    return _find(str(text), kode_provinsi, jenis, system)


@lru_cache(maxsize=65_536)
def _find(
    text: str, kode_provinsi: str | None, jenis: str | None, system: str | None
) -> Wilayah:
    """Find a region by whatever shape the text has."""
    plain = " ".join(text.replace("\u00a0", " ").split()).lstrip("'’`")
    if re.fullmatch(r"0+(\.0)?", plain):
        return INDONESIA
    if re.fullmatch(r"\d{2}[.,]\d{2}|\d{2}[.,][1-9]", plain):
        return _find_dotted(plain, system)
    if re.fullmatch(r"(\d{2}|\d{4})(\.0+)?", plain):
        return _find_digits(plain, system)
    coded = re.fullmatch(r"(\d{2}(?:\.?\d{2})?)(?:\.0)?[\s.:–-]+(\D+)", plain)
    if coded:
        return _find_coded_name(coded, kode_provinsi, jenis)
    return _find_name(plain, kode_provinsi, jenis)


def fix_kode(value: object) -> str:
    """Read a region however it was typed: code, number, name, abbreviation.

    Raises
    ------
    UnknownNameError
        If none fits or several do.

    Examples
    --------
    >>> fix_kode(82.71), fix_kode("ambon"), fix_kode(11.1)
    ('82.71', '81.71', '11.10')
    """
    if isinstance(value, float):
        return find_wilayah(f"{value:05.2f}").kode
    return find_wilayah(str(value)).kode
