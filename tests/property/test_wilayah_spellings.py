"""However a region's name is written, it is found or refused, never mistaken."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from jkn_analysis.errors import UnknownNameError
from jkn_analysis.wilayah import find_wilayah, get_wilayah, list_wilayah, squeeze

REGIONS = [get_wilayah(kode) for kode in list_wilayah()["kode"]]
DEPAN = {
    "provinsi": ["Provinsi ", "PROV. ", "Prop. "],
    "kabupaten": ["Kabupaten ", "KAB. ", "Kab.", "kab ", "Kab. "],
    "kota": ["Kota ", "KOTA  ", "Kodya "],
}
SINGKAT = {
    "Kepulauan": "Kep.",
    "Pulau": "P.",
    "Selatan": "Sel.",
    "Utara": "Ut.",
    "Timur": "Tim.",
    "Barat": "Bar.",
    "Tengah": "Teng.",
}


@st.composite
def written(draw):
    region = draw(st.sampled_from(REGIONS))
    text = draw(st.sampled_from(DEPAN[region.jenis])) + region.nama
    for word, short in SINGKAT.items():
        if draw(st.booleans()):
            text = text.replace(word, short)
    if draw(st.booleans()):
        text = text.replace(" ", "  ").replace("-", " ")
    if draw(st.booleans()):
        text = " ".join(text.replace(" ", "").replace(".", ""))
    change = draw(st.sampled_from([str, str.upper, str.lower, str.title]))
    return region, change(text) + draw(st.sampled_from(["", " ", "\n", "\u00a0"]))


@settings(max_examples=300, deadline=None)
@given(written())
def test_a_name_with_its_kind_is_found_in_any_spelling(pair):
    region, text = pair
    assert find_wilayah(text) == region


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(REGIONS), st.integers(0, 30), st.sampled_from("abdeiknorstu"))
def test_a_misspelt_name_is_never_taken_for_a_region_of_another_name(
    region, at, letter
):
    text = f"{region.nama[:at]}{letter}{region.nama[at:]}"
    try:
        found = find_wilayah(text)
    except UnknownNameError:
        return
    assert found.nama == region.nama or squeeze(found.nama) == squeeze(text)


@given(st.integers(0, 99_999))
def test_bare_digits_mean_the_same_in_both_systems_or_nothing(number):
    try:
        region = find_wilayah(number)
    except UnknownNameError:
        return
    assert region.kode.replace(".", "") == region.kode_bps
