"""The ask: what each office is to decide, for whom, at what price, by when.

One engine for regions above and below the line. Decisions come in groups; what
the present binds (contract, cash, list) comes before what is only forecast::

    kontrak   the coming year's PKS is not on file
    kas       the budget does not pay what is due, or premium is unpaid
    celah     people are missing: routes by rupiah per net new active member
    daftar    people are paid for who need not be
    depan     next year's budget does not carry the need
    posisi    no decision: what the forecast brings, what stays out of reach

The net people of ``celah``, ``daftar`` and ``posisi`` add up to the gap of today.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.errors import ScenarioError
from jkn_analysis.terms import Kantor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KELOMPOK = ("kontrak", "kas", "celah", "daftar", "depan", "posisi")
PKS, GESER, LUNASI = "pks", "geser_anggaran", "lunasi_tunggakan_pemda"
DAFTAR, LEPAS, BERSIHKAN = "daftarkan_penduduk", "lepas_pemda", "bersihkan_data"
DEPAN, PROYEKSI, LEBIH = "anggaran_depan", "proyeksi", "lebih"
TAK_TERJANGKAU = "tak_terjangkau"
ANGGARAN, WAKTU, KAPASITAS = "anggaran", "waktu", "kapasitas"
"""Why a part of the gap is out of reach: money, months, or people to win."""
BULAN_SETAHUN = 12
_PEMDA = "kuota_pemda"
_MUSIM_KONTRAK = 8
"""Data to the end of August are for a meeting in the last four months of the year."""
_BATAS_PERUBAHAN = 9
"""A changed budget (P-APBD) is settled by the end of this month; later it is a shift
by decree of the head of region, taken into the year's account."""


@dataclass(frozen=True)
class Rute:
    """A route: price, net share, how many in all and per month, months of delay."""

    rute: str
    pemutus: str
    biaya_per_jiwa_bulan_rp: float
    bersih_rate: float
    maks_jiwa: float
    per_bulan_jiwa: float
    asumsi: str = "ya"
    jeda_bulan: int = 0
    """Months from enrolment to activity: 1 for Pemda members without Prioritas."""


@dataclass(frozen=True)
class Position:
    """Where one region stands; rupiah and people None where not known."""

    kode: str
    kini_jiwa: int
    """Active members missing now; below zero where there are more than needed."""
    nanti_jiwa: int
    """The same at the deadline if nothing is done, median of the forecast."""
    cakupan_jiwa: int = 0
    """Registered members missing now."""
    pemda_jiwa: int = 0
    """Active members whom the local government pays for."""
    gelap_jiwa: int | None = None
    """Members off on the first day of a late contract."""
    gelap_rate: float | None = None
    """Activity then."""
    kontrak: bool = False
    """The coming year's contract is on file."""
    prioritas: bool = False
    tarif_rp: float = 0.0
    utang_rp: float | None = None
    kewajiban_rp: float | None = None
    """Debt and the bills still to come this year."""
    ruang_rp: float | None = None
    """Budget after shifts less what was paid."""
    kurang_kas_rp: float | None = None
    lepas_jiwa: int = 0
    """Members paid by Pemda whose employer pays already."""
    ganda_jiwa: int = 0
    """Active members who are dead, doubled or gone."""
    tahun_depan_rp: float | None = None
    """Next year's bills for today's members."""
    kurang_pagu_rp: float | None = None
    """What next year's budget lacks at the median of the need."""

    @property
    def bebas_rp(self) -> float | None:
        """Budget free for new members once all that is due is paid."""
        if self.ruang_rp is None or self.kewajiban_rp is None:
            return None
        return max(0.0, self.ruang_rp - self.kewajiban_rp)


@dataclass(frozen=True)
class Timing:
    """The last month of data and the last day of the deadline's month."""

    cutoff: pd.Timestamp
    tenggat: pd.Timestamp

    @property
    def bulan(self) -> int:
        """Months to the deadline."""
        years = self.tenggat.year - self.cutoff.year
        months = years * BULAN_SETAHUN + self.tenggat.month - self.cutoff.month
        return max(months, 0)

    @property
    def akhir_tahun(self) -> pd.Timestamp:
        """Day before the coming year's contract and budget begin."""
        return pd.Timestamp(self.cutoff.year, BULAN_SETAHUN, 31)

    @property
    def musim_kontrak(self) -> bool:
        """Whether the coming year's contract is due within four months."""
        return self.cutoff.month >= _MUSIM_KONTRAK

    @property
    def batas_geser(self) -> pd.Timestamp:
        """By when this year's budget can be changed: P-APBD, later by decree."""
        changed = pd.Timestamp(self.cutoff.year, _BATAS_PERUBAHAN, 30)
        today = self.cutoff + pd.offsets.MonthEnd(0)
        return changed if today < changed else self.akhir_tahun


@dataclass(frozen=True)
class Keputusan:
    """One row of the ask."""

    kelompok: str
    rute: str
    pemutus: str
    jiwa: int = 0
    bersih_jiwa: int = 0
    biaya_rp: float = 0.0
    """Rupiah over `bulan` months; below zero comes back."""
    bulan: int = 0
    biaya_bulan_rp: float = 0.0
    tanggal: pd.Timestamp | None = None
    """By when; the deadline if None."""
    tanpa_rate: float | None = None
    """Activity where it is not decided."""
    alasan: str = ""
    asumsi: str = "tidak"


def build_permintaan(
    posisi: Sequence[Position],
    rute: pd.DataFrame,
    *,
    cutoff: pd.Timestamp,
    tenggat: pd.Timestamp,
) -> pd.DataFrame:
    """Lay out the decisions of every region, what binds first.

    Parameters
    ----------
    posisi
        Regions.
    rute
        Table of that name, the cheapest net new member first.
    cutoff
        Last month of the data.
    tenggat
        Last day of the deadline's month.

    Returns
    -------
    DataFrame
        Table ``permintaan``.

    Raises
    ------
    ScenarioError
        If a region's people or rupiah are below zero where they cannot be.
    """
    when = Timing(cutoff, tenggat)
    by_region = dict(tuple(rute.groupby("kode")))
    rows: list[dict[str, object]] = []
    for one in posisi:
        _check(one)
        routes = _routes_of(by_region.get(one.kode), prioritas=one.prioritas)
        found = sort_keputusan(list_keputusan(one, routes, when), one, when)
        rows += [
            {
                **{field.name: getattr(act, field.name) for field in fields(act)},
                "kode": one.kode,
                "tenggat": tenggat,
                "urutan": at,
                "tanggal": act.tanggal or tenggat,
            }
            for at, act in enumerate(found, start=1)
        ]
    columns = [
        "kode", "tenggat", "urutan", *[field.name for field in fields(Keputusan)],
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _check(one: Position) -> None:
    """Refuse impossible positions."""
    names = ("cakupan_jiwa", "pemda_jiwa", "lepas_jiwa", "ganda_jiwa", "utang_rp")
    wrong = [
        f"{name} is {getattr(one, name)}"
        for name in names
        if (getattr(one, name) or 0) < 0
    ]
    if wrong:
        raise ScenarioError(
            f"the ask of {one.kode}: {', '.join(wrong)}, below zero\n"
            "  → give 0 where there is nothing"
        )


def _routes_of(rows: pd.DataFrame | None, *, prioritas: bool) -> tuple[Rute, ...]:
    """Return a region's routes; without Prioritas Pemda members wait a month."""
    if rows is None:
        return ()
    names = [field.name for field in fields(Rute) if field.name != "jeda_bulan"]
    return tuple(
        Rute(
            **{name: row[name] for name in names},
            jeda_bulan=int(row["rute"].startswith(_PEMDA) and not prioritas),
        )
        for row in rows.to_dict("records")
        if row["maks_jiwa"] >= 1
    )


def list_keputusan(
    one: Position, rute: Sequence[Rute], when: Timing
) -> list[Keputusan]:
    """List one region's decisions, not yet in order.

    Parameters
    ----------
    one
        The region.
    rute
        Routes, the cheapest first.
    when
        Cutoff and deadline.
    """
    return [
        *_contract(one, when),
        *_cash(one, when),
        *_list(one),
        *_gap(one, rute, when.bulan),
        *_next_year(one, when),
    ]


def sort_keputusan(
    found: Sequence[Keputusan], one: Position, when: Timing
) -> list[Keputusan]:
    """Put decisions in order of what binds.

    From September on the contract, then cash; then the gap where people are missing
    today, before the list to clean; a gap that is only forecast comes after the list,
    and so does a contract that is months away. Within the gap coverage first where it
    lacks more people, then the order of the routes.
    """
    order = list(KELOMPOK)
    if one.kini_jiwa <= 0 and one.cakupan_jiwa == 0:
        order.remove("celah")
        order.insert(order.index("daftar") + 1, "celah")
    if not when.musim_kontrak:
        order.remove("kontrak")
        order.insert(order.index("depan"), "kontrak")

    def key(act: Keputusan) -> tuple[int, bool]:
        late = act.rute == DAFTAR and one.cakupan_jiwa <= max(one.kini_jiwa, 0)
        return order.index(act.kelompok), late

    return sorted(found, key=key)


def _contract(one: Position, when: Timing) -> Iterator[Keputusan]:
    """Sign or bridge the coming year's contract before 1 January, if not on file."""
    if one.kontrak or not one.pemda_jiwa:
        return
    dark = one.pemda_jiwa if one.gelap_jiwa is None else one.gelap_jiwa
    year = one.tahun_depan_rp or one.pemda_jiwa * one.tarif_rp * BULAN_SETAHUN
    yield Keputusan(
        "kontrak", PKS, Kantor.SEKDA, jiwa=dark, biaya_rp=year,
        bulan=BULAN_SETAHUN, biaya_bulan_rp=year / BULAN_SETAHUN,
        tanggal=when.akhir_tahun, tanpa_rate=one.gelap_rate,
    )  # fmt: skip


def _cash(one: Position, when: Timing) -> Iterator[Keputusan]:
    """Shift what the budget lacks; pay what it carries where premium is unpaid.

    Both add up to what is due, or to more where more was paid than budgeted.
    """
    short, due, room = one.kurang_kas_rp, one.kewajiban_rp, one.ruang_rp
    if short:
        by = when.batas_geser
        yield Keputusan("kas", GESER, Kantor.BPKAD, biaya_rp=short, tanggal=by)
    if not one.utang_rp:
        return
    payable = one.utang_rp
    if due is not None and room is not None:
        payable = min(due, max(room, 0.0))
    if payable:
        end = when.akhir_tahun
        yield Keputusan("kas", LUNASI, Kantor.BPKAD, biaya_rp=payable, tanggal=end)


def _list(one: Position) -> Iterator[Keputusan]:
    """Take out people paid for who need not be; activity falls by as many."""
    if one.lepas_jiwa:
        month = -one.lepas_jiwa * one.tarif_rp
        yield Keputusan(
            "daftar", LEPAS, Kantor.DINKES, one.lepas_jiwa, -one.lepas_jiwa,
            biaya_rp=month * BULAN_SETAHUN, bulan=BULAN_SETAHUN, biaya_bulan_rp=month,
        )  # fmt: skip
    if one.ganda_jiwa:
        yield Keputusan(
            "daftar", BERSIHKAN, Kantor.BPJS, one.ganda_jiwa, -one.ganda_jiwa
        )


def _gap(one: Position, rute: Sequence[Rute], bulan: int) -> Iterator[Keputusan]:
    """Close what is missing at the deadline; the rest is out of reach, and why."""
    yield Keputusan("posisi", PROYEKSI, "", bersih_jiwa=one.kini_jiwa - one.nanti_jiwa)
    if one.cakupan_jiwa:
        month = one.cakupan_jiwa * one.tarif_rp
        yield Keputusan(
            "celah", DAFTAR, Kantor.SEKDA, jiwa=one.cakupan_jiwa,
            biaya_rp=month * BULAN_SETAHUN, bulan=BULAN_SETAHUN, biaya_bulan_rp=month,
        )  # fmt: skip
    rest = one.nanti_jiwa + one.lepas_jiwa + one.ganda_jiwa
    if rest < 0:
        yield Keputusan("posisi", LEBIH, "", bersih_jiwa=rest)
    rest, free = max(0, rest), one.bebas_rp
    for route in rute:
        act = _take(route, rest, bulan, free)
        if act is None:
            continue
        rest -= act.bersih_jiwa
        free = None if free is None else free - act.biaya_rp
        yield act
    if rest:
        month = rest * one.tarif_rp
        yield Keputusan(
            "posisi", TAK_TERJANGKAU, "", rest, rest, biaya_bulan_rp=month,
            alasan=_reason(one, rute, rest, bulan),
        )  # fmt: skip


def _take(route: Rute, rest: int, bulan: int, free: float | None) -> Keputusan | None:
    """Take as many of a route as are missing, come in time and are paid for.

    That a good month repeats itself is our assumption, whoever measured the month.
    """
    months = bulan - route.jeda_bulan
    if rest <= 0 or months <= 0 or route.bersih_rate <= 0:
        return None
    want = math.ceil(rest / route.bersih_rate - 1e-9)
    most = min(want, math.floor(route.maks_jiwa + 1e-9))
    pace, price = math.floor(route.per_bulan_jiwa + 1e-9), route.biaya_per_jiwa_bulan_rp
    people, cost = 0, 0.0
    for carried in range(months, 0, -1):
        step = min(pace, most - people)
        if price and free is not None:
            step = min(step, math.floor((free - cost) / (price * carried) + 1e-9))
        people, cost = people + max(step, 0), cost + max(step, 0) * price * carried
    net = min(rest, math.floor(people * route.bersih_rate + 1e-9))
    if net <= 0:
        return None
    known = free is not None or not price
    repeated = not price and people > pace
    return Keputusan(
        "celah", route.rute, route.pemutus, people, net, cost, bulan,
        people * price, alasan="" if known else "anggaran_tidak_ada",
        asumsi="ya" if repeated else route.asumsi,
    )  # fmt: skip


def _reason(one: Position, rute: Sequence[Rute], rest: int, bulan: int) -> str:
    """Name the limit without which the rest would be reached."""
    paid = [route for route in rute if route.biaya_per_jiwa_bulan_rp]
    if one.bebas_rp is not None and _room(paid, bulan) >= rest:
        return ANGGARAN
    return WAKTU if _room(rute, 10**6) >= rest else KAPASITAS


def _room(rute: Sequence[Rute], bulan: int) -> float:
    """Count the net people of routes within some months, money aside."""
    return sum(
        min(route.maks_jiwa, route.per_bulan_jiwa * max(bulan - route.jeda_bulan, 0))
        * route.bersih_rate
        for route in rute
    )


def _next_year(one: Position, when: Timing) -> Iterator[Keputusan]:
    """Ask for what next year's budget lacks."""
    if one.kurang_pagu_rp:
        yield Keputusan(
            "depan", DEPAN, Kantor.BPKAD, biaya_rp=one.kurang_pagu_rp,
            bulan=BULAN_SETAHUN, tanggal=when.akhir_tahun,
        )  # fmt: skip
