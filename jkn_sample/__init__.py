"""Labelled synthetic deliveries, calibrated on published figures (DATA CONTOH).

`build_tables` makes every delivered table in memory; `write_deliveries` renders the
same rows as the offices would send them. No row describes a real month of a real
region except where a published figure is reproduced (table ``publikasi``, each with
its source); nothing here identifies a person.

Coverage: the 28 kabupaten/kota of 19, 81 and 82, 2021-01 to 2025-11 (59 months);
``tunggakan_peserta`` covers 2022-12 to 2025-11 (36 months).

Files under ``data/raw/contoh/`` (``README.txt`` is ignored by cleaning)
------------------------------------------------------------------------
``penduduk/penduduk_kode_bps.csv``
    ``,``; a title line, then ``kode_bps`` (``8203.0``: BPS!), ``nama_wilayah``,
    ``sumber``, ``berlaku_mulai`` (ISO), ``jumlah_penduduk`` (plain integers).
``kepesertaan/rekap_babel_<tahun>.xlsx``
    One sheet ``Rekap``: three title rows; per month a block: ``Bulan : Januari
    2021``; a merged two-row header ``No | Kabupaten/Kota | PBI APBN | PBI APBD | PPU
    PN | PPU BU | PBPU Mandiri | BP | JUMLAH`` over ``Terdaftar | Aktif | Menunggak |
    Mutasi`` (JUMLAH: only ``Terdaftar | Aktif``); 7 rows; a ``JUMLAH`` row; a blank
    row. Footer ``Sumber: ...`` and ``*) DATA CONTOH``.
``kepesertaan/maluku_<tahun>.csv``
    ``;``, two title lines, then ``No;Kode;Kab/Kota;Bulan;Tahun;Segmen;Peserta
    Terdaftar;Peserta Aktif;% Aktif;Nonaktif Menunggak;Nonaktif Mutasi``; thousands
    ``1.391.162``; percent ``18,39%``; ``Kode`` is ``81.01``; months ``JANUARI``,
    ``PEBRUARI`` ... ``NOPEMBER``; one ``81;MALUKU`` subtotal row per month and
    segmen. In 2021 the two Nonaktif columns are absent.
``kepesertaan/maluku_utara_<tahun>.xlsx``
    One sheet per month (``Jan``, ``Peb``, ... ``Agt``, ``Nop``, ``Des``): title rows of
    which one says ``Periode : Agustus 2025``; header over two rows (``Nonaktif`` over
    ``Menunggak | Mutasi``) ``No | Kab/Kota | Segmentasi | Terdaftar | Aktif |
    Nonaktif``; rows region x segmen with the region named only in its first row
    (merged), and a ``Jumlah`` row per region; footer. Juli 2022 was never sent.
``tunggakan_peserta/umur_tunggakan_<19|81|82>.xlsx``
    One sheet per year: title rows; merged two-row header ``Kab/Kota | Bulan | Segmen
    | Kelas | Umur 1 bulan | ... | Umur 24 bulan | > 24 bulan | Jumlah``, each over
    ``Peserta | Rp``; ``Bulan`` is ``2023-01``; ``Kelas`` ``Kelas I``..``Kelas III``.
``iuran/iuran_<19|81|82>_<tahun>.csv``
    ``;``, wide by month: ``Kab/Kota;Segmen;Kelas;Uraian;Jan;PEBRUARI;Maret;April;Mei;
    Juni;Juli;Agt;Sept;Okt;Nop;Des``; ``Uraian`` is ``Ditagih``, ``Diterima`` or
    ``Dihapus`` (Rp, thousands with dots); ``Kelas`` 1-3, ``-`` where a segmen has
    none (= 0). ``Des`` of 2025 is empty. The year stands in the title ``Tahun 2025``.
``iuran_pemda/realisasi_pbpu_pemda.ods``
    One sheet per province: title rows; ``No | Kode | Kab/Kota | Bulan | Kuota |
    Terisi | Tagihan (Rp) | Dibayar (Rp) | Tunggakan Awal (Rp) | Tanggal Bayar``.
``anggaran/pagu_iuran_jkn.csv``
    ``;``: ``Kode;Kab/Kota;Tahun;Sumber Dana;Pagu;Pergeseran`` as ``Rp 7.900.000.000``.
``peristiwa/peristiwa.csv``, ``rapat/rapat.csv``, ``penerima/penerima.csv``,
``tindak_lanjut/tindak_lanjut.csv``, ``publikasi/publikasi.csv``
    ``,`` with canonical column names; a ``# DATA CONTOH`` comment line first.
``faskes/faskes.xlsx``
    Title rows, ``Kab/Kota | Per | FKTP | FKRTL | Dokter | Tempat Tidur | Kendala
    Administrasi``; ``Per`` is ``30 Juni 2025``; one total row per date; footer.
``arus_kepesertaan/mutasi_peserta.xlsx``
    A sheet per month (Juni to November 2025): title rows, ``Periode : Juni 2025``,
    ``No | Kab/Kota | Segmen Asal | Segmen Tujuan | Sebab Mutasi | Jumlah``; states in
    words (``Nonaktif``, ``Belum Terdaftar``); footer.
``kepesertaan_kecamatan/kecamatan_<19|81|82>.xlsx``
    A sheet per month of the same months: title rows; a merged two-row header ``No |
    Kab/Kota | Kecamatan`` and the six segmen over ``Terdaftar | Aktif``; footer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SEED = 2025
"""Seed of the committed deliveries."""


def build_tables(
    *, seed: int = SEED, nasional: bool = False
) -> dict[str, pd.DataFrame]:
    """Build every delivered table of the sample, as cleaning should store it.

    Parameters
    ----------
    seed
        Start of all chance; the committed deliveries use the default.
    nasional
        All 514 kabupaten/kota and 60 months, nothing missing or stale.

    Returns
    -------
    dict
        Table name (of ``tables.DELIVERED``) to typed rows sorted by key; flows,
        kecamatan, deciles and whole budgets in the sample of 28 regions only; cohorts
        of the returned in none.
    """
    from jkn_sample import build

    return build.build_tables(seed=seed, nasional=nasional)


def write_deliveries(out: Path, *, seed: int = SEED) -> None:
    """Write the sample as offices would send it, in the layouts above.

    Parameters
    ----------
    out
        Folder of the delivery, such as ``data/raw/contoh``.
    seed
        Start of all chance.
    """
    from jkn_sample import deliveries as kiriman

    kiriman.write_tables(build_tables(seed=seed), out)


def write_nasional(out: Path, *, seed: int = SEED) -> None:
    """Write all 514 kabupaten/kota and 60 months as plain text files.

    Parameters
    ----------
    out
        Folder of the delivery.
    seed
        Start of all chance.
    """
    from jkn_sample import deliveries as kiriman

    kiriman.write_compact(build_tables(seed=seed, nasional=True), out)
