"""The activity board: where regions stand, where they go, what if."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from jkn_analysis.api.answer import find_name
from jkn_analysis.errors import InputError
from jkn_analysis.formats import (
    format_akhir_bulan,
    format_peluang,
    format_periode,
    format_rate,
)
from jkn_analysis.jelajah.boards import TABLE_WORDS, Board
from jkn_analysis.jelajah.charts import draw_activity, draw_tiles
from jkn_analysis.jelajah.views import (
    DASAR,
    PENYEBUT,
    Choice,
    View,
    build_ringkasan,
    build_series,
    build_view,
    choose,
    list_scenarios,
)
from jkn_analysis.terms import SEGMEN, TOTAL
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from jkn_analysis.jelajah.charts import Drawn

MOST_LINES = 4
_HEADINGS = {
    "kode": "Kode",
    "nama": "Wilayah",
    "provinsi": "Provinsi",
    "keaktifan_penduduk_rate": "Aktif, % penduduk",
    "gap_jiwa": "Kurang ke 80%, jiwa",
    "perubahan_rate": "Perubahan 12 bulan, poin",
    "ramalan_rate": "Proyeksi 12 bulan, %",
    "peluang": "Peluang 80%, %",
}


def write_kalimat(view: View) -> str:
    """Say in one or two sentences what the chart shows."""
    choice = view.choice
    last = view.riwayat.iloc[-1]
    of_what = (
        f"penduduk ({view.sumber_penyebut})"
        if choice.penyebut == "penduduk"
        else "peserta terdaftar"
    )
    who = "" if choice.segmen == TOTAL else f" segmen {choice.segmen}"
    text = (
        f"{get_wilayah(choice.kode).nama_lengkap}: keaktifan{who} "
        f"{format_rate(last['nilai'])} dari {of_what} "
        f"per {format_akhir_bulan(last['periode'])}."
    )
    if view.ramalan.empty:
        return f"{text} Proyeksi tidak tersedia untuk pilihan ini."
    end = view.ramalan["periode"].max()
    final = view.ramalan[view.ramalan["periode"] == end]
    middle = final.loc[(final["kuantil"] - 0.5).abs().idxmin(), "nilai"]
    text += f" Proyeksi {format_periode(end)}: {format_rate(middle)}"
    if view.peluang is not None and view.target is not None:
        chance = format_peluang(view.peluang)
        text += f"; {chance} mencapai {format_rate(view.target, 0)}"
    return f"{text}."


class ActivityBoard(Board[Choice]):
    """Region and up to three beside it, segmen, denominator, months, scenario."""

    topic = "keaktifan"
    source = "ukuran"

    def __init__(self, choice: Choice, *, root: Path, reports: Path) -> None:
        import ipywidgets as widgets

        scenarios = list_scenarios(root=root)
        find_name(choice.skenario, scenarios.values(), "skenario")
        super().__init__(choice, root=root, reports=reports)
        self.ringkasan = build_ringkasan(root=root)
        self.petak = draw_tiles(self.ringkasan)
        self.controls = {
            "bandingkan": widgets.Text(
                value=choice.bandingkan,
                description="Bandingkan",
                placeholder="misalnya: Ambon, Tikep",
                continuous_update=False,
                style={"description_width": "6em"},
            ),
            "segmen": widgets.Dropdown(
                options=[("semua segmen", TOTAL), *((name, name) for name in SEGMEN)],
                value=choice.segmen,
                description="Segmen",
            ),
            "penyebut": widgets.Dropdown(
                options=list(PENYEBUT), value=choice.penyebut, description="Dibagi"
            ),
            "horizon_bulan": widgets.IntSlider(
                value=choice.horizon_bulan, min=1, max=12, description="Bulan"
            ),
            "skenario": widgets.Dropdown(
                options=list(scenarios.items()),
                value=choice.skenario,
                description="Skenario",
                layout=widgets.Layout(width="30em"),
            ),
        }
        beside, *others = self.controls.values()
        self.tabel = self._make_table()
        self.open([[self.provinsi, self.wilayah, beside], others], self.tabel)
        self.tabel.observe(self._drill, names="selected_rows")
        self.pictures[1].observe(self._pick, names="picked")

    def _make_table(self) -> Any:  # noqa: ANN401 - itables is imported late
        """Make the sortable table of all regions; values stay numbers."""
        from itables.widget import ITable

        percent = ["keaktifan_penduduk_rate", "perubahan_rate", "ramalan_rate"]
        table = self.ringkasan.copy()
        table[[*percent, "peluang"]] *= 100
        return ITable(
            table.rename(columns=_HEADINGS),
            select="single",
            showIndex=False,
            maxBytes=0,
            pageLength=10,
            language=TABLE_WORDS,
            columnDefs=[
                {"targets": [3, 5, 6, 7], "render": ["number", ".", ",", 2]},
                {"targets": [4], "render": ["number", ".", ",", 0]},
            ],
        )

    def _drill(self, change: dict[str, Any]) -> None:
        """Go to the region of the selected row."""
        if change["new"]:
            self.go(str(self.ringkasan["kode"].iloc[change["new"][0]]))

    def _pick(self, change: dict[str, Any]) -> None:
        """Go to the region of the selected tile."""
        if change["new"]:
            self.go(change["new"])

    def choose(self, name: str, value: Any) -> Choice:  # noqa: ANN401 - of any control
        """Change one field and, where it would contradict, its partner."""
        return choose(self.choice, name=name, value=value)

    def _list_lines(self) -> list[Choice]:
        """List the lines of the picture: the region, those beside it, the baseline."""
        chosen = [self.choice]
        if self.choice.skenario != DASAR:
            chosen.insert(0, self.choose("skenario", DASAR))
        beside = (part.strip() for part in self.choice.bandingkan.split(","))
        chosen += [self.choose("kode", self.read_region(one)) for one in beside if one]
        if len(chosen) > MOST_LINES:
            raise InputError(
                f"{len(chosen)} garis terlalu banyak untuk satu gambar\n"
                f"  → paling banyak {MOST_LINES}"
            )
        return list(dict.fromkeys(chosen))

    def collect(self) -> None:
        """Read the numbers of every line."""
        self.views = [build_view(one, root=self.root) for one in self._list_lines()]
        self.view = next(one for one in self.views if one.choice == self.choice)
        self.series = build_series(self.views)

    def told(self) -> str:
        """Say where the region stands and goes."""
        return f"<p>{html.escape(write_kalimat(self.view))}</p>"

    def below(self) -> str:
        """Say the same of every other line."""
        others = [view for view in self.views if view is not self.view]
        return "".join(f"<p>{html.escape(write_kalimat(one))}</p>" for one in others)

    def drawn(self) -> list[Drawn]:
        """Draw history, fan, target line and events of all lines; and all regions."""
        events = self.view.peristiwa.rename(columns={"tanggal": "periode"})
        events = events.loc[events["periode"] >= self.series["periode"].min()]
        lines = draw_activity(
            self.series,
            " ".join(map(write_kalimat, self.views)),
            target=self.view.target,
            events=events[["periode", "keterangan", "status"]],
        )
        return [lines, self.petak]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Give the rows of the picture."""
        months = self.series["periode"].dt.strftime("%Y-%m")
        return {"garis": self.series.assign(periode=months)}
