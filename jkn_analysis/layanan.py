"""Care in use: what participants use, and who needs it while their cover is off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.peraturan import look_up
from jkn_analysis.suppression import tell_fives
from jkn_analysis.tables import conform

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from jkn_analysis.peraturan import Aturan

LAYANAN = "layanan"
KELUHAN = ("keluhan_administrasi", "keluhan_layanan", "keluhan_obat")
SEBULAN = {"rawat_inap": 12, "persalinan": 12, "cuci_darah": 1}
"""People in care who are counted, and what turns the national rate into a month's:
admissions and births come by the year, patients on dialysis are there all year."""
_MONTHS, _LEAST = 12, 3
"""Own rates are of at most so many months, and of no fewer."""


def publish(frame: pd.DataFrame) -> pd.DataFrame:
    """Hide counts of 1 to 4 people in care and write the others in fives."""
    told = conform(frame, LAYANAN)
    return told.assign(**{name: tell_fives(told[name]) for name in SEBULAN})


def prepare_layanan(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Add complaints up and put the doctors last counted beside, a year old at most."""
    frame = conform(tables[LAYANAN], LAYANAN).sort_values("periode", kind="stable")
    frame = frame.assign(keluhan=frame[[*KELUHAN]].sum(axis=1, skipna=False))
    doctors = conform(tables.get("faskes", pd.DataFrame()), "faskes")
    doctors = doctors[["kode", "periode", "dokter"]].sort_values("periode")
    return pd.merge_asof(
        frame,
        doctors,
        on="periode",
        by="kode",
        tolerance=pd.Timedelta(days=366),
    ).astype({"dokter": "Int64"})


@dataclass(frozen=True)
class Laju:
    """How much care people need in a month, per person."""

    per_orang: float
    aturan: Aturan | None = None
    """The national figure it is; None where it is the region's own."""


@dataclass(frozen=True)
class Risiko:
    """Care that people without cover are expected to need in one month."""

    nonaktif_jiwa: int
    laju: dict[str, Laju]
    """By the names of `SEBULAN`; a rate not known by then is not there."""

    @property
    def harapan(self) -> dict[str, int]:
        """Expected people in care, half rounded up."""
        return {
            name: int(self.nonaktif_jiwa * rate.per_orang + 0.5)
            for name, rate in self.laju.items()
        }


def find_rates(
    layanan: pd.DataFrame, aktif: pd.Series, *, tanggal: dt.date
) -> dict[str, Laju]:
    """Find the region's own rates of care, the national one where it has none.

    Parameters
    ----------
    layanan
        Rows of one region, months up to the date.
    aktif
        Active participants of the region, people by first of month.
    tanggal
        Day of the page: no national figure published later is used.

    Returns
    -------
    dict
        `Laju` by the names of `SEBULAN`. An own rate is a quotient of sums over the
        last 12 months that were sent, at least 3, none of them hidden as small.
    """
    found = {}
    for name, parts in SEBULAN.items():
        own = _find_own(layanan, name, aktif)
        rule = look_up("layanan_per_1000", tanggal, kunci=name)
        if own is not None:
            found[name] = Laju(own)
        elif rule is not None and rule.nilai and rule.is_known(tanggal):
            found[name] = Laju(rule.nilai / 1000 / parts, rule)
    return found


def _find_own(layanan: pd.DataFrame, name: str, aktif: pd.Series) -> float | None:
    """Divide the care of the last months by the active people of the same months."""
    counts = layanan.set_index("periode")[name].sort_index().tail(_MONTHS)
    people = aktif.reindex(counts.index)
    if len(counts) < _LEAST or counts.isna().any() or people.isna().any():
        return None
    whole = float(people.sum())
    return float(counts.sum()) / whole if whole > 0 else None
