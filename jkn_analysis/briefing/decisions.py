"""What the last meeting decided, and what became of it: one rule of being late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.model import Amount, Heading, PageTable, Part

if TYPE_CHECKING:
    import datetime as dt

    from jkn_analysis.briefing.context import Context

SELESAI, TERLAMBAT, BATAL = "selesai", "terlambat", "batal"


def judge_decision(status: str, tenggat: dt.date, *, tanggal: dt.date) -> str:
    """Return a decision's status: one not done by its day is late, whatever was told.

    Examples
    --------
    >>> import datetime as dt
    >>> day = dt.date(2025, 11, 30)
    >>> judge_decision("berjalan", day, tanggal=day)
    'terlambat'
    >>> judge_decision("selesai", dt.date(2025, 7, 1), tanggal=day)
    'selesai'
    """
    over = status not in {SELESAI, BATAL} and tenggat <= tanggal
    return TERLAMBAT if over else status


def list_decisions(context: Context) -> pd.DataFrame:
    """List the last meeting's decisions with their status by our rule, in order."""
    return context.once("decisions", _judge_decisions)


def _judge_decisions(context: Context) -> pd.DataFrame:
    """Judge them once for a page."""
    past, table = context.rapat_lalu, context.tables["tindak_lanjut"]
    if past is None:
        return table.iloc[:0]
    rows = table[table["id_rapat"] == past.id_rapat].sort_values("nomor")
    day = context.potongan.tanggal
    judged = [
        judge_decision(str(status), as_date(due), tanggal=day)
        for status, due in zip(rows["status"], rows["tenggat"], strict=True)
    ]
    return rows.assign(status=judged)


def count_decisions(context: Context) -> dict[str, Any] | None:
    """Count the decisions done and late, with the reasons told; None without any."""
    rows = list_decisions(context)
    rows = rows[rows["status"] != BATAL]
    if rows.empty:
        return None
    late = rows[rows["status"] == TERLAMBAT]
    reasons = late["catatan"].dropna().astype(str).str.strip()
    told = reasons[reasons != ""].value_counts(sort=False)
    words = context.words
    return {
        "selesai": words.jumlah(int((rows["status"] == SELESAI).sum())),
        "n": len(rows),
        "jumlah": words.jumlah(len(rows)),
        "terlambat": len(late),
        "alasan": "; ".join(
            f"{count} {reason}" if len(late) > 1 else str(reason)
            for reason, count in told.items()
        ),
    }


def build_decisions(context: Context) -> Part | None:
    """Build the table of the last meeting's decisions, why late beside."""
    rows, past, words = list_decisions(context), context.rapat_lalu, context.words
    if past is None or rows.empty:
        return None
    columns = (
        Heading(words.say("tindak.kolom_keputusan"), "kiri"),
        Heading(words.say("tindak.kolom_status"), "kiri"),
    )
    title = words.say("tindak.judul", {"tanggal": words.tanggal(past.tanggal)})
    cells = tuple(_row(context, row) for row in rows.to_dict("records"))
    table = PageTable("tindak_lanjut", title, columns, cells)
    return Part("tindak_lanjut", title, "keputusan", tabel=(table,))


def _row(context: Context, row: dict[Any, Any]) -> tuple[Amount, ...]:
    """Write one decision: what and who, by when, how it stands and why."""
    words = context.words
    decision, office = str(row["keputusan"]), str(row["penanggung_jawab"])
    status = words.say(f"tindak.status_{row['status']}")
    reason = "" if pd.isna(row["catatan"]) else str(row["catatan"]).strip()
    due = words.tanggal_singkat(as_date(row["tenggat"]))
    return (
        Amount(decision, "teks", f"{decision}\n{office}"),
        Amount(status, "teks", f"{status}\n{'; '.join(filter(None, (due, reason)))}"),
    )
