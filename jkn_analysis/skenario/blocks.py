"""Simulate arrears a province at a time and keep what is asked of regions."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.tunggakan.ahead import sum_regions
from jkn_analysis.tunggakan.simulate import ArrearsPaths, Changes, simulate_tunggakan
from jkn_analysis.tunggakan.stock import Stock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jkn_analysis.tunggakan.rates import Laju
    from jkn_analysis.tunggakan.simulate import Draws

_SEEN = 8
"""Months of stocks a simulation starts from."""
_TOTALS = ("jiwa", "rp", "dapat_ditagih_rp", "penerimaan_rp")


def simulate_regions(
    laju: Laju, stok: Stock, *, undian: Draws, ubahan: Changes | None = None
) -> ArrearsPaths:
    """Simulate arrears and sum kelas to regions.

    Parameters
    ----------
    laju, stok, undian, ubahan
        As in `simulate_tunggakan`.

    Returns
    -------
    ArrearsPaths
        With regions for units; ``dasar_jiwa`` counts payers, where they are not
        known less those in arrears who would pay.
    """
    change = ubahan or Changes()
    recent = Stock(
        stok.unit,
        stok.periode[-_SEEN:],
        stok.jiwa[-_SEEN:],
        stok.rp[-_SEEN:],
        stok.dasar_jiwa[-_SEEN:],
    )
    parts = []
    for rows in _list_blocks(stok.kode):
        own = laju.take(rows)
        path = simulate_tunggakan(
            own,
            take_stock(recent, rows),
            undian=_seed(take_draws(undian, rows), str(stok.kode[rows.start])),
            ubahan=_take_change(change, rows),
        )
        parts.append(_sum_units(path, own))
    return _join(parts)


def _list_blocks(kode: np.ndarray) -> Iterator[slice]:
    """Yield the units of one province at a time; units are sorted by region."""
    province = np.array([str(name)[:2] for name in kode])
    first = np.flatnonzero(np.r_[True, province[1:] != province[:-1]])
    for low, high in pairwise([*first.tolist(), len(kode)]):
        yield slice(low, high)


def take_stock(stok: Stock, rows: slice) -> Stock:
    """Take the stocks of some units."""
    unit = stok.unit.iloc[rows].reset_index(drop=True)
    cubes = (stok.jiwa[:, :, rows], stok.rp[:, :, rows], stok.dasar_jiwa[:, rows])
    return Stock(unit, stok.periode, *cubes)


def take_draws(undian: Draws, rows: slice) -> Draws:
    """Take the draws of some units."""
    return replace(
        undian,
        keluar=undian.keluar[:, rows],
        masuk=undian.masuk[rows],
        faktor_keluar=undian.faktor_keluar[:, rows],
        faktor_masuk=undian.faktor_masuk[:, rows],
    )


def _seed(undian: Draws, kode: str) -> Draws:
    """Give a province noise of its own, whoever is simulated beside it."""
    return replace(undian, benih=undian.benih + 1_000 * int(kode[:2]))


def _take_change(change: Changes, rows: slice) -> Changes:
    """Take what a scenario changes in a block."""
    fields = ("keluar", "masuk", "tarif", "hapus", "kembali")
    own = {name: getattr(change, name) for name in fields}
    return Changes(
        **{n: None if part is None else part[:, rows] for n, part in own.items()},
        cicil={count: part[:, rows] for count, part in change.cicil.items()},
    )


def _sum_units(jalur: ArrearsPaths, laju: Laju) -> ArrearsPaths:
    """Sum the units of a block to regions."""
    kode = jalur.unit["kode"].to_numpy(dtype=object)
    known = laju.ada_dasar[None, :, None]
    waiting = laju.bagian_bayar[None, :, None] * jalur.jiwa
    payers = np.where(known, jalur.dasar_jiwa, -waiting)
    totals = {name: sum_regions(getattr(jalur, name), kode) for name in _TOTALS}
    return ArrearsPaths(
        jalur.unit.drop_duplicates("kode").reset_index(drop=True).assign(kelas=0),
        jalur.periode,
        **totals,
        dasar_jiwa=sum_regions(payers, kode),
        arus={name: sum_regions(part, kode) for name, part in jalur.arus.items()},
        kelompok={
            age: {name: sum_regions(values, kode) for name, values in part.items()}
            for age, part in jalur.kelompok.items()
        },
    )


def take_path(path: ArrearsPaths, rows: slice) -> ArrearsPaths:
    """Take the paths of some regions."""
    return ArrearsPaths(
        path.unit.iloc[rows].reset_index(drop=True),
        path.periode,
        **{name: getattr(path, name)[:, rows] for name in (*_TOTALS, "dasar_jiwa")},
        arus={name: part[:, rows] for name, part in path.arus.items()},
        kelompok={
            age: {name: values[:, rows] for name, values in part.items()}
            for age, part in path.kelompok.items()
        },
    )


def _join(parts: list[ArrearsPaths]) -> ArrearsPaths:
    """Put blocks of regions side by side."""

    def join(values: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(values, axis=1)

    first = parts[0]
    return ArrearsPaths(
        pd.concat([part.unit for part in parts], ignore_index=True),
        first.periode,
        **{name: join([getattr(p, name) for p in parts]) for name in _TOTALS},
        dasar_jiwa=join([part.dasar_jiwa for part in parts]),
        arus={name: join([part.arus[name] for part in parts]) for name in first.arus},
        kelompok={
            age: {name: join([p.kelompok[age][name] for p in parts]) for name in group}
            for age, group in first.kelompok.items()
        },
    )
