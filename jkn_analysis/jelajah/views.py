"""What one exploration view shows: a choice, the numbers behind it, nothing drawn.

The notebooks and papermill build the same `View` from the same `Choice`, so a
view that was copied as parameters prints the very numbers seen on the screen.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_analysis.errors import InputError, StoreError
from jkn_analysis.store import (
    has_table,
    list_values,
    read_table,
    read_table_or_empty,
)
from jkn_analysis.terms import NASIONAL, SEGMEN, TOTAL
from jkn_analysis.texts import read_catalogue
from jkn_analysis.uhc import gap_jiwa
from jkn_analysis.wilayah import fix_kode, get_wilayah

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DASAR = "dasar"
"""The scenario in which nothing changes."""
TARGET_KEAKTIFAN = 0.80
PENYEBUT: tuple[str, ...] = ("penduduk", "terdaftar")
HORIZON_MAKS = 60


@dataclass(frozen=True)
class Choice:
    """What the analyst chose; every field is a papermill parameter of that name."""

    kode: str
    segmen: str = TOTAL
    penyebut: str = ""
    """``penduduk`` or ``terdaftar``; '' is the one that fits the segmen."""
    horizon_bulan: int = 12
    skenario: str = DASAR
    bandingkan: str = ""
    """Regions beside it, as anyone names them, parted by commas."""

    def __post_init__(self) -> None:
        """Take the region as typed; refuse a choice that no table can answer."""
        object.__setattr__(self, "kode", fix_kode(self.kode))
        if not isinstance(self.bandingkan, str):
            object.__setattr__(self, "bandingkan", fix_kode(self.bandingkan))
        if self.segmen not in (TOTAL, *SEGMEN):
            raise InputError(
                f"segmen '{self.segmen}' tidak dikenal\n"
                f"  → salah satu dari: {', '.join((TOTAL, *SEGMEN))}"
            )
        if not self.penyebut:
            fits = "penduduk" if self.segmen == TOTAL else "terdaftar"
            object.__setattr__(self, "penyebut", fits)
        if self.penyebut not in PENYEBUT:
            raise InputError(
                f"penyebut '{self.penyebut}' tidak dikenal\n  → penduduk atau terdaftar"
            )
        if self.segmen != TOTAL and self.penyebut == "penduduk":
            raise InputError(
                "satu segmen tidak punya jumlah penduduk sendiri\n"
                "  → penyebut='terdaftar', atau segmen='total'"
            )
        if not 1 <= self.horizon_bulan <= HORIZON_MAKS:
            raise InputError(
                f"horizon_bulan {self.horizon_bulan} di luar batas\n"
                f"  → 1 sampai {HORIZON_MAKS}"
            )

    @property
    def indikator(self) -> str:
        """The rate that is drawn."""
        return f"keaktifan_{self.penyebut}_rate"


def choose(choice: Choice, *, name: str, value: object) -> Choice:
    """Change one field and, where it would contradict, its partner.

    A segmen is judged over its registered members; choosing the population as
    denominator returns to all segmen together.
    """
    changed: dict[str, Any] = {name: value}
    if name == "segmen" and value != TOTAL:
        changed["penyebut"] = "terdaftar"
    if name == "penyebut" and value == "penduduk":
        changed["segmen"] = TOTAL
    return replace(choice, **changed)


@dataclass(frozen=True)
class View:
    """The numbers of one view.

    Attributes
    ----------
    riwayat
        ``periode, nilai``: measured months.
    ramalan
        ``periode, kuantil, nilai``: quantiles of the months ahead.
    peristiwa
        ``tanggal, keterangan``: dated events of the region.
    target
        The line to reach, a fraction; None where a segmen has none.
    peluang
        Probability of reaching the target in the last month shown; None if unknown.
    """

    choice: Choice
    riwayat: pd.DataFrame
    ramalan: pd.DataFrame
    peristiwa: pd.DataFrame
    target: float | None
    peluang: float | None
    sumber_penyebut: str

    @property
    def seri(self) -> str:
        """Name of the line: the region, and the scenario if it is one."""
        name = get_wilayah(self.choice.kode).nama_lengkap
        if self.choice.skenario == DASAR:
            return name
        return f"{name}: {write_scenario(self.choice.skenario)}"


def _select_ramalan(choice: Choice, *, root: Path) -> pd.DataFrame:
    """Read the quantiles ahead, of the forecast or of a scenario."""
    if choice.skenario == DASAR:
        rows = read_table("ramalan", root=root, kode=choice.kode)
        chosen = (
            (rows["indikator"] == choice.indikator)
            & (rows["segmen"] == choice.segmen)
            & (rows["skenario"] == DASAR)
        )
    else:
        rows = read_table_or_empty("skenario", root=root, kode=choice.kode)
        chosen = (rows["skenario"] == choice.skenario) & (
            rows["ukuran"] == choice.indikator
        )
        if choice.segmen != TOTAL:
            chosen &= False
    found = rows.loc[chosen, ["periode", "kuantil", "nilai"]]
    ahead = sorted(found["periode"].unique())[: choice.horizon_bulan]
    kept = found[found["periode"].isin(ahead)]
    return kept.sort_values(["periode", "kuantil"], ignore_index=True)


def _select_peluang(
    choice: Choice, *, root: Path, periode: pd.Timestamp
) -> float | None:
    """Read the probability of reaching the target at the end of one month."""
    rows = read_table_or_empty("peluang", root=root, kode=choice.kode)
    chosen = rows[
        (rows["indikator"] == choice.indikator)
        & (rows["skenario"] == choice.skenario)
        & (rows["periode"] == periode)
    ]
    return None if chosen.empty else float(chosen["peluang"].iloc[0])


def _select_peristiwa(kode: str, *, root: Path) -> pd.DataFrame:
    """Read the events that touch a region: its own, its province's, the country's."""
    wanted = sorted({kode, kode[:2], NASIONAL})
    rows = read_table_or_empty("peristiwa", root=root, kode=wanted)
    return rows.sort_values("tanggal", ignore_index=True)


def build_view(choice: Choice, *, root: Path) -> View:
    """Collect the numbers of one view from the stored tables.

    Parameters
    ----------
    choice
        The choice.
    root
        Folder of processed tables.

    Raises
    ------
    StoreError
        Tables not built, or nothing measured for this choice.
    """
    measured = read_table("ukuran", root=root, kode=choice.kode)
    past = measured[
        (measured["indikator"] == choice.indikator)
        & (measured["segmen"] == choice.segmen)
    ].sort_values("periode", ignore_index=True)
    if past.empty:
        raise StoreError(
            f"{get_wilayah(choice.kode).nama_lengkap}: tidak ada {choice.indikator} "
            f"segmen '{choice.segmen}'\n"
            "  → jalankan jkn build dan jkn forecast, atau pilih tampilan lain"
        )
    ahead = _select_ramalan(choice, root=root)
    peluang = None
    if choice.segmen == TOTAL and not ahead.empty:
        peluang = _select_peluang(choice, root=root, periode=ahead["periode"].max())
    has_target = choice.penyebut == "penduduk"
    return View(
        choice=choice,
        riwayat=past[["periode", "nilai"]],
        ramalan=ahead,
        peristiwa=_select_peristiwa(choice.kode, root=root),
        target=TARGET_KEAKTIFAN if has_target else None,
        peluang=peluang,
        sumber_penyebut=str(past["sumber_penyebut"].iloc[-1]),
    )


def list_scenarios(*, root: Path) -> dict[str, str]:
    """Name the scenarios that can be shown, title to code, 'nothing changes' first."""
    found = {write_scenario(DASAR): DASAR}
    if has_table("skenario", root=root):
        for name in list_values("skenario", "skenario", root=root):
            found[write_scenario(str(name))] = str(name)
    return found


def write_scenario(skenario: str) -> str:
    """Give a scenario the name a reader sees."""
    catalogue = read_catalogue("id")
    key = f"skenario.nama.{skenario}"
    return catalogue.say(key) if catalogue.has(key) else skenario.replace("_", " ")


def build_series(views: Sequence[View]) -> pd.DataFrame:
    """Lay the numbers of one to four views under each other for one picture.

    Returns
    -------
    DataFrame
        ``seri, periode, nilai, bawah, atas, ramalan``: measured months without an
        interval; months ahead with the median and the 80% interval.
    """
    pieces = []
    for view in views:
        past = view.riwayat.assign(ramalan=False)
        wide = view.ramalan.pivot_table(
            index="periode", columns="kuantil", values="nilai"
        ).reindex(columns=[0.1, 0.5, 0.9])
        wide.columns = ["bawah", "nilai", "atas"]
        joint = past.tail(1).assign(ramalan=True)
        joint["bawah"] = joint["atas"] = joint["nilai"]
        ahead = wide.reset_index().assign(ramalan=True)
        pieces.append(pd.concat([past, joint, ahead]).assign(seri=view.seri))
    return pd.concat(pieces, ignore_index=True)


def build_ringkasan(*, root: Path) -> pd.DataFrame:
    """Summarise every region for the sortable table, one row each.

    Returns
    -------
    DataFrame
        ``kode, nama, provinsi, keaktifan_penduduk_rate, gap_jiwa, perubahan_rate``
        (over 12 months), ``ramalan_rate`` (median at the last month ahead) and
        ``peluang`` of 80% then; sorted by gap, largest first.
    """
    indikator = "keaktifan_penduduk_rate"
    measured = read_table("ukuran", root=root)
    rows = measured[
        (measured["indikator"] == indikator) & (measured["segmen"] == TOTAL)
    ]
    rows = rows[rows["kode"].str.len() == len("82.71")]
    last_month = rows["periode"].max()
    now = rows[rows["periode"] == last_month].set_index("kode")
    before = rows[rows["periode"] == last_month - pd.DateOffset(years=1)]
    table = pd.DataFrame({"keaktifan_penduduk_rate": now["nilai"]})
    parts = now[["penyebut", "pembilang"]].dropna()
    table["gap_jiwa"] = pd.Series(
        [gap_jiwa(TARGET_KEAKTIFAN, *pair) for pair in parts.itertuples(index=False)],
        index=parts.index,
        dtype="Int64",
    )
    table["perubahan_rate"] = table.iloc[:, 0] - before.set_index("kode")["nilai"]
    table["ramalan_rate"] = _last("ramalan", "nilai", root=root)
    table["peluang"] = _last("peluang", "peluang", root=root)
    names = [get_wilayah(kode) for kode in table.index]
    table.insert(0, "provinsi", [name.nama_provinsi for name in names])
    table.insert(0, "nama", [name.nama_lengkap for name in names])
    return table.sort_values("gap_jiwa", ascending=False, kind="stable").reset_index()


def _last(name: str, column: str, *, root: Path) -> pd.Series:
    """Return keaktifan's median or chance in the last month ahead, by region."""
    rows = read_table_or_empty(name, root=root)
    chosen = (rows["indikator"] == "keaktifan_penduduk_rate") & (
        rows["skenario"] == DASAR
    )
    if name == "ramalan":
        chosen &= (rows["segmen"] == TOTAL) & np.isclose(rows["kuantil"], 0.5)
    ordered = rows[chosen].sort_values("periode").drop_duplicates("kode", keep="last")
    return ordered.set_index("kode")[column]


def build_papermill_line(choice: Any, *, notebook: str) -> str:  # noqa: ANN401 - any dataclass
    """Write the command that prints exactly this view of a choice of any board.

    Every text goes through ``-r`` (raw), because papermill's ``-p kode 11.10``
    would turn the code into the number 11.1.

    Examples
    --------
    >>> line = build_papermill_line(Choice("82.71"), notebook="jelajah_keaktifan")
    >>> line.split(" -r ")[1]
    'kode 82.71'
    """
    parts = ["papermill", f"notebooks/{notebook}.ipynb", f"reports/{notebook}.ipynb"]
    for name, value in asdict(choice).items():
        flag = "-r" if isinstance(value, str) else "-p"
        parts += [flag, name, shlex.quote(str(value))]
    return " ".join(parts)
