"""What a page says, as values: figures, tables, sentences, charts' data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

Certainty = Literal["diukur", "dihitung", "diramal", "asumsi"]
Satuan = Literal["jiwa", "rp", "rate", "poin", "bulan", "tanggal", "jumlah", "teks"]
Nada = Literal["baik", "buruk", "netral"]


@dataclass(frozen=True)
class Angka:
    """One figure: its value, its unit, how a reader sees it and where it is from."""

    nilai: float | int | str | None
    satuan: Satuan
    teks: str
    sumber: str = ""
    """Table, month and denominator the value was computed from."""

    @property
    def is_numeric(self) -> bool:
        """Tell whether the cell lines up on the right."""
        return self.satuan in {"jiwa", "rp", "rate", "poin", "jumlah"}


@dataclass(frozen=True)
class Figure:
    """One value that the page, the mail and every other rendering share.

    One (``name``, ``kode``, ``periode``, ``segmen``, ``skenario``, ``kuantil``) has
    one value.
    """

    name: str
    """From the registry of indicators or the glossary, its unit at the end."""
    kode: str
    periode: dt.date
    """Month the value holds for."""
    value: float | int | str | bool | None
    """In full precision."""
    unit: Satuan
    text: str
    """As it is printed."""
    segmen: str = "total"
    skenario: str | None = None
    """None for what was measured, ``dasar`` for the forecast."""
    kuantil: float | None = None
    denominator: str = ""
    as_of: dt.date | None = None
    """Last day of the data behind the value."""
    source: str = ""
    certainty: Certainty = "diukur"

    @property
    def key(self) -> tuple[object, ...]:
        """What may have one value only."""
        return (
            self.name,
            self.kode,
            self.periode,
            self.segmen,
            self.skenario,
            self.kuantil,
        )


class FigureBook(dict[tuple[object, ...], Figure]):
    """Figures by key; a second value for a key is refused."""

    def add(self, figure: Figure) -> Figure:
        """Keep a figure, or return the one that is there with the same value.

        Raises
        ------
        ValueError
            If the key has another value already.
        """
        known = self.setdefault(figure.key, figure)
        if known.value != figure.value:
            raise ValueError(
                f"{figure.name} of {figure.kode}, {figure.periode:%Y-%m}: "
                f"{known.value} ({known.source}) and {figure.value} ({figure.source})"
            )
        return known


@dataclass(frozen=True)
class Kolom:
    """A column's heading; numbers stand on the right."""

    judul: str
    rata: Literal["kiri", "kanan"] = "kanan"


@dataclass(frozen=True)
class Tabel:
    """A small table of finished cells."""

    nama: str
    """Identifier for files and sheets, such as ``segmen``."""
    judul: str
    kolom: tuple[Kolom, ...]
    baris: tuple[tuple[Angka, ...], ...]
    catatan: str = ""
    baris_tebal: tuple[int, ...] = ()
    """Positions of rows that are totals."""
    kolom_batang: int | None = None
    """Position of a rate column drawn with a bar behind its number."""


@dataclass(frozen=True)
class Kartu:
    """One of the key figures of the first screen, with its sentence."""

    nama: str
    label: str
    angka: Angka
    kalimat: str
    nada: Nada = "netral"


@dataclass(frozen=True)
class Tanda:
    """A dated event on a chart."""

    periode: dt.date
    teks: str
    status: str


@dataclass(frozen=True)
class Kipas:
    """A history, its forecast fan and what to compare it with.

    Values are fractions; ``kuantil`` maps a quantile to one value per forecast month.
    """

    indikator: str
    judul: str
    periode: tuple[dt.date, ...]
    nilai: tuple[float, ...]
    periode_ramalan: tuple[dt.date, ...] = ()
    kuantil: dict[float, tuple[float, ...]] = field(default_factory=dict)
    naif: tuple[float, ...] = ()
    target: float | None = None
    tanda: tuple[Tanda, ...] = ()
    ganti_penyebut: tuple[Tanda, ...] = ()
    catatan: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Batang:
    """A bar chart: labels and values, finished texts beside them."""

    nama: str
    judul: str
    label: tuple[str, ...]
    nilai: tuple[float, ...]
    teks: tuple[str, ...]
    satuan: str
    alt: str
    periode: tuple[dt.date, ...] = ()
    """Months where the bars stand in time."""
    batas: float | None = None
    """A line to compare with, such as the budget."""
    teks_batas: str = ""
    ramalan: int = 0
    """How many of the last bars are expected, not measured; drawn lighter."""


@dataclass(frozen=True)
class Petak:
    """Rates of regions by month, for a heat map; a region per row, worst first."""

    nama: str
    judul: str
    label: tuple[str, ...]
    periode: tuple[dt.date, ...]
    nilai: tuple[tuple[float | None, ...], ...]
    """Fractions, None where a region did not report."""
    target: float
    alt: str
    catatan: str = ""


@dataclass(frozen=True)
class Ubin:
    """One region of a tile grid or map."""

    kode: str
    nama: str
    nilai: float | None
    teks: str
    target: float


@dataclass(frozen=True)
class Bagian:
    """One part of the page; without data it says why."""

    nama: str
    judul: str
    kalimat: tuple[str, ...] = ()
    tabel: tuple[Tabel, ...] = ()
    batang: tuple[Batang, ...] = ()
    petak: Petak | None = None
    ubin: tuple[Ubin, ...] = ()
    kipas: tuple[Kipas, ...] = ()
    """Small fans of the regions, drawn on one scale."""
    kosong: str = ""
    """Reason why the part is 'tidak tersedia'; empty where it is there."""


@dataclass(frozen=True)
class Permintaan:
    """One thing asked of one office."""

    kantor: str
    tindakan: str
    jiwa: int | None
    rp: int | None
    tenggat: dt.date
    teks_rp: str = ""
    """Words in place of rupiah, such as 'ditanggung APBN'."""
    sumber: str = ""
    """Why it is asked: kontrak, kas, celah, daftar or depan."""
    rute: str = ""
    """The decision's name, as in table ``permintaan``."""
    bersih_jiwa: int | None = None
    """People it adds beyond those who would come anyway; below zero takes away."""
    asumsi: bool = False
    """Whether the number of people is an assumption of ours."""
    bulan: int = 0
    """Months that the rupiah cover."""
    judul: str = ""
    """The decision as a title of the page, without the region's name."""
    tanpa: str = ""
    """What happens without it."""


@dataclass(frozen=True)
class Rapat:
    """The meeting a page is for."""

    id_rapat: str
    kode: str
    tanggal: dt.date
    jam: str
    zona_waktu: str
    jenis: str
    tempat: str


@dataclass(frozen=True)
class Briefing:
    """Everything one page says, for one region and month."""

    kode: str
    nama: str
    nama_provinsi: str
    periode: dt.date
    bahasa: str
    skenario: str
    contoh: bool
    judul: str
    """The verdict, one line."""
    nada: Nada
    kepala: tuple[tuple[str, str], ...]
    """Label and text of each line of the head: meeting, date, denominator."""
    kartu: tuple[Kartu, ...]
    kipas: Kipas | None
    bagian: tuple[Bagian, ...]
    kaki: str
    rapat: Rapat | None = None
    jenis: Literal["kabupaten", "provinsi", "nasional"] = "kabupaten"
    permintaan: tuple[Permintaan, ...] = ()
    figures: tuple[Figure, ...] = ()
    versi: str = ""

    def find_figure(self, name: str, **where: object) -> Figure | None:
        """Return one figure of the page's own region, None where it has none.

        Parameters
        ----------
        name
            As in the file, such as ``"kurang_aktif_jiwa"``.
        where
            Fields of the figure that must agree; the measured whole of the newest
            month where nothing is said.
        """
        wanted = {"kode": self.kode, "segmen": "total", "skenario": None, **where}
        found = (
            figure
            for figure in self.figures
            if figure.name == name
            and all(getattr(figure, key) == value for key, value in wanted.items())
        )
        return next(found, None)

    def find_bagian(self, nama: str) -> Bagian:
        """Return one part by name."""
        return next(bagian for bagian in self.bagian if bagian.nama == nama)

    def find_kartu(self, nama: str) -> Kartu:
        """Return one key figure by name."""
        return next(kartu for kartu in self.kartu if kartu.nama == nama)
