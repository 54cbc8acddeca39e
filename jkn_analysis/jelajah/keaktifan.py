"""The activity board: where a region stands, where it goes, what if."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from jkn_analysis.formats import (
    format_akhir_bulan,
    format_peluang,
    format_periode,
    format_rate,
)
from jkn_analysis.jelajah.boards import (
    ANGKA_MIME,
    Papan,
    label_wilayah,
)
from jkn_analysis.jelajah.views import (
    PENYEBUT,
    Pandangan,
    Pilihan,
    build_pandangan,
    build_papermill_line,
    build_ringkasan,
    choose,
    dump_angka,
    list_skenario,
)
from jkn_analysis.terms import SEGMEN, TOTAL
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

NOTEBOOK = "jelajah_keaktifan"


def write_kalimat(pandangan: Pandangan) -> str:
    """Say in one or two sentences what the chart shows."""
    pilihan = pandangan.pilihan
    nama = get_wilayah(pilihan.kode).nama_lengkap
    last = pandangan.riwayat.iloc[-1]
    of_what = (
        f"penduduk ({pandangan.sumber_penyebut})"
        if pilihan.penyebut == "penduduk"
        else "peserta terdaftar"
    )
    who = "" if pilihan.segmen == TOTAL else f" segmen {pilihan.segmen}"
    text = (
        f"{nama}: keaktifan{who} {format_rate(last['nilai'])} dari {of_what} "
        f"per {format_akhir_bulan(last['periode'])}."
    )
    if pandangan.ramalan.empty:
        return f"{text} Ramalan tidak tersedia untuk pilihan ini."
    end = pandangan.ramalan["periode"].max()
    final = pandangan.ramalan[pandangan.ramalan["periode"] == end]
    middle = final.loc[(final["kuantil"] - 0.5).abs().idxmin(), "nilai"]
    text += f" Ramalan {format_periode(end)}: {format_rate(middle)}"
    if pandangan.peluang is not None and pandangan.target is not None:
        chance = format_peluang(pandangan.peluang)
        text += f"; {chance} mencapai {format_rate(pandangan.target, 0)}"
    return f"{text}."


def format_ringkasan(ringkasan: pd.DataFrame) -> pd.DataFrame:
    """Give the regions' table its reader's headings; values stay sortable numbers."""
    percent = ["keaktifan_penduduk_rate", "perubahan_rate", "ramalan_rate", "peluang"]
    table = ringkasan.copy()
    table[percent] = (table[percent] * 100).round(2)
    return table.rename(
        columns={
            "kode": "Kode",
            "nama": "Wilayah",
            "provinsi": "Provinsi",
            "keaktifan_penduduk_rate": "Aktif, % penduduk",
            "gap_jiwa": "Kurang ke 80%, jiwa",
            "perubahan_rate": "Perubahan 12 bulan, poin",
            "ramalan_rate": "Ramalan 12 bulan, %",
            "peluang": "Peluang 80%, %",
        }
    )


class PapanKeaktifan(Papan):
    """Pickers for region, segmen, denominator, months and scenario; a fan; a table.

    Parameters
    ----------
    pilihan
        The choice shown first.
    root
        Folder of processed tables.
    """

    def __init__(self, pilihan: Pilihan, *, root: Path) -> None:
        import ipywidgets as widgets
        from itables.widget import ITable

        self.pilihan = pilihan
        self.ringkasan = build_ringkasan(root=root)
        super().__init__(sorted(self.ringkasan["kode"]), pilihan.kode, root=root)
        self.segmen = widgets.Dropdown(
            options=[("semua segmen", TOTAL), *((name, name) for name in SEGMEN)],
            value=pilihan.segmen,
            description="Segmen",
        )
        self.penyebut = widgets.ToggleButtons(
            options=list(PENYEBUT),
            value=pilihan.penyebut,
            description="Penyebut",
            style={"button_width": "6em"},
            layout=widgets.Layout(width="24em"),
        )
        self.horizon_bulan = widgets.IntSlider(
            value=pilihan.horizon_bulan,
            min=1,
            max=12,
            description="Bulan",
            continuous_update=False,
        )
        self.skenario = widgets.Dropdown(
            options=list_skenario(root=root),
            value=pilihan.skenario,
            description="Skenario",
            layout=widgets.Layout(width="22em"),
        )
        self.tabel = ITable(
            format_ringkasan(self.ringkasan),
            caption="Pilih satu baris untuk membuka wilayahnya",
            select="single",
            showIndex=False,
            maxBytes=0,
            pageLength=10,
        )
        rows = [
            widgets.HBox([self.provinsi, self.wilayah, self.skenario]),
            widgets.HBox([self.segmen, self.penyebut, self.horizon_bulan]),
        ]
        self.assemble(rows, [self.gambar, self.tabel])
        self.pandangan = build_pandangan(pilihan, root=root)
        self._connect()
        self.redraw()

    def _connect(self) -> None:
        """Tie every control to the choice it changes."""
        self.tabel.observe(self._drill, names="selected_rows")
        self.watch(
            {
                "segmen": self.segmen,
                "penyebut": self.penyebut,
                "horizon_bulan": self.horizon_bulan,
                "skenario": self.skenario,
            }
        )

    def _drill(self, change: dict[str, Any]) -> None:
        """Go to the region of the selected row."""
        if change["new"]:
            kode = self.ringkasan["kode"].iloc[change["new"][0]]
            self.wilayah.value = label_wilayah(kode)

    def change(self, name: str, value: object) -> None:
        """Take over one change, keep the controls in step, redraw once."""
        if self._quiet:
            return
        self.pilihan = choose(self.pilihan, name=name, value=value)
        self._quiet = True
        self.segmen.value = self.pilihan.segmen
        self.penyebut.value = self.pilihan.penyebut
        self._quiet = False
        self.redraw()

    def draw(self) -> None:
        """Redraw sentence, chart and the line to copy."""
        from jkn_analysis.jelajah.figures import draw_keaktifan

        self.pandangan = build_pandangan(self.pilihan, root=self.root)
        self.kalimat.value = f"<p>{html.escape(write_kalimat(self.pandangan))}</p>"
        self.gambar.value = draw_keaktifan(self.pandangan).html()
        self.salin.value = build_papermill_line(self.pilihan, notebook=NOTEBOOK)

    def static_bundle(self) -> dict[str, Any]:
        """Return picture, sentence and numbers for readers without a kernel."""
        return {
            **super().static_bundle(),
            ANGKA_MIME: json.loads(dump_angka(self.pandangan)),
        }
