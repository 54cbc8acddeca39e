"""Linkage: planted truth, explanations, and nothing that depends on order."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from jkn_analysis.errors import InputError
from jkn_analysis.rekonsiliasi.linkage import LANGKAH, link
from jkn_sample.registers import PADA, build_registers

ROWS = 8_000


@pytest.fixture(scope="module")
def made():
    return build_registers(ROWS, seed=11)


@pytest.fixture(scope="module")
def pairs(made):
    return link(made.bpjs, made.dukcapil, pada=PADA).pairs


def people(made, register):
    truth = made.kebenaran
    return truth[truth["register"] == register].set_index("baris")


def test_planted_truth_is_found(made, pairs):
    left, right = people(made, "bpjs"), people(made, "dukcapil")
    accepted = pairs[pairs["keputusan"] == "terima"]
    who = left["orang"].reindex(accepted["kiri"]).to_numpy()
    same = who == right["orang"].reindex(accepted["kanan"]).to_numpy()
    both = set(left["orang"]) & set(right["orang"])
    bad = both & set(left.loc[left["cacat_nik"] != "", "orang"])
    found = set(who[same])
    assert same.mean() >= 0.9995
    assert len(found) / len(both) >= 0.9975
    assert len(found & bad) / len(bad) >= 0.97


def test_a_row_belongs_to_one_pair(pairs):
    assert pairs["kiri"].is_unique
    assert pairs["kanan"].is_unique


def test_every_pair_says_why(pairs):
    assert set(pairs["langkah"]) == set(LANGKAH)
    assert pairs["penjelasan"].str.len().min() > 10
    scored = pairs[pairs["langkah"] == "peluang"]
    assert scored["penjelasan"].str.contains("nama: ").all()
    assert scored["peluang"].between(0.5, 1).all()


def test_explanations_hold_no_value_of_a_person(made, pairs):
    text = " ".join(pairs["penjelasan"].unique())
    assert not any(name in text for name in made.bpjs["nama"].head(50))
    assert not any(nik in text for nik in made.bpjs["nik"] if len(nik) == 16)


@pytest.mark.parametrize("threads", [1, 2])
def test_neither_row_order_nor_threads_matter(made, pairs, threads):
    left = made.bpjs.sample(frac=1, random_state=threads)
    right = made.dukcapil.sample(frac=1, random_state=threads + 5)
    again = link(left, right, pada=PADA, threads=threads).pairs
    back = pd.DataFrame(
        {
            "kiri": left.index.to_numpy()[again["kiri"]],
            "kanan": right.index.to_numpy()[again["kanan"]],
            "langkah": again["langkah"],
            "keputusan": again["keputusan"],
        }
    ).sort_values("kiri", ignore_index=True)
    pd.testing.assert_frame_equal(back, pairs[list(back.columns)])


def person(**changed):
    known = {
        "nik": "8271034107010001", "nama": "SITI AMINAH LATUCONSINA",
        "tanggal_lahir": "2001-07-01", "jenis_kelamin": "P", "kode": "82.71",
    }  # fmt: skip
    return known | changed


def joined(left, right):
    frames = (pd.DataFrame([row]) for row in (left, right))
    found = link(*frames, pada=PADA).pairs
    return found["langkah"].tolist()


def test_a_nik_alone_is_no_proof():
    other = person(nama="BUDI SANTOSO", tanggal_lahir="1975-02-03")
    assert joined(person(), other) == []


def test_a_nik_with_name_or_birth_date_is():
    assert joined(person(), person(tanggal_lahir="1975-02-03")) == ["nik"]
    assert joined(person(), person(nama="ST. AMINA LATUKONSINA")) == ["nik"]


def test_name_and_birth_date_find_a_bad_nik():
    assert joined(person(nik=""), person()) == ["nama_lahir"]
    assert joined(person(nik="8,27103E+15"), person(nama="ST AMINAH LATUCONSINA")) == [
        "nama_lahir"
    ]


def test_a_fuzzy_name_needs_date_sex_and_region():
    near = person(nik="", nama="SITI AMINAH LATUCONSIMA")
    assert joined(near, person()) == ["nama_mirip"]
    assert joined(near | {"kode": "73.71"}, person()) == []


def test_a_single_name_elsewhere_is_not_enough():
    one = person(nik="", nama="AMINAH", kode="73.71")
    assert joined(one, person(nama="AMINAH")) == []
    assert joined(one | {"kode": "82.71"}, person(nama="AMINAH")) == ["nama_lahir"]


def test_two_who_are_equally_likely_are_left_to_a_person():
    left = pd.DataFrame([person(nik="")])
    right = pd.DataFrame([person(), person(nik="8271034107010002")])
    assert link(left, right, pada=PADA).pairs.empty


def test_missing_columns_are_named_without_values():
    frame = pd.DataFrame([person()]).drop(columns="nama")
    with pytest.raises(InputError, match="column nama missing") as caught:
        link(frame, frame, pada=dt.date(2025, 1, 1))
    assert "8271" not in str(caught.value)


def test_empty_registers_give_no_pair():
    frame = pd.DataFrame([person()])
    assert link(frame.iloc[:0], frame, pada=PADA).pairs.empty


def test_the_same_model_on_spark_accepts_the_same_pairs():
    pytest.importorskip("pyspark", reason="pyspark (extra 'spark') is not installed")
    from benchmarks.register import compare_engines

    ours, theirs = compare_engines(1_000)
    assert ours == theirs
