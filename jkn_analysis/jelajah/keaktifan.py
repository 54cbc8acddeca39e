"""The activity board: where regions stand, where they go, what if."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.errors import InputError
from jkn_analysis.formats import (
    format_akhir_bulan,
    format_peluang,
    format_periode,
    format_rate,
)
from jkn_analysis.jelajah.boards import (
    TABLE_WORDS,
    Board,
    make_picture,
    write_downloads,
)
from jkn_analysis.jelajah.charts import PICK, chart_activity, chart_tiles, finish
from jkn_analysis.jelajah.views import (
    DASAR,
    PENYEBUT,
    Choice,
    View,
    build_papermill_line,
    build_ringkasan,
    build_series,
    build_view,
    choose,
    dump_numbers,
    list_scenarios,
)
from jkn_analysis.store import list_values
from jkn_analysis.terms import SEGMEN, TOTAL
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jkn_analysis.jelajah.charts import Drawn

NOTEBOOK = "jelajah_keaktifan"
MOST_REGIONS = 4


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
            "ramalan_rate": "Proyeksi 12 bulan, %",
            "peluang": "Peluang 80%, %",
        }
    )


class ActivityBoard(Board):
    """Region and up to three beside it, segmen, denominator, months, scenario.

    Parameters
    ----------
    choice
        The choice shown first.
    root
        Folder of processed tables.
    beside
        Regions to compare with, as anyone names them, parted by commas.
    """

    def __init__(self, choice: Choice, *, root: Path, beside: str = "") -> None:
        import ipywidgets as widgets
        from itables.widget import ITable

        self.choice, self.beside = choice, beside
        super().__init__(
            list_values("ukuran", "kode", root=root), choice.kode, root=root
        )
        self.ringkasan = build_ringkasan(root=root)
        look = {"description_width": "6em"}
        self.banding = widgets.Text(
            value=beside,
            description="Bandingkan",
            placeholder="misalnya: Ambon, Tikep",
            continuous_update=False,
            style=look,
        )
        self.controls = {
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
                options=list(list_scenarios(root=root).items()),
                value=choice.skenario,
                description="Skenario",
                layout=widgets.Layout(width="30em"),
            ),
        }
        self.tabel = ITable(
            format_ringkasan(self.ringkasan),
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
        self._start(widgets)

    def _start(self, widgets: Any) -> None:  # noqa: ANN401 - a module imported late
        """Draw for the first time, lay out, and listen."""
        self._collect()
        self.picture = make_picture(self.chart())
        self.tiles = make_picture(self.map())
        first = [self.provinsi, self.wilayah, self.banding]
        second = [self.controls["skenario"], self.controls["segmen"]]
        third = [self.controls["penyebut"], self.controls["horizon_bulan"]]
        rows = [widgets.HBox(row) for row in (first, [*second, *third])]
        for row in rows:
            row.layout.flex_flow = "row wrap"
        self.assemble(rows, [self.picture, self.tiles, self.tabel])
        self.tabel.observe(self._drill, names="selected_rows")
        self.tiles.selections.observe(self._pick, names=PICK)
        self.watch({**self.controls, "beside": self.banding})
        self.redraw()

    def _drill(self, change: dict[str, Any]) -> None:
        """Go to the region of the selected row."""
        if change["new"]:
            kode = self.ringkasan["kode"].iloc[change["new"][0]]
            self.wilayah.value = f"{get_wilayah(kode).nama_lengkap} ({kode})"

    def _pick(self, change: Any) -> None:  # noqa: ANN401 - altair's selection
        """Go to the region of the selected tile."""
        for chosen in change.new.value or []:
            kode = str(chosen["kode"])
            self.wilayah.value = f"{get_wilayah(kode).nama_lengkap} ({kode})"

    def change(self, name: str, value: object) -> None:
        """Take over one change, keep the controls in step, redraw once."""
        if self._quiet:
            return
        before = self.choice, self.beside
        if name == "beside":
            self.beside = str(value)
        else:
            self.choice = choose(self.choice, name=name, value=value)
        try:
            self.redraw()
        except Exception:
            self.choice, self.beside = before
            raise
        finally:
            self._quiet = True
            for field in ("segmen", "penyebut"):
                self.controls[field].value = getattr(self.choice, field)
            self._quiet = False

    def _choices(self) -> list[Choice]:
        """List the lines of the picture: the region, those beside it, the baseline."""
        chosen = [self.choice]
        if self.choice.skenario != DASAR:
            chosen.insert(0, choose(self.choice, name="skenario", value=DASAR))
        for text in filter(None, (part.strip() for part in self.beside.split(","))):
            kode = self.read_region(text)
            chosen.append(choose(self.choice, name="kode", value=kode))
        if len(chosen) > MOST_REGIONS:
            raise InputError(
                f"{len(chosen)} garis terlalu banyak untuk satu gambar\n"
                f"  → paling banyak {MOST_REGIONS}"
            )
        return list(dict.fromkeys(chosen))

    def _collect(self) -> None:
        """Read the numbers of every line."""
        views = [build_view(choice, root=self.root) for choice in self._choices()]
        self.view = next(view for view in views if view.choice == self.choice)
        self.views = views

    def chart(self) -> Drawn:
        """Draw history, fan, target line and events of all lines."""
        series = build_series(self.views)
        first = series["periode"].min()
        events = self.view.peristiwa.rename(columns={"tanggal": "periode"})
        events = events.loc[events["periode"] >= first]
        events = events[["periode", "keterangan", "status"]]
        drawn = chart_activity(series, events, target=self.view.target)
        return finish(drawn, " ".join(map(write_kalimat, self.views)))

    def map(self) -> Drawn:
        """Draw all regions as tiles."""
        count = len(self.ringkasan)
        text = f"{count} kabupaten/kota menurut keaktifan (penduduk)"
        return finish(chart_tiles(self.ringkasan), text)

    def charts(self) -> Sequence[Drawn]:
        """Give picture and tiles."""
        return [self.chart(), self.map()]

    def draw(self) -> None:
        """Redraw sentence, picture, downloads and the line to copy."""
        self._collect()
        told = "".join(f"<p>{html.escape(write_kalimat(v))}</p>" for v in self.views)
        self.kalimat.value = told
        self.picture.chart = self.chart()
        self.salin.value = build_papermill_line(self.choice, notebook=NOTEBOOK)
        series = build_series(self.views)
        series["periode"] = series["periode"].dt.strftime("%Y-%m")
        name = f"keaktifan_{self.choice.kode}"
        self.unduh.value = write_downloads(series, name, self._page())

    def _page(self) -> Path:
        """Name the region's page of the newest month."""
        month = f"{self.view.riwayat['periode'].max():%Y-%m}"
        top = self.root.parents[1] if len(self.root.parents) > 1 else self.root
        return top / "reports" / month / f"{self.choice.kode}.html"

    def numbers(self) -> Any:  # noqa: ANN401 - any JSON
        """Give the numbers of the chosen line."""
        return json.loads(dump_numbers(self.view))
