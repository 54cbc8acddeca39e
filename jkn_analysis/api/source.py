"""Where answers come from: the tables of one project, its regions and newest month."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.api.answer import Answer, build_answer, find_name
from jkn_analysis.errors import UnknownNameError
from jkn_analysis.formats import format_akhir_bulan
from jkn_analysis.indicators import INDICATORS
from jkn_analysis.store import list_values, read_manifest, read_table
from jkn_analysis.tables import TABLES
from jkn_analysis.terms import TOTAL
from jkn_analysis.wilayah import find_wilayah, get_wilayah

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jkn_analysis.wilayah import Wilayah


class Source:
    """The stored tables of one project and what is known of all of them."""

    def __init__(self, root: Path, reports: Path, *, cutoff: str | None = None) -> None:
        self.root = root
        self.reports = reports
        self.cutoff = cutoff

    def __repr__(self) -> str:
        """Say what is loaded and as of when."""
        mark = "DATA CONTOH (sintetis), " if self.contoh else ""
        return f"<JKN: {mark}{len(self.kode)} wilayah, per {self.per}>"

    @cached_property
    def contoh(self) -> bool:
        """Whether the data are the labelled synthetic sample."""
        return bool(read_manifest(self.root, cutoff=self.cutoff)["contoh"])

    @cached_property
    def kode(self) -> list[str]:
        """Codes of the regions that have data, provinces and the country with them."""
        return self.values("ukuran", "kode")

    @cached_property
    def periode(self) -> pd.Timestamp:
        """The newest month that was measured."""
        return pd.Timestamp(max(self.values("ukuran", "periode")))

    @property
    def per(self) -> str:
        """The day the newest month ends, in words."""
        return format_akhir_bulan(self.periode)

    def read(
        self, name: str, *, kode: str | float | Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Read a stored table, of regions named as people name them.

        Raises
        ------
        UnknownNameError
            If no table or region has the name; with the nearest ones.
        """
        asked = [kode] if isinstance(kode, str | float) else kode
        codes = None if asked is None else [self.find(one).kode for one in asked]
        return read_table(
            find_name(name, TABLES, "tabel"),
            root=self.root,
            kode=codes,
            cutoff=self.cutoff,
        )

    def values(self, name: str, column: str) -> list[Any]:
        """List the different values of a column of a stored table."""
        return list_values(name, column, root=self.root, cutoff=self.cutoff)

    def find(self, wilayah: str | float) -> Wilayah:
        """Find a region by name, abbreviation or code, first among those with data.

        Raises
        ------
        UnknownNameError
            If none fits or several do; lists the candidates.
        """
        try:
            return find_wilayah(wilayah)
        except UnknownNameError:
            here = [get_wilayah(kode) for kode in self.kode]
            asked = str(wilayah).casefold().strip()
            fits = [one for one in here if one.nama.casefold() == asked]
            if len(fits) != 1:
                raise
            return fits[0]

    def answer(self, frame: pd.DataFrame, judul: str, **told: str) -> Answer:
        """Label a table of this project."""
        return build_answer(frame, judul, {"per": self.per, **told}, contoh=self.contoh)

    def indicator(self, indikator: str) -> str:
        """Check the name of an indicator."""
        return find_name(indikator, INDICATORS, "indikator")

    def ukuran(
        self, indikator: str, *, kode: str | float | Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Read one indicator, all segmen together: ``kode, periode, nilai``."""
        name = self.indicator(indikator)
        rows = self.read("ukuran", kode=kode)
        rows = rows[(rows["indikator"] == name) & (rows["segmen"] == TOTAL)]
        return rows[["kode", "periode", "nilai", "sumber_penyebut"]]
