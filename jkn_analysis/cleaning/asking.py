"""Asking a person what a delivery holds, and writing the answers as settings.

The last resort: nobody should need to know TOML to say which column is which.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jkn_analysis.cleaning.deliveries import find_table
from jkn_analysis.cleaning.find.headings import IGNORED, heading_of, roles_of
from jkn_analysis.cleaning.find.sheets import read_sheet
from jkn_analysis.cleaning.find.table import SheetTable
from jkn_analysis.cleaning.problems import Problem, column_letters, faults
from jkn_analysis.cleaning.reading import problem_of, settings_of
from jkn_analysis.cleaning.rows.cleaner import clean
from jkn_analysis.cleaning.rows.work import CleanSettings
from jkn_analysis.cleaning.values.months import read_moment
from jkn_analysis.cleaning.values.names import is_region
from jkn_analysis.cleaning.values.numbers import Locale
from jkn_analysis.cleaning.words import Said
from jkn_analysis.config import read_config
from jkn_analysis.errors import InputError, JknError
from jkn_analysis.store import write_bytes
from jkn_analysis.tables import DELIVERED

if TYPE_CHECKING:
    from jkn_analysis.config import Config

MOST_ROUNDS = 6
HEAD_ROWS = 5
WIDEST = 18
_REGION = ("no column names the region", "a branch office", "the title names several")
_MONTH = ("no month for", "no year for", "title, sheet and file name disagree")
_TOKEN = re.compile(r"terima = \[(\"(?:[^\"\\]|\\.)*\")\]")


@dataclass
class Answers:
    """What a person said of one file."""

    headings: dict[str, str] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    locale: Locale = ""

    def __len__(self) -> int:
        """Count what was answered."""
        said = len(self.headings) + len(self.titles) + len(self.accepted)
        return said + bool(self.locale)


def ask_about(
    path: Path,
    table: str,
    config: Config,
    *,
    ask: Callable[[str], str],
    tell: Callable[[str], None],
) -> Answers:
    """Ask about a file until it can be read, or nothing more can be asked.

    Parameters
    ----------
    path, table
        The file and its canonical table.
    config
        Settings so far.
    ask
        Puts a question and returns the answer, "" to leave it open.
    tell
        Shows a line.

    Returns
    -------
    Answers
        Headings, titles and confirmations, for `write_settings`.
    """
    before, answers = settings_of(config, table), Answers()
    try:
        sheets = read_sheet(path)
    except JknError as exc:
        tell(problem_of(exc, path.name, path).say("id"))
        return answers
    tell(_show_head(sheets[0]))
    for _ in range(MOST_ROUNDS):
        result = clean(table, sheets, settings=_with(before, answers, path.name))
        found = faults(result.problems)
        if not found:
            tell(f"Berkas ini terbaca: {len(result.frame)} baris {table}.")
            return answers
        known = len(answers)
        _ask_round(found, sheets[0], table, answers, ask)
        if len(answers) == known:
            break
    tell("Yang masih harus diperbaiki di berkasnya:")
    for problem in found[:HEAD_ROWS]:
        tell(f"  {problem.say('id')}")
    return answers


def _with(settings: CleanSettings, answers: Answers, name: str) -> CleanSettings:
    """Return settings with what was answered so far."""
    titles = {name: tuple(answers.titles)} if answers.titles else {}
    return replace(
        settings,
        headings={**settings.headings, **answers.headings},
        titles={**settings.titles, **titles},
        locale=answers.locale or settings.locale,
        accepted=(*settings.accepted, *answers.accepted),
    )


def _show_head(sheet: SheetTable) -> str:
    """Return the titles, headings and first rows of a table, columns by letters."""
    rows = [list(map(column_letters, sheet.column_numbers))]
    rows += [[" / ".join(parts) for parts in sheet.headers]]
    rows += sheet.frame.head(HEAD_ROWS).fillna("").to_numpy().tolist()
    cells = [[str(cell)[:WIDEST] for cell in row] for row in rows]
    wide = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, wide, strict=True)) for r in cells]
    return "\n".join([*sheet.title, *lines])


def _ask_round(
    found: Sequence[Problem],
    sheet: SheetTable,
    table: str,
    answers: Answers,
    ask: Callable[[str], str],
) -> None:
    """Ask each thing that settings can answer once."""
    for problem in found:
        template = problem.message.template if isinstance(problem.message, Said) else ""
        if problem.kind in {"unknown_heading", "double_column"}:
            _ask_column(problem, sheet, table, answers, ask)
        elif template.startswith((*_REGION, *_MONTH)):
            _ask_title(answers, ask, month=template.startswith(_MONTH))
            return
        elif token := _TOKEN.search(problem.remedy):
            said = ask(f"{problem.say('id').splitlines()[0]}\nMemang benar? (y/t)")
            if said.lower().startswith("y"):
                answers.accepted.append(json.loads(token[1]))
        elif problem.kind == "ambiguous_number" and not answers.locale:
            _ask_locale(problem, answers, ask)
        elif problem.kind == "missing_column":
            _ask_missing(problem, sheet, table, answers, ask)


def _ask_column(
    problem: Problem,
    sheet: SheetTable,
    table: str,
    answers: Answers,
    ask: Callable[[str], str],
) -> None:
    """Ask what a column of an unknown heading holds."""
    if problem.value in answers.headings:
        return
    roles = sorted(roles_of(table))
    listed = "\n".join(
        f"  {number}. {heading_of(role, table)}" for number, role in enumerate(roles, 1)
    )
    place = sheet.column_numbers.index(problem.column)
    sample = ", ".join(map(str, sheet.frame.iloc[:3, place].dropna()))
    letters = column_letters(problem.column)
    text = ask(
        f"Kolom {letters} '{problem.value}' (contoh: {sample}) berisi apa?\n{listed}\n"
        "  0. tidak dipakai"
    )
    if text.isdecimal() and int(text) <= len(roles):
        answers.headings[problem.value] = roles[int(text) - 1] if int(text) else IGNORED


def _ask_locale(problem: Problem, answers: Answers, ask: Callable[[str], str]) -> None:
    """Ask what a number with one comma or point is."""
    found = re.search(r"(\S+) \(en\) or (\S+) \(id\)", problem.message)
    en, local = found.groups() if found else ("?", "?")
    said = ask(f"Angka '{problem.value}' dibaca apa?\n  1. {en}\n  2. {local}")
    if said in {"1", "2"}:
        answers.locale = "en" if said == "1" else "id"


def _ask_missing(
    problem: Problem,
    sheet: SheetTable,
    table: str,
    answers: Answers,
    ask: Callable[[str], str],
) -> None:
    """Ask which column a required column of the table is."""
    role = str(getattr(problem.message, "values", {}).get("name", ""))
    if role not in roles_of(table) or role in answers.headings.values():
        return
    letters = list(map(column_letters, sheet.column_numbers))
    text = ask(f"Kolom mana yang berisi {heading_of(role, table)}? (huruf kolomnya)")
    if text.upper() in letters:
        heading = " / ".join(sheet.headers[letters.index(text.upper())])
        answers.headings[heading] = role


def _ask_title(answers: Answers, ask: Callable[[str], str], *, month: bool) -> None:
    """Ask of which month, or of which region, the whole table is."""
    if not month:
        text = ask("Semua baris tentang kabupaten/kota mana? (mis. Kota Ternate)")
        while text and not is_region(text):
            text = ask(f"'{text}' tidak dikenal. Tulis namanya lengkap atau kodenya.")
        if text:
            answers.titles.append(f"Kabupaten/Kota : {text}")
        return
    moment = read_moment(ask("Data bulan apa? (mis. 2025-10 atau Oktober 2025)"))
    if not moment.fault and moment.month:
        answers.titles.append(f"Bulan : {moment.year}-{moment.month:02d}")


def write_settings(path: Path, table: str, name: str, answers: Answers) -> None:
    """Add answers to a settings file; what it holds stays as it is.

    Parameters
    ----------
    path
        The settings, made where there are none.
    table, name
        The table and the file that the answers are about.
    answers
        What `ask_about` returned.
    """
    text = path.read_text("utf-8") if path.is_file() else ""
    for heading, role in answers.headings.items():
        line = f"{_quote(heading)} = {_quote(role)}"
        text = _put(text, f"[sources.{table}.headings]", line)
    if answers.titles:
        titles = ", ".join(map(_quote, answers.titles))
        text = _put(text, f"[sources.{table}.judul]", f"{_quote(name)} = [{titles}]")
    if answers.locale:
        text = _put(text, f"[sources.{table}]", f"locale = {_quote(answers.locale)}")
    if answers.accepted:
        text = _accept(text, f"[sources.{table}]", answers.accepted)
    write_bytes(path, text.encode())


def ask_and_write(
    path: str | Path,
    config: Config,
    settings: Path,
    *,
    table: str = "",
    ask: Callable[[str], str] = input,
    tell: Callable[[str], None] = print,
) -> Config:
    """Ask about a file, write the answers down, and return the settings with them.

    Parameters
    ----------
    path
        The file; "" asks nothing, so that a notebook may run without a person.
    config
        Settings so far.
    settings
        The settings file to write to.
    table
        Canonical table; asked for where neither this nor the file's name says it.
    ask, tell
        How questions are put and lines shown.
    """
    if not str(path):
        return config
    file, ask = Path(path), _answerable(ask)
    chosen = table or find_table(file.name) or find_table(file.resolve().parent.name)
    while chosen not in DELIVERED:
        chosen = ask(f"Tabel apa? Salah satu dari: {', '.join(DELIVERED)}")
        if not chosen:
            return config
    answers = ask_about(file, chosen, config, ask=ask, tell=tell)
    if not len(answers):
        return config
    write_settings(settings, chosen, file.name, answers)
    tell(f"Jawaban ditulis di {settings}.")
    return read_config(settings)


def _answerable(ask: Callable[[str], str]) -> Callable[[str], str]:
    """Say where a question can be answered if nobody is there to answer."""

    def put(question: str) -> str:
        try:
            return ask(question)
        except NotImplementedError as exc:
            raise InputError(
                "there is nobody to answer: this notebook runs without a person\n"
                "  → open it in JupyterLab, or run: jkn check FILE --ask"
            ) from exc

    return put


def _quote(text: str) -> str:
    """Write a text as TOML."""
    return json.dumps(text, ensure_ascii=False)


def _put(text: str, header: str, line: str) -> str:
    """Return settings with a line under a header, in place of one of the same key."""
    key = line.split(" = ")[0]
    lines = text.splitlines()
    if header not in lines:
        return "\n".join([*lines, *([""] if lines else []), header, line, ""])
    start = lines.index(header) + 1
    stop = next(
        (i for i in range(start, len(lines)) if lines[i].startswith("[")), len(lines)
    )
    own = [old for old in lines[start:stop] if not old.startswith(f"{key} =")]
    return "\n".join([*lines[:start], line, *own, *lines[stop:], ""])


def _accept(text: str, header: str, tokens: Sequence[str]) -> str:
    """Return settings that confirm more suspicions than before."""
    lines = text.splitlines()
    start = lines.index(header) + 1 if header in lines else len(lines)
    old = next((x for x in lines[start:] if x.startswith(("terima =", "["))), "")
    found = re.findall(r'"(?:[^"\\]|\\.)*"', old) if old.startswith("terima") else []
    listed = ", ".join(dict.fromkeys([*found, *map(_quote, tokens)]))
    return _put(text, header, f"terima = [{listed}]")
