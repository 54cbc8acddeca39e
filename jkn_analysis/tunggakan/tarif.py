"""The member's own premium by kelas, as arrears count it."""

from __future__ import annotations

IURAN_PESERTA_RP = {1: 150_000, 2: 100_000, 3: 35_000}
"""Perpres 64/2020 art. 34: kelas III Rp42.000 less Rp7.000 that government pays."""


def iuran_peserta_rp(kelas: int) -> int:
    """Return what a member of `kelas` owes per month, in rupiah."""
    return IURAN_PESERTA_RP[kelas]
