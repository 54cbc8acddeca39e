"""Names and pseudonyms: what compares equal, and what cannot be undone."""

from __future__ import annotations

import secrets

import numpy as np
import pyarrow as pa
import pytest

from jkn_analysis.errors import PrivacyError
from jkn_analysis.rekonsiliasi.names import (
    build_name_columns,
    build_name_keys,
    split_names,
)
from jkn_analysis.rekonsiliasi.pseudonym import (
    ENVIRONMENT,
    build_key,
    build_pseudonyms,
    read_key,
)
from tests.rekonsiliasi_names import normalize_name

KEY = build_key(secrets.token_hex(32))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("H. MUH. ALI", "Muhammad Ali"),
        ("M. Ali", "MOCHAMMAD ALI"),
        ("DJOKO SOETRISNO", "JOKO SUTRISNO"),
        ("TJAHYA", "CAHYA"),
        ("NURHAYATI", "NUR HAYATI"),
        ("Hj. Sitti Aminah, S.Pd.", "ST. AMINA"),
        ("Drs. Ahmad", "ACHMAD"),
        ("ABD. RACHMAN", "ABDUL RAHMAN"),
        ("ABDULRAHMAN", "ABDUL RAHMAN"),
        ("SA'DIYAH", "SADIYAH"),
        ("JOSÉ MARIA", "JOSE MARIA"),
        ("BUDI BIN SALIM", "BUDI"),
        ("RINA (ALM)", "RINA"),
        ("FAUZI", "PAUSI"),
        ("RACHMADY", "RAHMADI"),
    ],
)
def test_two_ways_to_write_one_name(one, other):
    assert normalize_name(one) == normalize_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("SITI AMINAH", "SITI FATIMAH"), ("BUDI", "BUDIMAN"), ("ALI", "ALIA"), ("M", "N")],
)
def test_different_names_stay_different(one, other):
    assert normalize_name(one) != normalize_name(other)


def test_m_is_muhammad_only_as_the_first_word():
    assert normalize_name("M. ALI")[0] == "MUHAMAD"
    assert normalize_name("ALI M. SALEH")[1] == "M"


def test_st_is_siti_in_front_and_a_degree_behind():
    assert normalize_name("ST AMINAH ST") == ("SITI", "AMINA")


def test_no_name_gives_no_word():
    for name in ("", "   ", "...", "H."):
        assert normalize_name(name) == ()


def test_keys_ignore_order_and_are_zero_for_no_name():
    names = pa.array(["ALI SALEH", "SALEH, S.Pd", "SALEH ALI", None, ""])
    keys = build_name_keys(split_names(names), key=KEY)
    assert keys[0] == keys[2] != keys[1]
    assert keys[3] == keys[4] == 0


def test_columns_of_the_linkage():
    found = build_name_columns(split_names(pa.array(["SITI NURHAYATI", None, "BUDI"])))
    assert found["nama"].to_pylist() == ["SITI NUR HAYATI", None, "BUDI"]
    assert found["nama_urut"].to_pylist() == ["HAYATINURSITI", None, "BUDI"]
    assert found["nama_akhir"].to_pylist() == ["HAYATI", None, "BUDI"]


def test_no_names_at_all():
    found = build_name_columns(split_names(pa.array([None, ""], pa.string())))
    assert all(column.null_count == 2 for column in found.values())


def test_pseudonyms_depend_on_the_key_and_on_nothing_else():
    nik = np.array([8271034107010001, 0, 7301021506900003, 8271034107010001])
    ours = build_pseudonyms(nik, key=KEY)
    assert np.array_equal(ours[0], ours[3])
    assert not ours[1].any()
    assert not np.array_equal(ours[0], ours[2])
    theirs = build_pseudonyms(nik, key=build_key(secrets.token_hex(32)))
    assert not np.array_equal(ours[0], theirs[0])


def test_a_key_shows_its_id_and_never_itself():
    text = secrets.token_hex(32)
    key = build_key(text)
    assert len(key.id) == 8
    assert text not in repr(key)
    assert repr(key.secret) not in repr(key)


def test_hex_and_base64_name_the_same_key():
    import base64

    secret = secrets.token_bytes(32)
    assert build_key(secret.hex()) == build_key(base64.b64encode(secret).decode())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ab" * 16, "16 bytes|24 bytes"),
        ("00" * 32, "example or a pattern"),
        ("0123456789abcdef" * 4, "example or a pattern"),
        (bytes(range(32)).hex(), "example or a pattern"),
        (b"this-is-an-example-key-of-32-b!!".hex(), "example or a pattern"),
        ("not a key", "neither 64 hex digits nor base64"),
        ("zz" * 32, "neither|bytes"),
    ],
)
def test_unfit_keys_are_refused_without_being_shown(text, message):
    with pytest.raises(PrivacyError, match=message) as caught:
        build_key(text)
    assert text not in str(caught.value)


def test_without_a_key_nothing_starts():
    with pytest.raises(PrivacyError, match="no key for pseudonyms"):
        read_key({})
    assert read_key({ENVIRONMENT: KEY.secret.hex()}) == KEY
