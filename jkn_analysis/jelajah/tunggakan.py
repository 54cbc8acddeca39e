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
    KELOMPOK_UMUR,
    UKURAN_DAMPAK,
    UMUR_LAJU,
    ArrearsChoice,
    Sumber,
    ask,
    build_dampak,
    build_lines,
    build_papermill_line,
    dump_numbers,
    read_sumber,
)
from jkn_analysis.jelajah.boards import Board, make_picture, write_downloads
from jkn_analysis.jelajah.charts import (
    chart_activity,
    chart_age,
    chart_funnel,
    chart_rates,
    finish,
)
from jkn_analysis.store import list_values
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from pathlib import Path

    from jkn_analysis.jelajah.charts import Drawn

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


class ArrearsBoard(Board):
    """Ages, roll rates and the funnel of one region, with what-if sliders."""

    def __init__(self, choice: ArrearsChoice, *, root: Path) -> None:
        import ipywidgets as widgets

        self.choice = choice
        codes = list_values("tunggakan_peserta", "kode", root=root)
        super().__init__(codes, choice.kode, root=root)
        self._read = lru_cache(maxsize=16)(lambda kode: read_sumber(kode, root=root))
        self._collect()
        months = [month.strftime("%Y-%m") for month in self.sumber.keadaan.periode]
        look = {"description_width": "9em"}
        self.mulai = widgets.Dropdown(
            options=months, value=choice.mulai or months[0], description="Mulai"
        )
        self.controls = {
            "potong_pbi_persen": _slider("PBI dipotong, %", 0, 50, style=look),
            "kuota_persen": _slider("Kuota Pemda, %", -50, 50, style=look),
            "rehab_persen": _slider("Ikut REHAB, %", 0, 50, style=look),
            "pemutihan_kelas": widgets.Dropdown(
                options=_KELAS, description="Pemutihan", style=look
            ),
        }
        for name, control in self.controls.items():
            control.value = getattr(choice, name)
        self.dampak = widgets.HTML()
        self.pictures = [make_picture(chart) for chart in self.charts()]
        sliders = list(self.controls.values())
        rows = [
            widgets.HBox([self.provinsi, self.wilayah, self.mulai]),
            widgets.HBox(sliders[:2]),
            widgets.HBox(sliders[2:]),
        ]
        first, *others = self.pictures
        self.assemble(rows, [first, self.dampak, *others])
        self.watch({"mulai": self.mulai, **self.controls})
        self.redraw()

    def change(self, name: str, value: object) -> None:
        """Take over one change; the month counts only once a slider has moved."""
        given: dict[str, Any] = {**asdict(self.choice), name: value}
        moved = any(given[slider] for slider in self.controls)
        given["mulai"] = self.mulai.value if moved else ""
        before, self.choice = self.choice, replace(self.choice, **given)
        try:
            self.redraw()
        except Exception:
            self.choice = before
            raise

    def _collect(self) -> None:
        """Read the region's slices and ask the what-if."""
        self.sumber: Sumber = self._read(self.choice.kode)
        self.answer = ask(self.sumber, self.choice.skenario())
        self.angka_dampak = build_dampak(self.answer)

    def charts(self) -> list[Drawn]:
        """Draw the what-if over time, ages, roll rates and the funnel."""
        name = get_wilayah(self.sumber.kode).nama_lengkap
        nothing = pd.DataFrame(columns=["periode", "keterangan", "status"])
        lines = chart_activity(build_lines(self.answer), nothing, target=0.8)
        ahead = lines.properties(title="Keaktifan (penduduk), 12 bulan ke depan")
        age = chart_age(self.sumber.umur, KELOMPOK_UMUR)
        age = age.properties(title="Peserta menunggak menurut umur tunggakan, bulan")
        rates = chart_rates(self.sumber.laju, UMUR_LAJU)
        rates = rates.properties(title="Keluar dari tunggakan sebulan, menurut umur")
        funnel = chart_funnel(self.sumber.corong)
        funnel = funnel.properties(title="Penagihan PBPU dan BP")
        return [finish(chart, f"{name}: {chart.title}")
                for chart in (ahead, age, rates, funnel)]  # fmt: skip

    def draw(self) -> None:
        """Redraw what-if, charts, downloads and the line to copy."""
        shown = self.sumber.kode if self.dampak.value else ""
        self._collect()
        month = format_periode(self.sumber.keadaan.periode[-1])
        self.dampak.value = render_dampak(self.angka_dampak, bulan=month)
        self.kalimat.value = f"<p>{html.escape(write_kalimat(self.sumber))}</p>"
        self.salin.value = build_papermill_line(self.choice, notebook=NOTEBOOK)
        drawn = self.charts()
        changed = drawn if shown != self.sumber.kode else drawn[:1]
        for picture, chart in zip(self.pictures, changed, strict=False):
            picture.chart = chart
        name = f"tunggakan_{self.choice.kode}"
        self.unduh.value = write_downloads(self.angka_dampak, name, None)

    def static_html(self) -> str:
        """Write table and pictures for readers without a kernel."""
        return super().static_html() + self.dampak.value

    def numbers(self) -> Any:  # noqa: ANN401 - any JSON
        """Give the numbers behind table and pictures."""
        return json.loads(dump_numbers(self.sumber, self.angka_dampak))


def _slider(label: str, low: int, high: int, *, style: dict[str, str]) -> Any:  # noqa: ANN401 - ipywidgets is imported late
    """Make a slider in whole percent that answers when released."""
    import ipywidgets as widgets

    return widgets.FloatSlider(
        min=low,
        max=high,
        step=1,
        description=label,
        readout_format=".0f",
        style=style,
        layout=widgets.Layout(width="26em"),
    )
