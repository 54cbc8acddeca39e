"""Words of the mail itself, per language; the briefing brings its own sentences."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "id": {
        "contoh": "DATA CONTOH",
        "contoh_banner": "DATA CONTOH: angka buatan untuk mencoba sistem. "
        "Jangan dipakai mengambil keputusan.",
        "bahan": "Bahan rapat",
        "tanpa_rapat": "Laporan bulanan",
        "data_per": "Data per",
        "permintaan": "Yang diminta",
        "tindak_lanjut": "Keputusan rapat terakhir",
        "penanggung_jawab": "Penanggung jawab",
        "tenggat": "tenggat",
        "lampiran": "Lampiran",
        "lampiran_html": "laporan lengkap, buka dengan peramban",
        "lampiran_xlsx": "tabel wilayah ini dan arti kolomnya",
        "lampiran_ics": "jadwal rapat untuk kalender",
        "lampiran_form": "formulir tindak lanjut: isi status, kirim kembali",
        "pengirim": "Dikirim oleh",
        "kepada_siapa": "Anda menerima surel ini karena alamat kantor Anda terdaftar "
        "pada sekretariat rapat wilayah ini.",
        "jawab": "Tanya, perbaiki data, atau berhenti menerima: balas ke",
        "sumber": "Sumber data",
        "periode": "Periode laporan",
        "jalankan": "Kode laporan",
        "kalender_judul": "Rapat",
    },
    "en": {
        "contoh": "SAMPLE DATA",
        "contoh_banner": "SAMPLE DATA: made-up figures for trying the system. "
        "Not for decisions.",
        "bahan": "Meeting brief",
        "tanpa_rapat": "Monthly report",
        "data_per": "Data as of",
        "permintaan": "What is asked",
        "tindak_lanjut": "Decisions of the last meeting",
        "penanggung_jawab": "Owner",
        "tenggat": "due",
        "lampiran": "Attached",
        "lampiran_html": "the full report, opens in a browser",
        "lampiran_xlsx": "this region's tables and what their columns mean",
        "lampiran_ics": "the meeting for your calendar",
        "lampiran_form": "follow-up form: fill in the status, send it back",
        "pengirim": "Sent by",
        "kepada_siapa": "You receive this mail because your office's address is "
        "listed with the secretariat of this region's meeting.",
        "jawab": "To ask, correct data or stop receiving it, reply to",
        "sumber": "Data from",
        "periode": "Report period",
        "jalankan": "Report code",
        "kalender_judul": "Meeting",
    },
}
