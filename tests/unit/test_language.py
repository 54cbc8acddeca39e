"""Who reads only Indonesian meets no English word: texts, commands, errors, form."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import click
import openpyxl
import pytest
from click.testing import CliRunner

import jkn_analysis
from jkn_analysis import errors
from jkn_analysis.briefing import build_area_briefing, build_briefing
from jkn_analysis.cleaning.words import read_findings
from jkn_analysis.cli import COMMANDS, app, find_command
from jkn_analysis.cli.language import (
    choose_language,
    read_commands,
    translate,
)
from jkn_analysis.delivery.tindak_lanjut import build_form
from jkn_analysis.errors import InputError, StoreError
from jkn_analysis.texts import read_catalogue
from tests.unit.test_briefing import list_texts
from tests.unit.test_delivery_sheets import decisions

PACKAGE = Path(jkn_analysis.__file__).parent
ENGLISH = frozenset(
    """
    about after again all already also an and another any are as ask at be because
    before below beside both but by can cannot changed choose come could day days
    did does each either empty every found from give given go has have he here his
    how if in into is it its itself keep known last left less like look made make
    many may means message messages missing more most must named need needed needs
    neither never new next none nor not nothing now number of office once only other
    others our own past read reads region regions same see send shall should show
    since so some still stored such take than that the their them then there these
    they this those too two under until use used value values was we were what when
    where which while who whose why will with without word would write written wrong
    year yet you your
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is longer
)
"""Words no Indonesian sentence has."""
QUOTED = re.compile(
    r"`[^`]*`|\"[^\"]*\"|'[^']*'|\(environment\)|--[\w-]+|\{[^}]*\}|jkn [a-z]+|"
    r"[\w./]+\.(?:toml|md|csv|xlsx|json|html)|\w+_\w+|[\w.]+\([^)]*\)|\[[^\]]*\]|"
    r"https?://\S+|"
    r"python make\.py \w+|New REHAB|Message-ID|\(Word\)|\S+@\S+|[A-Z]\w+=\S+"
)
"""What stays as it is in any language: names, commands, settings, what is quoted."""
PLACE = re.compile(r"\{[^}]*\}")


def english_in(text: str) -> set[str]:
    """Return the English words of a text."""
    return ENGLISH & set(re.findall(r"[a-z]+", QUOTED.sub(" ", text).lower()))


def test_no_catalogue_has_an_english_word_in_its_indonesian():
    told = {**read_catalogue("id").texts, **read_findings()}
    told |= {en: text for part in read_commands().values() for en, text in part.items()}
    columns = tomllib.loads((PACKAGE / "texts" / "kolom.toml").read_text("utf-8"))
    found = {key: english_in(str(text)) for key, text in told.items()}
    assert {key: words for key, words in found.items() if words} == {}
    assert english_in(str(columns)) == set()


def _template(node: ast.expr) -> str:
    """Return a written text with {} for what changes."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}"
            for part in node.values
        )
    if isinstance(node, ast.BinOp):
        return _template(node.left) + _template(node.right)
    return "{}"


def list_said() -> set[str]:
    """Return every text that an error or a command's print says."""
    kinds = {name for name in vars(errors) if name.endswith("Error")}
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                printed = name in {"echo", "translate"} and path.parent.name == "cli"
                if name in kinds or printed:
                    found.add(_template(node.args[0]))
    return found


def test_every_error_and_every_print_has_its_indonesian():
    choose_language("id")
    bare = {text: translate(text) for text in list_said() if english_in(text)}
    assert {text for text, told in bare.items() if english_in(told)} == set()


def test_every_place_of_a_text_is_in_its_indonesian():
    for part in read_commands().values():
        for english, indonesian in part.items():
            assert len(PLACE.findall(english)) == len(PLACE.findall(indonesian)), (
                english
            )


def ask(*words: str):
    """Run a command line as a shell does."""
    return CliRunner().invoke(app, words, prog_name="jkn")


@pytest.fixture
def indonesian(monkeypatch, tmp_path):
    """Run in a folder without settings of its own."""
    monkeypatch.chdir(tmp_path)
    choose_language("id")


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_in_indonesian_to_the_last_word(indonesian, name):
    told = ask(*([name] if name else []), "--help").output
    assert told.startswith("Pemakaian: jkn")
    assert "Pilihan:" in told
    assert "Tampilkan bantuan ini lalu selesai." in told
    lines = [line for line in told.splitlines() if "jkn " not in line]
    assert english_in("\n".join(lines)) == set()
    assert not re.search(r"Usage|Options|Commands|Example|TEXT|INTEGER|\bFILE\b", told)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["kirim"], "Perintah 'kirim' tidak ada."),
        (["chek"], "Maksudnya: check"),
        (["mail", "--hay", "3"], "Pilihan '--hay' tidak ada."),
        (["mail", "--days"], "memerlukan isian"),
        (["mail", "--days", "x"], "'x' bukan bilangan bulat yang sah"),
        (["mail", "--days", "900"], "900 di luar batas"),
        (["verify"], "Isian belum disebut"),
        (["beda", "a", "b", "c"], "Ada isian berlebih (c)"),
        (["beda", "a", "b", "--language", "fr"], "bukan salah satu dari 'id', 'en'"),
        (["mail", "--read", "/tidak/ada/x"], "tidak ada"),
    ],
)
def test_a_fault_of_the_command_line_is_told_in_indonesian(indonesian, given, said):
    result = ask(*given)
    told = result.output + (str(result.exception) if result.exit_code == 1 else "")
    assert result.exit_code != 0
    if result.exit_code == 2:
        assert said in told
        assert "Kesalahan:" in told
        assert english_in(told) == set()


def test_an_error_of_ours_is_told_in_indonesian_with_its_remedy():
    choose_language("id")
    told = translate("data: nothing is built\n  → run: jkn build, jkn forecast")
    assert told == "data: belum ada yang dibuat\n  → jalankan: jkn build, jkn forecast"
    nested = "2 mail(s) not composed or sent\n  82.71: the page was not made: x"
    assert translate(nested).splitlines() == [
        "2 surat tidak disusun atau tidak dikirim",
        "  82.71: halamannya tidak jadi dibuat: x",
    ]
    assert issubclass(StoreError, InputError.__mro__[1])


def test_who_asks_for_english_gets_it(tmp_path):
    (tmp_path / "jkn.toml").write_text('[report]\nbahasa = "en"\n', encoding="utf-8")
    command = [sys.executable, "-m", "jkn_analysis", "share"]
    where = {
        "cwd": tmp_path, "capture_output": True, "text": True, "check": False,
        "env": {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    }  # fmt: skip
    told = subprocess.run([*command, "--help"], **where).stdout
    assert told.startswith("Usage: jkn share [OPTIONS]")
    assert "Show this message and exit." in told
    assert "Error: name a region" in subprocess.run(command, **where).stderr


def test_the_form_that_comes_back_has_no_english_word():
    made = build_form(decisions(), id_rapat="R-1", kode="82.71", title="Tindak lanjut")
    cells = [
        str(cell.value)
        for page in openpyxl.load_workbook(io.BytesIO(made))
        for row in page.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    assert english_in(" ".join(cells)) == set()


def test_options_take_words_of_the_language(indonesian):
    with click.Context(find_command("mail")) as context:
        shown = [p.get_help_record(context) for p in find_command("mail").params]
    assert all("TEXT" not in record[0] for record in shown if record)


@pytest.mark.parametrize("kode", ["82.71", "82", "00"])
def test_no_page_with_its_letters_has_an_english_word(processed, kode):
    build = build_briefing if "." in kode else build_area_briefing
    page = build(kode, "2025-11", root=processed)
    parts = tuple(part for part in page.bagian if part.nama != "asal")
    assert english_in(" ".join(list_texts(replace(page, bagian=parts)))) == set()
