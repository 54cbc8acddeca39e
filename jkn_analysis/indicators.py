"""Rates as ratios of sums: every indicator and its denominator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from jkn_analysis.terms import TOTAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.tables import PanelTable

TERBARU = "terbaru"
"""Setting of `sumber_penduduk`: at each month the latest source then in force."""


Unit = Literal["rate", "rasio", "jiwa", "rp", "jumlah"]
"""How a value reads: a fraction of a whole, a quotient, people, rupiah, a count."""
Direction = Literal["naik", "turun", ""]
"""Which way is better; empty where neither is."""


@dataclass(frozen=True)
class Indicator:
    """A quotient of two summed columns; no denominator means an amount.

    An entry of `INDICATORS` is all an indicator needs: it is then measured in table
    `ukuran` by `measures.build_ukuran`, at every level; found by its name in the
    boards; forecast where `forecast` says so; and listed on every page where
    `on_page` does, or beside the provinsi's where `per` does.
    """

    name: str
    numerator: str
    denominator: str | None
    table: str
    """Table of the numerator; its months and segmen are those of the indicator."""
    arti: str
    unit: Unit
    direction: Direction = ""
    denominator_table: str = ""
    """Table of the denominator where it is another: its totals of all segmen."""
    segmen: str = TOTAL
    """The only segmen whose numerator counts."""
    forecast: bool = False
    on_page: bool = False
    """Whether the page lists it among the further indicators."""
    per: int = 0
    """Per how many the page tells it with the care in use; 0 = not there."""

    def __post_init__(self) -> None:
        """Let the denominator come from the numerator's table unless told."""
        if not self.denominator_table:
            object.__setattr__(self, "denominator_table", self.table)

    @property
    def is_of_total(self) -> bool:
        """Tell whether it is measured of all segmen together only."""
        return self.denominator_table != self.table or self.segmen != TOTAL


_PESERTA = "kepesertaan"
_ALL = (
    Indicator(
        "cakupan_rate", "terdaftar_jiwa", "penduduk_jiwa", _PESERTA,
        "peserta terdaftar dibagi penduduk",
        "rate", "naik", "penduduk",
    ),
    Indicator(
        "keaktifan_penduduk_rate", "aktif_jiwa", "penduduk_jiwa", _PESERTA,
        "peserta aktif dibagi penduduk",
        "rate", "naik", "penduduk", forecast=True,
    ),
    Indicator(
        "keaktifan_terdaftar_rate", "aktif_jiwa", "terdaftar_jiwa", _PESERTA,
        "peserta aktif dibagi peserta terdaftar",
        "rate", "naik", forecast=True,
    ),
    Indicator(
        "nonaktif_menunggak_rate", "nonaktif_menunggak_jiwa", "terdaftar_jiwa",
        _PESERTA, "peserta nonaktif karena menunggak dibagi peserta terdaftar",
        "rate", "turun",
    ),
    Indicator(
        "nonaktif_mutasi_rate", "nonaktif_mutasi_jiwa", "terdaftar_jiwa",
        _PESERTA, "peserta nonaktif karena mutasi dibagi peserta terdaftar",
        "rate", "turun",
    ),
    Indicator(
        "pbpu_pemda_penduduk_rate", "aktif_jiwa", "penduduk_jiwa", _PESERTA,
        "peserta aktif PBPU Pemda dibagi penduduk",
        "rate", "", "penduduk", segmen="PBPU Pemda",
    ),
    Indicator(
        "terdaftar_jiwa", "terdaftar_jiwa", None, _PESERTA, "peserta terdaftar",
        "jiwa", "naik", forecast=True,
    ),
    Indicator(
        "aktif_jiwa", "aktif_jiwa", None, _PESERTA, "peserta aktif",
        "jiwa", "naik", forecast=True,
    ),
    Indicator(
        "kolektibilitas_rate", "diterima_rp", "ditagih_rp", "iuran",
        "iuran diterima dibagi iuran ditagih pada bulan itu",
        "rate", "naik",
    ),
    Indicator(
        "tunggakan_peserta_rp", "tunggakan_rp", None, "tunggakan_peserta",
        "tunggakan iuran peserta mandiri",
        "rp", "turun", forecast=True,
    ),
    Indicator(
        "tunggakan_peserta_jiwa", "peserta_jiwa", None, "tunggakan_peserta",
        "peserta mandiri yang menunggak",
        "jiwa", "turun", forecast=True,
    ),
    Indicator(
        "tunggakan_pemda_rp", "tunggakan_pemda_rp", None, "iuran_pemda",
        "iuran PBPU Pemda yang belum dibayar pemerintah daerah",
        "rp", "turun", forecast=True,
    ),
    Indicator(
        "serapan_kuota_rate", "terisi_jiwa", "kuota_jiwa", "iuran_pemda",
        "kuota PBPU Pemda yang terisi",
        "rate", "naik",
    ),
    Indicator(
        "serapan_anggaran_rate", "dibayar_tahun_rp", "pagu_rp", "iuran_pemda",
        "iuran dibayar sejak Januari dibagi pagu setelah pergeseran",
        "rate", "naik",
    ),
    Indicator(
        "dokter_per_peserta", "dokter", "terdaftar_jiwa", "faskes",
        "dokter dibagi peserta terdaftar", "rasio", "naik", _PESERTA, per=10_000,
    ),
    Indicator(
        "kunjungan_fktp_per_peserta", "kunjungan_fktp", "aktif_jiwa", "layanan",
        "kunjungan FKTP sebulan dibagi peserta aktif", "rasio", "", _PESERTA, per=1_000,
    ),
    Indicator(
        "kunjungan_fktp_per_dokter", "kunjungan_fktp", "dokter", "layanan",
        "kunjungan FKTP sebulan dibagi dokter", "rasio", per=1,
    ),
    Indicator(
        "rawat_inap_per_peserta", "rawat_inap", "aktif_jiwa", "layanan",
        "rawat inap sebulan dibagi peserta aktif", "rasio", "", _PESERTA, per=1_000,
    ),
    Indicator(
        "keluhan_per_peserta", "keluhan", "aktif_jiwa", "layanan",
        "keluhan sebulan dibagi peserta aktif", "rasio", "turun", _PESERTA, per=10_000,
    ),
)  # fmt: skip
INDICATORS: dict[str, Indicator] = {indicator.name: indicator for indicator in _ALL}
"""The registry; adding an entry is all it takes (see `Indicator`)."""


def measure(
    panel: PanelTable,
    indicator: Indicator,
    *,
    by: Sequence[str] = ("kode", "periode"),
) -> pd.DataFrame:
    """Compute one indicator per group as a ratio of sums.

    Rates are never averaged: summing first gives a large kota the weight of its
    peserta when `by` moves up to the provinsi. One missing count makes the whole
    group missing, because a partial sum would pass for a real fall.

    Parameters
    ----------
    panel
        One row per kabupaten/kota and month, with or without segmen. A rate over
        penduduk needs the column ``penduduk_jiwa``, repeated on no more than one
        row per kode and month (see `attach_penduduk`).
    indicator
        The quotient to compute.
    by
        Grouping columns, in output order.

    Returns
    -------
    DataFrame
        The columns in `by`, then ``indicator`` and ``value``, sorted by `by`.

    Examples
    --------
    >>> names = ["kode", "terdaftar_jiwa", "aktif_jiwa"]
    >>> rows = [["82.71", 900, 810], ["82.71", 100, 40], ["82.03", 50, None]]
    >>> measure(
    ...     pd.DataFrame(rows, columns=names),
    ...     INDICATORS["keaktifan_terdaftar_rate"],
    ...     by=names[:1],
    ... )
        kode                 indicator  value
    0  82.03  keaktifan_terdaftar_rate    NaN
    1  82.71  keaktifan_terdaftar_rate   0.85
    """
    wanted = [indicator.numerator]
    if indicator.denominator is not None:
        wanted.append(indicator.denominator)
    counts = panel.groupby(list(by), observed=True)[wanted].sum(skipna=False)
    value = counts[indicator.numerator].astype("Float64").astype("float64")
    if indicator.denominator is not None:
        below = counts[indicator.denominator].astype("Float64").astype("float64")
        value = value / below.where(below > 0)
    measured = value.rename("value").reset_index().assign(indicator=indicator.name)
    return measured[[*by, "indicator", "value"]]


def explain_change(
    panel: PanelTable, *, since: pd.Timestamp, until: pd.Timestamp
) -> pd.DataFrame:
    """Split the change of active people between two months, segmen by segmen.

    What comes from members is valued at the old activity, what comes from activity
    at the new members, so that both add up to the change to the person.

    Parameters
    ----------
    panel
        Rows of one region: ``periode, segmen, terdaftar_jiwa, aktif_jiwa``.
    since, until
        The two months; a segmen without a row counts as nobody.

    Returns
    -------
    DataFrame
        ``segmen, perubahan_jiwa, karena_terdaftar_jiwa, karena_keaktifan_jiwa``, the
        largest fall first; empty where a month is not there.

    Examples
    --------
    >>> rows = [["2024-11-01", "PBPU", 1000, 600], ["2025-11-01", "PBPU", 900, 450]]
    >>> names = ["periode", "segmen", "terdaftar_jiwa", "aktif_jiwa"]
    >>> panel = pd.DataFrame(rows, columns=names).astype({"periode": "datetime64[us]"})
    >>> old, new = panel["periode"]
    >>> explain_change(panel, since=old, until=new)
      segmen  perubahan_jiwa  karena_terdaftar_jiwa  karena_keaktifan_jiwa
    0   PBPU          -150.0                  -60.0                  -90.0
    """
    counts = ["terdaftar_jiwa", "aktif_jiwa"]
    sums = panel.groupby(["periode", "segmen"], observed=True)[counts].sum()
    names = ["karena_terdaftar_jiwa", "karena_keaktifan_jiwa"]
    if not {since, until} <= set(panel["periode"]):
        return pd.DataFrame(columns=["segmen", "perubahan_jiwa", *names])
    wide = sums.astype("Float64").astype("float64").unstack("periode", fill_value=0.0)  # noqa: PD010 - unique keys
    members, active = wide["terdaftar_jiwa"], wide["aktif_jiwa"]
    rate = (active[since] / members[since].where(members[since] > 0)).fillna(0.0)
    change = active[until] - active[since]
    moved = (members[until] - members[since]) * rate
    table = pd.DataFrame(dict(zip(names, (moved, change - moved), strict=True)))
    table.insert(0, "perubahan_jiwa", change)
    return table.sort_values("perubahan_jiwa").rename_axis("segmen").reset_index()


def find_penduduk(
    penduduk: pd.DataFrame, periode: pd.Series, *, sumber_penduduk: str = TERBARU
) -> pd.DataFrame:
    """Find the population in force at the end of each month, per region.

    Months before the first source use the earliest one: a history has to have
    one, and the source is named beside the number.

    Parameters
    ----------
    penduduk
        The table of that name.
    periode
        Months, first days; duplicates allowed.
    sumber_penduduk
        A value of ``penduduk.sumber``, or `TERBARU`.

    Returns
    -------
    DataFrame
        ``kode, periode, penduduk_jiwa, sumber``, one row per region and month.
    """
    months = pd.Series(sorted(pd.unique(periode)), name="periode")
    known = penduduk
    if sumber_penduduk != TERBARU:
        known = penduduk[penduduk["sumber"] == sumber_penduduk]
    if known.empty or months.empty:
        return pd.DataFrame(columns=["kode", "periode", "penduduk_jiwa", "sumber"])
    known = known.sort_values(["berlaku_mulai", "sumber"], kind="stable")
    grid = pd.DataFrame({"kode": known["kode"].unique()}).merge(months, how="cross")
    grid["akhir"] = grid["periode"] + pd.offsets.MonthEnd(0)
    grid = grid.sort_values("akhir", kind="stable")
    kinds = {"akhir": "datetime64[us]", "kode": "str"}
    right = known.rename(columns={"berlaku_mulai": "akhir"}).astype(kinds)
    found = pd.merge_asof(
        grid.astype(kinds),
        right[["kode", "akhir", "sumber", "penduduk_jiwa"]],
        on="akhir",
        by="kode",
    )
    first = known.drop_duplicates("kode").set_index("kode")
    early = found["sumber"].isna()
    for name in ("penduduk_jiwa", "sumber"):
        found[name] = found[name].where(~early, found["kode"].map(first[name]))
    found["penduduk_jiwa"] = found["penduduk_jiwa"].astype("int64")
    columns = ["kode", "periode", "penduduk_jiwa", "sumber"]
    return found[columns].sort_values(["kode", "periode"], ignore_index=True)


def attach_penduduk(
    panel: PanelTable, penduduk: pd.DataFrame, *, sumber_penduduk: str = TERBARU
) -> pd.DataFrame:
    """Sum a panel over segmen and put the population in force beside the counts.

    Returns
    -------
    DataFrame
        One row per kode and month: summed ``_jiwa`` columns, ``penduduk_jiwa``
        (Int64, missing where no source is known) and ``sumber``.
    """
    counts = [name for name in panel.columns if name.endswith("_jiwa")]
    total = panel.groupby(["kode", "periode"], observed=True)[counts].sum(skipna=False)
    people = find_penduduk(penduduk, panel["periode"], sumber_penduduk=sumber_penduduk)
    merged = total.reset_index().merge(
        people, on=["kode", "periode"], how="left", validate="one_to_one"
    )
    return merged.astype({"penduduk_jiwa": "Int64"})


def sum_tunggakan_pemda(iuran_pemda: pd.DataFrame) -> pd.Series:
    """Compute the local government's unpaid premium at the end of each month.

    The balance is the last opening balance given (``tunggakan_awal_rp``, of that
    month's start; 0 before the first month where none is given) plus all bills
    since, less all payments since.

    Returns
    -------
    Series
        Rupiah, float, on the index of `iuran_pemda`; missing after a gap in the
        months until the next opening balance.
    """
    ordered = iuran_pemda.sort_values(["kode", "periode"], kind="stable")
    kode = ordered["kode"]
    month = ordered["periode"].dt.year * 12 + ordered["periode"].dt.month
    flow = (ordered["tagihan_rp"] - ordered["dibayar_rp"]).astype("float64")
    opening = ordered["tunggakan_awal_rp"].astype("Float64").astype("float64")
    first = kode != kode.shift()
    opening = opening.mask(first & opening.isna(), 0.0)
    gap = ~first & (month.diff() != 1) & opening.isna()
    block = (opening.notna() | gap).cumsum()
    start = opening.groupby(block).transform("first")
    balance = start + flow.groupby(block).cumsum()
    balance = balance.mask(gap.groupby(block).transform("any"))
    return balance.reindex(iuran_pemda.index)
