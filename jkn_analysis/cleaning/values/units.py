"""Units that headings and titles declare: ``(Rp 000)``, ``dalam jutaan``, x 1.000."""

from __future__ import annotations

import re
from functools import lru_cache

SKALA: dict[str, int] = {
    "ribu": 10**3, "rb": 10**3, "ribuan": 10**3,
    "juta": 10**6, "jt": 10**6, "jutaan": 10**6,
    "miliar": 10**9, "milyar": 10**9, "milliar": 10**9, "miliyar": 10**9,
    "mlr": 10**9, "miliaran": 10**9, "milyaran": 10**9,
    "triliun": 10**12, "trilyun": 10**12, "trilliun": 10**12, "triliunan": 10**12,
}  # fmt: skip
"""Scale words that may stand behind a number in its cell too."""
_HEADING_WORDS = SKALA | {
    "thousand": 10**3, "thousands": 10**3, "million": 10**6, "millions": 10**6,
    "billion": 10**9, "billions": 10**9, "rb.": 10**3, "jt.": 10**6, "mlr.": 10**9,
    "ratus ribu": 10**5, "ratusribu": 10**5, "puluh ribu": 10**4, "ratus": 100,
    "seribu": 10**3, "sejuta": 10**6,
}  # fmt: skip
SCALE_WORDS = "|".join(sorted(SKALA, key=len, reverse=True))
_WORDS = "|".join(re.escape(w) for w in sorted(_HEADING_WORDS, key=len, reverse=True))
_MONEY = r"(?:rp\.?|idr|rupiah)"
_THING = rf"(?:{_MONEY}|jiwa|orang|peserta|org)"
_FRONT = (
    r"(?:(?:angka|nilai|jumlah|satuan|unit|dinyatakan|disajikan|in|dlm\.?|dalam|dikali|"
    rf"kali|per|[x×*]|{_THING})\s*[:=]?\s*)*"
)
_DIGITS = r"['’.]?(?:1[.,\s]?)?000(?:[.,\s]?000){0,3}"
_SCALE = re.compile(
    rf"{_FRONT}(?:(?P<word>{_WORDS})(?:an)?|(?P<digits>{_DIGITS})(?:\s*,-+)?|"
    rf"(?P<letter>[mt]))\.?(?:\s*(?:(?:di|dalam|per)\s*)?{_THING})*\.?",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    rf"{_FRONT}(?:{_THING}|%|persen|unit|buah|tahun|bulan|ha|km2?|²)*[\s.]*",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_LOOSE = re.compile(
    rf"(?:\b(?:dalam|dlm\.?|satuan)\s*:?\s*(?:{_MONEY}\s*)?(?P<a>{_WORDS})\b|"
    rf"{_MONEY}[\s.]*(?P<b>{_WORDS}|{_DIGITS})(?![\w.,]*\d)|"
    rf"(?<![\d.,])(?<![\d.,]\s)\b(?P<c>{_WORDS})\s*{_THING}\b|"
    rf"(?:[x×]\s*|\b(?:dalam|dlm\.?|kali|satuan)\s*:?\s*){_MONEY}?\s*"
    r"(?P<d>1[.,]?000(?:[.,]?000){0,3})(?![\w.,]*\d))",
    re.IGNORECASE,
)
_SUSPECT = re.compile(
    r"(?<!\d)['’.]?0{3}(?:[.,\s]?0{3})*(?!\d)|(?<![\d.,])1[.,]?000(?!\d)|"
    r"^\s*[x×]|\b[x×]\s*\d|\b(?:usd|dolar)\b|\b(?:juta|ribu|rb|jt|mil[iy]\w*)\b",
    re.IGNORECASE,
)


def _factor(found: re.Match[str]) -> int:
    """Return the factor of a unit that was understood."""
    word, digits = found["word"], found["digits"]
    if word:
        return _HEADING_WORDS[" ".join(word.lower().split())]
    if digits:
        return 1000 ** len(re.findall("000", re.sub(r"[.,\s]", "", digits)))
    return {"m": 10**9, "t": 10**12}[found["letter"].lower()]


def _is_letter_of_money(found: re.Match[str], text: str) -> bool:
    """Tell ``(Rp M)``, miliar, from a bracket that is only a letter."""
    return not found["letter"] or re.search(_MONEY, text, re.IGNORECASE) is not None


@lru_cache(maxsize=8192)
def find_scale(heading: str) -> tuple[int, str]:
    """Return the factor that a heading or title declares and its words; 1 if none.

    Examples
    --------
    >>> find_scale("Tagihan (juta rupiah)"), find_scale("Peserta (dalam ribuan)")
    ((1000000, 'juta rupiah'), (1000, 'dalam ribuan'))
    >>> find_scale("REALISASI (x Rp1.000)"), find_scale("Tagihan Rp'000")
    ((1000, 'x Rp1.000'), (1000, "Rp'000"))
    >>> find_scale("Jumlah Peserta (jiwa)"), find_scale("Premi (Rp M)")
    ((1, ''), (1000000000, 'Rp M'))
    """
    tail = [heading.rpartition(":")[2]] if ":" in heading else []
    for inside in (*_BRACKET.findall(heading), *tail):
        words = " ".join(inside.split())
        found = _SCALE.fullmatch(words)
        if found and _is_letter_of_money(found, words):
            return _factor(found), words
    loose = _LOOSE.search(heading)
    if loose is None:
        return 1, ""
    text = next(part for part in loose.groups() if part)
    exact = _SCALE.fullmatch(text)
    return (_factor(exact) if exact else 1), loose.group().strip()


@lru_cache(maxsize=8192)
def unclear_unit(heading: str) -> str:
    """Return a bracket that looks like a unit and is not understood, else "".

    Examples
    --------
    >>> unclear_unit("Tagihan (0000 rp)"), unclear_unit("Tagihan (Rp 000)")
    ('0000 rp', '')
    """
    for inside in _BRACKET.findall(heading):
        words = " ".join(inside.split())
        odd = _SUSPECT.search(words) or re.search(r"\d0{3,}", words)
        years = re.fullmatch(r".*\b(?:19|20)\d\d\b.*", words)
        if odd and not years and not _SCALE.fullmatch(words):
            return words
    return ""


@lru_cache(maxsize=8192)
def strip_units(heading: str) -> str:
    """Return a heading without its units: brackets of units, ``dalam ribuan``.

    Examples
    --------
    >>> strip_units("Tagihan (Rp 000)"), strip_units("Aktif (jiwa)")
    ('Tagihan', 'Aktif')
    >>> strip_units("Tagihan (Rp)"), strip_units("Peserta (PBI)")
    ('Tagihan', 'Peserta (PBI)')
    """

    def cut(found: re.Match[str]) -> str:
        words = " ".join(found[1].split())
        known = _SCALE.fullmatch(words) or _PLAIN.fullmatch(words)
        return " " if known else found.group()

    bare = _LOOSE.sub(" ", _BRACKET.sub(cut, heading))
    return " ".join(bare.split()) or heading


def says_percent(heading: str) -> bool:
    """Tell whether a heading announces percent."""
    lowered = heading.lower()
    return "%" in lowered or "persen" in lowered or "prosen" in lowered
