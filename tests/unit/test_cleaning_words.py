"""Both languages of what cleaning says: complete, and all of it said through them."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import jkn_analysis.cleaning
from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.cleaning.problems import Problem
from jkn_analysis.cleaning.returned import list_problems
from jkn_analysis.cleaning.rows.work import CleanSettings
from jkn_analysis.cleaning.words import (
    Said,
    in_language,
    pack,
    read_findings,
    say,
    unpack,
)
from jkn_analysis.tables import TABLES
from tests.unit.test_cleaning_problems import CASES, LATEST, OTHER_TABLES, write

PACKAGE = Path(jkn_analysis.cleaning.__file__).parent
PLACE = re.compile(r"\{\w+\}")
SAYERS = {
    "Problem",
    "report",
    "report_at",
    "Fault",
    "Reading",
    "Moment",
    "RefusedError",
}


def templates() -> set[str]:
    """Return every template that the code says."""
    found = set()
    for path in [*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "cli").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                found |= {a.value for a in node.args[:1] if isinstance(a, ast.Constant)}
    return found


def catalogued() -> set[str]:
    """Return the facts and remedies that stand under a key."""
    entries = tomllib.loads((PACKAGE / "findings.toml").read_text("utf-8"))["temuan"]
    return {text for entry in entries.values() for text in entry["en"]}


def with_words(texts: set[str]) -> set[str]:
    return {text for text in texts if re.search("[a-z]", PLACE.sub("", text))}


def test_every_template_has_its_indonesian():
    assert with_words(templates()) - set(read_findings()) == set()


def test_every_indonesian_has_its_template_or_kind():
    kinds = {"fault", "suspicion", "note", *CASES}
    spoken = {text for text in read_findings() if " " in text}
    regions = (PACKAGE / "values" / "regions.py").read_text("utf-8")
    unused = spoken - templates() - catalogued()
    assert {t for t in unused if f'"{t}"' not in regions} == set()
    assert kinds <= set(read_findings())


def test_every_finding_is_said_somewhere():
    entries = tomllib.loads((PACKAGE / "findings.toml").read_text("utf-8"))["temuan"]
    code = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    rules = {rule.name for table in TABLES.values() for rule in table.rules}
    made = {"missing_column", "missing"}  # their tails are chosen: region, month
    unsaid = {key for key in entries if f'"{key}"' not in code} - rules
    assert {key for key in unsaid if key.partition(":")[0] not in made} == set()


def test_both_languages_fill_in_the_same_values():
    for english, indonesian in read_findings().items():
        assert set(PLACE.findall(indonesian)) <= set(PLACE.findall(english)), english


def test_no_message_or_remedy_is_written_past_the_catalogue():
    bare = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            named = {"message", "remedy", "fault"}
            said = [k.value for k in node.keywords if k.arg in named]
            for value in [*node.args, *said] if name in SAYERS else []:
                joined = isinstance(value, ast.JoinedStr)
                parts = value.values if joined else [value]
                text = any(
                    isinstance(part, ast.Constant) and " " in str(part.value)
                    for part in parts
                )
                bare += [f"{path.name}:{value.lineno}"] if text else []
    assert bare == []


@pytest.mark.parametrize("kind", sorted(CASES))
def test_every_kind_of_problem_is_said_in_indonesian(tmp_path, kind):
    result = clean(
        OTHER_TABLES.get(kind, "kepesertaan"),
        read_sheet(write(tmp_path, CASES[kind][0])),
        settings=CleanSettings(latest=LATEST),
    )
    for problem in result.problems:
        for text in (problem.message, problem.remedy):
            assert not text or isinstance(text, Said), text
        shown = problem.say("id").replace(problem.value, "")
        english = {"the", "is", "are", "not", "ask", "write", "row", "sheet", "which"}
        assert not english & set(re.findall(r"[a-z]+", shown.lower())), shown
    assert all(isinstance(note, Said) for note in result.notes), result.notes


def test_a_list_of_problems_is_of_one_language():
    problem = Problem("a.csv", "month", say("not a month"), say("write the year"), "B")
    listed = list_problems([problem], bahasa="id")
    assert listed.loc[0, ["tingkat", "jenis", "temuan", "saran"]].tolist() == [
        "kesalahan",
        "bulan",
        "bukan bulan",
        "tulis tahunnya",
    ]
    assert problem.say("id") == "lembar 'B': bukan bulan\n    → tulis tahunnya"
    assert str(problem) == "sheet 'B': not a month\n    → write the year"


def test_texts_inside_texts_change_their_language_and_survive_the_pipe():
    said = say("{name}: {message}", name="aktif_jiwa", message=say("not a number"))
    again = unpack(pack(said))
    assert again == said == "aktif_jiwa: not a number"
    assert in_language(again, "id") == "aktif_jiwa: bukan angka"
    assert in_language("as it is", "id") == "as it is"
