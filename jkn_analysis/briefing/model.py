"""What a page says, as values: figures, tables, sentences, charts' data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Certainty = Literal["diukur", "dihitung", "diramal", "asumsi"]
Satuan = Literal["jiwa", "rp", "rate", "poin", "bulan", "tanggal", "jumlah", "teks"]
Nada = Literal["baik", "buruk", "netral"]
Role = Literal["data", "pita50", "pita80", "batas", "abu", "garis", "baik"]
"""Colour of a mark by what it means; `reporting.style` has the colours."""
Kelompok = Literal["keputusan", "uang", "siapa", "data"]


@dataclass(frozen=True)
class Amount:
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
    def number(self) -> float:
        """The value of a figure that counts or measures."""
        return float(self.value or 0)

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

    def find(self, name: str, kode: str, **where: object) -> Figure | None:
        """Return one figure; the measured whole where nothing else is said."""
        return _find(self.values(), {"name": name, "kode": kode, **where})


def _find(figures: Iterable[Figure], wanted: dict[str, object]) -> Figure | None:
    """Return the first figure whose fields agree; the measured whole by default."""
    wanted = {"segmen": "total", "skenario": None, **wanted}
    for figure in figures:
        if all(getattr(figure, key) == value for key, value in wanted.items()):
            return figure
    return None


@dataclass(frozen=True)
class Heading:
    """A column's heading; numbers stand on the right."""

    judul: str
    rata: Literal["kiri", "kanan"] = "kanan"


@dataclass(frozen=True)
class PageTable:
    """A small table of finished cells."""

    nama: str
    """Identifier for files and sheets, such as ``segmen``."""
    judul: str
    kolom: tuple[Heading, ...]
    baris: tuple[tuple[Amount, ...], ...]
    catatan: str = ""
    baris_tebal: tuple[int, ...] = ()
    """Positions of rows that are totals."""


@dataclass(frozen=True)
class Span:
    """A piece of a row, from one value to another, in a colour's role."""

    low: float
    high: float
    role: Role


@dataclass(frozen=True)
class Row:
    """A labelled row of a chart: pieces and a dot on the scale, words beside."""

    label: str
    text: str = ""
    """The value, as printed."""
    note: str = ""
    spans: tuple[Span, ...] = ()
    dot: float | None = None
    role: Role = "data"
    link: str = ""


@dataclass(frozen=True)
class RowChart:
    """Rows on one scale. All numbers stand as words beside the marks."""

    name: str
    title: str
    rows: tuple[Row, ...]
    low: float
    high: float
    unit: Satuan
    lines: tuple[tuple[float, str, Role], ...] = ()
    """Values to compare with: where, how named, in which colour."""
    legend: tuple[tuple[Role, str], ...] = ()
    note: str = ""

    def place(self, value: float) -> float:
        """Return where a value stands, in percent of the scale."""
        width = (self.high - self.low) or 1.0
        share = min(max((value - self.low) / width, 0.0), 1.0)
        return round(100 * share, 1)


@dataclass(frozen=True)
class Marker:
    """A dated event on a chart."""

    periode: dt.date
    teks: str
    status: str


@dataclass(frozen=True)
class Fan:
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
    tanda: tuple[Marker, ...] = ()
    ganti_penyebut: tuple[Marker, ...] = ()
    catatan: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Bars:
    """Amounts by month as bars: labels and values, finished texts beside them."""

    nama: str
    judul: str
    label: tuple[str, ...]
    nilai: tuple[float, ...]
    teks: tuple[str, ...]
    satuan: str
    alt: str
    periode: tuple[dt.date, ...]
    taksiran: tuple[bool, ...] = ()
    """True for months that did not come and are estimated: drawn pale."""


@dataclass(frozen=True)
class Tile:
    """One region of a tile grid or map."""

    kode: str
    nama: str
    nilai: float | None
    teks: str
    target: float
    tautan: str = ""


@dataclass(frozen=True)
class Part:
    """One part of the page; a part without data is not made."""

    nama: str
    judul: str
    kelompok: Kelompok = "data"
    kalimat: tuple[str, ...] = ()
    gambar: tuple[RowChart, ...] = ()
    tabel: tuple[PageTable, ...] = ()
    batang: tuple[Bars, ...] = ()
    ubin: tuple[Tile, ...] = ()
    kipas: tuple[Fan, ...] = ()
    """Small fans of the regions, drawn on one scale."""
    lipat: tuple[PageTable, ...] = ()
    """Tables behind a fold: what the pictures were drawn from."""
    berkas: tuple[PageTable, ...] = ()
    """Tables that stand in the workbook beside the page and not on it."""
    rinci: tuple[str, ...] = ()
    """Sentences behind a fold."""
    terlipat: bool = False
    """Whether the whole part stands behind a fold."""

    @property
    def tables(self) -> tuple[PageTable, ...]:
        """Every table of the part, wherever it stands."""
        return (*self.tabel, *self.lipat, *self.berkas)


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
    pendek: str = ""
    """The action in a few words, without its numbers."""


@dataclass(frozen=True)
class FirstScreen:
    """What a reader sees before scrolling, the decisions apart."""

    ringkas: tuple[tuple[str, bool], ...]
    """The position in pieces of a sentence; True where it stands out."""
    strip: RowChart | None
    putuskan: tuple[Permintaan, ...]
    """What is to be decided today, three lines at most."""
    baris: tuple[tuple[str, str], ...]
    """Label and sentence: money, since the last meeting, why to believe it."""


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
class Decision:
    """A decision of the last meeting, as told."""

    nomor: str
    keputusan: str
    kantor: str
    tenggat: str
    status: str
    catatan: str = ""


@dataclass(frozen=True)
class OfficeNote:
    """What one office reads first."""

    kantor: str
    pokok: str
    """What the subject of its mail says."""
    kalimat: tuple[str, ...]
    tabel: tuple[str, ...] = ()
    """Names of the tables it answers for."""


@dataclass(frozen=True)
class Letters:
    """What the page's mails say beside its first screen."""

    data_per: str = ""
    """As of when the data are, and over which population."""
    kalimat: tuple[str, ...] = ()
    keputusan: tuple[Decision, ...] = ()
    kantor: tuple[OfficeNote, ...] = ()


@dataclass(frozen=True)
class Briefing:
    """Everything one page says, for one region and month."""

    kode: str
    nama: str
    nama_provinsi: str
    periode: dt.date
    bahasa: str
    contoh: bool
    judul: str
    """The verdict, one line."""
    nada: Nada
    kepala: str
    """The meeting the page is for."""
    layar: FirstScreen
    kipas: Fan | None
    bagian: tuple[Part, ...]
    kaki: str
    rapat: Rapat | None = None
    jenis: Literal["kabupaten", "provinsi", "nasional"] = "kabupaten"
    permintaan: tuple[Permintaan, ...] = ()
    figures: tuple[Figure, ...] = ()
    versi: str = ""
    belum: tuple[str, ...] = ()
    """What was not delivered, by whom, and what it would answer."""
    surat: Letters = Letters()

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
        return _find(self.figures, {"name": name, "kode": self.kode, **where})

    def find_bagian(self, nama: str) -> Part:
        """Return one part by name."""
        return next(bagian for bagian in self.bagian if bagian.nama == nama)
