"""Any dialect of the same table cleans to the same rows."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.cleaning.problems import describe, faults
from jkn_analysis.cleaning.rows.work import CleanSettings
from jkn_analysis.tables import conform
from jkn_analysis.terms import SEGMEN
from jkn_analysis.wilayah import get_wilayah
from tests.property import cleaning_dialects as dialects

CODES = ["82.71", "82.03", "82.05", "19.71", "19.05", "81.01", "81.03", "81.71"]
NAMES = {kode: get_wilayah(kode).nama_lengkap for kode in CODES}
KEY = ["kode", "periode", "segmen"]
EXAMPLES = int(os.environ.get("JKN_EXAMPLES", "50"))


@st.composite
def tables(draw):
    """Draw a full table of some regions, months and segmen, one region big."""
    codes = draw(st.lists(st.sampled_from(CODES), min_size=2, max_size=4, unique=True))
    start = draw(st.integers(0, 40))
    count = draw(st.integers(1, 4))
    segments = draw(
        st.lists(st.sampled_from(SEGMEN), min_size=2, max_size=6, unique=True)
    )
    months = [
        pd.Timestamp(2021 + (start + i) // 12, (start + i) % 12 + 1, 1)
        for i in range(count)
    ]
    rows = []
    for kode in codes:
        for month in months:
            for segmen in segments:
                terdaftar = draw(
                    st.one_of(st.integers(0, 999), st.integers(1000, 2_000_000))
                )
                aktif = draw(st.integers(0, terdaftar))
                rows.append([kode, month, segmen, terdaftar, aktif])
    rows[0][3], rows[0][4] = 1_391_162, 1_104_632
    return pd.DataFrame(rows, columns=[*KEY, "terdaftar_jiwa", "aktif_jiwa"])


FORMS = st.builds(
    dialects.Form,
    layout=st.sampled_from(["long", "segmen_columns", "month_blocks"]),
    region=st.sampled_from(["kode", "nama", "upper", "both", "bare_both"]),
    month=st.sampled_from(["iso", "date", "name_year", "two_columns", "per"]),
    months=st.sampled_from(sorted(dialects.BULAN)),
    segmen=st.sampled_from(sorted(dialects.SEGMEN)),
    heading=st.integers(0, 4),
    numbers=st.sampled_from(["plain", "id", "en", "space"]),
    title=st.booleans(),
    numbering=st.booleans(),
    total=st.booleans(),
    footer=st.booleans(),
    blanks=st.booleans(),
)


def canonical(table: pd.DataFrame) -> pd.DataFrame:
    return conform(table, "kepesertaan").sort_values(KEY, ignore_index=True)


def check_variant(path: Path, wanted: pd.DataFrame, form) -> None:
    """Clean one dialect; the figures are made for their digits, not for their size."""
    accepted = (f"cakupan {path.name}", f"keaktifan {path.name}")
    own = CleanSettings(accepted=accepted)
    result = clean("kepesertaan", read_sheet(path), settings=own)
    assert not faults(result.problems), (
        f"{path.name} {form}\n{describe(result.problems)}"
    )
    got = result.frame.sort_values(KEY, ignore_index=True)
    pd.testing.assert_frame_equal(got, wanted)
    counts = result.counts
    assert counts.rows_in == counts.kept + counts.refused + counts.recognised


@pytest.mark.slow
@pytest.mark.timeout(max(300, 6 * EXAMPLES))
@given(table=tables(), form=FORMS, newline=st.sampled_from(["\n", "\r\n"]))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
def test_same_table_from_every_dialect(table, form, newline, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dialek")
    wanted = canonical(table)
    rows = dialects.rows_of(table, NAMES, form)
    for number, (encoding, delimiter) in enumerate(dialects.CSV_DIALECTS):
        path = folder / f"{number}.csv"
        check_variant(
            dialects.write_csv(path, rows, encoding, delimiter, newline), wanted, form
        )
    for native in (True, False):
        check_variant(
            dialects.write_xlsx(folder / f"{native}.xlsx", rows, native), wanted, form
        )
        check_variant(
            dialects.write_ods(folder / f"{native}.ods", rows, native), wanted, form
        )
        check_variant(
            dialects.write_xlsb(folder / f"{native}.xlsb", rows, native), wanted, form
        )
