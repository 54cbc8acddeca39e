"""Cards, slides and a text of finished pages, under names that say what they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jkn_analysis.formats import format_tanggal
from jkn_analysis.sharing.card import build_card, write_amount
from jkn_analysis.sharing.slides import build_slides
from jkn_analysis.sharing.workbook import list_tables, name_book, write_book
from jkn_analysis.store import write_bytes, write_text
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from jkn_analysis.briefing.model import Briefing

FOLDER = "bagikan"


def name_file(briefing: Briefing) -> str:
    """Name what is passed on by region and month.

    Returns
    -------
    str
        Such as ``briefing-kota-ternate-2025-11``.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", briefing.nama.lower()).strip("-")
    language = "" if briefing.bahasa == "id" else f"-{briefing.bahasa}"
    return f"briefing-{plain}-{briefing.periode:%Y-%m}{language}"


def write_message(briefing: Briefing) -> str:
    """Write the text that goes with the card into a chat."""
    words = read_catalogue(briefing.bahasa)
    asks = [
        f"{number}. {ask.kantor}: {ask.pendek or ask.tindakan}"
        + (f" ({amount})" if (amount := write_amount(ask, briefing.bahasa)) else "")
        for number, ask in enumerate(briefing.layar.putuskan, start=1)
    ]
    figure = briefing.find_figure("keaktifan_penduduk_rate")
    day = figure.as_of if figure else None
    values = {
        "judul": briefing.judul,
        "ringkas": " ".join(text for text, _ in briefing.layar.ringkas),
        "daftar": "\n".join(asks),
        "kaki": words.say(
            "bagikan.kaki", {"tanggal": format_tanggal(day, bahasa=briefing.bahasa)}
        ),
    }
    mark = f"{words.say('umum.contoh')}\n\n" if briefing.contoh else ""
    return (
        mark
        + words.say("bagikan.pesan" if asks else "bagikan.pesan_kosong", values)
        + "\n"
    )


def share_page(briefing: Briefing, page: Path, *, folder: Path) -> list[Path]:
    """Write card, slides, tables, text and a copy of the page under a speaking name.

    Parameters
    ----------
    briefing
        The page object.
    page
        Its HTML.
    folder
        Where the files go.

    Returns
    -------
    list of Path
        The five files.
    """
    stem = name_file(briefing)
    written = {
        f"{stem}.png": build_card(briefing),
        f"{stem}.pptx": build_slides(briefing),
        f"{stem}.html": page.read_bytes(),
        name_book(briefing): write_book(
            briefing, list_tables(briefing), title=briefing.judul
        ),
    }
    for name, content in written.items():
        write_bytes(folder / name, content)
    write_text(folder / f"{stem}.txt", write_message(briefing))
    return [folder / name for name in (*written, f"{stem}.txt")]
