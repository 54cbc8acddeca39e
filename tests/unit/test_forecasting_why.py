"""What a change is made of adds up to the person."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.why import PARTS, build_perubahan, explain

MONTHS = pd.date_range("2022-01-01", periods=36, freq="MS")


def counts(changes: dict[str, np.ndarray]) -> pd.DataFrame:
    frames = []
    for kode, change in changes.items():
        values = 100_000 + np.cumsum(change)
        rows = {"kode": kode, "periode": MONTHS, "nilai": np.round(values)}
        frames.append(pd.DataFrame(rows))
    table = pd.concat(frames, ignore_index=True)
    return table.assign(
        indikator="aktif_jiwa", segmen="total", pembilang=np.nan, penyebut=np.nan
    )


def test_parts_add_up_to_the_change_of_every_month():
    rng = np.random.default_rng(0)
    made = build_perubahan(
        counts({f"82.{k:02d}": rng.normal(50, 300, 36) for k in range(1, 6)}),
        pd.DataFrame(),
    )
    assert (made[list(PARTS)].sum(axis=1) == made["jumlah_jiwa"]).all()
    assert len(made) == 5 * 35


def test_what_all_regions_did_is_the_provinces_and_the_rest_its_own():
    together = np.where(np.arange(36) == 35, 1_000.0, 0.0)
    changes = {f"82.{k:02d}": together.copy() for k in range(1, 6)}
    changes["82.01"][35] += 400
    made = build_perubahan(counts(changes), pd.DataFrame())
    why = explain(
        made, "82.01", sejak=dt.date(2024, 11, 1), sampai=dt.date(2024, 12, 1)
    )
    assert (why.jumlah_jiwa, why.provinsi_jiwa, why.sendiri_jiwa) == (1400, 1000, 400)
    assert (why.keputusan_jiwa, why.musim_jiwa) == (0, 0)


def test_a_missing_month_explains_nothing():
    table = counts({"82.01": np.zeros(36), "82.02": np.zeros(36)})
    table = table[table["periode"] != pd.Timestamp("2024-11-01")]
    made = build_perubahan(table, pd.DataFrame())
    since, until = dt.date(2024, 9, 1), dt.date(2024, 12, 1)
    assert explain(made, "82.01", sejak=since, sampai=until) is None
