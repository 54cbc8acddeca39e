"""Figures that no region can have, against its population and the premium in force.

A suspicion of this kind stops the delivery until the office confirms it in the config
file: a wrong unit or a branch's total is otherwise stored as a fact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.rows.work import Work
from jkn_analysis.cleaning.values.months import NAMES
from jkn_analysis.cleaning.words import Said, listed, say
from jkn_analysis.tables import Table
from jkn_analysis.terms import SEGMEN, TOTAL
from jkn_analysis.wilayah import get_wilayah, read_penduduk

LEAST_COVERAGE, MOST_COVERAGE = 0.3, 1.5
"""Registered by population; districts of Papua pass the upper one, so the typical
region of a delivery decides, and one that is `FAR` from the others."""
FAR = 3.0
LEAST_ACTIVE = 0.1
LEAST_JIWA = 1_000
"""Registered from which a share of active ones means something."""
MOST_CHANGE = 0.15
"""Difference of a population from its next count."""
MOST_GROWTH = 0.05
"""Growth of a population in a year, where counts are years apart."""
TARIF_RP = {0: 42_000, 1: 150_000, 2: 100_000, 3: 42_000}
"""Monthly premium of one member by kelas (Perpres 64/2020 art. 34)."""
NEAR_TARIF = (0.2, 5.0)
MOST_SHIFT = 0.8
"""Shift of a budget by the budget, from which it is doubted."""
RESIDENT_RP = (20.0, 200_000.0)
"""Premium billed in a month by resident; a wrong unit is a thousand times off."""


@dataclass(frozen=True)
class Doubt:
    """What cannot be: its kind in the settings, the fact, the likely cause."""

    what: str
    fact: Said
    cause: Said
    stops: bool = True
    """Whether it stops the delivery until the office confirms it."""


def check_plausible(table: Table, works: Sequence[Work], frame: pd.DataFrame) -> None:
    """Report what no region can have; a fault unless the settings confirm it."""
    find = {
        "kepesertaan": _doubt_members,
        "penduduk": _doubt_population,
        "iuran": _doubt_premium,
        "iuran_pemda": _doubt_pemda,
        "tunggakan_peserta": _doubt_arrears,
        "anggaran": _doubt_budget,
    }.get(table.name)
    if find is None or not len(frame):
        return
    for doubt in (*_doubt_titles(table, works), *find(frame)):
        work = works[int(frame["_sheet"].iloc[0])]
        accepted = work.accepts(doubt.what) or not doubt.stops
        if not accepted:
            for number in frame["_sheet"].dropna().unique():
                works[int(number)].bad[:] = True
        work.report(
            "implausible",
            severity="suspicion" if accepted else "fault",
            fact=doubt.fact,
            cause=doubt.cause,
            setting=work.acceptance(doubt.what),
        )


_SEX = r"perempuan|wanita|laki\W?laki|pria"
_ONE = (
    r"(?<!menurut )(?<!setiap )(?<!tiap )(?<!per )(?<!dan )\b(?:kec(?:amatan|\.)|"
    r"kelurahan|desa|distrik|puskesmas|pkm|klinik)\s+(?!(?:dan|di|se|kab\w*|kota|prov\w*|tahun|thn|"
    rf"bulan|per|menurut|yang|pada|wilayah|{NAMES})\b)[^\W\d]+"
)
_PART = re.compile(
    rf"(?P<sex>\b(?:{_SEX})\b)|{_ONE}|\b(?:lansia|balita|bayi|remaja|usia\s+\d+|"
    r"anak\W?anak|kepala\s+keluarga|kk|wajib\s+(?:e-?)?ktp)\b|"
    r"\bpeserta\s+(?:jkn\s+)?(?:baru|mutasi|meninggal|pindah)\b|"
    r"\bpenduduk\s+(?:miskin|rentan|wajib|usia)\b|"
    r"^(?:(?:data|rekap\w*|laporan|jumlah|daftar|tabel)\s+)*(?:target|rencana|proyeksi|"
    r"estimasi|penambahan|pengurangan|selisih|rata\W?rata|pertumbuhan|kenaikan|"
    r"penurunan)\b",
    re.IGNORECASE,
)
"""What in a title says that its figures are a part, or of another quantity."""
_ONE_KELAS = re.compile(
    r"\bkelas\s+(?:i{1,3}|[1-3])\b(?!\s*(?:[,/&+-]|dan\b|s\.?/?d|sampai))",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\b(?:jl|jln|jalan|telp|telepon|alamat|kode\s+pos)\b", re.I)


def _doubt_titles(table: Table, works: Sequence[Work]) -> list[Doubt]:
    """Doubt figures whose title names one sex, age, kelas, kecamatan or a target."""
    doubts = {}
    for work in works:
        sheet = work.sheet
        for line in (*sheet.title, sheet.sheet, sheet.path.stem.replace("_", " ")):
            word = _part_in(line, by_kelas="kelas" in work.roles.identifiers)
            if word and table.name != "anggaran":
                cause = say("does '{word}' say that these are not all?", word=word)
                fact = say("title '{line}'", line=line)
                doubts[line] = Doubt("judul", fact, cause)
    return list(doubts.values())[:1]


def _part_in(line: str, *, by_kelas: bool) -> str:
    """Return the words of a title that make its figures a part, "" where none does."""
    if _ADDRESS.search(line):
        return ""
    found = list(_PART.finditer(line))
    sexes = {match["sex"].lower()[0] for match in found if match["sex"]}
    found = [match for match in found if not match["sex"] or len(sexes) == 1]
    found += [] if by_kelas else list(_ONE_KELAS.finditer(line))
    return found[0].group() if found else ""


@cache
def _population() -> pd.Series:
    """Return the population that ships with the package, by code."""
    return read_penduduk().set_index("kode")["penduduk_jiwa"].astype(float)


@cache
def _dates() -> pd.Series:
    """Return the first day of validity of that population, by code."""
    return pd.to_datetime(read_penduduk().set_index("kode")["berlaku_mulai"])


def _named(rates: pd.Series) -> Said:
    """Return the first regions of some rates with them."""
    pairs = zip(rates.index.get_level_values(0), rates, strict=True)
    return listed([f"{get_wilayah(k).nama_lengkap} {rate:.0%}" for k, rate in pairs], 3)


def _times(ratio: float) -> Said:
    """Return the likely cause of a figure that is `ratio` times what it may be."""
    if ratio >= 100:
        return say("about a thousand times too large; is the unit ribu, not juta?")
    if ratio > 1:
        return say("is it the total of several kabupaten/kota, as of a branch office?")
    if ratio <= 0.01:
        return say("about a thousand times too small; are the figures in thousands?")
    return say("is it only a part of the region?")


def _sum_by_month(frame: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return registered, active and segmen by number of the region, and its codes.

    One row for each month. Keys are unique here, so the rows of a month are its segmen.
    """
    kode, regions = pd.factorize(frame["kode"])
    month, months = pd.factorize(frame["periode"])
    cell, cells = kode * len(months) + month, len(regions) * len(months)
    active = frame["aktif_jiwa"].to_numpy(dtype=float, na_value=np.nan)
    registered = frame["terdaftar_jiwa"].to_numpy(dtype=float, na_value=np.nan)
    people = _population().reindex(regions).to_numpy()
    sums = pd.DataFrame(
        {
            "penduduk": np.repeat(people, len(months)),
            "terdaftar": np.bincount(cell, registered, cells),
            "aktif": np.bincount(cell, np.nan_to_num(active), cells),
            "diketahui": np.bincount(cell, np.isnan(active), cells) == 0,
            "segmen": np.bincount(cell, minlength=cells),
            "semua": np.bincount(cell, frame["segmen"] == TOTAL, cells) > 0,
        },
        index=np.repeat(np.arange(len(regions)), len(months)),
    )
    return sums[sums["segmen"] > 0], np.asarray(regions, dtype=object)


def _doubt_members(frame: pd.DataFrame) -> list[Doubt]:
    """Doubt coverage outside 30-150% and active members below 10%."""
    doubts = []
    sums, regions = _sum_by_month(frame)
    rate = sums["terdaftar"] / sums["penduduk"]
    known = rate.notna().to_numpy()
    rate = rate[known]
    middle = rate.median()
    far = 0.0 if middle > MOST_COVERAGE else FAR * middle
    high = rate[rate > max(MOST_COVERAGE, far)]
    whole = ((sums["segmen"] == len(SEGMEN)) | sums["semua"]).to_numpy()[known]
    low = rate[whole & (rate < LEAST_COVERAGE).to_numpy()]
    for found in (high, low, rate[rate > MOST_COVERAGE]):
        if len(found):
            names = _named(found.set_axis(regions[found.index]))
            fact = say("coverage of {names}", names=names)
            cause, stops = _times(float(found.iloc[0])), found is high or found is low
            doubts.append(Doubt("cakupan", fact, cause, stops=stops))
            break
    large = sums[(sums["terdaftar"] >= LEAST_JIWA) & sums["diketahui"]]
    active = large["aktif"] / large["terdaftar"]
    few = active[active < LEAST_ACTIVE]
    if len(few):
        percent = (frame["aktif_jiwa"].dropna() <= 100).all()
        cause = say("does the column of active members hold percents?")
        other = say("are they active members, or those of one group?")
        names = _named(few.set_axis(regions[few.index]))
        fact = say("active of registered in {names}", names=names)
        doubts.append(Doubt("keaktifan", fact, cause if percent else other))
    return doubts


def _doubt_population(frame: pd.DataFrame) -> list[Doubt]:
    """Doubt a population far from its next count: a later one, or that which ships.

    Counts years apart may differ more.
    """
    dates = pd.to_datetime(frame["berlaku_mulai"])
    ordered = frame.assign(berlaku_mulai=dates).sort_values(["kode", "berlaku_mulai"])
    kode, count = ordered["kode"], ordered["penduduk_jiwa"].astype(float)
    shipped = kode.map(_population())
    dated = kode.map(_dates())
    later = kode.eq(kode.shift(-1))
    known = count.shift(-1).where(later, shipped)
    when = ordered["berlaku_mulai"].shift(-1).where(later, dated)
    years = (when - ordered["berlaku_mulai"]).abs().dt.days / 365.25
    most = (MOST_GROWTH * years.fillna(0)).clip(lower=MOST_CHANGE).to_numpy()
    rate = pd.Series((count / known).to_numpy(), kode)
    off = rate[(rate - 1).abs().to_numpy() > most]
    if not len(off):
        return []
    fact = say("population of {names} of the one known", names=_named(off))
    ratio = float(off.iloc[0])
    part = say("is it only one sex, or only those of an age?")
    between = 0.01 < ratio < 100
    return [Doubt("penduduk", fact, part if between else _times(ratio))]


def _doubt_premium(frame: pd.DataFrame) -> list[Doubt]:
    """Doubt premiums that are far from what a region's people can be billed."""
    billed = frame.groupby(["kode", "periode"], observed=True)["ditagih_rp"].sum()
    people = _population().reindex(billed.index.get_level_values("kode")).to_numpy()
    each = (billed.astype(float) / people).dropna()
    typical = float(each[each > 0].median()) if (each > 0).any() else RESIDENT_RP[0]
    return _off_tariff(typical, RESIDENT_RP, say("premium billed by resident"))


def _doubt_pemda(frame: pd.DataFrame) -> list[Doubt]:
    """Doubt bills of local governments far from the premium of their members."""
    due = frame["terisi_jiwa"].astype(float) * TARIF_RP[0]
    return _by_tariff(frame["tagihan_rp"], due, say("bill by member"))


def _doubt_arrears(frame: pd.DataFrame) -> list[Doubt]:
    """Doubt arrears far from the months and premiums that members owe."""
    tarif = frame["kelas"].astype(int).map(TARIF_RP).astype(float)
    months = frame["umur_bulan"].astype(float)
    due = frame["peserta_jiwa"].astype(float) * months * tarif
    return _by_tariff(frame["tunggakan_rp"], due, say("arrears by member and month"))


def _doubt_budget(frame: pd.DataFrame) -> list[Doubt]:
    """Doubt shifts as large as the budget: they are what it is after the shift."""
    share = (frame["pergeseran_rp"].abs() / frame["pagu_rp"])[frame["pagu_rp"] > 0]
    if not (share >= MOST_SHIFT).any():
        return []
    fact = say("shift against budget: {amount}", amount=f"{share.max():.0%}")
    return [Doubt("pergeseran", fact, say("is it the budget after the shift?"))]


def _by_tariff(amount: pd.Series, due: pd.Series, what: Said) -> list[Doubt]:
    """Doubt amounts whose typical ratio to what is due is a power of ten off."""
    ratio = (amount.astype(float) / due)[(due > 0) & (amount > 0)].median()
    if pd.isna(ratio):
        return []
    low, high = (bound * TARIF_RP[3] for bound in NEAR_TARIF)
    return _off_tariff(float(ratio) * TARIF_RP[3], (low, high), what)


def _off_tariff(each: float, bounds: tuple[float, float], what: Said) -> list[Doubt]:
    """Doubt an amount of one member that is outside its bounds."""
    low, high = bounds
    if low <= each <= high:
        return []
    fact = say(
        "{what}: {amount}", what=what, amount="Rp" + f"{each:,.0f}".replace(",", ".")
    )
    small = say(
        "too small by a power of ten; are the figures in thousands or millions?"
    )
    large = say("too large by a power of ten; is the unit in the title right?")
    return [Doubt("tarif", fact, small if each < low else large)]
