"""What boards share: a region as anyone types it, a picture, errors, downloads."""

from __future__ import annotations

import base64
import html
import io
import time
from typing import TYPE_CHECKING, Any

from jkn_analysis.terms import NASIONAL
from jkn_analysis.wilayah import get_wilayah, list_wilayah

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import altair as alt
    import ipywidgets as widgets
    import pandas as pd

NUMBERS_MIME = "application/vnd.jkn.angka+json"
"""Output type that carries the numbers of a view beside its picture."""
ALL_PROVINSI = "Semua provinsi"
CONTOH = "DATA CONTOH – angka buatan untuk peragaan, bukan angka resmi"
ACTIONS = {
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
    "i18n": {
        "PNG_ACTION": "Simpan sebagai PNG",
        "SVG_ACTION": "Simpan sebagai SVG",
        "CLICK_TO_VIEW_ACTIONS": "Simpan gambar",
    },
}
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
    names = list_wilayah(jenis="provinsi").set_index("kode")["nama"]
    known = sorted({kode[:2] for kode in codes if kode[:2] != NASIONAL})
    return [(ALL_PROVINSI, ""), *((str(names[kode]), kode) for kode in known)]


def make_picture(chart: alt.LayerChart | alt.FacetChart) -> Any:  # noqa: ANN401 - altair is imported late
    """Make a live chart whose viewer comes from the package, not from the web."""
    import altair as alt

    if not alt.JupyterChart._is_offline:
        alt.JupyterChart.enable_offline()
    return alt.JupyterChart(chart, embed_options=ACTIONS)


def render_svg(chart: alt.LayerChart | alt.FacetChart) -> str:
    """Draw a chart for readers without a kernel."""
    import vl_convert

    spec = chart.to_dict()
    alt_text = html.escape(str(spec.get("description", "")), quote=True)
    drawn: str = vl_convert.vegalite_to_svg(spec)
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{alt_text}" ', 1)


def write_downloads(table: pd.DataFrame, name: str, page: Path | None) -> str:
    """Write links that save what is shown as csv and xlsx, and the region's page."""
    sheet = io.BytesIO()
    table.to_excel(sheet, index=False)
    files = [
        (f"{name}.csv", "text/csv", table.to_csv(index=False, sep=";").encode("utf-8")),
        (f"{name}.xlsx", "application/octet-stream", sheet.getvalue()),
    ]
    if page is not None and page.is_file():
        files.append((page.name, "text/html", page.read_bytes()))
    links = (
        f'<a download="{html.escape(file, quote=True)}" href="data:{mime};base64,'
        f'{base64.b64encode(content).decode("ascii")}">{html.escape(file)}</a>'
        for file, mime, content in files
    )
    return f"<p>Unduh: {' · '.join(links)}</p>"


class Board:
    """Controls on top, answers below, redrawn when a control changes.

    Everything a board shows comes from library calls that the batch makes too.

    Attributes
    ----------
    redraw_s
        Seconds the last redraw took, so that slowness is seen and tested.
    """

    def __init__(self, codes: Sequence[str], kode: str, *, root: Path) -> None:
        import ipywidgets as widgets

        from jkn_analysis.store import read_manifest

        self.root = root
        self.codes = sorted(codes)
        self.provinsi = widgets.Dropdown(
            options=list_provinsi_options(self.codes), value="", description="Provinsi"
        )
        self.wilayah = widgets.Combobox(
            options=self._labels(""),
            value=label_wilayah(kode),
            description="Wilayah",
            placeholder="ketik nama atau kode",
            continuous_update=False,
            layout=widgets.Layout(width="24em"),
        )
        is_contoh = read_manifest(root)["contoh"]
        self.contoh = widgets.HTML(f"<b>{CONTOH}</b>" if is_contoh else "")
        self.kalimat, self.pesan, self.unduh = (widgets.HTML() for _ in range(3))
        self.salin = widgets.Textarea(
            description="Tautan",
            disabled=True,
            layout=widgets.Layout(width="100%", height="3.2em"),
        )
        self.redraw_s = 0.0
        self._quiet = False
        self.box = widgets.VBox()

    def _labels(self, provinsi: str) -> list[str]:
        """List the picker's labels, of one province or of all ('')."""
        return [label_wilayah(k) for k in self.codes if provinsi in ("", k[:2])]

    def assemble(
        self, rows: Sequence[widgets.Widget], answers: Sequence[widgets.Widget]
    ) -> None:
        """Lay out rows of controls, then the answers; tie the region pickers."""
        tail = (self.unduh, self.salin)
        head = (self.contoh, *rows, self.pesan, self.kalimat)
        self.box.children = (*head, *answers, *tail)
        self.provinsi.observe(self._filter, names="value")
        self.wilayah.observe(self._move, names="value")

    def _filter(self, change: dict[str, Any]) -> None:
        """Offer only the regions of the chosen province."""
        self.wilayah.options = self._labels(change["new"])

    def _move(self, change: dict[str, Any]) -> None:
        """Go to a region that was typed or picked."""
        if not change["new"]:
            return
        self.guard(lambda: self.change("kode", self.read_region(change["new"])))

    def read_region(self, text: str) -> str:
        """Return the code of a region as typed or picked; it must have data.

        Raises
        ------
        UnknownNameError
            If none fits, several do, or it sent nothing.
        """
        from jkn_analysis.errors import UnknownNameError
        from jkn_analysis.jelajah.views import fix_kode

        picked = {label_wilayah(kode): kode for kode in self.codes}
        kode = picked.get(text) or fix_kode(text)
        if kode not in self.codes:
            raise UnknownNameError(f"{label_wilayah(kode)} belum mengirim data")
        return kode

    def guard(self, work: Any) -> None:  # noqa: ANN401 - any call without arguments
        """Do something; an error of ours becomes a sentence on the board."""
        from jkn_analysis.errors import JknError

        try:
            work()
        except JknError as exc:
            text = html.escape(str(exc)).replace("\n", "<br>")
            self.pesan.value = f'<p role="alert" style="color:#b23c06">{text}</p>'
        else:
            if not self._quiet:
                self.pesan.value = ""

    def change(self, name: str, value: object) -> None:
        """Take over one change of the choice and redraw."""
        raise NotImplementedError

    def draw(self) -> None:
        """Redraw everything from the present choice."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Redraw and note how long it took."""
        from altair.utils.schemapi import debug_mode

        start = time.perf_counter()
        # Our own charts need no check against the schema: it is half of a redraw.
        with debug_mode(arg=False):
            self.draw()
        self.redraw_s = time.perf_counter() - start

    def watch(self, controls: Mapping[str, widgets.Widget]) -> None:
        """Take over each change of a control's value under its name."""
        for name, control in controls.items():
            control.observe(
                lambda change, name=name: self.guard(
                    lambda: self.change(name, change["new"])
                ),
                names="value",
            )

    def charts(self) -> Sequence[alt.LayerChart | alt.FacetChart]:
        """Give the charts now shown."""
        raise NotImplementedError

    def static_html(self) -> str:
        """Write what the view looks like without a live kernel."""
        drawn = "".join(f"<p>{render_svg(chart)}</p>" for chart in self.charts())
        return f"{self.contoh.value}{self.pesan.value}{self.kalimat.value}{drawn}"

    def numbers(self) -> Any:  # noqa: ANN401 - any JSON
        """Give the numbers behind the view, for comparison and for copying."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        """Show the live board; carry pictures and numbers for other readers."""
        live = self.box._repr_mimebundle_()
        bundle = live[0] if isinstance(live, tuple) else live
        told = {"text/html": self.static_html(), NUMBERS_MIME: self.numbers()}
        return {**bundle, **told}
