"""Scenarios as data: what happens, where, from when, by how much, on whose word."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.errors import ScenarioError
from jkn_analysis.forecasting.decrees import BALIK_SUMBER, PBI, find_return
from jkn_analysis.skenario.kinds import JENIS, Parameter
from jkn_analysis.terms import NASIONAL, SEGMEN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Hashable, Iterable, Mapping
    from typing import Any

DASAR = "dasar"


@dataclass(frozen=True)
class DatedChange:
    """One dated change.

    Attributes
    ----------
    jenis
        A key of `JENIS`.
    mulai
        ``"2026-02"``, ``"+3"`` (months after the data), or ``"januari"`` (the next).
    nilai
        Parameters by name; those absent have the default of `JENIS`.
    wilayah
        ``"00"``, a province or a kabupaten/kota.
    segmen
        Segment, for kinds that need one.
    sumber, diketahui
        Who says so, and since when that is known (``"2025-06-30"``): a page of an
        earlier month does not cite it.
    asumsi
        True where the size is our assumption, or the names of the parameters that are.
    """

    jenis: str
    mulai: str
    nilai: Mapping[str, float] = field(default_factory=dict)
    wilayah: str = NASIONAL
    segmen: str = ""
    sumber: str = ""
    diketahui: str = ""
    asumsi: bool | tuple[str, ...] = True

    def __post_init__(self) -> None:
        """Refuse unknown kinds, parameters and segments, and numbers out of range."""
        faults = find_faults(
            self.jenis, self.nilai, segmen=self.segmen, asumsi=self.asumsi
        )
        if faults:
            told = "\n  ".join(text for _, text in faults)
            raise ScenarioError(f"scenario '{self.jenis}': {told}")

    def get(self, name: str) -> float:
        """Return a parameter or its default."""
        return float(self.nilai.get(name, JENIS[self.jenis].parameter[name].bawaan))

    def is_assumed(self, name: str) -> bool:
        """Tell whether a parameter is our assumption; a default always is."""
        if name not in self.nilai or isinstance(self.asumsi, bool):
            return name not in self.nilai or bool(self.asumsi)
        return name in self.asumsi

    def month(self, cutoff: pd.Timestamp) -> pd.Timestamp:
        """Return the first month in force; `cutoff` is the last month of data.

        Raises
        ------
        ScenarioError
            If it is not readable or does not lie after the data.
        """
        start = read_month(self.mulai, cutoff)
        if start <= cutoff:
            raise ScenarioError(
                f"scenario '{self.jenis}': starts {start:%Y-%m}, but the data already "
                f"reach {cutoff:%Y-%m}\n  → a scenario changes the future: give a "
                "later month, or record the event in table peristiwa"
            )
        return start


def find_faults(
    jenis: str,
    nilai: Mapping[str, float],
    *,
    segmen: str,
    asumsi: bool | tuple[str, ...],
) -> list[tuple[str, str]]:
    """Find what is wrong with a change: the key at fault, and what to write.

    Unknown kinds, parameters and segments, and numbers out of range.
    """
    if jenis not in JENIS:
        return [("jenis", f"unknown kind\n  → use one of {', '.join(JENIS)}")]
    kind = JENIS[jenis]
    named = () if isinstance(asumsi, bool) else asumsi
    faults = [
        (
            name,
            f"unknown parameter '{name}'\n  → use one of {', '.join(kind.parameter)}",
        )
        for name in (*nilai, *named)
        if name not in kind.parameter
    ]
    known = ", ".join(SEGMEN)
    if segmen and segmen not in SEGMEN:
        faults.append(("segmen", f"unknown segmen '{segmen}'\n  → use one of {known}"))
    if kind.butuh_segmen and not segmen:
        faults.append(("segmen", f"segmen is missing\n  → name one of {known}"))
    for name, rule in kind.parameter.items():
        text = _find_size_fault(name, rule, nilai.get(name, rule.bawaan))
        if text and name in nilai:
            faults.append((name, text))
    return faults


def _find_size_fault(name: str, rule: Parameter, value: object) -> str:
    """Describe a number out of range; empty if it is not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{name} is '{value}', not a number\n  → give a number"
    if name == "kuota_jiwa" and value < 0:
        return f"kuota_jiwa is {value:g}, below zero\n  → give 0 or more"
    if not rule.minimal <= value <= rule.maksimal:
        return (
            f"{name} is {value:g}, outside {rule.minimal:g} to {rule.maksimal:g}\n"
            f"  → give {rule.arti} within that range"
        )
    return ""


def read_month(text: str, cutoff: pd.Timestamp | None) -> pd.Timestamp:
    """Read ``2026-02``, ``+3`` (months after `cutoff`) or ``januari``.

    Raises
    ------
    ScenarioError
        If it is none of these.
    """
    word = str(text).strip().lower()
    since = pd.Timestamp(2000, 1, 1) if cutoff is None else cutoff
    if word == "januari":
        return pd.Timestamp(since.year + 1, 1, 1)
    try:
        if word.startswith("+"):
            return since + pd.DateOffset(months=int(word))
        return pd.Timestamp(pd.Period(word, freq="M").start_time)
    except ValueError as exc:
        raise ScenarioError(
            f"scenario start '{text}' is not a month\n"
            "  → write 2026-02, +3 (months after the data) or januari"
        ) from exc


@dataclass(frozen=True)
class Skenario:
    """A named set of changes; ``a + b`` is both at once, in any order."""

    kode: str
    judul: str
    tindakan: tuple[DatedChange, ...] = ()

    def __add__(self, other: Skenario) -> Skenario:
        """Combine two scenarios; changes apply together, order does not matter."""
        if not self.tindakan:
            return other
        if not other.tindakan:
            return self
        return Skenario(
            f"{self.kode}+{other.kode}",
            f"{self.judul}; {other.judul}",
            (*self.tindakan, *other.tindakan),
        )

    def at(self, wilayah: str) -> Skenario:
        """Return the same changes in one region or province only."""
        acts = tuple(replace(act, wilayah=wilayah) for act in self.tindakan)
        return replace(self, tindakan=acts)


TANPA = Skenario(DASAR, "Tidak ada perubahan")
"""Nothing changes."""


def make_skenario(
    jenis: str,
    mulai: str,
    nilai: Mapping[str, float] | None = None,
    *,
    wilayah: str = NASIONAL,
    segmen: str = "",
) -> Skenario:
    """Make a scenario of one change in one line.

    Parameters
    ----------
    jenis, mulai
        Kind (`JENIS`) and start (``"2026-02"``, ``"+3"``, ``"januari"``).
    nilai
        The kind's parameters by name; defaults for the rest.
    wilayah, segmen
        Where, and for kinds that need it in which segment.

    Examples
    --------
    >>> make_skenario("potong_pbi", "2026-02", {"persen": 10}).kode
    'potong_pbi'
    """
    act = DatedChange(jenis, mulai, dict(nilai or {}), wilayah=wilayah, segmen=segmen)
    return Skenario(jenis, f"{JENIS[jenis].arti} ({mulai})", (act,))


def potong_pbi(
    mulai: str, persen: float = 10, *, kembali_persen: float | None = None
) -> Skenario:
    """Cut the PBI JK list by a share; who comes back as `find_return` if not given."""
    nilai = {"persen": persen}
    if kembali_persen is not None:
        nilai["kembali_persen"] = kembali_persen
    return make_skenario("potong_pbi", mulai, nilai)


def kuota_telat(mulai: str = "januari", bulan: float = 2) -> Skenario:
    """Renew the Pemda quota some months late."""
    return make_skenario("kuota_telat", mulai, {"bulan": bulan})


def kuota_ubah(mulai: str, *, persen: float = 0, jiwa: float = 0) -> Skenario:
    """Cut or enlarge the Pemda quota."""
    return make_skenario("kuota_ubah", mulai, {"persen": persen, "jiwa": jiwa})


def pemda_menunggak(mulai: str, bulan: float = 3) -> Skenario:
    """Stop paying the Pemda premium for some months."""
    return make_skenario("pemda_menunggak", mulai, {"bulan": bulan})


def pemutihan(mulai: str, *, kelas: int = 3, moral_persen: float = 0) -> Skenario:
    """Write off arrears of a kelas, with or without moral hazard."""
    nilai = {"kelas": kelas, "moral_persen": moral_persen}
    return make_skenario("pemutihan", mulai, nilai)


def rehab(mulai: str, ikut_persen: float = 5) -> Skenario:
    """Let a share of debtors join REHAB."""
    return make_skenario("rehab", mulai, {"ikut_persen": ikut_persen})


def tarif(mulai: str, naik_persen: float, *, kelas: int = 0) -> Skenario:
    """Change the premium of self-payers."""
    return make_skenario("tarif", mulai, {"naik_persen": naik_persen, "kelas": kelas})


def agen(mulai: str, jumlah: float, *, per_bulan: float = 10) -> Skenario:
    """Let agents recruit."""
    return make_skenario("agen", mulai, {"jumlah": jumlah, "per_bulan": per_bulan})


def from_peristiwa(peristiwa: pd.DataFrame, *, cutoff: pd.Timestamp) -> Skenario:
    """Make one scenario of the events of status 'skenario' that lie ahead.

    Parameters
    ----------
    peristiwa
        Canonical table; rows with a segmen and an impact are used.
    cutoff
        Last month of the data.
    """
    ahead = peristiwa[
        peristiwa["status"].eq("skenario")
        & peristiwa["tanggal"].gt(cutoff + pd.offsets.MonthEnd(0))
        & peristiwa["segmen"].notna()
    ]
    acts = tuple(_planned(row, cutoff) for row in ahead.to_dict("records"))
    return Skenario("peristiwa", "Peristiwa yang belum pasti (status skenario)", acts)


def _planned(row: Mapping[Hashable, Any], cutoff: pd.Timestamp) -> DatedChange:
    """Make a change of one event; who is cut from PBI JK comes back by the one rule."""
    size = _impact(row["dampak_jiwa"], row["dampak_rate"])
    asumsi: bool | tuple[str, ...] = True
    if row["segmen"] == PBI and min(size.values(), default=0) < 0:
        rate, observed = find_return((cutoff + pd.offsets.MonthEnd(0)).date())
        size["kembali_persen"] = 100 * rate
        asumsi = ("dampak_persen", "kembali_bulan") if observed else True
    return DatedChange(
        "peristiwa",
        f"{row['tanggal']:%Y-%m}",
        size,
        wilayah=str(row["kode"]),
        segmen=str(row["segmen"]),
        sumber=str(row["sumber"]),
        asumsi=asumsi,
    )


def _impact(jiwa: float | None, rate: float | None) -> dict[str, float]:
    """Return an event's impact as parameters."""
    if pd.notna(jiwa):
        return {"dampak_jiwa": float(jiwa)}  # type: ignore[arg-type]
    if pd.notna(rate):
        return {"dampak_persen": float(rate) * 100}  # type: ignore[arg-type]
    return {}


def list_asumsi(
    skenario: Iterable[Skenario], *, tanggal: dt.date | None = None
) -> pd.DataFrame:
    """List every number the scenarios rest on, its source, and whether assumed.

    A parameter not written in the scenario is our default and so an assumption.

    Parameters
    ----------
    skenario
        Scenarios.
    tanggal
        Last day of the data: a source known only later is not cited, and its numbers
        are ours; what was observed by then replaces our default. None cites all.

    Returns
    -------
    DataFrame
        skenario, judul, urutan (of the change), jenis, mulai, wilayah, parameter, arti,
        nilai, asumsi, sumber.
    """
    rows = [
        {
            "skenario": one.kode,
            "judul": one.judul,
            "urutan": at,
            "jenis": act.jenis,
            "mulai": act.mulai,
            "wilayah": act.wilayah,
            "parameter": name,
            "arti": rule.arti,
            **_tell_size(act, name, tanggal),
        }
        for one in skenario
        for at, act in enumerate(one.tindakan, start=1)
        for name, rule in JENIS[act.jenis].parameter.items()
        if name != "kembali_bulan" or act.get("kembali_persen") > 0
    ]
    return pd.DataFrame(rows, columns=list(_ASUMSI))


_ASUMSI = (
    "skenario", "judul", "urutan", "jenis", "mulai", "wilayah", "parameter", "arti",
    "nilai", "asumsi", "sumber",
)  # fmt: skip
SENDIRI = "asumsi kami"


def _tell_size(
    act: DatedChange, name: str, tanggal: dt.date | None
) -> dict[str, object]:
    """Return size, whether assumed, and source of one parameter at a date."""
    size, ours, source = act.get(name), act.is_assumed(name), act.sumber
    if tanggal is not None:
        rate, observed = find_return(tanggal)
        if name == "kembali_persen" and name not in act.nilai and observed and size:
            return {"nilai": 100 * rate, "asumsi": False, "sumber": BALIK_SUMBER}
        if act.diketahui and pd.Timestamp(act.diketahui).date() > tanggal:
            ours, source = True, SENDIRI
    return {"nilai": size, "asumsi": ours, "sumber": source}
