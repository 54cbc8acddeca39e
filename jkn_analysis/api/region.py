"""One region: activity, arrears, forecast, chances, money, and its page."""

from __future__ import annotations

import html
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.api.answer import find_name
from jkn_analysis.arus.flows import ARUS, sum_flows
from jkn_analysis.arus.sebab import list_sebab
from jkn_analysis.errors import InputError, StoreError
from jkn_analysis.fiskal import FISKAL
from jkn_analysis.formats import format_rate
from jkn_analysis.indicators import INDICATORS
from jkn_analysis.kecamatan import TABLE as KECAMATAN
from jkn_analysis.kecamatan import measure_kecamatan
from jkn_analysis.layanan import LAYANAN
from jkn_analysis.sasaran import SASARAN
from jkn_analysis.terms import SEGMEN, TOTAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jkn_analysis.api.answer import Answer
    from jkn_analysis.api.source import Source
    from jkn_analysis.wilayah import Wilayah

ACTIVITY = (
    "terdaftar_jiwa",
    "aktif_jiwa",
    "cakupan_rate",
    "keaktifan_penduduk_rate",
    "keaktifan_terdaftar_rate",
)
ARREARS = ("tunggakan_peserta_jiwa", "tunggakan_peserta_rp", "tunggakan_pemda_rp")


class Region:
    """A kabupaten/kota, provinsi or the country, with the questions one asks of it."""

    def __init__(self, data: Source, wilayah: Wilayah) -> None:
        self.data = data
        self.wilayah = wilayah
        if wilayah.kode not in data.kode:
            raise InputError(
                f"{wilayah.nama_lengkap} ({wilayah.kode}): tidak ada data\n"
                "  → lihat data.kode untuk wilayah yang mengirim data"
            )

    def __repr__(self) -> str:
        """Name the region and the day of its newest data."""
        return f"<{self.nama} ({self.kode}), per {self.data.per}>"

    @property
    def kode(self) -> str:
        """Kemendagri code."""
        return self.wilayah.kode

    @property
    def nama(self) -> str:
        """Full name."""
        return self.wilayah.nama_lengkap

    def _wide(self, names: Sequence[str], segmen: str = TOTAL) -> pd.DataFrame:
        """Put indicators side by side, a row a month."""
        rows = self.data.read("ukuran", kode=self.kode)
        rows = rows[rows["indikator"].isin(names) & (rows["segmen"] == segmen)]
        wide = rows.pivot_table(index="periode", columns="indikator", values="nilai")
        wide.columns.name = None
        return wide.reindex(columns=list(names)).reset_index()

    def _penyebut(self) -> str:
        """Name the population behind the newest rate."""
        rows = self.data.ukuran("keaktifan_penduduk_rate", kode=self.kode)
        source = rows.loc[rows["periode"] == rows["periode"].max(), "sumber_penyebut"]
        return f"penduduk, {source.iloc[0]}" if len(source) else ""

    def keaktifan(self) -> Answer:
        """Give registered, active, cakupan and both keaktifan rates, a row a month."""
        table = self._wide(ACTIVITY)
        judul = f"Keaktifan {self.nama}"
        return self.data.answer(table, judul, penyebut=self._penyebut())

    def segmen(self) -> Answer:
        """Give registered, active, keaktifan (terdaftar) by segmen, newest month."""
        rows = self.data.read("ukuran", kode=self.kode)
        wanted = ("terdaftar_jiwa", "aktif_jiwa", "keaktifan_terdaftar_rate")
        month = rows["periode"] == self.data.periode
        rows = rows[month & rows["indikator"].isin(wanted)]
        wide = rows.pivot_table(index="segmen", columns="indikator", values="nilai")
        order = [name for name in SEGMEN if name in wide.index]
        wide = wide.loc[order, list(wanted)].rename_axis(columns=None).reset_index()
        judul = f"Segmen {self.nama}"
        return self.data.answer(wide, judul, penyebut="peserta terdaftar")

    def perubahan(self, sejak: str) -> Answer:
        """Give the change of active members by segmen, largest fall first.

        Parameters
        ----------
        sejak
            ``YYYY-MM``.
        """
        rows = self.data.read("ukuran", kode=self.kode)
        then = pd.Timestamp(f"{sejak}-01")
        wanted = rows["indikator"].eq("aktif_jiwa") & rows["segmen"].ne(TOTAL)
        wide = rows[wanted].pivot_table(
            index="segmen", columns="periode", values="nilai"
        )
        if then not in wide:
            raise InputError(f"bulan '{sejak}' tidak ada dalam data {self.nama}")
        now = wide[self.data.periode]
        table = pd.DataFrame({"semula_jiwa": wide[then], "aktif_jiwa": now})
        table["perubahan_jiwa"] = table["aktif_jiwa"] - table["semula_jiwa"]
        judul = f"Perubahan peserta aktif menurut segmen sejak {sejak}, {self.nama}"
        return self.data.answer(
            table.sort_values("perubahan_jiwa").reset_index(), judul
        )

    def mengapa(self, sejak: str) -> Answer:
        """Say why active members rose or fell since a month, additive to the person.

        Parameters
        ----------
        sejak
            ``YYYY-MM``.

        Raises
        ------
        InputError
            If a month between is missing.
        """
        from jkn_analysis.forecasting.why import explain

        since, until = pd.Timestamp(f"{sejak}-01").date(), self.data.periode.date()
        rows = self.data.read("perubahan", kode=self.kode)
        parts = explain(rows, self.kode, sejak=since, sampai=until)
        if parts is None:
            raise InputError(f"{self.nama}: ada bulan yang hilang sejak {sejak}")
        told = {**asdict(parts), "jumlah_jiwa": parts.jumlah_jiwa}
        judul = f"Mengapa peserta aktif {self.nama} berubah sejak {sejak}"
        return self.data.answer(pd.DataFrame([told]), judul)

    def arus(self, sejak: str) -> Answer:
        """Say who came, came back, left or changed segmen since a month, by cause.

        Counts hidden because small are in no sum.

        Parameters
        ----------
        sejak
            ``YYYY-MM``: the opening month.

        Raises
        ------
        InputError
            If no flows lead to the newest month.
        """
        rows = self._leaves(ARUS)
        opening = pd.Timestamp(f"{sejak}-01").date()
        found = sum_flows(rows, sejak=opening, sampai=self.data.periode.date())
        if found is None:
            raise InputError(
                f"{self.nama}: tidak ada arus peserta sejak {sejak}\n"
                "  → kirim laporan mutasi, atau jalankan jkn reconcile --before"
            )
        causes = [list_sebab()[sebab].arti for sebab in found.rows["sebab"]]
        judul = f"Arus peserta aktif {self.nama} sejak {found.sejak:%Y-%m}"
        note = f"{found.hidden} hitungan kecil tidak ditampilkan"
        return self.data.answer(found.rows.assign(arti=causes), judul, catatan=note)

    def kecamatan(self, segmen: str = TOTAL) -> Answer:
        """Give participants by kecamatan of the newest month, the most inactive first.

        Counts are in fives; small ones are missing.
        """
        rows = self._leaves(KECAMATAN)
        rows = rows[rows["periode"].eq(rows["periode"].max())]
        if segmen != TOTAL:
            rows = rows[rows["segmen"].eq(segmen)]
        places = rows.groupby(["kode", "kecamatan"])
        sums = places[["terdaftar_jiwa", "aktif_jiwa"]].sum(skipna=False).reset_index()
        table = measure_kecamatan(sums).sort_values("nonaktif_jiwa", ascending=False)
        judul = f"Peserta menurut kecamatan, {self.nama}"
        told = {"penyebut": "peserta terdaftar", "catatan": "dibulatkan ke lima"}
        return self.data.answer(table, judul, **told)

    def sasaran(self) -> Answer:
        """Give people and PBI JK by DTSEN decile of the newest month, in fives."""
        rows = self._leaves(SASARAN)
        now = rows[rows["periode"].eq(rows["periode"].max())]
        sums = now.groupby("desil")[["jiwa", "pbi_jiwa"]].sum(min_count=1)
        table = sums.assign(tanpa_pbi_jiwa=sums["jiwa"] - sums["pbi_jiwa"])
        told = {"penyebut": "orang dalam DTSEN", "catatan": "dibulatkan ke lima"}
        judul = f"PBI JK menurut desil, {self.nama}"
        return self.data.answer(table.reset_index(), judul, **told)

    def layanan(self) -> Answer:
        """Give care, claims pending and complaints, a row a region and month."""
        table = self._leaves(LAYANAN)
        told = {"catatan": "orang dibulatkan ke lima; 1 sampai 4 tidak ditampilkan"}
        return self.data.answer(table, f"Layanan bagi peserta, {self.nama}", **told)

    def fiskal(self) -> Answer:
        """Give whole budgets and what is handed on to them, a row a region and year."""
        table = self._leaves(FISKAL)
        return self.data.answer(table, f"Ruang fiskal, {self.nama}")

    def tunggakan(self) -> Answer:
        """Arrears of members and of the local government, apart, a row a month."""
        judul = f"Tunggakan peserta dan tunggakan Pemda, {self.nama}"
        return self.data.answer(self._wide(ARREARS), judul)

    def tunggakan_kelas(self) -> Answer:
        """Arrears of members by kelas, rupiah, a row a month."""
        rows = self._leaves("tunggakan_peserta")
        wide = rows.pivot_table(
            index="periode", columns="kelas", values="tunggakan_rp", aggfunc="sum"
        )
        wide.columns = [f"kelas_{kelas}_rp" for kelas in wide.columns]
        judul = f"Tunggakan peserta menurut kelas, {self.nama}"
        return self.data.answer(wide.reset_index(), judul)

    def kolektibilitas(self) -> Answer:
        """Premium received over billed, by kelas and year: sums, never averages."""
        rows = self._leaves("iuran").assign(tahun=lambda t: t["periode"].dt.year)
        sums = rows.groupby(["tahun", "kelas"])[["diterima_rp", "ditagih_rp"]].sum()
        rate = (sums["diterima_rp"] / sums["ditagih_rp"]).rename("rate").reset_index()
        rate = rate.pivot_table(index="tahun", columns="kelas", values="rate")
        rate.columns = [f"kelas_{kelas}_rate" for kelas in rate.columns]
        judul = f"Kolektibilitas iuran menurut kelas, {self.nama}"
        told = {"penyebut": "iuran ditagih", "catatan": "kelas 0 = tanpa kelas"}
        return self.data.answer(rate.reset_index(), judul, **told)

    def _leaves(self, name: str) -> pd.DataFrame:
        """Read rows of a delivered table: own, or of all kabupaten/kota inside."""
        inside = "" if self.kode == "00" else self.kode
        wanted = [kode for kode in self.data.kode if "." in kode]
        wanted = [kode for kode in wanted if kode.startswith(inside)]
        return self.data.read(name, kode=wanted)

    def ramalan(self, indikator: str = "keaktifan_penduduk_rate") -> Answer:
        """Proyeksi of an indicator: a row a month, a column a quantile."""
        rows = self.data.read("ramalan", kode=self.kode)
        rows = rows[rows["segmen"] == TOTAL]
        rows = rows[rows["cutoff"] == rows["cutoff"].max()]
        name = find_name(indikator, rows["indikator"].unique(), "indikator")
        rows = rows[rows["indikator"] == name]
        wide = rows.pivot_table(index="periode", columns="kuantil", values="nilai")
        unit = name.rsplit("_", 1)[-1]
        wide.columns = [f"kuantil_{100 * level:g}_{unit}" for level in wide.columns]
        judul = f"Proyeksi {self.nama}: {INDICATORS[name].arti}"
        told = {"catatan": "kuantil 10 sampai 90 = rentang 8 dari 10"}
        return self.data.answer(wide.reset_index(), judul, **told)

    def peluang(
        self, target: float, indikator: str = "keaktifan_penduduk_rate"
    ) -> Answer:
        """Chance that a rate reaches a target at the end of each coming month.

        Raises
        ------
        InputError
            If no chance of this target was computed.
        """
        rows = self.data.read("peluang", kode=self.kode)
        rows = rows[rows["indikator"] == indikator]
        known = sorted(rows["target"].unique())
        rows = rows[(rows["target"] - target).abs() < 1e-9]
        if rows.empty:
            listed = ", ".join(format_rate(level, 0) for level in known) or "tidak ada"
            raise InputError(
                f"peluang {indikator} {format_rate(target, 0)} belum dihitung\n"
                f"  → yang ada: {listed}"
            )
        rows = rows[rows["cutoff"] == rows["cutoff"].max()]
        judul = f"Peluang {self.nama} mencapai {format_rate(target, 0)}"
        return self.data.answer(rows[["periode", "peluang"]], judul)

    def anggaran(self) -> Answer:
        """Give the Pemda's cash by month: pagu, paid, bill, debt, what is left."""
        table = self.data.read("kas", kode=self.kode)
        note = "sisa di bawah nol berarti kurang; kewajiban = tunggakan + tagihan"
        judul = f"Kas iuran PBPU Pemda, {self.nama}"
        return self.data.answer(table.drop(columns="kode"), judul, catatan=note)

    def kebutuhan(self) -> Answer:
        """Give the year's figures: need to keep, reach and hold, at 5 and 9 of 10."""
        rows = self.data.read("uang", kode=self.kode)
        rows = rows[rows["kuantil"].isin([0.5, 0.9])]
        wide = rows.pivot_table(
            index=["tahun", "ukuran"], columns="kuantil", values="nilai"
        ).rename(columns={0.5: "nilai_tengah", 0.9: "nilai_9_dari_10"})
        wide.columns.name = None
        judul = f"Kebutuhan anggaran, {self.nama}"
        return self.data.answer(wide.reset_index(), judul)

    def permintaan(self) -> Answer:
        """Give what to decide: who, what, for how many, rupiah, by when."""
        table = self.data.read("permintaan", kode=self.kode).drop(columns="kode")
        return self.data.answer(table, f"Yang diminta diputuskan, {self.nama}")

    def briefing(self) -> Page:
        """Open the region's page of the newest month, as `jkn run` made it.

        Raises
        ------
        StoreError
            If it was not made yet.
        """
        path = self.data.reports / f"{self.data.periode:%Y-%m}" / f"{self.kode}.html"
        if not path.is_file():
            raise StoreError(
                f"halaman {self.nama} belum dibuat\n  → jkn run --region {self.kode}"
            )
        return Page(path)


class Page:
    """A finished page, shown in a frame of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        """Name the file."""
        return f"<halaman {self.path.name}>"

    def _repr_html_(self) -> str:
        """Put the page into a frame, so that its style stays its own."""
        text = html.escape(self.path.read_text("utf-8"), quote=True)
        style = "width:100%;height:900px;border:1px solid #d5dbe1"
        return f'<iframe srcdoc="{text}" style="{style}" title="briefing"></iframe>'
