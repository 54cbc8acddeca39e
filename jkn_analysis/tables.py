"""Every canonical table: its columns, keys and rules, and the gate that checks them.

One declaration per table serves cleaning (which parser a column needs), the store
(which type it has on disk) and pandera (the last gate). Names follow
``<thing>_<unit>``: ``_jiwa`` people, ``_rp`` whole rupiah, ``_rate`` a fraction,
``_bulan`` months. ``periode`` is the first day of the month whose end a row describes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

import pandas as pd

from jkn_analysis.arus.sebab import WAYS_BACK, list_sebab
from jkn_analysis.errors import InputError
from jkn_analysis.terms import KELAS, LUAR, NONAKTIF, SEGMEN, TOTAL, UMUR_MAKS_BULAN

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandera.pandas as pa

Kind = Literal[
    "kode", "periode", "tanggal", "segmen", "kelas", "umur", "tahun",
    "jiwa", "rp", "rate", "number", "count", "text", "bytes",
]  # fmt: skip

DATE_DTYPE = "datetime64[us]"


@dataclass(frozen=True)
class Column:
    """One column: its name, what its cells mean, and whether they may be empty."""

    name: str
    kind: Kind
    optional: bool = False
    """Cells may be missing, and the whole column may be absent from a delivery."""
    choices: tuple[str, ...] = ()

    @property
    def dtype(self) -> str:
        """Pandas type of the stored column."""
        if self.kind in {"kode", "segmen", "text"}:
            return "str"
        if self.kind in {"periode", "tanggal"}:
            return DATE_DTYPE
        if self.kind in {"rate", "number"}:
            return "float64"
        if self.kind == "bytes":
            return "object"
        return "Int64" if self.optional else "int64"


@dataclass(frozen=True)
class RowRule:
    """A rule between the columns of one row; `holds` is vectorised, NA passes."""

    name: str
    holds: Callable[[pd.DataFrame], pd.Series]
    columns: tuple[str, ...]
    remedy: str


@dataclass(frozen=True)
class Table:
    """A canonical table: what a row is, its columns, key and rules."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    office: str = ""
    rules: tuple[RowRule, ...] = field(default=())

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    @property
    def required(self) -> list[str]:
        """Names of the columns every delivery must carry."""
        return [column.name for column in self.columns if not column.optional]

    def column(self, name: str) -> Column:
        """Return one column by name."""
        return next(column for column in self.columns if column.name == name)


def _at_most(low: str, high: str) -> Callable[[pd.DataFrame], pd.Series]:
    """Build the rule `low` <= `high`, passing where either is missing."""

    def holds(frame: pd.DataFrame) -> pd.Series:
        if low not in frame or high not in frame:
            return pd.Series(data=True, index=frame.index)
        return (frame[low] <= frame[high]).fillna(value=True).astype(bool)

    return holds


def _nonaktif_adds_up(frame: pd.DataFrame) -> pd.Series:
    """Nonaktif by cause adds up to registered minus active."""
    parts = ["nonaktif_menunggak_jiwa", "nonaktif_mutasi_jiwa"]
    whole = ["terdaftar_jiwa", "aktif_jiwa"]
    if not {*parts, *whole} <= set(frame.columns):
        return pd.Series(data=True, index=frame.index)
    split = frame[parts[0]] + frame[parts[1]]
    rest = frame[whole[0]] - frame[whole[1]]
    return (split == rest).fillna(value=True).astype(bool)


def _moves(frame: pd.DataFrame) -> pd.Series:
    """Start and end of a flow differ, and one of them is a segmen."""
    start, end = frame["segmen_asal"], frame["segmen_tujuan"]
    return start.ne(end) & (start.isin(SEGMEN) | end.isin(SEGMEN))


KODE = Column("kode", "kode")
PERIODE = Column("periode", "periode")
SEGMEN_COLUMN = Column("segmen", "segmen")

_DECLARED = (
    Table(
        "wilayah",
        "one kabupaten/kota or provinsi",
        (
            KODE,
            Column("nama", "text"),
            Column("jenis", "text", choices=("provinsi", "kabupaten", "kota")),
            Column("kode_provinsi", "text"),
            Column("nama_provinsi", "text"),
            Column("kode_bps", "text"),
            Column("zona_waktu", "text", choices=("WIB", "WITA", "WIT")),
            Column("luas_km2", "number", optional=True),
        ),
        ("kode",),
    ),
    Table(
        "penduduk",
        "population of one region in one dated source",
        (
            KODE,
            Column("sumber", "text"),
            Column("berlaku_mulai", "tanggal"),
            Column("penduduk_jiwa", "jiwa"),
        ),
        ("kode", "sumber"),
        office="Dukcapil",
    ),
    Table(
        "kepesertaan",
        "participants of one region and segmen at the end of a month; segmen total "
        "where the sender gives no split",
        (
            KODE,
            PERIODE,
            Column("segmen", "segmen", choices=(*SEGMEN, TOTAL)),
            Column("terdaftar_jiwa", "jiwa"),
            Column("aktif_jiwa", "jiwa", optional=True),
            Column("nonaktif_menunggak_jiwa", "jiwa", optional=True),
            Column("nonaktif_mutasi_jiwa", "jiwa", optional=True),
        ),
        ("kode", "periode", "segmen"),
        office="BPJS Kesehatan",
        rules=(
            RowRule(
                "aktif_over_terdaftar",
                _at_most("aktif_jiwa", "terdaftar_jiwa"),
                ("aktif_jiwa", "terdaftar_jiwa"),
                "active participants are part of the registered ones: "
                "ask the sender which of the two is wrong",
            ),
            RowRule(
                "nonaktif_split",
                _nonaktif_adds_up,
                ("nonaktif_menunggak_jiwa", "nonaktif_mutasi_jiwa"),
                "menunggak + mutasi must equal terdaftar - aktif",
            ),
        ),
    ),
    Table(
        "tunggakan_peserta",
        "members in arrears of one region, segmen, kelas and age in months",
        (
            KODE,
            PERIODE,
            Column("segmen", "segmen", choices=("PBPU", "BP")),
            Column("kelas", "kelas"),
            Column("umur_bulan", "umur"),
            Column("peserta_jiwa", "jiwa"),
            Column("tunggakan_rp", "rp"),
        ),
        ("kode", "periode", "segmen", "kelas", "umur_bulan"),
        office="BPJS Kesehatan",
    ),
    Table(
        "iuran",
        "premium billed and received in a month; kelas 0 where a segmen has none",
        (
            KODE,
            PERIODE,
            SEGMEN_COLUMN,
            Column("kelas", "kelas"),
            Column("ditagih_rp", "rp"),
            Column("diterima_rp", "rp"),
            Column("dihapus_rp", "rp", optional=True),
        ),
        ("kode", "periode", "segmen", "kelas"),
        office="BPJS Kesehatan",
    ),
    Table(
        "iuran_pemda",
        "PBPU Pemda quota, bill and payment of the local government in a month",
        (
            KODE,
            PERIODE,
            Column("kuota_jiwa", "jiwa"),
            Column("terisi_jiwa", "jiwa"),
            Column("tagihan_rp", "rp"),
            Column("dibayar_rp", "rp"),
            Column("tunggakan_awal_rp", "rp", optional=True),
            Column("tanggal_bayar", "tanggal", optional=True),
        ),
        ("kode", "periode"),
        office="BPKAD",
    ),
    Table(
        "anggaran",
        "budget line for JKN premiums of one region, year and source of funds",
        (
            KODE,
            Column("tahun", "tahun"),
            Column(
                "sumber_dana", "text", choices=("APBD", "DBH", "Pajak rokok", "Lain")
            ),
            Column("pagu_rp", "rp"),
            Column("pergeseran_rp", "rp"),
        ),
        ("kode", "tahun", "sumber_dana"),
        office="BPKAD",
    ),
    Table(
        "peristiwa",
        "a dated event: decree, contract, quota, write-off; kode 00 = all regions",
        (
            Column("id_peristiwa", "text"),
            Column("tanggal", "tanggal"),
            Column("kode", "kode"),
            Column("segmen", "segmen", optional=True),
            Column("jenis", "text"),
            Column("dampak_jiwa", "number", optional=True),
            Column("dampak_rate", "rate", optional=True),
            Column("status", "text", choices=("terjadi", "pasti", "skenario")),
            Column("keterangan", "text"),
            Column("sumber", "text"),
        ),
        ("id_peristiwa", "kode"),
    ),
    Table(
        "faskes",
        "facilities and doctors of one region at the end of a month",
        (
            KODE,
            PERIODE,
            Column("fktp", "count"),
            Column("fkrtl", "count"),
            Column("dokter", "count"),
            Column("tempat_tidur", "count", optional=True),
            Column("kendala", "text", optional=True),
        ),
        ("kode", "periode"),
        office="Dinas Kesehatan",
    ),
    Table(
        "layanan",
        "care of the participants of one region in one month, claims not paid at its "
        "end and complaints by kind; people in fives, missing = hidden because small",
        (
            KODE,
            PERIODE,
            Column("kunjungan_fktp", "count", optional=True),
            Column("rawat_jalan", "count", optional=True),
            Column("rawat_inap", "count", optional=True),
            Column("persalinan", "count", optional=True),
            Column("cuci_darah", "count", optional=True),
            Column("klaim_tertunda", "count", optional=True),
            Column("klaim_tertunda_rp", "rp", optional=True),
            Column("keluhan_administrasi", "count", optional=True),
            Column("keluhan_layanan", "count", optional=True),
            Column("keluhan_obat", "count", optional=True),
        ),
        ("kode", "periode"),
        office="BPJS Kesehatan",
    ),
    Table(
        "rapat",
        "a meeting of one region; kode may be a provinsi or 00",
        (
            Column("id_rapat", "text"),
            KODE,
            Column("tanggal", "tanggal"),
            Column("jam", "text"),
            Column("zona_waktu", "text", choices=("WIB", "WITA", "WIT")),
            Column("jenis", "text"),
            Column("tempat", "text"),
        ),
        ("id_rapat",),
        office="Sekretariat Daerah",
    ),
    Table(
        "penerima",
        "an office address that receives the briefing of a scope",
        (
            KODE,
            Column("kantor", "text"),
            Column("jabatan", "text"),
            Column("email", "text"),
        ),
        ("kode", "email"),
        office="Sekretariat Daerah",
    ),
    Table(
        "tindak_lanjut",
        "one decision of a meeting: owner, due date, status",
        (
            Column("id_rapat", "text"),
            KODE,
            Column("nomor", "count"),
            Column("keputusan", "text"),
            Column("penanggung_jawab", "text"),
            Column("tenggat", "tanggal"),
            Column(
                "status",
                "text",
                choices=("belum", "berjalan", "selesai", "terlambat", "batal"),
            ),
            Column("catatan", "text", optional=True),
        ),
        ("id_rapat", "nomor"),
        office="Sekretariat Daerah",
    ),
    Table(
        "publikasi",
        "a figure someone published, with its source",
        (
            Column("tanggal", "tanggal"),
            KODE,
            Column("segmen", "text"),
            Column("indikator", "text"),
            Column("nilai", "number"),
            Column("satuan", "text"),
            Column("sumber", "text"),
            Column("catatan", "text", optional=True),
        ),
        ("tanggal", "kode", "segmen", "indikator", "sumber", "nilai"),
    ),
    Table(
        "ukuran",
        "a measured indicator: value, its parts, its denominator's source",
        (
            KODE,
            PERIODE,
            Column("segmen", "text"),
            Column("indikator", "text"),
            Column("nilai", "rate", optional=True),
            Column("pembilang", "number", optional=True),
            Column("penyebut", "number", optional=True),
            Column("sumber_penyebut", "text", optional=True),
        ),
        ("kode", "periode", "segmen", "indikator"),
    ),
    Table(
        "ramalan",
        "one quantile of one forecast month",
        (
            KODE,
            Column("indikator", "text"),
            Column("segmen", "text"),
            Column("cutoff", "periode"),
            PERIODE,
            Column("skenario", "text"),
            Column("kuantil", "rate"),
            Column("nilai", "number"),
            Column("naif", "number", optional=True),
        ),
        ("kode", "indikator", "segmen", "cutoff", "periode", "skenario", "kuantil"),
    ),
    Table(
        "masa_depan",
        "all joint draws of one measure in one month ahead; draw 0 is the middle path",
        (
            KODE,
            Column("cutoff", "periode"),
            PERIODE,
            Column("ukuran", "text"),
            Column("segmen", "text"),
            Column("jalur", "bytes"),
        ),
        ("kode", "cutoff", "periode", "ukuran", "segmen"),
    ),
    Table(
        "peluang",
        "probability that a rate reaches its target at the end of a month",
        (
            KODE,
            Column("indikator", "text"),
            Column("cutoff", "periode"),
            PERIODE,
            Column("skenario", "text"),
            Column("target", "rate"),
            Column("peluang", "rate"),
        ),
        ("kode", "indikator", "cutoff", "periode", "skenario", "target"),
    ),
    Table(
        "perubahan",
        "change of active people in a month and what it is made of; the parts add up",
        (
            KODE,
            PERIODE,
            Column("jumlah_jiwa", "number"),
            Column("keputusan_jiwa", "number"),
            Column("musim_jiwa", "number"),
            Column("provinsi_jiwa", "number"),
            Column("sendiri_jiwa", "number"),
        ),
        ("kode", "periode"),
    ),
    Table(
        "uji_balik",
        "backtest score of one indicator, horizon and group of regions",
        (
            Column("indikator", "text"),
            Column("kelompok", "text"),
            Column("horizon_bulan", "count"),
            Column("ukuran", "text"),
            Column("nilai", "number", optional=True),
            Column("naif", "number", optional=True),
            Column("jumlah", "count"),
        ),
        ("indikator", "kelompok", "horizon_bulan", "ukuran"),
    ),
    Table(
        "rekam",
        "our own record: activity forecast from an earlier data month, and what came",
        (
            KODE,
            Column("dari", "periode"),
            PERIODE,
            Column("rendah", "rate"),
            Column("tengah", "rate"),
            Column("tinggi", "rate"),
            Column("nyata", "rate"),
        ),
        ("kode", "dari", "periode"),
    ),
    Table(
        "selisih",
        "register differences as counts, by reason; no kecamatan = the whole region; "
        "missing count = hidden because small",
        (
            KODE,
            Column("kecamatan", "text", optional=True),
            PERIODE,
            Column("alasan", "text"),
            Column("kantor", "text"),
            Column("jumlah_jiwa", "jiwa", optional=True),
            Column("nonaktif_jiwa", "jiwa", optional=True),
            Column("dampak_keaktifan_rate", "rate", optional=True),
        ),
        ("kode", "kecamatan", "periode", "alasan"),
    ),
    Table(
        "arus_kepesertaan",
        "active people who came, left or changed segmen in a month (or since another "
        "one), by cause; missing count = hidden because small",
        (
            KODE,
            PERIODE,
            Column("segmen_asal", "text", choices=(*SEGMEN, NONAKTIF, LUAR)),
            Column("segmen_tujuan", "text", choices=(*SEGMEN, NONAKTIF, LUAR)),
            Column("sebab", "text", choices=tuple(list_sebab())),
            Column("sejak", "periode", optional=True),
            Column("jiwa", "jiwa", optional=True),
        ),
        ("kode", "periode", "segmen_asal", "segmen_tujuan", "sebab"),
        office="BPJS Kesehatan",
        rules=(
            RowRule(
                "arus_berpindah",
                _moves,
                ("segmen_asal", "segmen_tujuan"),
                "leave out who stayed: a flow leads into, out of or between the active "
                "segmen",
            ),
        ),
    ),
    Table(
        "kohort_kembali",
        "of the people who came back in a month by one route: how many are still "
        "active at the end of a later month; missing count = hidden because small",
        (
            KODE,
            PERIODE,
            Column("kembali", "periode"),
            Column("rute", "text", choices=WAYS_BACK),
            Column("masih_jiwa", "jiwa", optional=True),
        ),
        ("kode", "periode", "kembali", "rute"),
        office="BPJS Kesehatan",
    ),
    Table(
        "kepesertaan_kecamatan",
        "participants of one kecamatan and segmen at the end of a month, in fives; "
        "missing count = hidden because small",
        (
            KODE,
            Column("kecamatan", "text"),
            PERIODE,
            Column("segmen", "segmen", choices=(*SEGMEN, TOTAL)),
            Column("terdaftar_jiwa", "jiwa", optional=True),
            Column("aktif_jiwa", "jiwa", optional=True),
        ),
        ("kode", "kecamatan", "periode", "segmen"),
        office="BPJS Kesehatan",
        rules=(
            RowRule(
                "aktif_over_terdaftar",
                _at_most("aktif_jiwa", "terdaftar_jiwa"),
                ("aktif_jiwa", "terdaftar_jiwa"),
                "active participants are part of the registered ones: "
                "ask the sender which of the two is wrong",
            ),
        ),
    ),
    Table(
        "sasaran_pbi",
        "people of one region and DTSEN decile, and how many of them are PBI JK, in "
        "fives; missing count = hidden because small",
        (
            KODE,
            PERIODE,
            Column("desil", "count"),
            Column("jiwa", "jiwa", optional=True),
            Column("pbi_jiwa", "jiwa", optional=True),
        ),
        ("kode", "periode", "desil"),
        office="Dinas Sosial",
        rules=(
            RowRule(
                "pbi_over_desil",
                _at_most("pbi_jiwa", "jiwa"),
                ("pbi_jiwa", "jiwa"),
                "the PBI JK of a decile are part of its people: "
                "ask the sender which of the two is wrong",
            ),
            RowRule(
                "desil_batas",
                lambda frame: frame["desil"].between(1, 10),
                ("desil",),
                "deciles of DTSEN are 1 (poorest) to 10",
            ),
        ),
    ),
    Table(
        "usulan_pbi",
        "PBI JK to be replaced in a month, proposed by the region, and accepted where "
        "that is decided",
        (
            KODE,
            PERIODE,
            Column("kuota_pbi_jiwa", "jiwa"),
            Column("diusulkan_jiwa", "jiwa"),
            Column("diterima_jiwa", "jiwa", optional=True),
        ),
        ("kode", "periode"),
        office="Dinas Sosial",
        rules=(
            RowRule(
                "diterima_over_diusulkan",
                _at_most("diterima_jiwa", "diusulkan_jiwa"),
                ("diterima_jiwa", "diusulkan_jiwa"),
                "nobody is accepted who was not proposed: "
                "ask the sender which of the two is wrong",
            ),
        ),
    ),
    Table(
        "fiskal",
        "the whole budget of one region and year, and what the centre and the province "
        "hand on to it",
        (
            KODE,
            Column("tahun", "tahun"),
            Column("apbd_rp", "rp"),
            Column("pajak_rokok_rp", "rp", optional=True),
            Column("dbh_rp", "rp", optional=True),
            Column("dau_rp", "rp", optional=True),
        ),
        ("kode", "tahun"),
        office="BPKAD",
    ),
    Table(
        "laju_tunggakan",
        "one parameter of the roll-rate model; kode 00 = shared by all regions",
        (
            KODE,
            Column("kelas", "kelas"),
            Column("parameter", "text"),
            Column("urutan", "count"),
            Column("nilai", "number"),
        ),
        ("kode", "kelas", "parameter", "urutan"),
    ),
    Table(
        "tunggakan_ramalan",
        "one quantile of forecast arrears of members by age bucket; metode laju = "
        "roll rates, ramalan = general forecaster",
        (
            KODE,
            PERIODE,
            Column(
                "kelompok_umur",
                "text",
                choices=("1-3", "4-12", "13-24", "25+", "total"),
            ),
            Column(
                "ukuran",
                "text",
                choices=(
                    "peserta_jiwa",
                    "tunggakan_rp",
                    "dapat_ditagih_rp",
                    "penerimaan_rp",
                ),
            ),
            Column("kuantil", "rate"),
            Column("nilai", "number"),
            Column("metode", "text", choices=("laju", "ramalan")),
        ),
        ("kode", "periode", "kelompok_umur", "ukuran", "kuantil"),
    ),
    Table(
        "uji_tunggakan",
        "contest of roll rates and general forecaster on a region's own past",
        (
            KODE,
            Column("galat_laju", "rate", optional=True),
            Column("galat_ramalan", "rate", optional=True),
            Column("jumlah", "count"),
            Column("terpilih", "count"),
            Column("lebar", "number"),
        ),
        ("kode",),
    ),
    Table(
        "arus_tunggakan",
        "books of members' arrears in a month: awal + ditagih - dibayar - keluar - "
        "dihapus + sisa = akhir, to the rupiah",
        (
            KODE,
            PERIODE,
            Column("jenis", "text", choices=("nyata", "ramalan")),
            Column("awal_rp", "rp"),
            Column("ditagih_rp", "rp"),
            Column("dibayar_rp", "rp"),
            Column("keluar_rp", "rp"),
            Column("dihapus_rp", "rp"),
            Column("sisa_rp", "rp"),
            Column("akhir_rp", "rp"),
        ),
        ("kode", "periode", "jenis"),
    ),
    Table(
        "utang_pemda",
        "premium owed by the local government at the end of a month; jenis nyata and "
        "taksiran (a month that was not delivered) have kuantil 0.5 only",
        (
            KODE,
            PERIODE,
            Column("jenis", "text", choices=("nyata", "taksiran", "ramalan")),
            Column("kuantil", "rate"),
            Column("tagihan_rp", "number"),
            Column("dibayar_rp", "number"),
            Column("tunggakan_pemda_rp", "number"),
            Column("hari_telat", "number"),
            Column("peluang_lunas", "rate"),
        ),
        ("kode", "periode", "jenis", "kuantil"),
    ),
    Table(
        "kolektibilitas",
        "premium received over billed in the 12 months to periode, and its forecast; "
        "kelas 0 = all",
        (
            KODE,
            PERIODE,
            Column("segmen", "text"),
            Column("kelas", "kelas"),
            Column("jenis", "text", choices=("nyata", "ramalan")),
            Column("kuantil", "rate"),
            Column("nilai", "rate", optional=True),
            Column("tren_rate", "rate", optional=True),
        ),
        ("kode", "periode", "segmen", "kelas", "jenis", "kuantil"),
    ),
    Table(
        "kas",
        "cash of a region's premium line in a month ahead: debt at its start, what is "
        "due with its bill, and what the year's budget leaves (below zero is short)",
        (
            KODE,
            PERIODE,
            Column("pagu_rp", "number", optional=True),
            Column("dibayar_rp", "number"),
            Column("tagihan_rp", "number"),
            Column("utang_rp", "number"),
            Column("kewajiban_rp", "number"),
            Column("sisa_kas_rp", "number", optional=True),
        ),
        ("kode", "periode"),
    ),
    Table(
        "uang",
        "one figure of the budget of a region and year",
        (
            KODE,
            Column("tahun", "tahun"),
            Column("ukuran", "text"),
            Column("kuantil", "rate"),
            Column("nilai", "number", optional=True),
        ),
        ("kode", "tahun", "ukuran", "kuantil"),
    ),
    Table(
        "rute",
        "a route to new active members: what one costs and how many it can bring",
        (
            KODE,
            Column("rute", "text"),
            Column("pemutus", "text"),
            Column("biaya_per_jiwa_bulan_rp", "number"),
            Column("bersih_rate", "rate"),
            Column("biaya_bersih_rp", "number", optional=True),
            Column("maks_jiwa", "number"),
            Column("per_bulan_jiwa", "number"),
            Column("asumsi", "text"),
            Column("sumber", "text"),
        ),
        ("kode", "rute"),
    ),
    Table(
        "permintaan",
        "one row of the ask: who decides what, for how many, at what cost, by when",
        (
            KODE,
            Column("tenggat", "tanggal"),
            Column("urutan", "count"),
            Column("kelompok", "text"),
            Column("rute", "text"),
            Column("pemutus", "text"),
            Column("jiwa", "number"),
            Column("bersih_jiwa", "number"),
            Column("biaya_rp", "number"),
            Column("bulan", "count"),
            Column("biaya_bulan_rp", "number"),
            Column("tanggal", "tanggal"),
            Column("tanpa_rate", "rate", optional=True),
            Column("alasan", "text"),
            Column("asumsi", "text"),
        ),
        ("kode", "tenggat", "urutan"),
    ),
    Table(
        "asumsi_skenario",
        "one number a scenario rests on, and on whose word",
        (
            Column("skenario", "text"),
            Column("judul", "text"),
            Column("urutan", "count"),
            Column("jenis", "text"),
            Column("mulai", "text"),
            Column("wilayah", "text"),
            Column("parameter", "text"),
            Column("arti", "text"),
            Column("nilai", "number"),
            Column("asumsi", "count"),
            Column("sumber", "text"),
        ),
        ("skenario", "urutan", "parameter"),
    ),
    Table(
        "skenario",
        "one quantile of one measure of a region under a scenario, and its "
        "difference from 'nothing changes'",
        (
            KODE,
            Column("skenario", "text"),
            PERIODE,
            Column("ukuran", "text"),
            Column("kuantil", "rate"),
            Column("nilai", "number"),
            Column("selisih", "number"),
        ),
        ("kode", "skenario", "periode", "ukuran", "kuantil"),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _DECLARED}
DELIVERED: tuple[str, ...] = (
    "penduduk",
    "kepesertaan",
    "tunggakan_peserta",
    "iuran",
    "iuran_pemda",
    "anggaran",
    "peristiwa",
    "faskes",
    "rapat",
    "penerima",
    "tindak_lanjut",
    "publikasi",
    "selisih",
    "arus_kepesertaan",
    "kepesertaan_kecamatan",
    "kohort_kembali",
    "sasaran_pbi",
    "usulan_pbi",
    "fiskal",
    "layanan",
)
"""Tables that offices send; the others are facts or computed."""

PanelTable = Annotated[pd.DataFrame, "kepesertaan"]
UkuranTable = Annotated[pd.DataFrame, "ukuran"]

_MIN_YEAR, _MAX_YEAR = 2000, 2100


SIGNED = {"pergeseran_rp", "sisa_rp"}
"""Money columns that may be negative: a budget shift, what books leave open."""


def _checks(column: Column) -> list[pa.Check]:
    """Return pandera's checks of one column."""
    import pandera.pandas as pa

    of_kind = {
        "kode": [pa.Check.str_matches(r"^\d\d(\.\d\d)?$")],
        "segmen": [pa.Check.isin(SEGMEN)],
        "periode": [pa.Check(lambda s: s.dt.day == 1, name="month_start")],
        "jiwa": [pa.Check.ge(0)],
        "rp": [pa.Check.ge(0)],
        "count": [pa.Check.ge(0)],
        "kelas": [pa.Check.isin((0, *KELAS))],
        "umur": [pa.Check.in_range(1, UMUR_MAKS_BULAN)],
        "tahun": [pa.Check.in_range(_MIN_YEAR, _MAX_YEAR)],
    }
    checks = [] if column.name in SIGNED else of_kind.get(column.kind, [])
    if column.kind == "segmen" and column.choices:
        checks = []
    return [*checks, pa.Check.isin(column.choices)] if column.choices else checks


@cache
def build_schema(name: str) -> pa.DataFrameSchema:
    """Build the pandera schema of one table."""
    import pandera.pandas as pa

    table = TABLES[name]
    columns = {
        column.name: pa.Column(
            column.dtype,
            checks=_checks(column),
            nullable=column.optional,
        )
        for column in table.columns
    }
    rules = [pa.Check(rule.holds, name=rule.name) for rule in table.rules]
    return pa.DataFrameSchema(
        columns, checks=rules, unique=list(table.key), strict=True, name=name
    )


def conform(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Order the columns of a typed table, add absent optional ones, set types.

    Parameters
    ----------
    frame
        Parsed values; types may still be object.
    name
        Table name, a key of `TABLES`.
    """
    table = TABLES[name]
    known = frame.reindex(columns=table.names)
    return known.astype({column.name: column.dtype for column in table.columns})


def check(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return `frame` if it is a valid table, else raise with every fault.

    Raises
    ------
    InputError
        Lists rule, column and number of rows; never the rows themselves.
    """
    from pandera.errors import SchemaErrors

    try:
        return build_schema(name).validate(frame, lazy=True)
    except SchemaErrors as exc:
        cases = exc.failure_cases
        counts = cases.groupby(["column", "check"], dropna=False).size()
        lines = [
            f"  {column or 'table'}: {rule} fails in {count} row(s)"
            for (column, rule), count in counts.items()
        ]
        raise InputError(f"not a valid {name}\n" + "\n".join(lines)) from exc
