"""Properties of NIK, names, registers and the scanner."""

from __future__ import annotations

import base64
import datetime as dt

import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jkn_analysis.rekonsiliasi.names import (
    build_name_columns,
    split_names,
)
from jkn_analysis.rekonsiliasi.nik import parse_nik
from jkn_analysis.rekonsiliasi.publish import build_selisih
from jkn_analysis.rekonsiliasi.reasons import ALASAN
from jkn_analysis.rekonsiliasi.scan import scan_bytes
from tests.rekonsiliasi_names import list_kode, normalize_name

PADA = dt.date(2025, 11, 30)
NAMES = st.text(st.characters(codec="utf-8"), max_size=40)


@st.composite
def persons(draw):
    kode = draw(st.sampled_from(list_kode())).replace(".", "")
    born = draw(st.dates(dt.date(1926, 1, 1), PADA))
    woman = draw(st.booleans())
    serial = draw(st.integers(1, 9999))
    sub = draw(st.integers(1, 99))
    day = born.day + 40 * woman
    return f"{kode}{sub:02d}{day:02d}{born:%m%y}{serial:04d}", born, woman


@settings(deadline=None, max_examples=60)
@given(persons())
def test_a_nik_gives_back_what_it_was_made_of(person):
    text, _, _ = person
    parsed = parse_nik([text], pada=PADA)
    if len(set(text)) > 1:
        assert parsed.sah.all()
        assert parsed.nik[0] == int(text)


@settings(deadline=None, max_examples=60)
@given(persons(), st.sampled_from([" ", ".", "-", "'"]), st.integers(1, 15))
def test_separators_change_nothing(person, mark, at):
    text, _, _ = person
    both = parse_nik([text, text[:at] + mark + text[at:]], pada=PADA)
    assert both.nik[0] == both.nik[1]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=20), max_size=30))
def test_no_text_stops_the_reader(cells):
    parsed = parse_nik(cells, pada=PADA)
    assert len(parsed.status) == len(cells)
    assert ((parsed.nik > 0) == parsed.sah).all()


@settings(deadline=None, max_examples=60)
@given(st.text("abcdhijmnostuyzABDHJMSTéüñçàÉÑ .,'-()", max_size=30))
def test_capitals_change_nothing(name):
    assert normalize_name(name) == normalize_name(name.upper())


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.none(), NAMES), max_size=20))
def test_names_keep_their_rows(names):
    found = build_name_columns(split_names(pa.array(names, pa.string())))
    assert all(len(column) == len(names) for column in found.values())
    for name, key in zip(names, found["nama"].to_pylist(), strict=True):
        alone = " ".join(normalize_name(name or ""))
        assert (key or "") == alone


@settings(deadline=None, max_examples=60)
@given(persons(), st.binary(max_size=60), st.booleans())
def test_a_nik_between_blanks_is_always_found(person, noise, wrap):
    text = person[0].encode()
    if len(set(text)) == 1:
        return
    content = noise + b"\n " + text + b" \n" + noise
    if content.startswith((b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"PAR1")):
        return
    packed = b'"' + base64.b64encode(content) + b'"' if wrap else content
    assert any(kind == "nik" for _, kind in scan_bytes(packed))


@settings(deadline=None, max_examples=25)
@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from(["Moti", "Hiri", "Pulau", "Kota"]),
            st.sampled_from(["nama_beda", "nonaktif_miskin"]),
        ),
        st.tuples(st.integers(0, 30), st.integers(0, 30)),
        min_size=1,
    )
)
def test_what_leaves_shows_no_small_count_and_true_totals(cells):
    rows = [
        {"register": ALASAN[why].register, "alasan": why, "kode": "82.71",
         "kecamatan": where, "jumlah": many + idle, "nonaktif": idle}
        for (where, why), (many, idle) in cells.items()
    ]  # fmt: skip
    counts = pd.DataFrame(rows)
    table = build_selisih(counts, periode=PADA, penduduk={"82.71": 1000})
    inside = table[table["kecamatan"].notna()]
    assert not inside["jumlah_jiwa"].dropna().between(1, 4).any()
    assert not inside["nonaktif_jiwa"].dropna().between(1, 4).any()
    sums = counts.groupby("alasan")["jumlah"].sum()
    whole = table[table["kecamatan"].isna()].dropna(subset=["jumlah_jiwa"])
    assert (
        whole.set_index("alasan")["jumlah_jiwa"] == sums.reindex(whole["alasan"])
    ).all()
