"""What boards share: a region as anyone types it, a picture, errors, downloads."""

from __future__ import annotations

import base64
import html
import io
import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from jkn_analysis.errors import JknError, UnknownNameError
from jkn_analysis.jelajah.charts import write_rows
from jkn_analysis.jelajah.views import build_papermill_line
from jkn_analysis.reporting.style import scope_page
from jkn_analysis.terms import NASIONAL
from jkn_analysis.wilayah import fix_kode, get_wilayah

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import ipywidgets as widgets
    import pandas as pd

    from jkn_analysis.jelajah.age import ArrearsChoice
    from jkn_analysis.jelajah.charts import Drawn
    from jkn_analysis.jelajah.picture import Picture
    from jkn_analysis.jelajah.views import Choice

NUMBERS_MIME = "application/vnd.jkn.angka+json"
"""Output type that carries the numbers of a view beside its picture."""
_STILL = (
    '<div class="jkn-diam">'
    "<style>.jp-OutputArea:has(.vega-embed) .jkn-diam{display:none}</style>"
)
"""Opens what stands in for the live board until its pictures are drawn."""
Chosen = TypeVar("Chosen", bound="Choice | ArrearsChoice")
ALL_PROVINSI = "Semua provinsi"
_LABEL = re.compile(r".+ \((\d\d(?:\.\d\d)?)\)")
CONTOH = "DATA CONTOH – angka buatan untuk peragaan, bukan angka resmi"
TABLE_WORDS = {
    "search": "Cari:",
    "lengthMenu": "_MENU_ baris",
    "info": "_START_ sampai _END_ dari _TOTAL_",
    "infoEmpty": "tidak ada",
    "infoFiltered": "(disaring dari _MAX_)",
    "zeroRecords": "tidak ada yang cocok",
    "decimal": ",",
    "thousands": ".",
}


def label_wilayah(kode: str) -> str:
    """Write a region as the picker shows it.

    Examples
    --------
    >>> label_wilayah("82.71")
    'Kota Ternate (82.71)'
    """
    return f"{get_wilayah(kode).nama_lengkap} ({kode})"


def list_provinsi_options(codes: Sequence[str]) -> list[tuple[str, str]]:
    """List the provinces that have data, for a dropdown."""
    known = sorted({kode[:2] for kode in codes} - {NASIONAL})
    return [(ALL_PROVINSI, ""), *((get_wilayah(kode).nama, kode) for kode in known)]


def render_svg(drawn: Drawn) -> str:
    """Draw a picture for readers without a kernel."""
    import vl_convert

    told = html.escape(drawn.told, quote=True)
    svg: str = vl_convert.vegalite_to_svg(drawn.whole())
    return svg.replace("<svg ", f'<svg role="img" aria-label="{told}" ', 1)


def write_downloads(tables: Mapping[str, pd.DataFrame], name: str, page: Path) -> str:
    """Write links that save what is shown: csv of the first table, xlsx of all, page.

    Parameters
    ----------
    tables
        Sheet name to table.
    name
        Of the files, without their ending.
    page
        The region's page; left out where none was made.
    """
    import pandas as pd

    sheets = io.BytesIO()
    with pd.ExcelWriter(sheets) as book:
        for sheet, table in tables.items():
            table.to_excel(book, sheet_name=sheet, index=False)
    first = next(iter(tables.values()))
    files = [
        (f"{name}.csv", "text/csv", first.to_csv(index=False, sep=";").encode("utf-8")),
        (f"{name}.xlsx", "application/octet-stream", sheets.getvalue()),
    ]
    if page.is_file():
        files.append((page.name, "text/html", page.read_bytes()))
    links = (
        f'<a download="{html.escape(file, quote=True)}" href="data:{mime};base64,'
        f'{base64.b64encode(content).decode("ascii")}">{html.escape(file)}</a>'
        for file, mime, content in files
    )
    return f"<p>Unduh: {' · '.join(links)}</p>"


class Board(Generic[Chosen]):
    """Controls on top, answers below, redrawn when a control changes.

    Everything a board shows comes from library calls that the batch makes too. A
    subclass says what a change chooses, reads it, and gives sentence, pictures and
    tables of what it read.

    Parameters
    ----------
    choice
        What is shown first.
    root
        Folder of processed tables.
    reports
        Folder of the pages.
    """

    topic: str
    """What the board is about; its notebook is ``jelajah_<topic>``."""
    source: str
    """The table whose regions can be chosen."""

    def __init__(self, choice: Chosen, *, root: Path, reports: Path) -> None:
        import ipywidgets as widgets

        from jkn_analysis.store import list_values, read_manifest

        self.choice = choice
        self.root, self.reports = root, reports
        self.codes = sorted(list_values(self.source, "kode", root=root))
        self.periode = max(list_values("ukuran", "periode", root=root))
        self.provinsi = widgets.Dropdown(
            options=list_provinsi_options(self.codes), value="", description="Provinsi"
        )
        self.wilayah = widgets.Combobox(
            options=self._labels(""),
            value=label_wilayah(choice.kode),
            description="Wilayah",
            placeholder="ketik nama atau kode",
            continuous_update=False,
            layout=widgets.Layout(width="24em"),
        )
        is_contoh = read_manifest(root)["contoh"]
        self.contoh = widgets.HTML(f"<b>{CONTOH}</b>" if is_contoh else "")
        self.kalimat, self.pesan, self.bawah, self.unduh = (
            widgets.HTML() for _ in range(4)
        )
        self.salin = widgets.Textarea(
            description="Tautan",
            disabled=True,
            layout=widgets.Layout(width="100%", height="3.2em"),
        )
        self.box = widgets.VBox()
        self.pictures: list[Picture] = []
        self.controls: dict[str, widgets.Widget] = {}

    def _labels(self, provinsi: str) -> list[str]:
        """List the picker's labels, of one province or of all ('')."""
        return [label_wilayah(k) for k in self.codes if provinsi in ("", k[:2])]

    def open(
        self, rows: Sequence[Sequence[widgets.Widget]], *others: widgets.Widget
    ) -> None:
        """Draw for the first time, lay out rows of controls and answers, and listen.

        `others` come last, before downloads and link.
        """
        import ipywidgets as widgets

        from jkn_analysis.jelajah.picture import Picture

        self.collect()
        self.pictures = [Picture(drawn) for drawn in self.drawn()]
        wrap = widgets.Layout(flex_flow="row wrap")
        boxes = [widgets.HBox(row, layout=wrap) for row in rows]
        head = (self.contoh, *boxes, self.pesan, self.kalimat, self.pictures[0])
        tail = (self.bawah, *self.pictures[1:], *others, self.unduh, self.salin)
        self.box.children = (*head, *tail)
        self.provinsi.observe(self._filter, names="value")
        self.wilayah.observe(self._move, names="value")
        for name, control in self.controls.items():
            control.observe(
                lambda change, name=name: self.change(name, change["new"]),
                names="value",
            )
        self._show()

    def _filter(self, change: dict[str, Any]) -> None:
        """Offer only the regions of the chosen province."""
        self.wilayah.options = self._labels(change["new"])

    def _move(self, change: dict[str, Any]) -> None:
        """Go to a region that was typed or picked."""
        if change["new"]:
            self.change("kode", change["new"])

    def go(self, kode: str) -> None:
        """Go to a region picked in a picture or table."""
        self.wilayah.value = label_wilayah(kode)

    def read_region(self, text: str) -> str:
        """Return the code of a region as typed or picked; it must have data.

        Raises
        ------
        UnknownNameError
            If none fits, several do, or it sent nothing.
        """
        label = _LABEL.fullmatch(text)
        kode = fix_kode(label[1] if label else text)
        if kode not in self.codes:
            raise UnknownNameError(f"{label_wilayah(kode)} belum mengirim data")
        return kode

    def change(self, name: str, value: Any) -> None:  # noqa: ANN401 - of any control
        """Take over one change; an error of ours becomes a sentence on the board."""
        before = self.choice
        try:
            value = self.read_region(value) if name == "kode" else value
            self.choice = self.choose(name, value)
            if self.choice != before:
                self.collect()
        except JknError as exc:
            self.choice = before
            text = html.escape(str(exc)).replace("\n", "<br>")
            self.pesan.value = f'<p role="alert" style="color:#b23c06">{text}</p>'
            return
        self.pesan.value = ""
        if self.choice != before:
            self._show()
            for field, control in self.controls.items():
                control.value = getattr(self.choice, field)

    def _show(self) -> None:
        """Show what was read: pictures first, because the eye waits for them."""
        for picture, drawn in zip(self.pictures, self.drawn(), strict=True):
            picture.show(drawn)
        self.kalimat.value, self.bawah.value = self.told(), self.below()
        self.salin.value = build_papermill_line(
            self.choice, notebook=f"jelajah_{self.topic}"
        )
        page = self.reports / f"{self.periode:%Y-%m}" / f"{self.choice.kode}.html"
        name = f"{self.topic}_{self.choice.kode}"
        self.unduh.value = write_downloads(self.tables(), name, page)

    def choose(self, name: str, value: Any) -> Chosen:  # noqa: ANN401 - of any control
        """Give the choice after a change of one control."""
        raise NotImplementedError

    def collect(self) -> None:
        """Read the numbers of the present choice."""
        raise NotImplementedError

    def told(self) -> str:
        """Say in sentences what is shown, as HTML."""
        raise NotImplementedError

    def below(self) -> str:
        """Say what belongs under the first picture, as HTML."""
        return ""

    def drawn(self) -> Sequence[Drawn]:
        """Give the pictures, in the same order every time."""
        raise NotImplementedError

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Give the numbers behind the view, the most asked for first."""
        raise NotImplementedError

    def static_html(self) -> str:
        """Write what the view looks like without a live kernel."""
        pictures = "".join(f"<p>{render_svg(one)}</p>" for one in self.drawn())
        words = self.pesan.value + self.told() + self.below()
        banner = CONTOH if self.contoh.value else ""
        return f"{_STILL}{scope_page(words, banner=banner)}{pictures}</div>"

    def numbers(self) -> dict[str, list[dict[str, Any]]]:
        """Give the tables as JSON rows."""
        return {name: write_rows(table) for name, table in self.tables().items()}

    def _ipython_display_(self) -> None:
        """Show the live board, and what it looks like to readers without a kernel.

        Two outputs: a converter that finds a widget shows nothing else of its output.
        """
        from IPython.display import display

        display(self.box)
        still = {"text/html": self.static_html(), NUMBERS_MIME: self.numbers()}
        display(still, raw=True)
