"""Scenarios as data: what happens, where, from when, by how much, on whose word."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.errors import ScenarioError
from jkn_analysis.forecasting.decrees import BALIK_BULAN, BALIK_RATE
from jkn_analysis.terms import NASIONAL, SEGMEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

DASAR = "dasar"
_UMUM = {"jenis", "mulai", "wilayah", "segmen", "sumber", "asumsi"}


@dataclass(frozen=True)
class Parameter:
    """A number of a kind of scenario: what it means, its default and its range."""

    arti: str
    bawaan: float
    minimal: float = 0.0
    maksimal: float = 100.0


@dataclass(frozen=True)
class Jenis:
    """A kind of change: its meaning and parameters; `segmen` if one must be named."""

    arti: str
    parameter: Mapping[str, Parameter]
    butuh_segmen: bool = False


_TAK_TERBATAS = 1e12
JENIS: dict[str, Jenis] = {
    "potong_pbi": Jenis(
        "daftar PBI JK dipotong: anggotanya nonaktif sejak tanggal itu",
        {
            "persen": Parameter("bagian PBI JK aktif yang dipotong", 10),
            "kembali_persen": Parameter(
                "bagian yang diaktifkan kembali; teramati bila sudah diketahui",
                100 * BALIK_RATE,
            ),
            "kembali_bulan": Parameter("lama pengaktifan kembali", BALIK_BULAN, 1, 60),
        },
    ),
    "kuota_telat": Jenis(
        "kuota PBPU Pemda terlambat diperpanjang: anggota nonaktif selama itu",
        {
            "bulan": Parameter("lama terlambat", 2, 1, 60),
            "nonaktif_persen": Parameter("bagian anggota yang dinonaktifkan", 100),
        },
    ),
    "kuota_ubah": Jenis(
        "kuota PBPU Pemda dipotong (persen di bawah 0) atau ditambah",
        {
            "persen": Parameter("perubahan jumlah anggota", 0, -100, 1000),
            "jiwa": Parameter(
                "perubahan jumlah anggota", 0, -_TAK_TERBATAS, _TAK_TERBATAS
            ),
            "kuota_jiwa": Parameter(
                "kuota baru; -1 = tidak disebut", -1, -1, _TAK_TERBATAS
            ),
            "bersih_persen": Parameter("bagian anggota baru yang aktif baru", 70),
        },
    ),
    "pemda_menunggak": Jenis(
        "Pemda berhenti membayar iuran PBPU Pemda; setelah tenggang anggota nonaktif",
        {
            "bulan": Parameter("lama tidak membayar", 3, 1, 60),
            "tenggang_bulan": Parameter("bulan sebelum dinonaktifkan", 1, 0, 60),
            "nonaktif_persen": Parameter("bagian anggota yang dinonaktifkan", 100),
        },
    ),
    "pemutihan": Jenis(
        "tunggakan peserta kelas tertentu dihapus untuk desil yang berhak",
        {
            "kelas": Parameter("kelas, 0 = semua", 3, 0, 3),
            "bagian_persen": Parameter("bagian penunggak yang berhak", 50),
            "kembali_persen": Parameter("bagian yang lalu aktif", 50),
            "moral_persen": Parameter("kemauan membayar yang hilang sesudahnya", 0),
            "moral_bulan": Parameter("lama kemauan itu hilang", 12, 1, 60),
        },
    ),
    "rehab": Jenis(
        "penunggak 4-24 bulan ikut REHAB; aktif setelah angsuran terakhir",
        {
            "ikut_persen": Parameter("bagian penunggak yang ikut", 5),
            "tuntas_persen": Parameter("bagian peserta REHAB yang selesai", 52.6),
            "angsuran": Parameter("jumlah angsuran bulanan", 6, 1, 36),
        },
    ),
    "tarif": Jenis(
        "iuran peserta mandiri berubah; yang membayar berubah menurut elastisitas",
        {
            "kelas": Parameter("kelas, 0 = semua", 0, 0, 3),
            "naik_persen": Parameter("perubahan iuran", 10, -100, 1000),
            "elastisitas": Parameter(
                "perubahan pembayar per perubahan iuran", -0.3, -5, 0
            ),
        },
    ),
    "tarif_pemda": Jenis(
        "iuran per jiwa yang dibayar Pemda berubah",
        {"naik_persen": Parameter("perubahan iuran", 10, -100, 1000)},
    ),
    "agen": Jenis(
        "agen (kader, PESIAR) merekrut peserta mandiri",
        {
            "jumlah": Parameter("jumlah agen per kabupaten/kota", 10, 0, 100_000),
            "per_bulan": Parameter(
                "peserta aktif baru per agen dan bulan", 10, 0, 1000
            ),
            "bertahan_persen": Parameter("yang tetap membayar tiap bulan", 95),
        },
    ),
    "peristiwa": Jenis(
        "perubahan apa pun pada satu segmen, dalam jiwa atau bagian",
        {
            "dampak_jiwa": Parameter("jiwa aktif", 0, -_TAK_TERBATAS, _TAK_TERBATAS),
            "dampak_persen": Parameter("bagian dari aktif segmen", 0, -100, 1000),
            "kembali_persen": Parameter(
                "bagian yang diaktifkan kembali; PBI JK seperti potong_pbi", 0
            ),
            "kembali_bulan": Parameter("lama pengaktifan kembali", BALIK_BULAN, 1, 60),
        },
        butuh_segmen=True,
    ),
}
"""Every kind of scenario with its parameters, defaults and ranges."""


@dataclass(frozen=True)
class Tindakan:
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
    sumber, asumsi
        Who says so; True where the size is our assumption, or the names of the
        parameters that are.
    """

    jenis: str
    mulai: str
    nilai: Mapping[str, float] = field(default_factory=dict)
    wilayah: str = NASIONAL
    segmen: str = ""
    sumber: str = ""
    asumsi: bool | tuple[str, ...] = True

    def __post_init__(self) -> None:
        """Refuse unknown kinds, parameters and segments, and numbers out of range."""
        faults = [*_name_faults(self), *_value_faults(self)]
        if faults:
            raise ScenarioError(f"scenario '{self.jenis}': " + "\n  ".join(faults))

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
        start = _read_month(self.mulai, cutoff)
        if start <= cutoff:
            raise ScenarioError(
                f"scenario '{self.jenis}': starts {start:%Y-%m}, but the data already "
                f"reach {cutoff:%Y-%m}\n  → a scenario changes the future: give a "
                "later month, or record the event in table peristiwa"
            )
        return start


def _name_faults(act: Tindakan) -> list[str]:
    """Describe unknown names of a change."""
    if act.jenis not in JENIS:
        return [f"unknown kind\n  → use one of {', '.join(JENIS)}"]
    kind = JENIS[act.jenis]
    named = () if isinstance(act.asumsi, bool) else act.asumsi
    faults = [
        f"unknown parameter '{name}'\n  → use one of {', '.join(kind.parameter)}"
        for name in (*act.nilai, *named)
        if name not in kind.parameter
    ]
    if act.segmen and act.segmen not in SEGMEN:
        faults.append(
            f"unknown segmen '{act.segmen}'\n  → use one of {', '.join(SEGMEN)}"
        )
    if kind.butuh_segmen and not act.segmen:
        faults.append(f"segmen is missing\n  → name one of {', '.join(SEGMEN)}")
    return faults


def _value_faults(act: Tindakan) -> list[str]:
    """Describe numbers out of range."""
    if act.jenis not in JENIS:
        return []
    faults = []
    for name, rule in JENIS[act.jenis].parameter.items():
        value = act.nilai.get(name, rule.bawaan)
        if isinstance(value, bool) or not isinstance(value, int | float):
            faults.append(f"{name} is '{value}', not a number\n  → give a number")
        elif name == "kuota_jiwa" and name in act.nilai and value < 0:
            faults.append(f"kuota_jiwa is {value:g}, below zero\n  → give 0 or more")
        elif not rule.minimal <= value <= rule.maksimal:
            faults.append(
                f"{name} is {value:g}, outside {rule.minimal:g} to {rule.maksimal:g}\n"
                f"  → give {rule.arti} within that range"
            )
    return faults


def _read_month(text: str, cutoff: pd.Timestamp) -> pd.Timestamp:
    """Read ``2026-02``, ``+3`` or ``januari``."""
    word = str(text).strip().lower()
    if word == "januari":
        return pd.Timestamp(cutoff.year + 1, 1, 1)
    try:
        if word.startswith("+"):
            return cutoff + pd.DateOffset(months=int(word))
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
    tindakan: tuple[Tindakan, ...] = ()

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
    act = Tindakan(jenis, mulai, dict(nilai or {}), wilayah=wilayah, segmen=segmen)
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
    acts = tuple(
        Tindakan(
            "peristiwa",
            f"{row['tanggal']:%Y-%m}",
            _impact(row["dampak_jiwa"], row["dampak_rate"]),
            wilayah=str(row["kode"]),
            segmen=str(row["segmen"]),
            sumber=str(row["sumber"]),
        )
        for row in ahead.to_dict("records")
    )
    return Skenario("peristiwa", "Peristiwa yang belum pasti (status skenario)", acts)


def _impact(jiwa: float | None, rate: float | None) -> dict[str, float]:
    """Return an event's impact as parameters."""
    if pd.notna(jiwa):
        return {"dampak_jiwa": float(jiwa)}  # type: ignore[arg-type]
    if pd.notna(rate):
        return {"dampak_persen": float(rate) * 100}  # type: ignore[arg-type]
    return {}


def read_skenario(path: Path | None = None) -> dict[str, Skenario]:
    """Read scenarios from a TOML or csv file; the suite's own if none is given.

    TOML: ``[[skenario]]`` with kode, judul and ``[[skenario.tindakan]]`` rows. csv:
    columns skenario, judul, jenis, mulai, wilayah, segmen, sumber, asumsi, and one
    per parameter; rows of one skenario are applied together.

    Raises
    ------
    ScenarioError
        With file, scenario and what to write instead.
    """
    if path is None:
        shipped = resources.files("jkn_analysis").joinpath(
            "data", "skenario_bawaan.toml"
        )
        return _from_toml(shipped.read_text(encoding="utf-8"), "skenario_bawaan.toml")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise ScenarioError(f"{path}: cannot be read\n  → give a UTF-8 file") from exc
    if path.suffix.lower() == ".csv":
        return _from_csv(text, path.name)
    return _from_toml(text, path.name)


def _from_toml(text: str, name: str) -> dict[str, Skenario]:
    """Read the TOML form."""
    try:
        rows = tomllib.loads(text).get("skenario", [])
    except tomllib.TOMLDecodeError as exc:
        raise ScenarioError(f"{name}: not valid TOML: {exc}") from exc
    found: dict[str, Skenario] = {}
    for row in rows:
        kode = str(row.get("kode", ""))
        _check_kode(kode, found, name)
        acts = tuple(
            _read_act(act, f"{name}, '{kode}'") for act in row.get("tindakan", [])
        )
        found[kode] = Skenario(kode, str(row.get("judul", kode)), acts)
    return found


def _check_kode(kode: str, found: Iterable[str], name: str) -> None:
    """Refuse scenarios without a name, named twice, or named like the baseline."""
    if not kode or kode in found or kode == DASAR:
        raise ScenarioError(
            f"{name}: scenario kode '{kode}' is empty, '{DASAR}' or used twice\n"
            "  → give every scenario a name of its own"
        )


def _read_act(row: Mapping[str, Any], where: str) -> Tindakan:
    """Read one change, its parameters being all keys that are not common ones."""
    missing = [name for name in ("jenis", "mulai") if not row.get(name)]
    if missing:
        raise ScenarioError(
            f"{where}: {' and '.join(missing)} missing\n  → every tindakan needs both"
        )
    try:
        return Tindakan(
            str(row["jenis"]),
            str(row["mulai"]),
            {key: value for key, value in row.items() if key not in _UMUM},
            wilayah=str(row.get("wilayah", NASIONAL) or NASIONAL),
            segmen=str(row.get("segmen", "")),
            sumber=str(row.get("sumber", "")),
            asumsi=_read_asumsi(row.get("asumsi", "ya")),
        )
    except ScenarioError as exc:
        raise ScenarioError(f"{where}: {exc}") from exc


def _read_asumsi(value: object) -> bool | tuple[str, ...]:
    """Read ya, tidak, or the names of the assumed parameters."""
    if isinstance(value, list):
        return tuple(str(name) for name in value)
    text = str(value).strip().lower()
    if text in {"ya", "true", "1"}:
        return True
    return tuple(text.split()) if text not in {"tidak", "false", "0", ""} else False


def _from_csv(text: str, name: str) -> dict[str, Skenario]:
    """Read the csv form, comma or semicolon."""
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    if not lines:
        return {}
    delimiter = ";" if lines[0].count(";") > lines[0].count(",") else ","
    found: dict[str, Skenario] = {}
    for row in csv.DictReader(lines, delimiter=delimiter):
        kode = (row.pop("skenario", "") or "").strip()
        judul = (row.pop("judul", "") or kode).strip()
        filled = {k: v.strip() for k, v in row.items() if k and v and v.strip()}
        act = _read_act(
            {
                k: v if k in _UMUM else _number(v, f"{name}, '{kode}'")
                for k, v in filled.items()
            },
            f"{name}, '{kode}'",
        )
        if kode not in found:
            _check_kode(kode, found, name)
            found[kode] = Skenario(kode, judul)
        old = found[kode]
        found[kode] = replace(old, tindakan=(*old.tindakan, act))
    return found


def _number(text: str, where: str) -> float:
    """Read a number written with a comma or a point."""
    try:
        return float(text.replace(",", "."))
    except ValueError as exc:
        raise ScenarioError(
            f"{where}: '{text}' is not a number\n  → write 10 or 2,5"
        ) from exc


def list_asumsi(skenario: Iterable[Skenario]) -> pd.DataFrame:
    """List every number the scenarios rest on, its source, and whether assumed.

    A parameter not written in the scenario is our default and so an assumption.

    Returns
    -------
    DataFrame
        skenario, jenis, parameter, arti, nilai, asumsi, sumber.
    """
    rows = [
        {
            "skenario": one.kode,
            "jenis": act.jenis,
            "parameter": name,
            "arti": rule.arti,
            "nilai": act.get(name),
            "asumsi": act.is_assumed(name),
            "sumber": act.sumber,
        }
        for one in skenario
        for act in one.tindakan
        for name, rule in JENIS[act.jenis].parameter.items()
    ]
    names = ["skenario", "jenis", "parameter", "arti", "nilai", "asumsi", "sumber"]
    return pd.DataFrame(rows, columns=names)
