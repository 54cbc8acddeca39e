"""A correction of one region moves that region, its provinsi and the country."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.forecasting.keep import STATE, Kept, find_changed, find_kept
from jkn_analysis.running.slices import read_slices, select_slices
from jkn_analysis.store import list_tables, read_manifest, read_table, write_table

TOP = Path(__file__).resolve().parents[2]
KODE = "82.71"
THREE = {"00", "82", KODE}


def test_changed_are_the_region_its_provinsi_and_the_country():
    then = {"iuran": {"82.71": "a", "82.72": "b", "81.71": "c"}}
    now = {"iuran": {"82.71": "x", "82.72": "b", "81.71": "c"}}
    assert find_changed(now, then) == THREE
    assert find_changed(then, then) == frozenset()


@pytest.mark.parametrize(
    ("now", "expected"),
    [({}, THREE), ({"82.71": "a", "81.71": "n"}, {"00", "81", "81.71"})],
)
def test_a_region_that_comes_or_goes_is_changed(now, expected):
    assert find_changed({"iuran": now}, {"iuran": {"82.71": "a"}}) == expected


def test_an_event_of_a_provinsi_concerns_every_region_in_it():
    rows = {"iuran": {"82.71": "a", "82.72": "b", "81.71": "c"}}
    now = rows | {"peristiwa": {"82": "new"}}
    assert find_changed(now, rows) == {"00", "82", "82.71", "82.72"}
    assert "81.71" in find_changed(rows | {"peristiwa": {"00": "new"}}, rows)


@pytest.fixture
def told(processed, tmp_path):
    """Return a copy of the forecast sample, with which anything may be done."""
    return Path(shutil.copytree(processed, tmp_path / "processed"))


def read_basis(root):
    """Return the basis on which the sample was forecast."""
    return read_manifest(root)[STATE]["basis"]


def test_nothing_stays_on_another_basis_or_beside_an_edited_table(told):
    basis = read_basis(told)
    kept = find_kept(told, basis=basis)
    assert kept is not None
    assert not kept.changed
    assert find_kept(told, basis="another month") is None
    frame = read_table("ramalan", root=told)
    write_table(frame.assign(nilai=frame["nilai"] * 1.01), "ramalan", root=told)
    assert find_kept(told, basis=basis) is None


def test_sums_of_a_provinsi_are_made_of_what_stays(told):
    made = read_table("arus_tunggakan", root=told)
    rupiah = [name for name in made.columns if name.endswith("_rp")]
    moved = made.assign(**{name: made[name] + 7 for name in rupiah})
    merged = Kept(told, frozenset(THREE)).merge({"arus_tunggakan": moved})
    table = merged["arus_tunggakan"].set_index("kode")
    before = made.set_index("kode")
    pd.testing.assert_frame_equal(table.loc[["82.72"]], before.loc[["82.72"]])
    for kode in ("82", "00"):
        inside = table[table.index.str.len() > 2]
        parts = inside[inside.index.str.startswith("" if kode == "00" else kode)]
        assert table.loc[kode, "akhir_rp"].sum() == parts["akhir_rp"].sum()


def correct_one_region(root: Path) -> None:
    """Take a hundredth of one segmen of one region out of the active."""
    panel = read_table("kepesertaan", root=root)
    chosen = (panel["kode"] == KODE) & (panel["segmen"] == "PBI JK")
    chosen &= panel["periode"] == panel["periode"].max()
    assert chosen.sum() == 1
    lost = panel.loc[chosen, "aktif_jiwa"] // 100
    panel.loc[chosen, "aktif_jiwa"] -= lost
    panel.loc[chosen, "nonaktif_mutasi_jiwa"] += lost
    write_table(panel, "kepesertaan", root=root)


@pytest.mark.slow
def test_a_correction_changes_what_three_reports_depend_on(told, tmp_path):
    before = read_slices(told)
    correct_one_region(told)
    settings = tmp_path / "uji.toml"
    settings.write_text(f'[paths]\nprocessed = "{told}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "jkn_analysis", "--config", str(settings)]
    done = subprocess.run(
        [*command, "forecast"],
        cwd=TOP,
        env=os.environ | {"PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "hanya 00, 82, 82.71 yang dibuat ulang;" in done.stdout
    after = read_slices(told)
    regions = {*before["ukuran"], *after["ukuran"]}
    changed = {
        kode
        for kode in regions
        if select_slices(before, kode) != select_slices(after, kode)
    }
    assert changed == THREE
    assert "ramalan" in list_tables(told)
    ramalan = read_table("ramalan", root=told)
    middle = ramalan[
        (ramalan["indikator"] == "aktif_jiwa") & (ramalan["kuantil"] == 0.5)
    ]
    wide = middle.pivot_table(
        index="kode", columns=["segmen", "periode"], values="nilai"
    )
    for kode in ("82", "00"):
        parts = wide[wide.index.str.len() > 2]
        inside = parts[parts.index.str.startswith("" if kode == "00" else kode)]
        np.testing.assert_array_equal(inside.sum().to_numpy(), wide.loc[kode])
