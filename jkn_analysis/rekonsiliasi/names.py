"""Indonesian names made comparable: titles, spellings, order and joined words.

The result is a key for matching only; what an office reads is always the raw name.
Work goes by distinct word, so that a million names cost well under a second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from jkn_analysis.rekonsiliasi.pseudonym import build_token_keys

if TYPE_CHECKING:
    import pyarrow as pa

    from jkn_analysis.rekonsiliasi.nik import Cells
    from jkn_analysis.rekonsiliasi.pseudonym import Key

    Ints = np.ndarray[Any, np.dtype[Any]]


def _words(text: str) -> frozenset[str]:
    """Split a written list of words."""
    return frozenset(text.split())


TITLES = _words(
    "H HJ HAJI HAJJAH DRS DRA DR DRG DRH IR PROF KH PDT ALM ALMH ALMARHUM TGK "
    "USTADZ UST NY TN SDR BPK IBU"
)
DEGREES = _words(
    "SPD SPDI SAG SKM SKOM SSOS SIP SKEP NERS SSI SPT SHUT SFARM APT STR MPD MSI "
    "MKES AMD AMK AMKEB MSC BSC MKM PHD MKOM SHI SEI SSTP MAP MAG STP MHUM"
)
LAST_DEGREES = DEGREES | _words("SE SH ST MM MH MT BA SP LC SI MA")
PATRONYMS = _words("BIN BINTI BT BTE BINTE")
_FORMS = {
    "MUHAMAD": "MUHAMMAD MUHAMAD MUHAMMED MUHAMED MOHAMMAD MOHAMAD MOHAMMED MOHAMED "
    "MUCHAMMAD MUCHAMAD MOCHAMMAD MOCHAMAD MOKHAMAD MUKHAMAD MUH MOH MOCH MUCH MHD "
    "MOHD MUHD MHMD MHMMD",
    "ABDUL": "ABDUL ABD ABDOEL ABDL",
    "SITI": "SITI SITTI SITTY SITY STI",
    "AHMAD": "AHMAD ACHMAD AKHMAD AHMMAD ACHMAT AHMAT ACH AKH AHM",
    "NUR": "NUR NOOR NOER NUUR NOR",
}
_ALIAS = {form: key for key, forms in _FORMS.items() for form in forms.split()}
_FIRST_ALIAS = {"M": "MUHAMAD", "ST": "SITI"}
_GLUED = ("MUHAMAD", "ABDUL", "SITI", "NUR")
_SPELLING = (
    ("OE", "U"),
    ("DJ", "J"),
    ("TJ", "C"),
    ("SJ", "SY"),
    ("NJ", "NY"),
    ("KH", "H"),
    ("CH", "H"),
    ("DH", "D"),
    ("TH", "T"),
    ("DZ", "S"),
    ("Z", "S"),
    ("F", "P"),
    ("V", "P"),
    ("Q", "K"),
    ("X", "KS"),
    ("IY", "Y"),
    ("IE", "I"),
)
_DOUBLE = re.compile(r"(.)\1+")
_DOTTED_DEGREE = (
    r"\b([SMAD])\.\s?(PD|AG|KOM|SOS|KEP|KES|SI|IP|E|H|T|P|M|FARM|HUT|PT|KM|MD|TR|KEB)"
    r"\b\.?(\s?I\b\.?)?"
)
_UPPER = np.full(256, 32, np.uint8)
_UPPER[65:91] = np.arange(65, 91)
_UPPER[97:123] = np.arange(65, 91)


def _spell(token: str) -> str:
    """Rewrite one word in today's plainest spelling."""
    word = token
    for old, new in _SPELLING:
        word = word.replace(old, new)
    word = _DOUBLE.sub(r"\1", word)
    if word.endswith("J"):
        word = word[:-1] + "Y"
    if word.endswith("Y"):
        word = word[:-1] + "I"
    return word[:-1] if word.endswith("H") and len(word) > 2 else word


@lru_cache(maxsize=500_000)
def _parts(token: str) -> tuple[str, ...]:
    """Return the comparable parts of one word: none for a title, two if glued."""
    if token in TITLES or token in DEGREES or not token:
        return ()
    word = _ALIAS.get(token) or _spell(token)
    word = _ALIAS.get(word, word)
    for prefix in _GLUED:
        if word.startswith(prefix) and len(word) > len(prefix) + 2:
            return (prefix, word[len(prefix) :])
    return (word,)


@dataclass(frozen=True)
class Words:
    """Words of many names: the row and the distinct word of each."""

    row: Ints
    """Row of every kept word, ascending."""
    code: Ints
    """Index into `distinct`."""
    distinct: list[tuple[str, ...]]
    """Comparable parts of each distinct word."""
    length: int
    """How many names."""


def _plain_upper(array: pa.Array) -> pa.Array:
    """Upper-case, strip accents, apostrophes, brackets, what follows a comma."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.fill_null(array.cast(pa.large_string()), "")
    ascii_only = pc.string_is_ascii(text)
    if not pc.all(ascii_only).as_py():
        bare = pc.replace_substring_regex(
            pc.utf8_upper(pc.utf8_normalize(pc.utf8_upper(text), "NFKD")), r"\pM", ""
        )
        bare = pc.replace_substring_regex(bare, r"[^\x00-\x7F]", "")
        text = pc.if_else(ascii_only, text, bare)
    odd = pc.match_substring_regex(text, r"[',`\"(.]")
    if pc.any(odd).as_py():
        text = pc.replace_with_mask(text, odd, _strip_odd(text.filter(odd)))
    size = np.frombuffer(text.buffers()[1], np.int64)[
        text.offset : text.offset + len(text) + 1
    ]
    data = np.frombuffer(text.buffers()[2] or b"", np.uint8)[size[0] : size[-1]]
    offsets = pa.py_buffer(np.ascontiguousarray(size - size[0]))
    upper = pa.py_buffer(np.take(_UPPER, data))
    return pa.Array.from_buffers(pa.large_string(), len(text), [None, offsets, upper])


def _strip_odd(text: pa.Array) -> pa.Array:
    """Take punctuation out of the few names that have some."""
    import pyarrow.compute as pc

    upper = pc.utf8_upper(text)
    for pattern, new in (
        (r"['`\"]", ""),
        (r",.*$", ""),
        (r"\([^)]*\)?", " "),
        (_DOTTED_DEGREE, r" \1\2 "),
    ):
        upper = pc.replace_substring_regex(upper, pattern, new)
    return upper


def split_names(values: Cells) -> Words:
    """Split names into comparable words.

    Parameters
    ----------
    values
        Names of one register; missing ones give no word.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    array = values if isinstance(values, pa.Array) else pa.array(values)
    lists = pc.ascii_split_whitespace(_plain_upper(array))
    flat = lists.flatten().dictionary_encode()
    row = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    code = flat.indices.to_numpy(zero_copy_only=False)
    words = flat.dictionary.to_pylist()
    filled = np.fromiter((word != "" for word in words), bool, len(words))[code]
    row, code = row[filled], code[filled]
    keep, code, words = _by_position(row, code, words)
    distinct = [_parts(word) for word in words]
    useful = np.fromiter((bool(part) for part in distinct), bool, len(distinct))
    keep &= useful[code]
    return Words(row[keep], code[keep], distinct, len(array))


def _by_position(
    row: Ints, code: Ints, words: list[str]
) -> tuple[Ints, Ints, list[str]]:
    """Apply rules that hold only for a first or last word, or after BIN."""
    if not len(row):
        return np.zeros(0, bool), code, words
    first = np.r_[True, row[1:] != row[:-1]]
    last = np.r_[row[1:] != row[:-1], True]
    known = {word: index for index, word in enumerate(words)}
    words, code = list(words), code.copy()
    for short, full in _FIRST_ALIAS.items():
        if short in known:
            code[first & ~(last & (short == "M")) & (code == known[short])] = len(words)
            words.append(full)
    degree = np.fromiter((word in LAST_DEGREES for word in words), bool, len(words))
    patronym = np.fromiter((word in PATRONYMS for word in words), bool, len(words))
    keep = ~(last & ~first & degree[code])
    cut = (patronym[code] & ~first).cumsum()
    start = np.flatnonzero(first)
    before = np.repeat(cut[start], np.diff(np.r_[start, len(row)]))
    return keep & (cut == before), code, words


def build_name_keys(words: Words, *, key: Key) -> Ints:
    """Give names numbers so that equal ones agree whatever the order of their words.

    Parameters
    ----------
    words
        Of one register, from `split_names`.
    key
        The secret of the pseudonyms.

    Returns
    -------
    ndarray
        uint64 per name: the sum of keyed numbers of its parts; 0 for no name.
    """
    distinct = sorted({part for parts in words.distinct for part in parts})
    numbers = build_token_keys([*distinct, ""], key=key, purpose="jkn-nama-v1")
    number = dict(zip(distinct, numbers.tolist(), strict=False))
    per_word = np.array(
        [sum(number[part] for part in parts) % 2**64 for parts in words.distinct],
        np.uint64,
    )
    out = np.zeros(words.length, np.uint64)
    if len(words.row):
        start = np.flatnonzero(np.r_[True, words.row[1:] != words.row[:-1]])
        out[words.row[start]] = np.add.reduceat(per_word[words.code], start)
    return out


def build_name_columns(words: Words) -> dict[str, pa.Array]:
    """Write comparable names as texts for the linkage.

    Parameters
    ----------
    words
        Of one register, from `split_names`.

    Returns
    -------
    dict
        Arrow columns: ``nama`` the parts in order, spaced; ``nama_gabung`` joined;
        ``nama_urut`` sorted and joined; ``nama_depan`` first part; ``nama_akhir``
        last part; null where there is no name.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    row, part, vocabulary = _flat_parts(words)
    count = np.bincount(row, minlength=words.length)
    offsets = pa.array(np.r_[0, count.cumsum()], pa.int32())
    order = np.lexsort((part, row))
    tokens, ordered = vocabulary.take(part), vocabulary.take(part[order])
    lists = pa.ListArray.from_arrays(offsets, tokens)
    ranked = pa.ListArray.from_arrays(offsets, ordered)
    empty = pa.array(count == 0)
    start = count.cumsum() - count
    ends = np.minimum(start + count - 1, max(len(part) - 1, 0))
    texts = {
        "nama": pc.binary_join(lists, " "),
        "nama_gabung": pc.binary_join(lists, ""),
        "nama_urut": pc.binary_join(ranked, ""),
        "nama_depan": _take(tokens, start),
        "nama_akhir": _take(tokens, ends),
    }
    return {name: pc.if_else(empty, None, text) for name, text in texts.items()}


def _take(tokens: pa.Array, positions: Ints) -> pa.Array:
    """Take words by position; any word stands in where a name has none."""
    import pyarrow as pa

    if len(tokens) == 0:
        return pa.nulls(len(positions), pa.string())
    return tokens.take(pa.array(np.clip(positions, 0, len(tokens) - 1)))


def _flat_parts(words: Words) -> tuple[Ints, Ints, pa.Array]:
    """Return row and vocabulary index of every part; vocabulary is sorted."""
    import pyarrow as pa

    vocabulary = sorted({part for parts in words.distinct for part in parts})
    index = {part: position for position, part in enumerate(vocabulary)}
    sizes = np.array([len(parts) for parts in words.distinct] or [0])
    table = np.zeros((max(len(words.distinct), 1), 2), np.int64)
    for position, parts in enumerate(words.distinct):
        table[position, : len(parts)] = [index[part] for part in parts]
    size = sizes[words.code] if len(words.code) else np.zeros(0, np.int64)
    row = np.repeat(words.row, size)
    second = np.arange(len(row)) - np.repeat(size.cumsum() - size, size)
    part = table[np.repeat(words.code, size), second]
    return row, part, pa.array(vocabulary, pa.string())
