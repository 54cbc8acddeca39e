"""The arrears board: ages, roll rates, collection, and sliders that ask what if."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.formats import (
    format_jiwa,
    format_periode,
    format_points,
    format_rate,
    format_rp_short,
)
from jkn_analysis.jelajah.age import (
    UKURAN_DAMPAK,
    PilihanTunggakan,
    Sumber,
    build_dampak,
    build_papermill_line,
    dump_angka,
    read_sumber,
)
from jkn_analysis.jelajah.boards import (
    ANGKA_MIME,
    Papan,
)
from jkn_analysis.store import read_table
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOK = "jelajah_tunggakan"
_KELAS = [("tidak ada", 0), ("kelas 3", 3), ("kelas 2", 2), ("kelas 1", 1)]


def _format_ukuran(name: str, value: float, *, signed: bool = False) -> str:
    """Write one measure in its unit, differences with their sign."""
    if name.endswith("_rate"):
        return format_points(value) if signed else format_rate(value)
    text = format_rp_short(value) if name.endswith("_rp") else format_jiwa(value)
    return f"+{text}" if signed and value > 0 else text


def render_dampak(dampak: pd.DataFrame, *, bulan: str) -> str:
    """Write the what-if as a small table, one measure a row."""
    rows = []
    for row in dampak.to_dict("records"):
        name = str(row["ukuran"])
        now, then = (_format_ukuran(name, row[key]) for key in ("dasar", "jika"))
        moved, low, high = (
            _format_ukuran(name, row[key], signed=True)
            for key in ("selisih", "selisih_bawah", "selisih_atas")
        )
        rows.append([UKURAN_DAMPAK[name], now, then, moved, f"{low} sampai {high}"])
    heads = ["Tanpa perubahan", "Dengan pilihan", "Selisih", "8 dari 10 kemungkinan"]
    columns = [f"Pada {bulan}", *heads]
    table = pd.DataFrame(rows, columns=columns)
    return table.to_html(index=False, border=0, justify="left")


def write_kalimat(sumber: Sumber) -> str:
    """Say who is in arrears now and how much of it is older than two years."""
    now = sumber.umur[sumber.umur["periode"] == sumber.umur["periode"].max()]
    people = now["peserta_jiwa"].sum()
    old = now.loc[now["kelompok_umur"] == "25+", "peserta_jiwa"].sum()
    money = format_rp_short(float(now["tunggakan_rp"].sum()))
    share = format_rate(old / people if people else float("nan"), 0)
    return (
        f"{get_wilayah(sumber.kode).nama_lengkap}: {format_jiwa(people)} menunggak "
        f"{money} per akhir {format_periode(now['periode'].max())}; {share} di "
        "antaranya lebih dari 24 bulan, dan yang ditagih paling banyak 24 bulan."
    )


class PapanTunggakan(Papan):
    """Ages, roll rates and the funnel of one region, with what-if sliders."""

    def __init__(self, pilihan: PilihanTunggakan, *, root: Path) -> None:
        import ipywidgets as widgets

        self.pilihan = pilihan
        kodes = read_table("tunggakan_peserta", root=root, columns=["kode"])["kode"]
        super().__init__(sorted(kodes.unique()), pilihan.kode, root=root)
        self._read = lru_cache(maxsize=16)(lambda kode: read_sumber(kode, root=root))
        self.sumber: Sumber = self._read(pilihan.kode)
        months = [month.strftime("%Y-%m") for month in self.sumber.keadaan.periode]
        look = {"description_width": "9em"}
        self.mulai = widgets.Dropdown(
            options=months, value=pilihan.mulai or months[0], description="Mulai"
        )
        self.kendali = {
            "potong_pbi_persen": _slider("PBI dipotong, %", 0, 50, style=look),
            "kuota_persen": _slider("Kuota Pemda, %", -50, 50, style=look),
            "rehab_persen": _slider("Ikut REHAB, %", 0, 50, style=look),
            "pemutihan_kelas": widgets.Dropdown(
                options=_KELAS, description="Pemutihan", style=look
            ),
        }
        for name, control in self.kendali.items():
            control.value = getattr(pilihan, name)
        self.dampak = widgets.HTML()
        sliders = list(self.kendali.values())
        rows = [
            widgets.HBox([self.provinsi, self.wilayah, self.mulai]),
            widgets.HBox(sliders[:2]),
            widgets.HBox(sliders[2:]),
        ]
        self.assemble(rows, [self.dampak, self.gambar])
        self.watch({"mulai": self.mulai, **self.kendali})
        self.redraw()

    def change(self, name: str, value: object) -> None:
        """Take over one change; the month counts only once a slider has moved."""
        given: dict[str, Any] = {**asdict(self.pilihan), name: value}
        moved = any(given[slider] for slider in self.kendali)
        given["mulai"] = self.mulai.value if moved else ""
        self.pilihan = replace(self.pilihan, **given)
        self.redraw()

    def draw(self) -> None:
        """Redraw what-if, charts and the line to copy."""
        from jkn_analysis.jelajah.figures_age import draw_corong, draw_laju, draw_umur

        same = self.gambar.value and self.sumber.kode == self.pilihan.kode
        self.sumber = self._read(self.pilihan.kode)
        self.angka_dampak = build_dampak(self.sumber, self.pilihan.skenario())
        month = format_periode(self.sumber.keadaan.periode[-1])
        self.dampak.value = render_dampak(self.angka_dampak, bulan=month)
        self.salin.value = build_papermill_line(self.pilihan, notebook=NOTEBOOK)
        if same:
            return
        self.kalimat.value = f"<p>{html.escape(write_kalimat(self.sumber))}</p>"
        titled = (
            ("Peserta menunggak menurut umur", draw_umur(self.sumber.umur)),
            (
                "Keluar dari tunggakan sebulan, menurut umur",
                draw_laju(self.sumber.laju),
            ),
            ("Penagihan PBPU dan BP", draw_corong(self.sumber.corong)),
        )
        self.gambar.value = "".join(
            f"<h4>{html.escape(title)}</h4>{drawn.html()}" for title, drawn in titled
        )

    def static_bundle(self) -> dict[str, Any]:
        """Return table, pictures and numbers for readers without a kernel."""
        shown = super().static_bundle()["text/html"] + self.dampak.value
        numbers = json.loads(dump_angka(self.sumber, self.angka_dampak))
        return {"text/html": shown, ANGKA_MIME: numbers}


def _slider(label: str, low: int, high: int, *, style: dict[str, str]) -> Any:  # noqa: ANN401 - ipywidgets is imported late
    """Make a slider in whole percent that answers when released."""
    import ipywidgets as widgets

    return widgets.FloatSlider(
        min=low,
        max=high,
        step=1,
        description=label,
        readout_format=".0f",
        continuous_update=False,
        style=style,
        layout=widgets.Layout(width="26em"),
    )
