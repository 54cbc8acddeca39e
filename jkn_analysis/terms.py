"""The words of the field: segmen, kelas, office names, and what each means."""

from __future__ import annotations

from enum import StrEnum


class Segmen(StrEnum):
    """Participant segment, in the order every table and report prints them.

    Source: Perpres 82/2018 art. 4-6; spellings as BPJS Kesehatan prints them.
    """

    PBI_JK = "PBI JK"
    PBPU_PEMDA = "PBPU Pemda"
    PPU_PN = "PPU-PN"
    PPU_BU = "PPU-BU"
    PBPU = "PBPU"
    BP = "BP"


SEGMEN: tuple[str, ...] = tuple(segmen.value for segmen in Segmen)
TOTAL = "total"
NONAKTIF, LUAR = "nonaktif", "luar"
"""Where a flow may start or end beside a segmen: switched off, not registered."""
NASIONAL = "00"
TANDA_CONTOH = "DATA CONTOH (sintetis)"
"""What every synthetic file says of itself, above or below its table."""

KELAS: tuple[int, ...] = (1, 2, 3)
UMUR_MAKS_BULAN = 25
"""Age bucket of arrears that holds everything older than 24 months."""


class Kantor(StrEnum):
    """Offices that decide, repair or receive a briefing."""

    SEKDA = "Sekretariat Daerah"
    BPKAD = "BPKAD"
    DINSOS = "Dinas Sosial"
    DINKES = "Dinas Kesehatan"
    DUKCAPIL = "Dukcapil"
    BPJS = "BPJS Kesehatan"
    DISNAKER = "Dinas Tenaga Kerja"


KANTOR: tuple[str, ...] = tuple(kantor.value for kantor in Kantor)
