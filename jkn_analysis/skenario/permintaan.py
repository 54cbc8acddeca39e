"""The ask: the cheapest mix of routes to the target by the deadline, as decisions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence

LUNASI = "lunasi_tunggakan_pemda"
DAFTAR = "daftarkan_penduduk"
TAK_TERJANGKAU = "tak_terjangkau"
ANGGARAN, WAKTU, KAPASITAS = "anggaran", "waktu", "kapasitas"
"""Why a part of the gap is out of reach: money, months, or people to win."""
_JEDA_SULIT = 1e-4
"""Rupiah that tie-breaking adds per person and month, to prefer early months."""


@dataclass(frozen=True)
class Rute:
    """A route: price, net share, how many in all and per month, months of delay."""

    rute: str
    pemutus: str
    biaya_per_jiwa_bulan_rp: float
    bersih_rate: float
    maks_jiwa: float
    per_bulan_jiwa: float
    jeda_bulan: int = 0
    """Months from enrolment to activity: 1 for Pemda members without Prioritas."""


@dataclass(frozen=True)
class Soal:
    """What is asked of one region.

    Attributes
    ----------
    gap_jiwa
        Net new active members needed at the deadline.
    bulan
        Months left, the deadline's month included.
    sisa_rp
        Money free for new members; None if the budget is not known.
    """

    gap_jiwa: int
    bulan: int
    sisa_rp: float | None
    rute: tuple[Rute, ...]


@dataclass(frozen=True)
class Langkah:
    """One step of the answer: enrolments of a route in one month."""

    rute: str
    pemutus: str
    bulan_ke: int
    jiwa: int
    bersih_jiwa: float
    biaya_rp: int


@dataclass(frozen=True)
class Jawaban:
    """The cheapest steps, and what stays out of reach and why."""

    langkah: tuple[Langkah, ...]
    kurang_jiwa: int
    alasan: str

    @property
    def biaya_rp(self) -> int:
        """Rupiah of all steps to the deadline."""
        return sum(step.biaya_rp for step in self.langkah)


def solve_permintaan(soal: Soal) -> Jawaban:
    """Find the cheapest mix of routes that closes the gap, or comes nearest.

    A linear programme (HiGHS): people per route and month; each month carries its
    people to the deadline, so late Pemda enrolments cost less but may come too
    late to count. If the gap cannot be closed, the most people within the limits
    are taken at least cost, and the limit that binds is named.

    Parameters
    ----------
    soal
        Gap, months, money and routes of one region.

    Raises
    ------
    ScenarioError
        If gap, months or money are below zero.
    """
    _check(soal)
    if soal.gap_jiwa == 0:
        return Jawaban((), 0, "")
    if soal.bulan == 0 or not soal.rute:
        return Jawaban((), soal.gap_jiwa, WAKTU if soal.rute else KAPASITAS)
    grid = _Grid.build(soal)
    most = grid.most()
    aim = min(float(soal.gap_jiwa), most)
    people = grid.cheapest(aim)
    steps = _whole(soal, grid, people)
    reached = sum(step.bersih_jiwa for step in steps)
    short = max(0, math.ceil(soal.gap_jiwa - reached - 1e-6))
    return Jawaban(tuple(steps), short, _reason(soal) if short else "")


def _check(soal: Soal) -> None:
    """Refuse impossible questions."""
    wrong = [
        f"{name} is {value}"
        for name, value in (
            ("gap_jiwa", soal.gap_jiwa),
            ("bulan", soal.bulan),
            ("sisa_rp", soal.sisa_rp or 0),
        )
        if value < 0
    ]
    if wrong:
        raise ScenarioError(
            f"the ask: {', '.join(wrong)}, below zero\n  → give 0 where nothing is left"
        )


@dataclass(frozen=True)
class _Grid:
    """The programme's vectors, one entry per route and month."""

    bersih: np.ndarray
    biaya: np.ndarray
    batas: np.ndarray
    baris: np.ndarray
    kanan: np.ndarray
    bulan: int

    @classmethod
    def build(cls, soal: Soal) -> _Grid:
        """Build costs, net people and limits."""
        months, routes = soal.bulan, len(soal.rute)
        month = np.tile(np.arange(1, months + 1), routes)
        which = np.repeat(np.arange(routes), months)

        def of(name: str) -> np.ndarray:
            return np.array([getattr(route, name) for route in soal.rute], dtype=float)[
                which
            ]

        counted = month + of("jeda_bulan") <= months
        net = np.where(counted, of("bersih_rate"), 0.0)
        carried = np.maximum(months - month - of("jeda_bulan") + 1, 0)
        cost = of("biaya_per_jiwa_bulan_rp") * carried
        per_route = (which[None, :] == np.arange(routes)[:, None]).astype(float)
        limits = np.array([route.maks_jiwa for route in soal.rute], dtype=float)
        rows, right = per_route, limits
        if soal.sisa_rp is not None:
            rows = np.vstack([rows, cost / 1e6])
            right = np.append(right, soal.sisa_rp / 1e6)
        bound = np.where(counted, of("per_bulan_jiwa"), 0.0)
        return cls(net, cost + _JEDA_SULIT * month, bound, rows, right, months)

    def _solve(
        self, objective: np.ndarray, *, least: float | None = None
    ) -> np.ndarray | None:
        """Minimise an objective within the limits; None if there is no way."""
        from scipy.optimize import linprog

        rows, right = self.baris, self.kanan
        if least is not None:
            rows = np.vstack([rows, -self.bersih])
            right = np.append(right, -least)
        bounds = np.column_stack([np.zeros(len(self.batas)), self.batas])
        found = linprog(objective, A_ub=rows, b_ub=right, bounds=bounds, method="highs")
        return found.x if found.status == 0 else None

    def most(self) -> float:
        """Return the most net people within the limits."""
        people = self._solve(-self.bersih)
        return 0.0 if people is None else float(self.bersih @ people)

    def cheapest(self, aim: float) -> np.ndarray:
        """Return the cheapest people for `aim` net new active members."""
        for slack in (0.0, 1e-6, 1e-3):
            people = self._solve(self.biaya, least=max(aim * (1 - slack) - slack, 0.0))
            if people is not None:
                return people
        return np.zeros(len(self.batas))


def _whole(soal: Soal, grid: _Grid, people: np.ndarray) -> list[Langkah]:
    """Round people up to whole ones within the limits; a part person is nobody."""
    months = soal.bulan
    left = math.inf if soal.sisa_rp is None else soal.sisa_rp
    steps = []
    for at, route in enumerate(soal.rute):
        room = math.floor(route.maks_jiwa + 1e-9)
        for month in range(1, months + 1):
            index = at * months + month - 1
            carried = max(months - month - route.jeda_bulan + 1, 0)
            price = route.biaya_per_jiwa_bulan_rp * carried
            count = math.ceil(people[index] - 1e-6)
            count = min(count, room, math.floor(grid.batas[index] + 1e-9))
            if price > 0:
                count = (
                    min(count, math.floor(left / price + 1e-9))
                    if left < math.inf
                    else count
                )
            if count <= 0:
                continue
            cost = round(price * count)
            room, left = room - count, left - cost
            net = count * float(grid.bersih[index])
            steps.append(Langkah(route.rute, route.pemutus, month, count, net, cost))
    return steps


def _reason(soal: Soal) -> str:
    """Name the limit without which the gap would close."""
    if soal.sisa_rp is not None:
        free = _Grid.build(replace(soal, sisa_rp=None))
        if free.most() >= soal.gap_jiwa - 1e-6:
            return ANGGARAN
    quick = tuple(
        replace(route, per_bulan_jiwa=route.maks_jiwa, jeda_bulan=0)
        for route in soal.rute
    )
    unhurried = _Grid.build(replace(soal, rute=quick, sisa_rp=None))
    return WAKTU if unhurried.most() >= soal.gap_jiwa - 1e-6 else KAPASITAS


@dataclass(frozen=True)
class Posisi:
    """Where one region stands for the ask."""

    kode: str
    gap_keaktifan_jiwa: int
    gap_cakupan_jiwa: int
    utang_rp: float | None
    sisa_rp: float | None
    prioritas: bool


def build_permintaan(
    posisi: Sequence[Posisi],
    rute: pd.DataFrame,
    *,
    cutoff: pd.Timestamp,
    tenggat: pd.Timestamp,
) -> pd.DataFrame:
    """Lay out the ask of every region, the binding condition first.

    Parameters
    ----------
    posisi
        Regions with gap, debt and free money.
    rute
        Table of that name.
    cutoff
        Last month of the data.
    tenggat
        Last day of the deadline's month.

    Returns
    -------
    DataFrame
        Table ``permintaan``. ``rute`` is a route, ``lunasi_tunggakan_pemda``,
        ``daftarkan_penduduk`` (people to register for cakupan) or
        ``tak_terjangkau`` (people out of reach; alasan anggaran, waktu or
        kapasitas). alasan is ``anggaran_tidak_ada`` where a cost was not held
        against a budget because none was delivered.
    """
    months = (tenggat.year - cutoff.year) * 12 + tenggat.month - cutoff.month
    by_region = dict(tuple(rute.groupby("kode")))
    rows: list[dict[str, object]] = []
    for one in posisi:
        routes = _routes_of(by_region.get(one.kode), prioritas=one.prioritas)
        soal = Soal(one.gap_keaktifan_jiwa, max(months, 0), one.sisa_rp, routes)
        rows += _rows_of(one, solve_permintaan(soal), cutoff=cutoff, tenggat=tenggat)
    columns = [
        "kode", "tenggat", "urutan", "pemutus", "rute", "jiwa", "bersih_jiwa",
        "biaya_rp", "mulai", "tanggal", "alasan",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _routes_of(rows: pd.DataFrame | None, *, prioritas: bool) -> tuple[Rute, ...]:
    """Return a region's routes; without Prioritas Pemda members wait a month."""
    if rows is None:
        return ()
    return tuple(
        Rute(
            row["rute"],
            row["pemutus"],
            row["biaya_per_jiwa_bulan_rp"],
            row["bersih_rate"],
            row["maks_jiwa"],
            row["per_bulan_jiwa"],
            int(row["rute"].startswith("kuota_pemda") and not prioritas),
        )
        for row in rows.to_dict("records")
        if row["maks_jiwa"] >= 1
    )


def _rows_of(
    one: Posisi, answer: Jawaban, *, cutoff: pd.Timestamp, tenggat: pd.Timestamp
) -> list[dict[str, object]]:
    """Lay out one region's decisions, ordered by what binds."""
    cover = {"rute": DAFTAR, "pemutus": "Dukcapil", "jiwa": float(one.gap_cakupan_jiwa)}
    cover_first = one.gap_cakupan_jiwa > one.gap_keaktifan_jiwa
    found = [cover] if cover_first else []
    found += _route_rows(one, answer, cutoff=cutoff)
    if answer.kurang_jiwa:
        found.append(
            {
                "rute": TAK_TERJANGKAU,
                "pemutus": _decider_of(answer.alasan),
                "jiwa": float(answer.kurang_jiwa),
                "alasan": answer.alasan,
            }
        )
    if one.gap_cakupan_jiwa and not cover_first:
        found.append(cover)
    if one.utang_rp:
        debt = float(one.utang_rp)
        found.append({"rute": LUNASI, "pemutus": "BPKAD", "biaya_rp": debt})
    first = cutoff + pd.offsets.MonthBegin(1)
    common = {
        "kode": one.kode, "tenggat": tenggat, "jiwa": 0.0, "bersih_jiwa": 0.0,
        "biaya_rp": 0.0, "mulai": first, "tanggal": tenggat, "alasan": "",
    }  # fmt: skip
    return [{**common, "urutan": at, **row} for at, row in enumerate(found, start=1)]


def _route_rows(
    one: Posisi, answer: Jawaban, *, cutoff: pd.Timestamp
) -> list[dict[str, object]]:
    """Add up the months of each route: from when to when, people, rupiah."""
    rows: list[dict[str, object]] = []
    for name in dict.fromkeys(step.rute for step in answer.langkah):
        steps = [step for step in answer.langkah if step.rute == name]
        cost = sum(step.biaya_rp for step in steps)
        known = one.sisa_rp is not None or cost == 0
        last = cutoff + pd.DateOffset(months=steps[-1].bulan_ke)
        rows.append(
            {
                "rute": name,
                "pemutus": steps[0].pemutus,
                "jiwa": float(sum(step.jiwa for step in steps)),
                "bersih_jiwa": float(sum(step.bersih_jiwa for step in steps)),
                "biaya_rp": float(cost),
                "mulai": cutoff + pd.DateOffset(months=steps[0].bulan_ke),
                "tanggal": last + pd.offsets.MonthEnd(0),
                "alasan": "" if known else "anggaran_tidak_ada",
            }
        )
    return rows


def _decider_of(alasan: str) -> str:
    """Name the office that could lift the limit."""
    return "BPKAD" if alasan == ANGGARAN else "Sekretariat Daerah"
