"""The arrears board: ages, roll rates, collection, and sliders that ask what if."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.api.whatif import lay_out
from jkn_analysis.errors import InputError
from jkn_analysis.formats import (
    format_jiwa,
    format_periode,
    format_points,
    format_rate,
    format_rp_short,
)
from jkn_analysis.jelajah.age import (
    BATAS_PILIHAN,
    KELOMPOK_UMUR,
    UMUR_LAJU,
    ArrearsChoice,
    Sumber,
    ask,
    build_lines,
    read_sumber,
)
from jkn_analysis.jelajah.boards import Board
from jkn_analysis.jelajah.charts import (
    Drawn,
    draw_activity,
    plan_age,
    plan_funnel,
    plan_rates,
)
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from pathlib import Path

UKURAN_DAMPAK = {
    "aktif_jiwa": "Peserta aktif, jiwa",
    "keaktifan_penduduk_rate": "Keaktifan, % penduduk",
    "tunggakan_peserta_rp": "Tunggakan peserta, rupiah",
    "tunggakan_pemda_rp": "Tunggakan Pemda, rupiah",
    "iuran_pemda_rp": "Iuran Pemda sampai bulan itu, rupiah",
}
_GESER = {
    "potong_pbi_persen": "PBI dipotong, %",
    "kuota_persen": "Kuota Pemda, %",
    "rehab_persen": "Ikut REHAB, %",
}
"""Sliders: field of the choice and what the board calls it."""
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
    text = table.to_html(index=False, border=0, justify="left")
    return re.sub(r"<tr>\s*<td>", '<tr><td style="text-align:left">', text)


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


def draw_region(sumber: Sumber) -> list[Drawn]:
    """Draw ages, roll rates and the funnel: what no slider moves."""
    name = get_wilayah(sumber.kode).nama_lengkap
    group = sumber.umur["kelompok_umur"].astype(str)
    ages = sumber.umur.assign(urutan=group.map(list(KELOMPOK_UMUR).index))
    rates = sumber.laju.rename_axis(index="umur").reset_index()
    rates = rates.melt("umur", var_name="periode", value_name="nilai").dropna()
    rates["periode"] = pd.to_datetime(rates["periode"])
    plans = {
        "umur": plan_age(KELOMPOK_UMUR, "Peserta menunggak menurut umur tunggakan"),
        "laju": plan_rates(UMUR_LAJU, "Keluar dari tunggakan sebulan, menurut umur"),
        "corong": plan_funnel("Penagihan PBPU dan BP"),
    }
    rows = {"umur": ages, "laju": rates, "corong": sumber.corong.dropna()}
    return [
        Drawn(plan, {data: rows[data]}, f"{name}: {plan['title']}")
        for data, plan in plans.items()
    ]


class ArrearsBoard(Board[ArrearsChoice]):
    """Ages, roll rates and the funnel of one region, with what-if sliders."""

    topic = "tunggakan"
    source = "tunggakan_peserta"

    def __init__(self, choice: ArrearsChoice, *, root: Path, reports: Path) -> None:
        import ipywidgets as widgets

        super().__init__(choice, root=root, reports=reports)
        self._read = lru_cache(maxsize=16)(lambda kode: read_sumber(kode, root=root))
        self._still = lru_cache(maxsize=16)(lambda kode: draw_region(self._read(kode)))
        months = list(self._read(choice.kode).dasar.keadaan.periode.strftime("%Y-%m"))
        if choice.mulai not in ("", *months):
            raise InputError(
                f"mulai '{choice.mulai}' di luar bulan yang diproyeksikan\n"
                f"  → {months[0]} sampai {months[-1]}"
            )
        look = {"description_width": "9em"}
        self.mulai = widgets.Dropdown(
            options=months, value=choice.mulai or months[0], description="Mulai"
        )
        self.controls = {
            name: _slider(label, *BATAS_PILIHAN[name], style=look)
            for name, label in _GESER.items()
        }
        self.controls["pemutihan_kelas"] = widgets.Dropdown(
            options=_KELAS, description="Pemutihan", style=look
        )
        for name, control in self.controls.items():
            control.value = getattr(choice, name)
        self.choice = self.choose("kode", choice.kode)
        sliders = list(self.controls.values())
        places = [self.provinsi, self.wilayah, self.mulai]
        self.open([places, sliders[:2], sliders[2:]])
        self.mulai.observe(lambda _: self.change("mulai", self.mulai.value), "value")

    def choose(self, name: str, value: Any) -> ArrearsChoice:  # noqa: ANN401 - of any control
        """Change one field; the month counts only once a slider has moved."""
        fields = {one: getattr(self.choice, one) for one in ("kode", *self.controls)}
        fields |= {name: value}
        moved = any(fields[slider] for slider in self.controls)
        return ArrearsChoice(**fields | {"mulai": self.mulai.value if moved else ""})

    def collect(self) -> None:
        """Read the region's slices and ask the what-if."""
        self.sumber = self._read(self.choice.kode)
        self.jika = ask(self.sumber, self.choice.skenario())

    def told(self) -> str:
        """Say who is in arrears."""
        return f"<p>{html.escape(write_kalimat(self.sumber))}</p>"

    def below(self) -> str:
        """Write the what-if as a table."""
        month = format_periode(self.jika.keadaan.periode[-1])
        return render_dampak(lay_out(self.sumber.dasar, self.jika), bulan=month)

    def drawn(self) -> list[Drawn]:
        """Draw the what-if over time, ages, roll rates and the funnel."""
        title = "Keaktifan (penduduk), 12 bulan ke depan"
        name = get_wilayah(self.sumber.kode).nama_lengkap
        lines = build_lines(self.sumber.dasar, self.jika)
        ahead = draw_activity(lines, f"{name}: {title}", target=0.8, title=title)
        return [ahead, *self._still(self.sumber.kode)]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Give the what-if, ages and the funnel."""
        months = self.sumber.umur["periode"].dt.strftime("%Y-%m")
        return {
            "dampak": lay_out(self.sumber.dasar, self.jika),
            "umur": self.sumber.umur.assign(periode=months),
            "corong": self.sumber.corong,
        }


def _slider(label: str, low: int, high: int, *, style: dict[str, str]) -> Any:  # noqa: ANN401 - ipywidgets is imported late
    """Make a slider in whole percent."""
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
