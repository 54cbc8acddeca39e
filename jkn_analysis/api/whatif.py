"""What if: one change in some regions, summed draw by draw, beside no change."""

from __future__ import annotations

import re
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import InputError
from jkn_analysis.masa_depan import read_paths
from jkn_analysis.masa_depan.paths import read_quantiles
from jkn_analysis.skenario import (
    build_keadaan,
    kuota_ubah,
    potong_pbi,
    rehab,
)
from jkn_analysis.store import read_table, read_table_or_empty
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jkn_analysis.skenario import Applied, Skenario, State

READ = ("kepesertaan", "iuran_pemda", "tunggakan_peserta", "iuran", "peristiwa")
_PERCENT = re.compile(r"\s*([+-]?\d+(?:[.,]\d+)?)\s*%\s*")


def read_percent(text: str, name: str) -> float:
    """Read ``+10%`` or ``-11%``.

    Raises
    ------
    InputError
        If it is no percentage.
    """
    found = _PERCENT.fullmatch(text)
    if not found:
        raise InputError(f"{name} '{text}' bukan persen\n  → tulis seperti '+10%'")
    return float(found[1].replace(",", "."))


def compose(
    mulai: str, *, kuota: str | None, pbi: str | None, rehab_ikut: str | None
) -> Skenario:
    """Put the changes that were named together into one scenario.

    Raises
    ------
    InputError
        If none was named or one is no percentage.
    """
    parts = []
    if kuota is not None:
        parts.append(kuota_ubah(mulai, persen=read_percent(kuota, "kuota")))
    if pbi is not None:
        parts.append(potong_pbi(mulai, -read_percent(pbi, "pbi")))
    if rehab_ikut is not None:
        parts.append(rehab(mulai, read_percent(rehab_ikut, "rehab")))
    if not parts:
        raise InputError("tidak ada yang diubah\n  → sebut kuota, pbi atau rehab")
    return reduce(add, parts)


def read_tables(
    root: Path, kode: Sequence[str], *, cutoff: str | None = None
) -> dict[str, pd.DataFrame]:
    """Read the delivered tables a scenario starts from, of some kabupaten/kota."""
    return {
        name: read_table_or_empty(name, root=root, kode=kode, cutoff=cutoff)
        for name in READ
    }


def build_state(
    tables: Mapping[str, pd.DataFrame],
    root: Path,
    kode: Sequence[str],
    *,
    cutoff: str | None = None,
) -> State:
    """Build what a scenario starts from.

    Parameters
    ----------
    tables
        From `read_tables`.
    root
        Folder of processed tables.
    kode
        Kabupaten/kota.
    cutoff
        Data month, ``2025-11``; the newest if None.
    """
    read = partial(read_table, root=root, cutoff=cutoff)
    return build_keadaan(
        tables,
        read_paths(root, kode=kode, cutoff=cutoff),
        kode=kode,
        laju=read("laju_tunggakan", kode=[*kode, NASIONAL]),
        uji=read("uji_tunggakan", kode=kode),
    )


def lay_out(base: Applied, other: Applied) -> pd.DataFrame:
    """Sum regions draw by draw with and without a scenario.

    Returns
    -------
    DataFrame
        ``ukuran, dasar, jika, selisih, selisih_bawah, selisih_atas``: medians at the
        last month ahead (rupiah of the Pemda: all months ahead), the 80% interval of
        the difference; ``selisih`` is ``jika`` less ``dasar``.
    """
    before, after = _sums(base), _sums(other)
    return pd.DataFrame([_row(name, before[name], after[name]) for name in before])


def _sums(hasil: Applied) -> dict[str, np.ndarray]:
    """Sum each measure over the regions, one value per draw."""
    people = hasil.keadaan.paths.penduduk.sum()
    active = hasil.ukuran["aktif_jiwa"][-1].sum(axis=0)
    found = {"aktif_jiwa": active, "keaktifan_penduduk_rate": active / people}
    for name in ("tunggakan_pemda_rp", "tunggakan_peserta_rp"):
        if name in hasil.ukuran:
            found[name] = hasil.ukuran[name][-1].sum(axis=0)
    if "anggaran_rp" in hasil.ukuran:
        found["iuran_pemda_rp"] = hasil.ukuran["anggaran_rp"].sum(axis=(0, 1))
    return found


def _row(name: str, base: np.ndarray, other: np.ndarray) -> dict[str, object]:
    """Lay out one measure; the difference of the medians subtracts exactly."""
    shape = np.broadcast_shapes(base.shape, other.shape)
    moved = np.broadcast_to(other, shape) - np.broadcast_to(base, shape)
    low, high = np.quantile(moved, [0.1, 0.9])
    people = name in {"aktif_jiwa", "keaktifan_penduduk_rate"}
    now, then = (
        float(read_quantiles(one, [0.5], middle=people)[0]) for one in (base, other)
    )
    return {
        "ukuran": name,
        "dasar": now,
        "jika": then,
        "selisih": then - now,
        "selisih_bawah": min(low, then - now),
        "selisih_atas": max(high, then - now),
    }
