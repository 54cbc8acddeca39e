"""Words of the mail itself, per language; the briefing brings its own sentences."""

from __future__ import annotations

from jkn_analysis.terms import SEGMEN_ARTI

WORDS: dict[str, dict[str, str]] = {
    "id": {
        "contoh": "DATA CONTOH",
        "contoh_banner": "DATA CONTOH: angka buatan untuk mencoba sistem. "
        "Jangan dipakai mengambil keputusan.",
        "bahan": "Bahan rapat",
        "rapat": "Rapat",
        "tanpa_rapat": "Laporan bulanan",
        "data_per": "Data per",
        "revisi": "Revisi",
        "menggantikan": "Revisi {nomor}: menggantikan bahan yang dikirim {hari}.",
        "untuk": "Untuk {kantor}",
        "tanpa_khusus": "Tidak ada yang diminta khusus dari kantor ini; yang berlaku "
        "bagi semua kantor ada di bawah.",
        "permintaan": "Yang diminta",
        "tindak_lanjut": "Keputusan rapat terakhir",
        "penanggung_jawab": "Penanggung jawab",
        "tenggat": "tenggat",
        "lampiran": "Lampiran",
        "lampiran_html": "laporan lengkap, buka dengan peramban",
        "lampiran_pdf": "laporan lengkap, siap dicetak",
        "lampiran_xlsx": "tabel wilayah ini dan arti kolomnya",
        "lampiran_ics": "jadwal rapat untuk kalender",
        "lampiran_form": "formulir tindak lanjut: isi status, kirim kembali",
        "pengirim": "Dikirim oleh",
        "kepada_siapa": "Anda menerima surel ini karena alamat kantor Anda terdaftar "
        "pada sekretariat rapat wilayah ini.",
        "jawab": "Tanya, perbaiki data, atau berhenti menerima: balas ke",
        "periode": "Periode laporan",
        "jalankan": "Kode laporan",
        "jiwa": "jiwa",
        "posisi": "Posisi sekarang",
        "penyebut": "jumlah penduduk",
        "istilah": "Istilah",
        "arti": "Arti",
        "definisi": "Definisi",
    },
    "en": {
        "contoh": "SAMPLE DATA",
        "contoh_banner": "SAMPLE DATA: made-up figures for trying the system. "
        "Not for decisions.",
        "bahan": "Meeting brief",
        "rapat": "Meeting",
        "tanpa_rapat": "Monthly report",
        "data_per": "Data as of",
        "revisi": "Revision",
        "menggantikan": "Revision {nomor}: replaces what was sent on {hari}.",
        "untuk": "For {kantor}",
        "tanpa_khusus": "Nothing is asked of this office alone; what all offices read "
        "follows.",
        "permintaan": "What is asked",
        "tindak_lanjut": "Decisions of the last meeting",
        "penanggung_jawab": "Owner",
        "tenggat": "due",
        "lampiran": "Attached",
        "lampiran_html": "the full report, opens in a browser",
        "lampiran_pdf": "the full report, ready to print",
        "lampiran_xlsx": "this region's tables and what their columns mean",
        "lampiran_ics": "the meeting for your calendar",
        "lampiran_form": "follow-up form: fill in the status, send it back",
        "pengirim": "Sent by",
        "kepada_siapa": "You receive this mail because your office's address is "
        "listed with the secretariat of this region's meeting.",
        "jawab": "To ask, correct data or stop receiving it, reply to",
        "periode": "Report period",
        "jalankan": "Report code",
        "jiwa": "people",
        "posisi": "Position now",
        "penyebut": "population",
        "istilah": "Term",
        "arti": "Meaning",
        "definisi": "Definitions",
    },
}

DEFINITIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "id": (
        ("Cakupan", "peserta terdaftar dibagi penduduk; dapat melebihi 100%"),
        ("Keaktifan (penduduk)", "peserta aktif dibagi penduduk; syarat UHC"),
        ("Keaktifan (terdaftar)", "peserta aktif dibagi peserta terdaftar"),
        ("Penduduk", "jumlah menurut sumber yang disebut pada laporan"),
        ("Aktif", "peserta yang kartunya dapat dipakai pada akhir bulan itu"),
        ("Nonaktif menunggak", "tidak aktif karena iuran belum dibayar"),
        ("Nonaktif mutasi", "tidak aktif karena pindah segmen atau dikeluarkan"),
        (
            "Tunggakan peserta",
            "iuran peserta mandiri yang belum dibayar, paling "
            "banyak 24 bulan tiap peserta",
        ),
        ("Tunggakan Pemda", "iuran PBPU Pemda yang belum dibayar pemerintah daerah"),
        ("Kuota", "jiwa yang dapat dibiayai pemerintah daerah"),
        ("Serapan", "iuran dibayar dibagi pagu setelah pergeseran"),
        ("Kolektibilitas", "iuran diterima dibagi iuran ditagih"),
        (
            "Kemungkinan 7 dari 10",
            "peluang menurut model; rentang pada grafik memuat "
            "nilai sebenarnya 5, 8 dan 9,5 dari 10 kali",
        ),
        ("PBI JK", SEGMEN_ARTI["PBI JK"]),
        ("PBPU Pemda", SEGMEN_ARTI["PBPU Pemda"]),
        ("PPU-PN", SEGMEN_ARTI["PPU-PN"]),
        ("PPU-BU", SEGMEN_ARTI["PPU-BU"]),
        ("PBPU", SEGMEN_ARTI["PBPU"]),
        ("BP", SEGMEN_ARTI["BP"]),
    ),
    "en": (
        ("Coverage", "registered participants over population; may pass 100%"),
        ("Activity (population)", "active participants over population; a UHC rule"),
        ("Activity (registered)", "active over registered participants"),
        ("Population", "the count of the source the report names"),
        ("Active", "participants whose card works at the end of the month"),
        ("Inactive, in arrears", "inactive because premiums are unpaid"),
        ("Inactive, moved", "inactive after a change of segment or removal"),
        ("Members' arrears", "unpaid premiums of members, at most 24 months each"),
        ("Local government arrears", "unpaid premiums of PBPU Pemda"),
        ("Quota", "people the local government can pay for"),
        ("Absorption", "premiums paid over the budget after shifts"),
        ("Collection rate", "premiums received over premiums billed"),
        (
            "7 chances in 10",
            "probability by the model; the bands hold the true value "
            "5, 8 and 9.5 times in 10",
        ),
        ("PBI JK", "poor and near-poor, paid by the state budget"),
        ("PBPU Pemda", "residents registered and paid by the local government"),
        ("PPU-PN", "wage earners, public"),
        ("PPU-BU", "wage earners, private"),
        ("PBPU", "non-wage earners (own payment)"),
        ("BP", "non-workers (pensioners, veterans, investors)"),
    ),
}
"""Terms of the workbook, in the order a reader meets them."""
