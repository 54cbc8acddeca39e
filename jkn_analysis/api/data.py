"""What is stored, as one object: tables with meanings, regions by name, rankings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.api.answer import (
    Answer,
    find_name,
    read_columns,
    unit_of,
)
from jkn_analysis.api.region import Region
from jkn_analysis.api.source import Source
from jkn_analysis.config import find_root, look_back, read_config
from jkn_analysis.errors import StoreError
from jkn_analysis.formats import format_periode
from jkn_analysis.indicators import INDICATORS
from jkn_analysis.store import has_table
from jkn_analysis.tables import TABLES
from jkn_analysis.terms import NASIONAL, TOTAL
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from collections.abc import Sequence


def load(
    root: Path | str | None = None,
    *,
    cutoff: str | None = None,
    pada: str | None = None,
) -> Data:
    """Open the project around the working folder.

    Parameters
    ----------
    root
        The project's folder; if None the nearest one upward with ``data/raw``.
    cutoff
        Data month, ``2025-11``, as it was last stored; the newest if None.
    pada
        Day, ``2025-12-10``: what was known then, as ``jkn --as-of`` built it.

    Raises
    ------
    StoreError
        If nothing has been built there, or nothing as of that day.
    """
    top = find_root() if root is None else Path(root)
    config = read_config(root=top)
    if pada is not None:
        config = look_back(config, pada)
        if not has_table("ukuran", root=config.paths.processed):
            raise StoreError(
                f"keadaan pada {pada} belum dibangun\n"
                f"  → jkn --as-of {pada} build, lalu jkn --as-of {pada} forecast"
            )
    data = Data(config.paths.processed, config.paths.reports, cutoff=cutoff)
    data.read("ukuran", kode=NASIONAL)
    return data


class Data(Source):
    """The stored tables of one project; every answer is a labelled pandas table."""

    def wilayah(self, wilayah: str | float) -> Region:
        """Open one kabupaten/kota, provinsi or the country (``"Indonesia"``)."""
        return Region(self, self.find(wilayah))

    def tabel(self, name: str | None = None) -> Answer:
        """List the stored tables, or the columns of one with unit and meaning."""
        if name is None:
            rows = [
                {"tabel": table.name, "arti": table.meaning, "dari": table.office}
                for table in TABLES.values()
                if has_table(table.name, root=self.root, cutoff=self.cutoff)
            ]
            answer = self.answer(pd.DataFrame(rows), "Tabel yang tersimpan")
            answer.attrs["label"] = {"tabel": "Tabel", "dari": "Pengirim"}
            return answer
        table = TABLES[find_name(name, TABLES, "tabel")]
        rows = [
            {
                "kolom": column.name,
                "satuan": unit_of(column.name),
                "arti": read_columns()[column.name][1],
                "kunci": "ya" if column.name in table.key else "",
            }
            for column in table.columns
        ]
        told = {"sumber": table.office}
        return self.answer(pd.DataFrame(rows), f"Kolom tabel {name}", **told)

    def bandingkan(
        self, wilayah: Sequence[str], indikator: str = "keaktifan_penduduk_rate"
    ) -> Answer:
        """Put regions side by side: a row a month, a column a region."""
        chosen = [self.find(name) for name in wilayah]
        rows = self.ukuran(indikator, kode=[region.kode for region in chosen])
        wide = rows.pivot_table(index="periode", columns="kode", values="nilai")
        names = {region.kode: region.nama_lengkap for region in chosen}
        wide = wide.reindex(columns=list(names)).rename(columns=names)
        wide.columns = [f"{name}" for name in wide.columns]
        answer = self.answer(wide.reset_index(), INDICATORS[indikator].arti)
        return _in_unit(answer, indikator)

    def peringkat(
        self,
        indikator: str,
        *,
        sejak: str | None = None,
        provinsi: str | None = None,
        segmen: str = TOTAL,
    ) -> Answer:
        """Rank the kabupaten/kota by an indicator, or by its change since a month.

        Parameters
        ----------
        indikator
            A name of `jkn_analysis.indicators.INDICATORS`.
        sejak
            ``YYYY-MM``; with it the change since then decides, the largest fall first.
        provinsi
            Only regions of this provinsi.
        segmen
            Only this segmen; all together if not named.
        """
        name = self.indicator(indikator)
        rows = self._regions_of(name, segmen, provinsi)
        last = self._at(rows, self.periode).rename(name)
        if sejak is None:
            table = last.dropna().sort_values().to_frame()
            judul = f"Peringkat: {INDICATORS[name].arti}"
        else:
            then = self._at(rows, self._month(sejak)).rename("semula")
            table = pd.concat([then, last], axis=1)
            table["perubahan"] = table[name] - table["semula"]
            table = table.dropna().sort_values("perubahan")
            since = format_periode(self._month(sejak))
            judul = f"Perubahan sejak {since}: {INDICATORS[name].arti}"
        table.insert(0, "wilayah", [get_wilayah(k).nama_lengkap for k in table.index])
        answer = self.answer(table.reset_index(), judul)
        return _in_unit(answer, name)

    def kurang_kas(self) -> Answer:
        """List who cannot pay what is due by December, the largest hole first."""
        rows = self.read("uang", kode=[kode for kode in self.kode if "." in kode])
        year = self.periode.year
        short = rows[
            (rows["ukuran"] == "kurang_kas_desember_rp")
            & (rows["tahun"] == year)
            & (rows["nilai"] > 0)
        ].sort_values("nilai", ascending=False)
        named = [get_wilayah(kode).nama_lengkap for kode in short["kode"]]
        table = pd.DataFrame(
            {
                "kode": short["kode"],
                "wilayah": named,
                "kurang_kas_desember_rp": short["nilai"],
            }
        )
        judul = f"Kas iuran Pemda yang kurang sampai Desember {year}"
        return self.answer(table.reset_index(drop=True), judul)

    def rekam(self) -> Answer:
        """List what earlier data months forecast and what came, worst first.

        Returns
        -------
        Answer
            ``wilayah, dari, periode, rendah, tengah, tinggi, nyata, meleset``: bounds
            hold 8 of 10; no rows while nothing was forecast before.
        """
        rows = self.read("rekam")
        rows["meleset"] = rows["nyata"] - rows["tengah"]
        rows.insert(0, "wilayah", [get_wilayah(k).nama_lengkap for k in rows["kode"]])
        order = rows["meleset"].abs().sort_values(ascending=False, kind="stable").index
        table = rows.drop(columns="kode").loc[order].reset_index(drop=True)
        judul = "Proyeksi keaktifan kami dan yang terjadi"
        note = "" if len(table) else "belum ada bulan terukur yang pernah diproyeksikan"
        answer = self.answer(table, judul, catatan=note)
        return _in_unit(answer, "keaktifan_penduduk_rate")

    def jika(
        self,
        wilayah: Sequence[str],
        *,
        kuota: str | None = None,
        pbi: str | None = None,
        rehab: str | None = None,
        mulai: str = "+1",
    ) -> Answer:
        """Ask what one change in some regions together would do.

        Parameters
        ----------
        wilayah
            Kabupaten/kota, as anyone names them.
        kuota, pbi, rehab
            ``"+10%"`` of the Pemda's quota, ``"-11%"`` of the PBI list, ``"5%"`` of
            those in arrears who join REHAB.
        mulai
            First month: ``2026-02``, ``januari``, or ``+1`` after the data.

        Returns
        -------
        Answer
            ``ukuran, dasar, jika, selisih, selisih_bawah, selisih_atas``, sums over
            the regions at the last month ahead (``iuran_pemda_rp``: all months); the
            last two hold 8 of 10 cases of the difference.
        """
        from jkn_analysis.api.whatif import build_state, compose, lay_out, read_tables
        from jkn_analysis.skenario import apply_scenario
        from jkn_analysis.skenario.declaration import read_month

        change = compose(mulai, kuota=kuota, pbi=pbi, rehab_ikut=rehab)
        codes = sorted({self.wilayah(name).kode for name in wilayah})
        tables = read_tables(self.root, codes, cutoff=self.cutoff)
        state = build_state(tables, self.root, codes, cutoff=self.cutoff)
        table = lay_out(apply_scenario(state), apply_scenario(state, change))
        note = "selisih bawah dan atas memuat 8 dari 10 kemungkinan"
        asked = {"kuota Pemda": kuota, "PBI JK": pbi, "peserta REHAB": rehab}
        named = ", ".join(f"{name} {size}" for name, size in asked.items() if size)
        since = format_periode(read_month(mulai, state.cutoff))
        judul = f"Jika di {len(codes)} wilayah: {named} sejak {since}"
        return self.answer(table, judul, catatan=note)

    def _regions_of(self, name: str, segmen: str, provinsi: str | None) -> pd.DataFrame:
        """Read one indicator of every kabupaten/kota, or of one provinsi's."""
        rows = self.read("ukuran", kode=[k for k in self.kode if "." in k])
        known = rows["segmen"].unique()
        segmen = find_name(segmen, known, "segmen")
        rows = rows[(rows["indikator"] == name) & (rows["segmen"] == segmen)]
        if provinsi is not None:
            rows = rows[rows["kode"].str.startswith(self.find(provinsi).kode + ".")]
        return rows

    def _at(self, rows: pd.DataFrame, month: pd.Timestamp) -> pd.Series:
        """Take the values of one month, by kode."""
        found = rows[rows["periode"] == month]
        return found.set_index("kode")["nilai"]

    def _month(self, text: str) -> pd.Timestamp:
        """Read ``YYYY-MM``; it must have been measured."""
        known = self.values("ukuran", "periode")
        months = {f"{month:%Y-%m}": pd.Timestamp(month) for month in known}
        if text not in months:
            first, last = min(months), max(months)
            raise StoreError(
                f"bulan '{text}' tidak ada dalam data\n"
                f"  → pilih antara {first} dan {last}"
            )
        return months[text]


def _in_unit(answer: Answer, indikator: str) -> Answer:
    """Give number columns without a unit of their own the indicator's unit."""
    unit = unit_of(indikator)
    units: dict[str, Any] = answer.attrs["satuan"]
    for column in answer.columns:
        if pd.api.types.is_float_dtype(answer[column]) and not units[column]:
            units[column] = unit
    return answer
