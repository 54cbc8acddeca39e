"""What every part of a page shares: counts, status, meeting, forecast, deadline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from jkn_analysis.briefing.data import (
    Slice,
    add_months,
    as_date,
    build_history,
    end_of_month,
    select_fan,
)
from jkn_analysis.briefing.model import FigureBook, Rapat
from jkn_analysis.briefing.words import Words
from jkn_analysis.errors import InputError
from jkn_analysis.terms import TOTAL
from jkn_analysis.uhc import Standing, Status, measure_pemda, status

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from jkn_analysis.briefing.data import History
    from jkn_analysis.forecasting.record import Told

T = TypeVar("T")
RATE = "keaktifan_penduduk_rate"
DESEMBER = 12
RAPAT_BULAN = 2
"""A page is for a meeting at most this many months after its data."""


@dataclass(frozen=True)
class Context:
    """The slice of a region and everything computed once from it."""

    potongan: Slice
    words: Words
    history: History | None
    status: Status | None
    rapat: Rapat | None
    rapat_lalu: Rapat | None
    fan: pd.DataFrame
    """Forecast of keaktifan_penduduk_rate: month x quantile."""
    tenggat: dt.date
    """Month at whose end the target is judged."""
    figures: FigureBook = field(default_factory=FigureBook)
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, name: str, make: Callable[[Context], T]) -> T:
        """Compute something of this page the first time it is asked for."""
        if name not in self.memo:
            self.memo[name] = make(self)
        found: T = self.memo[name]
        return found

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables of the slice."""
        return dict(self.potongan.tables)

    @property
    def bersegmen(self) -> bool:
        """Whether the counts are known by segmen, not only as totals."""
        return bool(self.tables["kepesertaan"]["segmen"].ne(TOTAL).any())

    @property
    def nama(self) -> str:
        """Name of the region in full."""
        return self.potongan.wilayah.nama_lengkap

    @property
    def target(self) -> float:
        """Activity target of the rule in force; 80% where there is none yet."""
        rate = self.status.target_keaktifan_rate if self.status else None
        return 0.80 if rate is None else rate

    @property
    def periode(self) -> dt.date:
        """Month of the newest counts, the report's month if there are none."""
        return self.history.periode if self.history else self.potongan.periode

    def ahead(self, periode: dt.date, kuantil: float = 0.5) -> float | None:
        """Return one quantile of the forecast rate at the end of a month."""
        when = pd.Timestamp(periode)
        if self.fan.empty or when not in self.fan.index or kuantil not in self.fan:
            return None
        return float(self.fan[kuantil].loc[when])

    def peluang(self, periode: dt.date) -> float | None:
        """Return the chance to be at or over the target at the end of a month."""
        chances = self.once(f"peluang {self.target}", _list_chances)
        return chances.get(as_date(periode))

    def dikatakan(self, periode: dt.date) -> Told | None:
        """Return that chance as it may be told, by how chances like it held."""
        chance = self.peluang(periode)
        return None if chance is None else self.tell(chance)

    def tell(self, chance: float) -> Told:
        """Return a chance as it may be told."""
        from jkn_analysis.forecasting.record import tell_chance

        return tell_chance(chance, self.tables["uji_balik"], RATE)

    def sebut(self, chance: float | None) -> str:
        """Write a chance as it may be told."""
        told = chance if pd.isna(chance) else self.tell(float(chance)).peluang
        return self.words.peluang(told)

    @property
    def bulan_ke_depan(self) -> int:
        """Months from the newest forecast's data to the deadline."""
        if self.fan.empty:
            return 0
        first = self.fan.index[0]
        months = (self.tenggat.year - first.year) * DESEMBER
        return months + self.tenggat.month - first.month + 1


def _list_chances(context: Context) -> dict[dt.date, float]:
    """Return the chance to be at or over the target by month."""
    rows = context.tables["peluang"]
    chosen = rows[
        (rows["indikator"] == RATE)
        & (rows["skenario"] == "dasar")
        & ((rows["target"] - context.target).abs() < 1e-9)
    ].drop_duplicates("periode")
    months = map(as_date, chosen["periode"])
    return dict(zip(months, chosen["peluang"].tolist(), strict=True))


def _to_rapat(row: pd.Series) -> Rapat:
    """Turn a row into a meeting."""
    text = {
        name: str(row[name])
        for name in ("id_rapat", "kode", "jam", "zona_waktu", "jenis", "tempat")
    }
    return Rapat(tanggal=as_date(row["tanggal"]), **text)


def find_rapat(potongan: Slice, id_rapat: str | None) -> Rapat | None:
    """Find the meeting of a page: the one named, else the next within two months.

    Raises
    ------
    InputError
        If the meeting named is not one of this region, its provinsi or the country.
    """
    known = potongan.tables["rapat"].sort_values(["tanggal", "id_rapat"])
    if id_rapat:
        named = known[known["id_rapat"] == id_rapat]
        if named.empty:
            listed = ", ".join(known["id_rapat"].tail(5)) or "none"
            raise InputError(
                f"rapat '{id_rapat}': not a meeting of {potongan.kode}; "
                f"the latest known: {listed}\n  → see table rapat"
            )
        return _to_rapat(named.iloc[0])
    last = end_of_month(add_months(potongan.periode, RAPAT_BULAN))
    ahead = known[
        (known["tanggal"] > pd.Timestamp(potongan.tanggal))
        & (known["tanggal"] <= pd.Timestamp(last))
    ]
    return None if ahead.empty else _to_rapat(ahead.iloc[0])


def find_rapat_lalu(potongan: Slice, rapat: Rapat | None) -> Rapat | None:
    """Find the last meeting before this one whose decisions were noted."""
    known = potongan.tables["rapat"].sort_values(["tanggal", "id_rapat"])
    limit = rapat.tanggal if rapat else potongan.tanggal
    before = known[known["tanggal"] < pd.Timestamp(limit)]
    noted = before[
        before["id_rapat"].isin(potongan.tables["tindak_lanjut"]["id_rapat"])
    ]
    return None if noted.empty else _to_rapat(noted.iloc[-1])


def latest_tunggakan_pemda(potongan: Slice) -> int | None:
    """Return the local government's arrears in rupiah, None if not known.

    The rows of a provinsi are its own government's; a page sums no others here.
    """
    table = potongan.tables["iuran_pemda"]
    return measure_pemda(table, tanggal=potongan.tanggal)[0]


def find_status(potongan: Slice, history: History | None) -> Status | None:
    """Judge the newest counts, None where a part is missing."""
    if history is None:
        return None
    last = history.last
    needed = last[["penduduk_jiwa", "terdaftar_jiwa", "aktif_jiwa"]]
    if needed.isna().any() or int(needed["penduduk_jiwa"]) <= 0:
        return None
    panel = potongan.tables["kepesertaan"]
    pemda = panel[
        (panel["periode"] == last["periode"]) & (panel["segmen"] == "PBPU Pemda")
    ]["aktif_jiwa"]
    day = end_of_month(history.periode)
    owed, due = measure_pemda(potongan.tables["iuran_pemda"], tanggal=day)
    counts = Standing(
        penduduk_jiwa=int(needed["penduduk_jiwa"]),
        terdaftar_jiwa=int(needed["terdaftar_jiwa"]),
        aktif_jiwa=int(needed["aktif_jiwa"]),
        pbpu_pemda_jiwa=int(pemda.sum()) if len(pemda) else None,
        tunggakan_pemda_rp=owed,
        jatuh_tempo_rp=due,
    )
    return status(counts, tanggal=day)


def find_tenggat(periode: dt.date, tenggat_bulan: int) -> dt.date:
    """Return the next month after the report's in which targets are judged."""
    ahead = (tenggat_bulan - periode.month) % DESEMBER or DESEMBER
    return add_months(periode, ahead)


def build_context(
    potongan: Slice,
    *,
    rapat: str | None,
    bahasa: str,
    tenggat_bulan: int,
) -> Context:
    """Compute what all parts of a page need."""
    panel = potongan.tables["kepesertaan"]
    history = None if panel.empty else build_history(potongan)
    meeting = find_rapat(potongan, rapat)
    return Context(
        potongan=potongan,
        words=Words(bahasa),
        history=history,
        status=find_status(potongan, history),
        rapat=meeting,
        rapat_lalu=find_rapat_lalu(potongan, meeting),
        fan=select_fan(potongan, RATE),
        tenggat=find_tenggat(potongan.periode, tenggat_bulan),
    )


def find_uang(
    context: Context, ukuran: str, *, depan: int = 0, kuantil: float = 0.5
) -> float | None:
    """Return one figure of the budget table, `depan` years after the report's."""
    year = context.potongan.periode.year + depan
    return context.once("uang", _read_uang).get((ukuran, kuantil, year))


def _read_uang(context: Context) -> dict[tuple[str, float, int], float]:
    """Lay the budget table out by measure, quantile and year."""
    rows = context.tables["uang"].dropna(subset=["nilai"])
    keys = zip(rows["ukuran"], rows["kuantil"], rows["tahun"], strict=True)
    return dict(zip(keys, rows["nilai"].astype(float), strict=True))


def select_asks(context: Context) -> pd.DataFrame:
    """Return the rows of the ask for the page's deadline, in order."""
    table = context.tables["permintaan"]
    deadline = pd.Timestamp(end_of_month(context.tenggat))
    return table[table["tenggat"].eq(deadline)].sort_values("urutan")
