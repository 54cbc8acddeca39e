"""Figures in a reader's words, bound to one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jkn_analysis import formats
from jkn_analysis.briefing.model import Amount
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from jkn_analysis.formats import Number


@dataclass(frozen=True)
class Words:
    """The catalogue and the number formats of one language."""

    bahasa: str

    def __post_init__(self) -> None:
        """Refuse a language without a catalogue."""
        read_catalogue(self.bahasa)

    def say(self, key: str, values: Mapping[str, object] | None = None) -> str:
        """Return a text of the catalogue."""
        return read_catalogue(self.bahasa).say(key, values)

    def sentence(self, text: str) -> str:
        """Make a sentence of a clause: capital and full stop."""
        return f"{text[:1].upper()}{text[1:].rstrip('.')}."

    def has(self, key: str) -> bool:
        """Tell whether the catalogue has a text."""
        return read_catalogue(self.bahasa).has(key)

    def jiwa(self, value: Number) -> str:
        """Write people with the unit."""
        return formats.format_jiwa(value, bahasa=self.bahasa)

    def jumlah(self, value: Number) -> str:
        """Write a whole number."""
        return formats.format_number(value, bahasa=self.bahasa)

    def rate(self, value: Number, decimals: int = 2) -> str:
        """Write a fraction as percent."""
        return formats.format_rate(value, decimals, bahasa=self.bahasa)

    def rate_at(self, value: float, target: float) -> str:
        """Write a rate beside a line; it never reads as on the other side of it."""
        rounded = round(value, 3)
        crosses = (value < target) != (rounded < target)
        return self.rate(value, 2 if crosses else 1)

    def target(self, value: float) -> str:
        """Write a threshold without needless decimals."""
        whole = abs(value * 100 - round(value * 100)) < 1e-9
        return self.rate(value, 0 if whole else 1)

    def rp(self, value: Number) -> str:
        """Write rupiah in words of size."""
        return formats.format_rp_short(value, bahasa=self.bahasa)

    def bulan(self, periode: dt.date, *, short: bool = False) -> str:
        """Write a month."""
        return formats.format_periode(periode, short=short, bahasa=self.bahasa)

    def bulan_saja(self, periode: dt.date) -> str:
        """Write a month of the coming year, whose year goes without saying."""
        return self.bulan(periode, short=True).split()[0]

    def akhir(self, periode: dt.date) -> str:
        """Write the last day of a month."""
        return formats.format_akhir_bulan(periode, bahasa=self.bahasa)

    def tanggal(self, tanggal: dt.date) -> str:
        """Write a date."""
        return formats.format_tanggal(tanggal, bahasa=self.bahasa)

    def tanggal_singkat(self, tanggal: dt.date) -> str:
        """Write a date for a narrow cell."""
        return f"{tanggal.day} {self.bulan(tanggal, short=True)}"

    def peluang(self, value: Number) -> str:
        """Write a probability."""
        return formats.format_peluang(value, bahasa=self.bahasa)

    def angka_jiwa(self, value: Number, sumber: str = "") -> Amount:
        """Make a figure of people for a table, whose heading has the unit."""
        return Amount(_plain(value), "jiwa", self.jumlah(value), sumber)

    def angka_selisih(self, value: Number, sumber: str = "") -> Amount:
        """Make a signed figure of people."""
        text = self.jumlah(value)
        plain = _plain(value)
        signed = f"+{text}" if plain is not None and plain > 0 else text
        return Amount(plain, "jiwa", signed, sumber)

    def angka_rate(self, value: Number, sumber: str = "", decimals: int = 2) -> Amount:
        """Make a figure of a rate."""
        return Amount(_plain(value), "rate", self.rate(value, decimals), sumber)

    def angka_rp(self, value: Number, sumber: str = "") -> Amount:
        """Make a figure of rupiah."""
        return Amount(_plain(value), "rp", self.rp(value), sumber)

    def angka_poin(self, value: Number) -> Amount:
        """Make a signed figure of percentage points, whose heading has the unit."""
        text = formats.format_points(value, 1, bahasa=self.bahasa)
        return Amount(
            _plain(value), "poin", text.removesuffix(" poin").removesuffix(" points")
        )

    def teks(self, text: str) -> Amount:
        """Make a cell of words."""
        return Amount(text, "teks", text)


def _plain(value: Number) -> float | int | None:
    """Turn pandas' missing into None and whole numbers into int."""
    if formats.is_missing(value):
        return None
    number = float(value)  # type: ignore[arg-type]
    return int(number) if number.is_integer() else number
