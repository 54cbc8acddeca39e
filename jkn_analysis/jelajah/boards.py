"""Widgets that every exploration board shares: pickers, picture with alt text, copy."""

from __future__ import annotations

import base64
import html
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jkn_analysis.terms import NASIONAL
from jkn_analysis.wilayah import get_wilayah, list_wilayah

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import ipywidgets as widgets

ANGKA_MIME = "application/vnd.jkn.angka+json"
"""Output type that carries the numbers of a view beside its picture."""
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
SEMUA_PROVINSI = "Semua provinsi"
CONTOH = "DATA CONTOH (sintetis), bukan angka sebenarnya"


@dataclass(frozen=True)
class Gambar:
    """A chart ready to show: PNG bytes, size in CSS pixels and what it says."""

    png: bytes
    alt: str
    lebar_px: int
    tanda: tuple[str, ...] = ()
    """What the numbered marks on the chart stand for."""

    def html(self) -> str:
        """Return an image that reads itself out, and the key of its marks."""
        data = base64.b64encode(self.png).decode("ascii")
        style = f"width:100%;max-width:{self.lebar_px}px;height:auto"
        alt = html.escape(self.alt, quote=True)
        image = f'<img src="data:image/png;base64,{data}" alt="{alt}" style="{style}">'
        marks = "".join(f"<li>{html.escape(text)}</li>" for text in self.tanda)
        return f"{image}<ol>{marks}</ol>" if marks else image


def label_wilayah(kode: str) -> str:
    """Write a region as the picker shows it.

    Examples
    --------
    >>> label_wilayah("82.71")
    '82.71 - Kota Ternate'
    """
    return f"{kode} - {get_wilayah(kode).nama_lengkap}"


def read_label(label: str) -> str:
    """Return the code of a picker's label."""
    return label.split(" - ", 1)[0].strip()


def list_labels(codes: list[str], *, kode_provinsi: str = "") -> list[str]:
    """List the picker's labels, of one province or of all ('')."""
    chosen = [kode for kode in codes if kode_provinsi in ("", kode[:2])]
    return [label_wilayah(kode) for kode in sorted(chosen)]


def list_provinsi_options(codes: list[str]) -> list[tuple[str, str]]:
    """List the provinces that have data, for a dropdown."""
    table = list_wilayah(jenis="provinsi").set_index("kode")["nama"]
    known = sorted({kode[:2] for kode in codes if kode[:2] != NASIONAL})
    return [(SEMUA_PROVINSI, ""), *((str(table[kode]), kode) for kode in known)]


class Papan:
    """A board: controls on top, answers below, redrawn when a control changes.

    Subclasses' `draw` returns the finished parts; everything the board shows comes
    from library calls that the batch makes too.

    Attributes
    ----------
    detik_gambar
        Seconds the last redraw took, so that slowness is seen and tested.
    """

    def __init__(self, codes: list[str], kode: str, *, root: Path) -> None:
        import ipywidgets as widgets

        from jkn_analysis.store import read_manifest

        self.root = root
        self.kode_semua = codes
        wide = widgets.Layout(width="22em")
        self.provinsi = widgets.Dropdown(
            options=list_provinsi_options(codes),
            value="",
            description="Provinsi",
            layout=wide,
        )
        self.wilayah = widgets.Combobox(
            options=list_labels(codes),
            value=label_wilayah(kode),
            description="Wilayah",
            placeholder="ketik kode atau nama",
            continuous_update=False,
            layout=wide,
        )
        self.contoh = widgets.HTML(
            f"<b>{CONTOH}</b>" if read_manifest(root)["contoh"] else ""
        )
        self.gambar = widgets.HTML()
        self.kalimat = widgets.HTML()
        self.salin = widgets.Textarea(
            description="Parameter",
            disabled=True,
            layout=widgets.Layout(width="100%", height="4em"),
        )
        self.detik_gambar = 0.0
        self.pesan = widgets.HTML()
        self._quiet = False
        self.kotak = widgets.VBox()

    def assemble(
        self, rows: Sequence[widgets.Widget], answers: Sequence[widgets.Widget]
    ) -> None:
        """Lay out rows of controls, then the answers; tie the region pickers."""
        tail = (self.pesan, self.salin)
        self.kotak.children = (self.contoh, *rows, self.kalimat, *answers, *tail)
        self.provinsi.observe(self._filter, names="value")
        self.wilayah.observe(self._move, names="value")

    def _filter(self, change: dict[str, Any]) -> None:
        """Offer only the regions of the chosen province."""
        self.wilayah.options = list_labels(self.kode_semua, kode_provinsi=change["new"])

    def _move(self, change: dict[str, Any]) -> None:
        """Go to a region that was typed or picked."""
        if change["new"] in set(list_labels(self.kode_semua)):
            self.change("kode", read_label(change["new"]))

    def change(self, name: str, value: object) -> None:
        """Take over one change of the choice and redraw."""
        raise NotImplementedError

    def draw(self) -> None:
        """Redraw everything from the present choice."""
        raise NotImplementedError

    def redraw(self, _change: object = None) -> None:
        """Redraw and note how long it took; an error of ours is shown, not raised."""
        from jkn_analysis.errors import JknError

        if self._quiet:
            return
        start = time.perf_counter()
        try:
            self.draw()
            self.pesan.value = ""
        except JknError as exc:
            self.pesan.value = f"<pre>{html.escape(str(exc))}</pre>"
        self.detik_gambar = time.perf_counter() - start

    def watch(self, controls: Mapping[str, widgets.Widget]) -> None:
        """Take over each change of a control's value under its name."""
        for name, control in controls.items():
            control.observe(
                lambda change, name=name: self.change(name, change["new"]),
                names="value",
            )

    def static_bundle(self) -> dict[str, Any]:
        """Return what the view looks like without a live kernel."""
        shown = (self.contoh, self.kalimat, self.gambar)
        return {"text/html": "".join(part.value for part in shown)}

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        """Show the live board; carry the picture for readers without a kernel."""
        live = self.kotak._repr_mimebundle_()
        bundle = live[0] if isinstance(live, tuple) else live
        return {**bundle, **self.static_bundle()}
