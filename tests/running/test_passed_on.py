"""What is passed on (mail, slides, message, workbook) says no number of its own."""

from __future__ import annotations

import io
import json
import math
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from pptx import Presentation

from jkn_analysis.briefing import build_briefing
from jkn_analysis.briefing.page_file import describe_page, write_page
from jkn_analysis.delivery.compose import Extras, address_office, write_letter
from jkn_analysis.delivery.message import Sender, build_body
from jkn_analysis.reporting.pieces import (
    KELOMPOK,
    render_foot,
    render_group,
    render_head,
)
from jkn_analysis.sharing.share import write_message
from jkn_analysis.sharing.slides import build_slides
from jkn_analysis.sharing.workbook import list_tables, write_book
from jkn_analysis.terms import Kantor
from tests.running.test_one_value import PERIODE, make_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jkn_analysis.briefing import Briefing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SENDER = Sender("JKN <jkn@contoh.invalid>", "jkn@contoh.invalid")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_TAG = re.compile(r"<style.*?</style>|<[^>]*>", re.DOTALL)
_REPORT_CODE = re.compile(r"\b[0-9a-f]{12}\b")


def find_numbers(words: str) -> set[str]:
    """Return the numbers written in a text, as written."""
    return set(_NUMBER.findall(unescape(_REPORT_CODE.sub(" ", words))))


def list_values(told: Any) -> Iterator[float]:
    """Yield every value of a page's file."""
    if isinstance(told, dict):
        for inner in told.values():
            yield from list_values(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from list_values(inner)
    elif isinstance(told, int | float):
        yield float(told)


def round_off(value: float) -> str:
    """Return the first nine digits of a number, whatever its power of ten."""
    return f"{abs(value):.8e}".split("e")[0]


def read_slides(content: bytes) -> tuple[str, list[float]]:
    """Return the words of slides, notes and tables, and the values of their charts."""
    words, values = [], []
    for slide in Presentation(io.BytesIO(content)).slides:
        words.append(slide.notes_slide.notes_text_frame.text)
        for shape in slide.shapes:
            if shape.has_text_frame:
                words.append(shape.text_frame.text)
            if shape.has_table:
                words += [cell.text for row in shape.table.rows for cell in row.cells]
            if shape.has_chart:
                series = [one for plot in shape.chart.plots for one in plot.series]
                values += [v for one in series for v in one.values if v is not None]
    return "\n".join(words), values


def read_book(content: bytes) -> list[float]:
    """Return every number of a workbook."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = (cell.value for sheet in book for row in sheet.iter_rows() for cell in row)
    return [value for value in cells if type(value) in {int, float}]


def write_words(page: Briefing, slides: str) -> dict[str, str]:
    """Return every text made of a page, by what it is."""
    letter = write_letter(page, meeting=None, extras=Extras(()))
    mails = {k: build_body(address_office(letter, k), SENDER) for k in Kantor}
    return {
        "slides": slides,
        "message": write_message(page),
        **{f"mail {k}": f"{mail.subject} {mail.text}" for k, mail in mails.items()},
        **{f"html mail {k}": _TAG.sub(" ", mail.html) for k, mail in mails.items()},
    }


def test_no_rendering_says_a_number_its_page_does_not(processed):
    foreign, seen = [], 0
    english = [build_briefing("82.71", PERIODE, root=processed, bahasa="en")]
    for page in [*make_pages(processed, "id").values(), *english]:
        kode = f"{page.kode}.{page.bahasa}"
        stored = write_page(describe_page(page)).decode()
        pieces = [render_head(page), *(render_group(page, name) for name in KELOMPOK)]
        told = find_numbers(" ".join([stored, *pieces, render_foot(page)]))
        values = list(list_values(json.loads(stored)))
        known = {round_off(one) for v in values for one in (v, math.floor(v + 0.5))}
        words, drawn = read_slides(build_slides(page))
        for name, text in write_words(page, words).items():
            numbers = find_numbers(text)
            seen += len(numbers)
            foreign += [(kode, name, one) for one in numbers - told]
        values = [*drawn, *read_book(write_book(page, list_tables(page), title="x"))]
        seen += len(values)
        foreign += [(kode, "value", v) for v in values if round_off(v) not in known]
    assert foreign == []
    assert seen > 20_000
