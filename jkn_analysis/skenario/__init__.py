"""What-if and the ask: dated, composable scenarios and the cheapest way to a target.

For `jkn forecast`: ``build_uang(tables, hasil)`` returns the tables
``laju_tunggakan``, ``tunggakan_ramalan``, ``arus_tunggakan``, ``utang_pemda``,
``kolektibilitas``, ``kas``, ``uang``, ``rute``, ``permintaan``, ``skenario`` (columns
in `jkn_analysis.tables`), all regions at once; ``tables`` are the delivered tables by
name, ``hasil`` the tables of `build_ramalan` (``masa_depan`` and ``ramalan`` are used
and come back with arrears and debt). Missing tables make their part empty, never zero.

A scenario is the stored paths, changed; 'dasar' is the paths themselves, so it equals
``ramalan`` to the person. No draw has more active than registered people, nor more
registered than there are.

``skenario.ukuran``: aktif_jiwa, keaktifan_penduduk_rate, terdaftar_jiwa, cakupan_rate,
tunggakan_peserta_rp, tunggakan_pemda_rp, anggaran_rp (premium the region must pay that
month), iuran_pbi_rp (premium of PBI JK that month, paid by the state), peluang_80 and
peluang_uhc (share of draws at 80% active, and at both thresholds; kuantil 0.5 only),
and where not 0 tak_tertampung_jiwa (people asked for beyond those there are),
tanpa_jaminan_jiwa_bulan (person-months without cover so far, against 'dasar') and
tak_dibayar_rp (bills so far that the region does not pay). Registered people and
iuran_pbi_rp are left out of a scenario that moves them nowhere: they are 'dasar''s.
``skenario.kuantil``: 0.1, 0.5, 0.9; ``selisih`` is the same quantile of the paired
difference from 'dasar' (nothing changes).

``uang.ukuran`` per kode and tahun. Report year: pagu_rp, dibayar_rp, serapan_rate,
proyeksi_desember_rp and proyeksi_serapan_rate (paid by December by habit),
tunggakan_pemda_rp, tagihan_sisa_tahun_rp (bills to come), sisa_kas_desember_rp
(budget less paid less bills to come), kewajiban_desember_rp (debt and bills to come),
kurang_kas_desember_rp (what the budget lacks for it), tarif_rp. Next year: pagu_rp and
kebutuhan_tahun_depan_rp = kebutuhan_bertahan_rp (today's members)
+ kebutuhan_capai_rp (people lacking at this year's end)
+ kebutuhan_tahan_rp (lacking later); kebutuhan_utang_rp (debt carried in) on top;
kurang_pagu_rp (budget less need, without the debt), kebutuhan_capai_jiwa,
kebutuhan_tahan_jiwa. Sums of regions have wilayah_kas, wilayah_kurang and
wilayah_kurang_pagu instead of what would net one's surplus against another's gap. A
figure that cannot be known is absent.

In a notebook (``laju``, ``uji``: rows of ``laju_tunggakan``, kode of the region and
'00', and of ``uji_tunggakan``)::

    paths = read_paths(root, kode="82.71")
    keadaan = build_keadaan(tables, paths, kode="82.71", laju=laju, uji=uji)
    hasil = apply_scenario(keadaan, potong_pbi("2026-02", 10) + pemutihan("2026-06"))
    hasil.ringkas()
"""

from __future__ import annotations

from jkn_analysis.skenario.declaration import (
    DASAR,
    TANPA,
    DatedChange,
    Skenario,
    agen,
    from_peristiwa,
    kuota_telat,
    kuota_ubah,
    list_asumsi,
    make_skenario,
    pemda_menunggak,
    pemutihan,
    potong_pbi,
    rehab,
    tarif,
)
from jkn_analysis.skenario.engine import Applied, apply_scenario, compare, summarise
from jkn_analysis.skenario.files import Scope, read_skenario
from jkn_analysis.skenario.kinds import JENIS
from jkn_analysis.skenario.outcome import TABEL_UANG, build_uang
from jkn_analysis.skenario.state import State, build_keadaan

__all__ = [
    "DASAR",
    "JENIS",
    "TABEL_UANG",
    "TANPA",
    "Applied",
    "DatedChange",
    "Scope",
    "Skenario",
    "State",
    "agen",
    "apply_scenario",
    "build_keadaan",
    "build_uang",
    "compare",
    "from_peristiwa",
    "kuota_telat",
    "kuota_ubah",
    "list_asumsi",
    "make_skenario",
    "pemda_menunggak",
    "pemutihan",
    "potong_pbi",
    "read_skenario",
    "rehab",
    "summarise",
    "tarif",
]
