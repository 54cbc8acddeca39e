"""Register differences of the sample as counts, consistent with its kepesertaan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_analysis.rekonsiliasi.publish import measure_worth
from jkn_analysis.rekonsiliasi.reasons import ALASAN
from jkn_analysis.suppression import THRESHOLD_JIWA

if TYPE_CHECKING:
    from collections.abc import Sequence

_OF_MUTATION = {
    "nonaktif_miskin": 0.33,
    "nonaktif_mutasi": 0.35,
    "nik_diperbaiki": 0.07,
    "tidak_ada_di_dukcapil": 0.09,
    "meninggal": 0.06,
    "pindah": 0.10,
}
"""How inactive members without arrears divide; all of them inactive."""
_OF_ACTIVE = {
    "nama_beda": 0.021,
    "lahir_beda": 0.004,
    "alamat_beda": 0.012,
    "meninggal_pbi": 0.0021,
    "ganda_segmen": 0.0035,
    "ganda_provinsi": 0.0012,
    "pemda_sudah_ppu": 0.0016,
    "nik_tidak_sah": 0.0009,
}
"""Shares of active members by what their record needs."""
_OF_PEOPLE = {"bayi_belum_terdaftar": 0.0045, "miskin_tanpa_jaminan": 0.006}


def build_sample_selisih(
    kepesertaan: pd.DataFrame,
    penduduk: pd.DataFrame,
    *,
    periode: Sequence[str] = ("2025-08-01", "2025-11-01"),
    seed: int = 0,
) -> pd.DataFrame:
    """Make counts of register differences for whole regions (DATA CONTOH).

    Parameters
    ----------
    kepesertaan, penduduk
        Tables of the sample.
    periode
        Months of the extracts.
    seed
        Start of all chance.

    Returns
    -------
    DataFrame
        Table ``selisih`` without kecamatan.
    """
    rng = np.random.default_rng(seed)
    months = kepesertaan[kepesertaan["periode"].isin(pd.to_datetime(list(periode)))]
    sums = months.groupby(["kode", "periode"], as_index=False).sum(numeric_only=True)
    newest = penduduk.sort_values("berlaku_mulai").groupby("kode")["penduduk_jiwa"]
    people = {str(kode): int(jiwa) for kode, jiwa in newest.last().items()}
    sums["penduduk"] = sums["kode"].map(people).astype("int64")
    rows = [row for record in sums.to_dict("records") for row in _rows(record, rng)]
    frame = pd.DataFrame(rows)
    frame["kantor"] = [ALASAN[code].kantor.value for code in frame["alasan"]]
    frame["kecamatan"] = None
    worth = measure_worth(frame, people)
    frame["dampak_keaktifan_rate"] = worth.round(6)
    return frame


def _rows(record: dict[Any, Any], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Divide the members of one region and month by reason."""
    number = {
        name: int(value)
        for name, value in record.items()
        if name.endswith(("jiwa", "penduduk"))
    }
    idle = number["nonaktif_mutasi_jiwa"]
    counts = {"nonaktif_menunggak": (number["nonaktif_menunggak_jiwa"],) * 2}
    weight = {
        code: share * rng.uniform(0.9, 1.1) for code, share in _OF_MUTATION.items()
    }
    explained = idle * rng.uniform(0.95, 0.99) / sum(weight.values())
    for code, share in weight.items():
        part = int(explained * share)
        counts[code] = (part, part)
    for code, share in _OF_ACTIVE.items():
        counts[code] = (round(number["aktif_jiwa"] * share * rng.uniform(0.8, 1.2)), 0)
    for code, share in _OF_PEOPLE.items():
        counts[code] = (round(number["penduduk"] * share * rng.uniform(0.8, 1.2)), 0)
    missing = max(number["penduduk"] - number["terdaftar_jiwa"], 0)
    counts["belum_terdaftar"] = (missing, 0)
    return [
        {
            "kode": record["kode"],
            "periode": record["periode"],
            "alasan": code,
            "jumlah_jiwa": total,
            "nonaktif_jiwa": inactive,
        }
        for code, (total, inactive) in counts.items()
        if total >= THRESHOLD_JIWA
    ]
