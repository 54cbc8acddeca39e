"""Synthetic office tables: facilities, meetings, addresses, decisions; shipped rows.

Addresses exist only at contoh.invalid, a domain that can never receive mail
(RFC 2606).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from jkn_analysis.terms import Kantor
from jkn_analysis.wilayah import get_wilayah
from jkn_sample.world import AKHIR, Dunia, read_rows

RAPAT_LALU = pd.Timestamp(2025, 6, 16)
RAPAT_DEPAN = pd.Timestamp(2025, 12, 1)
_KENDALA = (
    "antrean rujukan ke RSUD",
    "dokter gigi kosong di puskesmas",
    "peta alamat peserta belum diperbarui",
    "klaim tertunda karena berkas",
    "listrik dan internet puskesmas terputus",
)
_PENERIMA = (
    (Kantor.SEKDA, "Sekretaris Daerah", "sekda"),
    (Kantor.BPKAD, "Kepala BPKAD", "bpkad"),
    (Kantor.DINKES, "Kepala Dinas Kesehatan", "dinkes"),
    (Kantor.DINSOS, "Kepala Dinas Sosial", "dinsos"),
    (Kantor.DUKCAPIL, "Kepala Dinas Dukcapil", "dukcapil"),
    (Kantor.BPJS, "Kepala Kantor Cabang", "bpjs"),
)
_KEPUTUSAN = (
    ("Menyelesaikan tunggakan iuran PBPU Pemda dan jadwal SPM", Kantor.BPKAD, 45),
    ("Mengusulkan pengganti PBI JK yang dinonaktifkan", Kantor.DINSOS, 30),
    ("Memadankan NIK peserta nonaktif mutasi per desa", Kantor.DUKCAPIL, 60),
    ("Mengisi sisa kuota PBPU Pemda dengan peserta baru", Kantor.DINKES, 60),
    ("Menagih PBPU menunggak 4-24 bulan lewat REHAB", Kantor.BPJS, 90),
    (
        "Memeriksa kepatuhan badan usaha yang belum mendaftarkan pekerja",
        Kantor.DISNAKER,
        75,
    ),
)
_CATATAN = {
    "selesai": "dilaporkan lengkap",
    "berjalan": "sebagian desa selesai",
    "terlambat": "menunggu perubahan anggaran",
    "belum": None,
}
_HALF_YEARS = ("2023-12", "2024-06", "2024-12", "2025-06", "2025-11")


def build_faskes(dunia: Dunia) -> pd.DataFrame:
    """Build the table ``faskes``: a state every half year and in the last month."""
    months = [month for month in _HALF_YEARS if dunia.has(month)]
    rows = []
    for i, kode in enumerate(dunia.kode):
        chance = dunia.rng("faskes", kode)
        people = dunia.penduduk[i]
        fktp = max(6, round(people / 9_500 * chance.uniform(0.8, 1.5)))
        fkrtl = max(1, round(people / 95_000 * chance.uniform(0.8, 1.4)))
        dokter = max(8, round(people / 3_800 * chance.uniform(0.7, 1.3)))
        for month in months:
            trouble = chance.random() < 0.4
            rows.append(
                {
                    "kode": kode,
                    "periode": pd.Timestamp(f"{month}-01"),
                    "fktp": fktp,
                    "fkrtl": fkrtl,
                    "dokter": dokter,
                    "tempat_tidur": fkrtl * 62,
                    "kendala": chance.choice(_KENDALA) if trouble else None,
                }
            )
            fktp += int(chance.random() < 0.3)
            dokter += int(chance.integers(-1, 4))
    return pd.DataFrame(rows)


def _scopes(dunia: Dunia) -> list[str]:
    """Return kabupaten/kota and their provinces."""
    return [*dunia.kode, *sorted({kode[:2] for kode in dunia.kode})]


def _meeting(kode: str, start: pd.Timestamp, day: int, hour: str) -> dict[str, object]:
    """Return one meeting on a working day."""
    region = get_wilayah(kode)
    date = start + pd.Timedelta(days=day)
    date -= pd.Timedelta(days=max(date.weekday() - 4, 0))
    province = len(kode) == 2
    return {
        "id_rapat": f"{date:%Y%m%d}-{kode.replace('.', '')}",
        "kode": kode,
        "tanggal": date,
        "jam": hour,
        "zona_waktu": region.zona_waktu,
        "jenis": "Forum Kepala Daerah"
        if province
        else "Forum Komunikasi Pemangku Kepentingan Utama",
        "tempat": f"Kantor Gubernur {region.nama}"
        if province
        else f"Ruang rapat Sekretariat Daerah {region.nama_lengkap}",
    }


def build_rapat(dunia: Dunia) -> pd.DataFrame:
    """Build the table ``rapat``: the meetings of June and December 2025."""
    rows = []
    for kode in _scopes(dunia):
        chance = dunia.rng("rapat", kode)
        past, ahead = int(chance.integers(0, 12)), int(chance.integers(1, 19))
        hour = str(chance.choice(["08:30", "09:00", "10:00", "13:30"]))
        if len(kode) == 5:
            rows.append(_meeting(kode, RAPAT_LALU, past, hour))
        rows.append(_meeting(kode, RAPAT_DEPAN, ahead, hour))
    return pd.DataFrame(rows)


def build_penerima(dunia: Dunia) -> pd.DataFrame:
    """Build the table ``penerima``: offices of every region, at contoh.invalid."""
    rows = [
        {
            "kode": kode,
            "kantor": office.value,
            "jabatan": title,
            "email": f"{name}.{kode.replace('.', '-')}@contoh.invalid",
        }
        for kode in _scopes(dunia)
        for office, title, name in _PENERIMA
    ]
    return pd.DataFrame(rows)


def build_tindak_lanjut(dunia: Dunia, rapat: pd.DataFrame) -> pd.DataFrame:
    """Build the table ``tindak_lanjut``: decisions of the meetings of June 2025."""
    past = rapat[rapat["tanggal"] < AKHIR].set_index("kode")
    rows = []
    for kode in dunia.kode:
        chance = dunia.rng("keputusan", kode)
        picked = np.sort(chance.choice(len(_KEPUTUSAN), size=4, replace=False))
        meeting = past.loc[kode]
        for number, index in enumerate(picked, start=1):
            text, office, days = _KEPUTUSAN[index]
            status = str(chance.choice(list(_CATATAN), p=[0.3, 0.35, 0.25, 0.1]))
            rows.append(
                {
                    "id_rapat": meeting["id_rapat"],
                    "kode": kode,
                    "nomor": number,
                    "keputusan": text,
                    "penanggung_jawab": office.value,
                    "tenggat": meeting["tanggal"] + pd.Timedelta(days=days),
                    "status": status,
                    "catatan": _CATATAN[status],
                }
            )
    return pd.DataFrame(rows)


def read_shipped(name: str, dunia: Dunia) -> pd.DataFrame:
    """Read a table shipped as rows for the scopes of this sample; blank is missing."""
    frame = pd.DataFrame(read_rows(f"{name}.csv"))
    scopes = {*_scopes(dunia), "00"}
    kept = frame[frame["kode"].isin(scopes)].reset_index(drop=True)
    return kept.replace({"": None})
