"""Made-up registers of persons with planted faults, the truth kept apart.

Families in households, some across two kabupaten; twins, father and son of one
name, single names, birth dates rounded to 1 January; the faults of NIK, name, birth
date and region at the rates published for real registers. Nobody in them exists.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_sample.register_names import (
    DEPAN_L,
    DEPAN_P,
    MARGA,
    MUSLIM_L,
    MUSLIM_P,
    vary_name,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Array = np.ndarray[Any, np.dtype[Any]]

PADA = dt.date(2025, 11, 30)
KODE = ("82.71", "82.03", "82.72", "82.01", "81.71", "73.71")
"""Kabupaten/kota of the sample: most households in the first two."""
KECAMATAN = 8
NIK_FAULTS = {
    "kosong": 0.030,
    "ketik": 0.020,
    "tukar": 0.006,
    "keluarga": 0.007,
    "float": 0.008,
    "panjang": 0.004,
}
"""Shares of rows by what is wrong with their NIK."""
_SEGMEN = np.array(["PBI JK", "PBPU Pemda", "PPU-PN", "PPU-BU", "PBPU", "BP"])


@dataclass(frozen=True)
class Registers:
    """Three registers as offices hold them, and who is who."""

    bpjs: pd.DataFrame
    dukcapil: pd.DataFrame
    dtsen: pd.DataFrame
    kebenaran: pd.DataFrame
    """register, baris, orang, cacat_nik, cacat_nama, cacat_lahir, cacat_kode, cacat."""


def _households(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw persons by household with role, sex, birth date and region."""
    sizes = rng.choice([1, 2, 3, 4, 5, 6], n, p=[0.1, 0.14, 0.22, 0.27, 0.17, 0.1])
    keep = int(np.searchsorted(sizes.cumsum(), n)) + 1
    sizes = sizes[:keep]
    house = np.repeat(np.arange(keep), sizes)[:n]
    first = np.r_[True, house[1:] != house[:-1]]
    role = np.arange(n) - np.maximum.accumulate(np.where(first, np.arange(n), 0))
    head_age = np.clip(rng.gamma(6, 7.5, keep), 20, 88)[house]
    child_age = head_age - 22 - rng.gamma(2, 3, n) - 2.2 * np.maximum(role - 2, 0)
    partner_age = head_age + rng.normal(-3, 3, n)
    age = np.select([role == 0, role == 1], [head_age, partner_age], child_age)
    age = np.clip(np.where(age < 0, rng.uniform(0, 14, n), age), 0.01, 95)
    female = np.select([role == 0, role == 1], [rng.random(n) < 0.15, role == 1])
    female = np.where(role > 1, rng.random(n) < 0.49, female)
    share = [0.42, 0.30, 0.12, 0.09, 0.05, 0.02]
    return pd.DataFrame(
        {
            "rumah": house,
            "peran": role,
            "perempuan": female.astype(bool),
            "hari": (age * 365.25).astype(int),
            "tempat": rng.choice(len(KODE), keep, p=share)[house],
            "kecamatan": rng.integers(1, KECAMATAN + 1, keep)[house],
        }
    )


def _birth_dates(people: pd.DataFrame, rng: np.random.Generator) -> Array:
    """Return birth dates: twins share one, some of the old are rounded."""
    n = len(people)
    born = np.datetime64(PADA) - people["hari"].to_numpy().astype("timedelta64[D]")
    child = people["peran"].to_numpy() > 2
    twin = child & (rng.random(n) < 0.03)
    born[twin] = born[np.flatnonzero(twin) - 1]
    year = born.astype("datetime64[Y]")
    old = (year < np.datetime64("1985")) & (rng.random(n) < 0.06)
    months = rng.choice([0, 6, 11], n, p=[0.5, 0.3, 0.2])
    month = year.astype("datetime64[M]") + months.astype("timedelta64[M]")
    last = np.where(months == 11, 30, 0).astype("timedelta64[D]")
    rounded = month.astype("datetime64[D]") + last
    return np.where(old, rounded, born)


def _names(people: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """Return names: given words, then marga or the father's name for many."""
    n = len(people)
    female = people["perempuan"].to_numpy()
    pools = {
        "depan": np.where(female, rng.choice(DEPAN_P, n), rng.choice(DEPAN_L, n)),
        "muslim": np.where(female, rng.choice(MUSLIM_P, n), rng.choice(MUSLIM_L, n)),
        "tengah": np.where(female, rng.choice(DEPAN_P, n), rng.choice(DEPAN_L, n)),
    }
    house = people["rumah"].to_numpy()
    marga = rng.choice(MARGA, house.max() + 1)[house]
    has_marga = (rng.random(house.max() + 1) < 0.55)[house]
    shape = rng.random(n)
    words = []
    for i in range(n):
        given = [pools["depan"][i]]
        if shape[i] < 0.35:
            given = [pools["muslim"][i], *given]
        if 0.2 < shape[i] < 0.6:
            given.append(pools["tengah"][i])
        if has_marga[i]:
            given.append(marga[i])
        elif shape[i] > 0.88:
            given = given[:1]
        elif len(given) == 1:
            given.append(pools["tengah"][i])
        words.append(list(dict.fromkeys(given)))
    _name_families(words, people, rng)
    return [" ".join(given) for given in words]


def _name_families(
    words: list[list[str]], people: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Give some sons their father's name and most twins names alike."""
    role = people["peran"].to_numpy()
    female = people["perempuan"].to_numpy()
    hari = people["hari"].to_numpy()
    for i in np.flatnonzero((role > 1) & ~female & (rng.random(len(role)) < 0.006)):
        words[i] = list(words[i - role[i]])
    same = np.r_[False, hari[1:] == hari[:-1]] & (role > 2)
    for i in np.flatnonzero(same):
        words[i] = [words[i - 1][0], *words[i][1:]]


def _number(people: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """Give every person a valid NIK of the region of first registration."""
    n = len(people)
    place = people["tempat"].to_numpy().copy()
    elsewhere = (people["peran"].to_numpy() < 2) & (rng.random(n) < 0.12)
    place[elsewhere] = rng.integers(0, len(KODE), int(elsewhere.sum()))
    code = np.array([int(kode.replace(".", "")) for kode in KODE])[place]
    born = pd.DatetimeIndex(people["lahir"])
    day = born.day + 40 * people["perempuan"].to_numpy()
    head = (code * 100 + people["kecamatan"].to_numpy()) * 100 + day
    stem = (head * 100 + born.month) * 100 + born.year % 100
    serial = pd.Series(stem).groupby(stem).cumcount().to_numpy() + 1
    return [f"{a:012d}{b:04d}" for a, b in zip(stem, serial, strict=True)]


def build_people(n: int, *, rng: np.random.Generator) -> pd.DataFrame:
    """Draw made-up persons, one row each, as they truly are.

    Parameters
    ----------
    n
        How many.
    rng
        Chance.

    Returns
    -------
    DataFrame
        orang, nik, nama, tanggal_lahir, jenis_kelamin, kode, kecamatan, alamat,
        no_kk, desil, segmen, aktif, hidup (HIDUP, MENINGGAL, PINDAH).
    """
    people = _households(n, rng)
    people["lahir"] = _birth_dates(people, rng)
    people["hari"] = (
        np.datetime64(PADA) - people["lahir"].to_numpy("datetime64[D]")
    ).astype(int)
    names = _names(people, rng)
    houses = int(people["rumah"].max()) + 1
    desil = rng.integers(1, 11, houses)[people["rumah"]]
    segmen, aktif = _memberships(desil, rng)
    hidup = rng.choice(["HIDUP", "MENINGGAL", "PINDAH"], n, p=[0.955, 0.025, 0.02])
    kode = np.array(KODE)[people["tempat"]]
    split = (rng.random(n) < 0.02) & (people["peran"] > 1)
    kode = np.where(split, np.array(KODE)[(people["tempat"] + 1) % len(KODE)], kode)
    road = rng.integers(1, 400, houses)[people["rumah"]]
    return pd.DataFrame(
        {
            "orang": np.arange(n),
            "nik": _number(people, rng),
            "nama": names,
            "tanggal_lahir": people["lahir"].to_numpy("datetime64[D]"),
            "jenis_kelamin": np.where(people["perempuan"], "P", "L"),
            "kode": kode,
            "kecamatan": [f"Kecamatan {k:02d}" for k in people["kecamatan"]],
            "alamat": [f"JL CONTOH NO {number}" for number in road],
            "no_kk": [_card(k, r) for k, r in zip(kode, people["rumah"], strict=True)],
            "desil": desil,
            "segmen": segmen,
            "aktif": aktif,
            "hidup": hidup,
        }
    )


def _card(kode: str, rumah: int) -> str:
    """Write the number of a family card."""
    return f"{kode.replace('.', '')}01{1 + rumah % 28:02d}0112{rumah // 28 % 9999:04d}"


def _memberships(desil: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw segmen by decile, and whether active."""
    poor = rng.choice(_SEGMEN, len(desil), p=[0.58, 0.22, 0.02, 0.05, 0.11, 0.02])
    rest = rng.choice(_SEGMEN, len(desil), p=[0.10, 0.20, 0.18, 0.25, 0.23, 0.04])
    segmen = np.where(desil <= 5, poor, rest)
    chance = {"PBI JK": 0.86, "PBPU": 0.5, "BP": 0.8, "PBPU Pemda": 0.85}
    limit = np.array([chance.get(name, 0.93) for name in segmen])
    return segmen, rng.random(len(desil)) < limit


def _spoil_nik(
    rows: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator, *, scale: float
) -> Array:
    """Plant the NIK faults; return their labels."""
    labels = ["", *NIK_FAULTS]
    shares = [scale * share for share in NIK_FAULTS.values()]
    fault = rng.choice(labels, len(rows), p=[1 - sum(shares), *shares])
    nik = rows["nik"].to_numpy(object)
    owner = rows["orang"].to_numpy()
    known = people["nik"].to_numpy(object)
    relative = _relative(people)
    for i in np.flatnonzero(fault != ""):
        person = int(owner[i])
        if fault[i] == "keluarga" and relative[person] < 0:
            fault[i] = "ketik"
        nik[i] = _spoiled(nik[i], fault[i], rng, known[relative[person]])
    rows["nik"] = nik
    return fault


def _relative(people: pd.DataFrame) -> Array:
    """Return another person of the same household, -1 for who lives alone."""
    card = people["no_kk"].to_numpy(object)
    same_before = np.r_[False, card[1:] == card[:-1]]
    same_after = np.r_[same_before[1:], False]
    index = np.arange(len(people))
    return np.where(same_before, index - 1, np.where(same_after, index + 1, -1))


def _spoiled(nik: str, fault: str, rng: np.random.Generator, relative: str) -> str:
    """Damage one NIK."""
    at = int(rng.integers(6, 15))
    swapped = nik[:at] + nik[at + 1] + nik[at] + nik[at + 2 :]
    digit = str((int(nik[at]) + int(rng.integers(1, 10))) % 10)
    return {
        "kosong": "",
        "ketik": nik[:at] + digit + nik[at + 1 :],
        "tukar": swapped,
        "keluarga": relative,
        "float": f"{nik[0]},{nik[1:6]}E+15",
        "panjang": nik[:at] + nik[at + 1 :],
    }[fault]


def _spoil_names(
    rows: pd.DataFrame, rng: np.random.Generator, *, share: float
) -> Array:
    """Vary a share of the names as clerks do; return the labels."""
    hit = rng.random(len(rows)) < share
    names = rows["nama"].to_numpy(object)
    labels = np.full(len(rows), "", object)
    female = (rows["jenis_kelamin"] == "P").to_numpy()
    for i in np.flatnonzero(hit):
        labels[i], names[i] = vary_name(names[i], rng, perempuan=bool(female[i]))
    rows["nama"] = names
    return labels


def _spoil_dates(
    rows: pd.DataFrame, rng: np.random.Generator, *, share: float
) -> Array:
    """Swap, round, mistype or lose birth dates; return the labels."""
    kinds = ["", "tukar", "bulatkan", "ketik", "kosong"]
    p = [1 - share, share * 0.25, share * 0.25, share * 0.3, share * 0.2]
    fault = rng.choice(kinds, len(rows), p=p)
    born = pd.DatetimeIndex(rows["tanggal_lahir"])
    day, month, year = (
        part.to_numpy().copy() for part in (born.day, born.month, born.year)
    )
    swap = (fault == "tukar") & (day <= 12)
    day, month = np.where(swap, month, day), np.where(swap, day, month)
    typed = (fault == "ketik") | ((fault == "tukar") & ~swap)
    fault[typed] = "ketik"
    year = np.where(typed, year + rng.choice([-10, -1, 1, 10], len(rows)), year)
    rounded = fault == "bulatkan"
    day, month = np.where(rounded, 1, day), np.where(rounded, 1, month)
    day = np.minimum(day, 28 + (month != 2) * 2)
    whole = np.where(typed | swap | rounded, day, born.day)
    text = pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": whole}))
    rows["tanggal_lahir"] = text.mask(pd.Series(fault == "kosong"))
    return fault


def _spoil_places(
    rows: pd.DataFrame, rng: np.random.Generator, *, share: float
) -> Array:
    """Register a share of people in a wrong kabupaten/kota; return the labels."""
    hit = rng.random(len(rows)) < share
    rows["kode"] = np.where(hit, rng.choice(KODE, len(rows)), rows["kode"])
    return np.where(hit, "wilayah", "")


def _spoil(
    rows: pd.DataFrame,
    people: pd.DataFrame,
    rng: np.random.Generator,
    *,
    scale: float,
) -> pd.DataFrame:
    """Plant every fault into one register in place; return the labels."""
    return pd.DataFrame(
        {
            "orang": rows["orang"].to_numpy(),
            "cacat_nik": _spoil_nik(rows, people, rng, scale=scale),
            "cacat_nama": _spoil_names(rows, rng, share=0.38 * scale),
            "cacat_lahir": _spoil_dates(rows, rng, share=0.026 * scale),
            "cacat_kode": _spoil_places(rows, rng, share=0.03 * scale),
        }
    )


def _bpjs_rows(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Choose who is a member; some twice, some who exist nowhere else."""
    n = len(people)
    infant = (np.datetime64(PADA) - people["tanggal_lahir"].to_numpy()).astype(
        "timedelta64[D]"
    ).astype(int) < 365
    member = rng.random(n) < np.where(infant, 0.6, 0.955)
    rows = people[member].copy()
    rows["cacat"] = ""
    twice = rows[rng.random(len(rows)) < 0.012].copy()
    other = np.where(twice["segmen"] == "PBPU Pemda", "PPU-BU", "PBPU Pemda")
    abroad = rng.random(len(twice)) < 0.25
    twice["segmen"] = np.where(abroad, twice["segmen"], other)
    twice["kode"] = np.where(abroad, "73.71", twice["kode"])
    twice["cacat"] = np.where(abroad, "ganda_provinsi", "ganda_segmen")
    return pd.concat([rows, twice], ignore_index=True)


def build_registers(n: int, *, seed: int = 0) -> Registers:
    """Draw three registers of about `n` persons and the truth about them.

    Parameters
    ----------
    n
        Persons that exist.
    seed
        Seed of all chance.

    Returns
    -------
    Registers
        Rows in random order; `kebenaran` names the person of every row by register
        and row number (from 0).
    """
    rng = np.random.default_rng(seed)
    people = build_people(n, rng=rng)
    ghosts = build_people(max(n // 200, 2), rng=rng)
    ghosts["orang"] += n
    ghosts["nik"] = [
        f"{nik[:12]}{9000 + int(nik[12:]) % 999:04d}" for nik in ghosts["nik"]
    ]
    everyone = pd.concat([people, ghosts], ignore_index=True)
    bpjs = pd.concat([_bpjs_rows(people, rng), ghosts.assign(cacat="hantu")])
    dukcapil = people[rng.random(n) < 0.99].assign(cacat="")
    listed = (people["desil"] <= 6) & (rng.random(n) < 0.97)
    dtsen = people[listed].assign(cacat="")
    frames, truths = {}, []
    for name, rows, scale in (
        ("bpjs", bpjs, 1.0),
        ("dukcapil", dukcapil, 0.02),
        ("dtsen", dtsen, 0.5),
    ):
        mixed = rows.sample(frac=1, random_state=rng).reset_index(drop=True)
        truth = _spoil(mixed, everyone, rng, scale=scale)
        truth.insert(0, "baris", np.arange(len(truth)))
        truth.insert(0, "register", name)
        truths.append(truth.assign(cacat=mixed["cacat"].to_numpy()))
        frames[name] = mixed
    return Registers(
        bpjs=_as_bpjs(frames["bpjs"]),
        dukcapil=_as_dukcapil(frames["dukcapil"]),
        dtsen=_as_dtsen(frames["dtsen"]),
        kebenaran=pd.concat(truths, ignore_index=True),
    )


_PERSON = [
    "nik", "nama", "tanggal_lahir", "jenis_kelamin", "kode", "kecamatan", "alamat",
    "no_kk",
]  # fmt: skip


def _as_bpjs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the BPJS extract."""
    status = np.where(rows["aktif"], "AKTIF", "NONAKTIF")
    card = [f"0001{number:09d}" for number in rows["orang"] * 2 + rows.index % 2]
    return rows[_PERSON].assign(
        no_kartu=card, segmen=rows["segmen"].to_numpy(), status=status
    )


def _as_dukcapil(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the Dukcapil extract."""
    return rows[_PERSON].assign(status=rows["hidup"].to_numpy())


def _as_dtsen(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the DTSEN extract."""
    return rows[_PERSON].assign(desil=rows["desil"].to_numpy())


def write_registers(folder: Path, *, n: int, seed: int = 0) -> list[Path]:
    """Write made-up registers as three offices would send them, and the truth.

    Parameters
    ----------
    folder
        Gets ``register_bpjs.csv`` (``;``, dates 31/12/1999), ``register_dukcapil
        .parquet``, ``register_dtsen.csv`` (``,``, ISO dates) and, in a folder of
        its own, ``kebenaran/kebenaran.csv``.
    n
        Persons that exist.
    seed
        Seed of all chance.
    """
    made = build_registers(n, seed=seed)
    truth = folder / "kebenaran"
    truth.mkdir(parents=True, exist_ok=True)
    paths = [
        folder / "register_bpjs.csv",
        folder / "register_dukcapil.parquet",
        folder / "register_dtsen.csv",
        truth / "kebenaran.csv",
    ]
    headed = made.bpjs.rename(columns=dict(_HEADINGS))
    headed.to_csv(paths[0], sep=";", index=False, date_format="%d/%m/%Y")
    made.dukcapil.to_parquet(paths[1], index=False)
    made.dtsen.to_csv(paths[2], index=False, date_format="%Y-%m-%d")
    made.kebenaran.to_csv(paths[3], index=False)
    return paths


_HEADINGS: Sequence[tuple[str, str]] = (
    ("nik", "NIK"),
    ("nama", "Nama Peserta"),
    ("tanggal_lahir", "Tgl Lahir"),
    ("jenis_kelamin", "JK"),
    ("kode", "Kode Kab/Kota"),
    ("kecamatan", "Kecamatan"),
    ("alamat", "Alamat"),
    ("no_kk", "No KK"),
    ("no_kartu", "Nomor Kartu"),
    ("segmen", "Segmentasi"),
    ("status", "Status Peserta"),
)
