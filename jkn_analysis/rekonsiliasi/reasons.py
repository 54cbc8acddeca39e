"""Why a row needs repair: one reason each, the office that repairs it, its worth."""

from __future__ import annotations

from dataclasses import dataclass

from jkn_analysis.terms import Kantor


@dataclass(frozen=True)
class Alasan:
    """A named difference between registers."""

    kode: str
    register: str
    """Whose rows carry it: bpjs, dukcapil or dtsen."""
    kantor: Kantor
    arti: str
    """For readers of a report."""
    meaning: str
    arah: int
    """What its repair does to the number of active members: +1 makes inactive ones
    active (or registers people), -1 takes active ones out, 0 neither."""


_ROWS = (
    ("ganda_baris", "bpjs", Kantor.BPJS, -1,
     "baris ganda pada segmen yang sama", "same person twice in one segment"),
    ("ganda_segmen", "bpjs", Kantor.BPJS, -1,
     "orang yang sama di dua segmen", "same person in two segments"),
    ("ganda_provinsi", "bpjs", Kantor.BPJS, -1,
     "orang yang sama di dua provinsi", "same person in two provinces"),
    ("pemda_sudah_ppu", "bpjs", Kantor.DINKES, -1,
     "PBPU Pemda aktif yang kini PPU", "active Pemda member who is now PPU"),
    ("meninggal_pbi", "bpjs", Kantor.DINSOS, -1,
     "PBI yang sudah meninggal", "PBI member who died"),
    ("meninggal", "bpjs", Kantor.BPJS, -1,
     "peserta yang sudah meninggal", "member who died"),
    ("pindah", "bpjs", Kantor.BPJS, -1,
     "sudah pindah ke kabupaten/kota lain", "moved to another region"),
    ("nik_milik_orang_lain", "bpjs", Kantor.BPJS, 1,
     "NIK tercatat atas nama orang lain", "NIK belongs to somebody else"),
    ("nik_diperbaiki", "bpjs", Kantor.BPJS, 1,
     "NIK salah; orangnya ditemukan lewat nama", "wrong NIK, person found by name"),
    ("perlu_ditinjau", "bpjs", Kantor.BPJS, 0,
     "mungkin orang yang sama, perlu ditinjau", "perhaps the same person, to review"),
    ("nik_kosong", "bpjs", Kantor.BPJS, 1, "NIK kosong", "NIK empty"),
    ("nik_tidak_sah", "bpjs", Kantor.BPJS, 1, "NIK tidak sah", "NIK not valid"),
    ("tidak_ada_di_dukcapil", "bpjs", Kantor.DUKCAPIL, 0,
     "tidak ada di Dukcapil", "not in Dukcapil"),
    ("segmen_beda", "bpjs", Kantor.DINSOS, 0,
     "segmen berbeda dari daftar Dinas Sosial", "segment differs from Dinsos"),
    ("nonaktif_menunggak", "bpjs", Kantor.BPJS, 1,
     "nonaktif, segmen yang membayar sendiri", "inactive, pays for itself"),
    ("nonaktif_miskin", "bpjs", Kantor.DINSOS, 1,
     "nonaktif, miskin menurut DTSEN (desil 1-5)", "inactive, poor (decile 1-5)"),
    ("nonaktif_mutasi", "bpjs", Kantor.DINKES, 1,
     "nonaktif karena mutasi, belum didaftarkan ulang", "inactive by mutation"),
    ("nama_beda", "bpjs", Kantor.BPJS, 0,
     "nama berbeda dari Dukcapil", "name differs from Dukcapil"),
    ("lahir_beda", "bpjs", Kantor.BPJS, 0,
     "tanggal lahir berbeda dari Dukcapil", "birth date differs from Dukcapil"),
    ("alamat_beda", "bpjs", Kantor.BPJS, 0,
     "kecamatan berbeda dari Dukcapil", "kecamatan differs from Dukcapil"),
    ("ganda_dukcapil", "dukcapil", Kantor.DUKCAPIL, 0,
     "NIK ganda di Dukcapil", "NIK twice in Dukcapil"),
    ("nik_rusak_dukcapil", "dukcapil", Kantor.DUKCAPIL, 0,
     "NIK kosong atau tidak sah di Dukcapil", "NIK empty or not valid in Dukcapil"),
    ("bayi_belum_terdaftar", "dukcapil", Kantor.DINKES, 1,
     "bayi belum terdaftar", "newborn not registered"),
    ("belum_terdaftar", "dukcapil", Kantor.DINKES, 1,
     "penduduk belum terdaftar JKN", "resident not registered"),
    ("ganda_dtsen", "dtsen", Kantor.DINSOS, 0,
     "baris ganda di DTSEN", "twice in DTSEN"),
    ("nik_rusak_dtsen", "dtsen", Kantor.DINSOS, 0,
     "NIK kosong atau tidak sah di DTSEN", "NIK empty or not valid in DTSEN"),
    ("miskin_tanpa_jaminan", "dtsen", Kantor.DINSOS, 1,
     "desil 1-5, belum terdaftar JKN", "poor and not registered"),
    ("miskin_bukan_pbi", "dtsen", Kantor.DINSOS, 0,
     "desil 1-5, bukan PBI atau PBPU Pemda", "poor, neither PBI nor Pemda"),
    ("hanya_dtsen", "dtsen", Kantor.DUKCAPIL, 0,
     "ada di DTSEN, tidak ada di Dukcapil", "in DTSEN, not in Dukcapil"),
)  # fmt: skip
ALASAN: dict[str, Alasan] = {
    kode: Alasan(kode, register, kantor, arti, meaning, arah)
    for kode, register, kantor, arah, arti, meaning in _ROWS
}
"""Every reason by its code; a row carries the first that holds, in this order."""
COCOK = "cocok"
LUAR_WILAYAH = "luar_wilayah"
BARIS_RUSAK = "baris_rusak"
TANPA_ALASAN = (COCOK, LUAR_WILAYAH, BARIS_RUSAK)
"""Where a row may also end: nothing to repair, another region, unreadable."""
