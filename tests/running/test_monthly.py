"""`jkn bulanan`: the whole round, each step in a line, refusals hold back their own."""

from __future__ import annotations

import shutil

import click
import pandas as pd
import pytest
from click.testing import CliRunner

from jkn_analysis.cli import monthly
from jkn_analysis.store import hold_project, list_refused
from jkn_analysis.terms import SEGMEN
from tests.running.project import build_kepesertaan, make_project
from tests.running.test_run import jkn

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("warm")]
MEETING = (
    "ID Rapat;Kode;Tanggal;Jam;Zona Waktu;Jenis;Tempat\n"
    "R-1;82.71;2030-12-03;09:00;WIT;Rapat;Aula\n"
)


@pytest.mark.parametrize(
    ("step", "said", "last"),
    [
        ("run", "82.71: No space left on device", "run"),
        ("build", "cannot be written (No space left on device)", "build"),
        ("run", "1 of 3 reports failed", "mail"),
        ("forecast", "nothing is built", "forecast"),
    ],
)
def test_a_full_disk_ends_the_round_and_a_refusal_does_not(
    tmp_path, monkeypatch, step, said, last
):
    config = make_project(tmp_path)
    done = []

    def call(words, _config):
        done.append(words[0])
        click.echo(said if words[0] == step else "ok")
        return 10 if words[0] == step else 0

    monkeypatch.setattr(monthly, "_call", call)
    made = CliRunner().invoke(monthly.bulanan_command, [], obj=config)
    assert made.exit_code == 10
    assert done[-1] == last
    assert said in (config.paths.reports / ".run/bulanan.log").read_text()


@pytest.fixture
def project(tmp_path):
    """Make a project whose deliveries still lie under data/raw."""
    config = make_project(tmp_path)
    shutil.rmtree(config.paths.processed)
    folder = config.paths.raw / "des"
    folder.mkdir(parents=True)
    rows = build_kepesertaan()
    people = ["terdaftar_jiwa", "aktif_jiwa"]
    rows[people] = rows[people] // 2
    whole = pd.concat([rows.assign(segmen=segmen) for segmen in SEGMEN])
    for province in ("81", "82"):
        part = whole[whole["kode"].str.startswith(province)]
        part.to_csv(folder / f"kepesertaan_{province}.csv", index=False, sep=";")
    (folder / "rapat.csv").write_text(MEETING, encoding="utf-8")
    return config


def test_the_round_goes_through_and_a_bad_cell_holds_back_its_province(project):
    root = project.paths.raw.parents[1]
    first = jkn(root, "bulanan", "--days", "5")
    log = project.paths.reports / ".run" / "bulanan.log"
    steps = [line.split(" UTC ")[1] for line in log.read_text().splitlines()]
    assert [step.split(":")[0].split()[0] for step in steps] == [
        "check", "build", "forecast", "run", "mail",
    ]  # fmt: skip
    assert all(": ok, " in step for step in steps), first.stdout
    path = project.paths.raw / "des" / "kepesertaan_82.csv"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].rpartition(";")[0] + ";sembilan"
    path.write_text("\n".join(lines))
    second = jkn(root, "bulanan", "--days", "5", check=False)
    assert second.returncode == 4
    assert "kepesertaan_82.csv: ditolak; baris dari isinya yang tiba" in second.stdout
    assert "proyeksi sudah mutakhir" in second.stdout
    assert "3 wilayah" in second.stdout
    touched = {kode for kode in ("81.71", "82.03", "82.71", "82.72", "82", "81")
               if list_refused(project.paths.processed, kode=kode)}  # fmt: skip
    assert touched == {"82.03", "82.71", "82.72", "82"}
    assert "3 dibuat" in second.stdout


def test_a_round_beside_another_process_is_refused_by_its_name(project):
    with hold_project(project.paths.processed, holder="jkn forecast"):
        made = jkn(project.paths.raw.parents[1], "bulanan", check=False)
    assert made.returncode == 11
    assert "sedang dipakai jkn forecast, pid" in made.stderr
