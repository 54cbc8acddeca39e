"""Options are named in English; the old names work for one release and say so."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from jkn_analysis.cli import COMMANDS, app, find_command
from jkn_analysis.cli.renamed import RENAMED

TOP = Path(__file__).resolve().parents[2]


def list_options() -> dict[str, set[str]]:
    return {
        name: {
            option
            for param in find_command(name).params
            if isinstance(param, click.Option)
            for option in param.opts
        }
        for name in COMMANDS
    }


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_name_stands_beside_its_new_one(old):
    known = [options for options in list_options().values() if old in options]
    if old == "--pada":
        known.append({name for param in app.params for name in param.opts})
    assert known
    assert all(RENAMED[old] in options for options in known)


def test_no_command_has_one_name_for_two_options():
    for name in COMMANDS:
        options = [param for param in find_command(name).params if param.opts]
        names = [option for param in options for option in param.opts]
        assert len(names) == len(set(names)), name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_new_names_only(name):
    told = CliRunner().invoke(app, [name, "--help"]).output
    words = {word.strip("`.,;:)(") for word in told.split()}
    assert words & set(RENAMED) == set()


def test_an_old_name_does_the_same_and_says_its_new_one(tmp_path):
    runner = CliRunner()
    told = [
        runner.invoke(app, ["init", str(tmp_path / name), option])
        for name, option in (("a", "--contoh"), ("b", "--sample"))
    ]
    assert [result.exit_code for result in told] == [0, 0]
    assert "--contoh kini --sample" in told[0].stderr
    assert told[1].stderr == ""
    trees = [
        {path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*")}
        for name in ("a", "b")
    ]
    assert trees[0] == trees[1]


def test_the_changelog_has_the_table_of_old_and_new():
    text = (TOP / "CHANGELOG.md").read_text("utf-8")
    for old, new in RENAMED.items():
        assert f"`{old}` → `{new}`" in text


def test_a_misspelt_command_is_answered_with_the_nearest():
    result = CliRunner().invoke(app, ["forcast"])
    assert result.exit_code == 2
    assert "Maksudnya: forecast" in result.output


def test_a_command_is_completed_by_its_first_letters(monkeypatch):
    monkeypatch.setenv("_JKN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "jkn riw")
    monkeypatch.setenv("COMP_CWORD", "1")
    told = CliRunner().invoke(app, [], prog_name="jkn", complete_var="_JKN_COMPLETE")
    assert told.output == "plain,riwayat\n"


@pytest.mark.parametrize("name", ["check", "plan", "status", "verify", "riwayat"])
def test_what_other_programs_ask_can_answer_in_json(name):
    assert "--json" in list_options()[name]


def test_a_check_in_json_is_nothing_but_json(tmp_path, monkeypatch):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    sent = tmp_path / "kepesertaan.csv"
    sent.write_text("Kab/Kota;Segmen\nKota Ternate;Mandiri\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(sent), "--json"])
    told = json.loads(done.stdout)
    assert told["files"][0]["state"] == "refused"
    assert told["problems"]
    assert done.exit_code != 0
