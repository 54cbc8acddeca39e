"""Small made-up tables for the page's tests: few regions, every part present."""

# ruff: noqa: E501 - rows of tables read better on one line

from __future__ import annotations

import numpy as np
import pandas as pd

from jkn_analysis.store import write_tables
from jkn_analysis.tables import conform
from jkn_analysis.terms import SEGMEN

MONTHS = pd.date_range("2022-12-01", "2025-11-01", freq="MS")
SHARES = (0.42, 0.14, 0.08, 0.12, 0.19, 0.05)
SUMBER = "Dukcapil sem II 2024"


def _stamp(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def build_kepesertaan(kode: str, *, penduduk: int, cakupan: float, aktif: float):
    """One region: constant registration, activity rising to `aktif` of penduduk."""
    rows = []
    for step, month in enumerate(MONTHS):
        ramp = 0.96 + 0.04 * step / (len(MONTHS) - 1)
        for name, share in zip(SEGMEN, SHARES, strict=True):
            terdaftar = round(penduduk * cakupan * share)
            now = min(terdaftar, round(penduduk * aktif * share * ramp))
            off = terdaftar - now
            rows.append((kode, month, name, terdaftar, now, off // 3, off - off // 3))
    columns = [
        "kode", "periode", "segmen", "terdaftar_jiwa", "aktif_jiwa",
        "nonaktif_menunggak_jiwa", "nonaktif_mutasi_jiwa",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def build_ramalan(kode: str, rate: float, *, drift: float = 0.0) -> pd.DataFrame:
    """A fan around a line from `rate`, wider with every month."""
    months = pd.date_range("2025-12-01", periods=12, freq="MS")
    levels = {0.025: -2, 0.1: -1.3, 0.25: -0.7, 0.5: 0, 0.75: 0.7, 0.9: 1.3, 0.975: 2}
    rows = []
    for step, month in enumerate(months, start=1):
        for level, z in levels.items():
            value = rate + drift * step + 0.003 * z * np.sqrt(step)
            naive = rate if level == 0.5 else np.nan
            rows.append((month, level, value, naive))
    frame = pd.DataFrame(rows, columns=["periode", "kuantil", "nilai", "naif"])
    frame = frame.assign(kode=kode, cutoff=_stamp("2025-11-01"), skenario="dasar")
    parts = [frame.assign(indikator="keaktifan_penduduk_rate", segmen="total")]
    parts += [
        frame.assign(indikator="keaktifan_terdaftar_rate", segmen=name)
        for name in (*SEGMEN, "total")
    ]
    return pd.concat(parts, ignore_index=True)


def build_peluang(kode: str, chance: float) -> pd.DataFrame:
    """The same chance for every month."""
    months = pd.date_range("2025-12-01", periods=12, freq="MS")
    return pd.DataFrame({"periode": months}).assign(
        kode=kode, indikator="keaktifan_penduduk_rate", cutoff=_stamp("2025-11-01"),
        skenario="dasar", target=0.80, peluang=chance,
    )  # fmt: skip


def build_tunggakan(kode: str, people: int) -> pd.DataFrame:
    """Members in arrears spread over the ages, kelas 3."""
    ages = np.arange(1, 26)
    count = np.full(25, people // 25)
    count[-1] += people - count.sum()
    return pd.DataFrame({"umur_bulan": ages, "peserta_jiwa": count}).assign(
        kode=kode, periode=MONTHS[-1], segmen="PBPU", kelas=3,
        tunggakan_rp=count * np.minimum(ages, 24) * 35_000,
    )  # fmt: skip


def build_pemda(kode: str, *, unpaid: int) -> pd.DataFrame:
    """Quota, bills and payments of one local government."""
    frame = pd.DataFrame({"periode": MONTHS}).assign(
        kode=kode, kuota_jiwa=30_000, terisi_jiwa=29_000, tagihan_rp=1_096_200_000,
        dibayar_rp=1_096_200_000 - unpaid,
    )  # fmt: skip
    first = frame["periode"] == MONTHS[0]
    opening = pd.Series(pd.NA, index=frame.index, dtype="Int64").mask(first, 0)
    return frame.assign(tunggakan_awal_rp=opening, tanggal_bayar=pd.NaT)


def build_region(
    kode: str,
    *,
    penduduk: int = 210_836,
    cakupan: float = 1.0,
    aktif: float = 0.79,
    drift: float = -0.001,
    chance: float = 0.2,
    debtors: int = 9_000,
    unpaid: int = 480_000_000,
) -> dict[str, pd.DataFrame]:
    """Every table of one region."""
    region = {
        "penduduk": pd.DataFrame(
            [(kode, SUMBER, _stamp("2022-01-01"), penduduk)],
            columns=["kode", "sumber", "berlaku_mulai", "penduduk_jiwa"],
        ),
        "kepesertaan": build_kepesertaan(
            kode, penduduk=penduduk, cakupan=cakupan, aktif=aktif
        ),
        "ramalan": build_ramalan(kode, aktif, drift=drift),
        "peluang": build_peluang(kode, chance),
        "tunggakan_peserta": build_tunggakan(kode, debtors),
        "iuran_pemda": build_pemda(kode, unpaid=unpaid),
        "anggaran": pd.DataFrame(
            [(kode, 2025, "APBD", 13_000_000_000, 500_000_000)],
            columns=["kode", "tahun", "sumber_dana", "pagu_rp", "pergeseran_rp"],
        ),
        "iuran": pd.DataFrame(
            [(kode, MONTHS[-1], "PBPU", 3, 900_000_000, 450_000_000)],
            columns=["kode", "periode", "segmen", "kelas", "ditagih_rp", "diterima_rp"],
        ),
        "faskes": pd.DataFrame(
            [(kode, _stamp("2025-06-01"), 14, 5, 120, "antrean poli gigi")],
            columns=["kode", "periode", "fktp", "fkrtl", "dokter", "kendala"],
        ),
        "rapat": pd.DataFrame(
            [
                (f"R1-{kode}", kode, _stamp("2025-09-12"), "09.00", "WIT", "Rapat koordinasi", "Kantor Wali Kota"),
                (f"R2-{kode}", kode, _stamp("2025-12-16"), "09.00", "WIT", "Rapat koordinasi", "Kantor Wali Kota"),
            ],
            columns=["id_rapat", "kode", "tanggal", "jam", "zona_waktu", "jenis", "tempat"],
        ),
        "tindak_lanjut": pd.DataFrame(
            [
                (f"R1-{kode}", kode, 1, "Bayar SPM Rp6 miliar", "BPKAD", _stamp("2025-10-31"), "terlambat"),
                (f"R1-{kode}", kode, 2, "Kirim daftar PBI nonaktif", "Dinas Sosial", _stamp("2025-10-15"), "selesai"),
                (f"R1-{kode}", kode, 3, "Padankan NIK peserta ganda", "Dukcapil", _stamp("2025-12-31"), "berjalan"),
            ],
            columns=["id_rapat", "kode", "nomor", "keputusan", "penanggung_jawab", "tenggat", "status"],
        ),
        "peristiwa": pd.DataFrame(
            [
                (f"E1-{kode}", _stamp("2025-06-15"), kode, "PBI JK", "sk_pbi", -4200.0, "terjadi", "Pemutakhiran PBI JK (DTSEN)", "contoh"),
                (f"E2-{kode}", _stamp("2026-01-01"), kode, "PBPU Pemda", "kuota", 1500.0, "pasti", "PKS kuota PBPU Pemda 2026", "contoh"),
            ],
            columns=["id_peristiwa", "tanggal", "kode", "segmen", "jenis", "dampak_jiwa", "status", "keterangan", "sumber"],
        ),
        "publikasi": pd.DataFrame(
            [(_stamp("2025-12-01"), kode, "total", "keaktifan_penduduk_rate", 0.79, "rate", "Halmahera Post, 18 Desember 2025")],
            columns=["tanggal", "kode", "segmen", "indikator", "nilai", "satuan", "sumber"],
        ),
    }  # fmt: skip
    return add_money(region, penduduk=penduduk)


def add_money(region: dict[str, pd.DataFrame], *, penduduk: int) -> dict:
    """Put cash, budget and ask of one region beside its tables, as the forecast does."""
    from jkn_analysis.anggaran import build_kas, build_uang_tahunan
    from jkn_analysis.skenario.permintaan import build_permintaan
    from jkn_analysis.skenario.posisi import list_posisi
    from jkn_analysis.skenario.rute import build_rute
    from jkn_analysis.tunggakan.pemda import project_utang
    from jkn_analysis.tunggakan.taksiran import fill_pemda
    from tests.money_data import CashPaths

    names = (
        "kepesertaan",
        "iuran_pemda",
        "anggaran",
        "peristiwa",
        "selisih",
        "skenario",
    )
    empty = pd.DataFrame()
    given = {name: conform(region.get(name, empty), name) for name in names}
    kode, cutoff = region["kepesertaan"]["kode"].iloc[0], MONTHS[-1]
    fan = region["ramalan"].query("indikator == 'keaktifan_penduduk_rate'")
    rates = fan.pivot_table(index="periode", columns="kuantil", values="nilai")
    active = np.floor(rates[[0.5, 0.1, 0.9]].to_numpy() * penduduk + 1e-6)
    months = pd.DatetimeIndex(rates.index)
    future = CashPaths(
        np.array([kode], dtype=object), months, active[:, None, :],
        np.array([float(penduduk)]),
    )  # fmt: skip
    made = {"skenario": given["skenario"]}
    pemda = fill_pemda(given["iuran_pemda"], given["kepesertaan"], cutoff=cutoff)
    kas = build_kas(pemda, given["anggaran"], given["peristiwa"], cutoff=cutoff)
    ahead = project_utang(pemda, horizon=12, draws=20)
    made["uang"] = build_uang_tahunan(
        kas, future, ahead=ahead, cutoff=cutoff, aktif=pd.Series()
    )
    end = pd.Timestamp(2025, 12, 31)
    found = list_posisi(given, future, made, cutoff=cutoff, tenggat=end)
    routes = build_rute(given, cutoff=cutoff)
    asked = build_permintaan(found, routes, cutoff=cutoff, tenggat=end)
    return {
        **region, "kas": conform(kas, "kas"), "uang": conform(made["uang"], "uang"),
        "permintaan": conform(asked, "permintaan"),
    }  # fmt: skip


def store_tables(
    regions: list[dict[str, pd.DataFrame]], root, *, contoh: bool = True
) -> None:
    """Write the tables of some regions as `jkn build` and `jkn forecast` would."""
    root.mkdir(parents=True, exist_ok=True)
    tables = {}
    for name in dict.fromkeys(name for region in regions for name in region):
        frames = [region[name] for region in regions if name in region]
        tables[name] = conform(pd.concat(frames), name)
    write_tables(tables, root=root, contoh=contoh)
