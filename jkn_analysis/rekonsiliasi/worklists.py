"""Work lists: the rows an office repairs, in clear, encrypted for that office alone.

Made only when a recipient is named; composed in memory and encrypted with age
(X25519, ChaCha20-Poly1305) before anything is written. There is no clear file.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from jkn_analysis.errors import PrivacyError
from jkn_analysis.rekonsiliasi.reasons import ALASAN
from jkn_analysis.store import write_bytes
from jkn_analysis.terms import KANTOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

COLUMNS = (
    "register", "baris", "alasan", "arti", "nik", "nama", "tanggal_lahir", "kode",
    "kecamatan", "alamat", "no_kartu", "segmen", "nik_usulan", "nama_usulan",
    "penjelasan",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


def parse_recipient(text: str) -> tuple[str, str]:
    """Read ``KANTOR=age1…``.

    Raises
    ------
    PrivacyError
        If the office is unknown or the key is not an age recipient.
    """
    from pyrage import RecipientError, x25519

    office, _, recipient = text.partition("=")
    if office.strip() not in KANTOR:
        raise PrivacyError(
            f"work list: no office '{office.strip()}'\n  → one of: {', '.join(KANTOR)}"
        )
    try:
        x25519.Recipient.from_str(recipient.strip())
    except RecipientError as exc:
        raise PrivacyError(
            f"work list for {office.strip()}: not an age recipient\n"
            "  → ask the office for the line age1… that age-keygen printed"
        ) from exc
    return office.strip(), recipient.strip()


def render_csv(rows: pd.DataFrame) -> bytes:
    """Write a work list as csv; texts a spreadsheet would run get an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    known = rows.reindex(columns=list(COLUMNS)).astype("str").fillna("")
    for cells in known.itertuples(index=False):
        writer.writerow([_safe(cell) for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _safe(cell: str) -> str:
    """Disarm a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def encrypt(content: bytes, *, recipient: str) -> bytes:
    """Encrypt bytes so that only the holder of the recipient's key reads them."""
    import pyrage

    return pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient)])


def write_worklists(
    rows: pd.DataFrame,
    *,
    recipients: Mapping[str, str],
    folder: Path,
    name: str,
) -> list[Path]:
    """Write one encrypted work list per office that has rows and a recipient.

    Parameters
    ----------
    rows
        Clear rows with `COLUMNS`; stays in memory.
    recipients
        Office name to age recipient.
    folder
        Gets ``<name>-<office>.csv.age``, readable by its owner only.
    name
        Beginning of every file name: the period.
    """
    written = []
    for office in sorted(recipients):
        own = _reasons_of(office)
        chosen = rows[rows["alasan"].isin(own)]
        if chosen.empty:
            continue
        path = folder / f"{name}-{office.lower().replace(' ', '-')}.csv.age"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_bytes(path, encrypt(render_csv(chosen), recipient=recipients[office]))
        path.chmod(0o600)
        written.append(path)
    return written


def _reasons_of(office: str) -> Sequence[str]:
    """List the reasons an office repairs."""
    return [code for code, reason in ALASAN.items() if reason.kantor.value == office]
