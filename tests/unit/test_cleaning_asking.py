"""Asking a person about a delivery: questions, answers, settings, read again."""

from __future__ import annotations

import tomllib

import pytest
from click.testing import CliRunner

from jkn_analysis.cleaning import check_paths
from jkn_analysis.cleaning.asking import Answers, ask_and_write, write_settings
from jkn_analysis.cli import app
from jkn_analysis.config import read_config

ROWS = "PBI JK,68906,57135\nPBPU,29550,14128\n"
FILES = {
    "no month": ("Kota : Ternate,,\n\nSegmen,Terdaftar,Aktif\n" + ROWS, ["2025-10"]),
    "no region": (
        "Kantor Cabang : Ternate,,\nOktober 2025,,\n\nSegmen,Terdaftar,Aktif\n" + ROWS,
        ["bukan wilayah", "Kota Ternate"],
    ),
    "an unknown heading": (
        "Kota : Ternate,,\nOktober 2025,,\n\nSegmen,Xyz,Aktif\n" + ROWS,
        ["Terdaftar"],
    ),
    "numbers of two readings": (
        "Kota : Ternate;;\nOktober 2025;;\nSegmen;Terdaftar (ribu);Aktif (ribu)\n"
        "PBI JK;68,906;57,135\nPBPU;29,550;14,128\n",
        ["2"],
    ),
    "an implausible figure": (
        "Kota : Ternate,,\nOktober 2025,,\n\nSegmen,Terdaftar,Aktif\n"
        "PBI JK,689060,571350\nBP,9,9\n",
        ["y"],
    ),
}


def clerk(answers: list[str]):
    """Answer in turn; a role is looked up in the numbers of the question."""
    left = list(answers)

    def ask(text: str) -> str:
        answer = left.pop(0) if left else ""
        for line in text.splitlines():
            number, _, label = line.strip().partition(". ")
            if label == answer.lower():
                return number
        return answer

    return ask


@pytest.mark.parametrize("label", sorted(FILES))
def test_answers_are_written_so_that_the_file_is_read(tmp_path, label):
    content, answers = FILES[label]
    path = tmp_path / "kepesertaan_kirim.csv"
    path.write_text(content, encoding="utf-8")
    settings = tmp_path / "jkn.toml"
    settings.write_text('[report]\nbahasa = "id"\n', encoding="utf-8")
    config, said = read_config(settings), []
    assert check_paths([path], config=config).error is not None
    config = ask_and_write(path, config, settings, ask=clerk(answers), tell=said.append)
    report = check_paths([path], config=config)
    assert report.error is None, str(report)
    assert "Segmen" in said[0]
    assert config == read_config(settings)
    assert config.report.bahasa == "id"


def test_nothing_answered_writes_nothing_and_lists_what_is_left(tmp_path):
    path = tmp_path / "kepesertaan_kirim.csv"
    path.write_text(FILES["no month"][0], encoding="utf-8")
    settings, said = tmp_path / "jkn.toml", []
    config = read_config()
    again = ask_and_write(path, config, settings, ask=lambda _: "", tell=said.append)
    assert again == config
    assert not settings.exists()
    assert "bulan untuk kolom ini tidak disebut" in "\n".join(said)
    assert ask_and_write("", config, settings) == config


def test_settings_keep_what_they_hold(tmp_path):
    path = tmp_path / "jkn.toml"
    path.write_text('[sources.iuran]\nlocale = "id"\n\n[run]\nworkers = 1\n', "utf-8")
    one = Answers({'Kolom "A"': "ditagih_rp"}, ["Bulan : 2025-10"], ["tarif a.csv"])
    write_settings(path, "iuran", "a.csv", one)
    write_settings(path, "iuran", "b.csv", Answers(accepted=["tarif b.csv"]))
    write_settings(path, "iuran", "b.csv", Answers({'Kolom "A"': "abaikan"}))
    assert tomllib.loads(path.read_text("utf-8")) == {
        "run": {"workers": 1},
        "sources": {
            "iuran": {
                "locale": "id",
                "terima": ["tarif a.csv", "tarif b.csv"],
                "headings": {'Kolom "A"': "abaikan"},
                "judul": {"a.csv": ["Bulan : 2025-10"]},
            }
        },
    }


def test_command_asks_and_reads_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "kepesertaan_kirim.csv"
    path.write_text(FILES["no month"][0], encoding="utf-8")
    done = CliRunner().invoke(app, ["check", path.name, "--tanya"], input="2025-10\n")
    assert done.exit_code == 0, done.output
    assert "Jawaban ditulis di jkn.toml" in done.output
    assert "1 berkas, 0 ditolak" in done.output
