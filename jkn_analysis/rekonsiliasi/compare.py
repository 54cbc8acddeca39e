"""Exact comparison of registers by pseudonym, out of core, the same on every run.

Registers lie in parts by pseudonym; one part at a time passes through DuckDB. Each
row ends in exactly one place: matched, or the first reason that holds, so that rows
in equal the sum of what is counted. Duplicates are resolved by total orders and
`min`; `any_value` and `first` depend on threads and are not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import JknError
from jkn_analysis.rekonsiliasi.nik import StatusNik
from jkn_analysis.rekonsiliasi.reasons import BARIS_RUSAK, COCOK, LUAR_WILAYAH
from jkn_analysis.terms import SEGMEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb
    import pandas as pd

    from jkn_analysis.rekonsiliasi.registers import Register

_COLUMNS = (
    "baris BIGINT, p1 UBIGINT, p2 UBIGINT, sah UTINYINT, nama UBIGINT, lahir UBIGINT, "
    "kode SMALLINT, kec INTEGER, segmen TINYINT, status TINYINT, desil TINYINT, "
    "bayi BOOLEAN"
)
_PBI, _PEMDA, _PN, _BU, _PBPU, _BP = (SEGMEN.index(name) for name in SEGMEN)
_DIED, _MOVED = 1, 2
_SAMPLE_PAIRS = 100_000
_PRIORITY = (
    f"list_position([{_PN}, {_BU}, {_PBI}, {_PEMDA}, {_BP}, {_PBPU}, -1], segmen)"
)
_RANK = {
    "bpjs": f"status DESC, {_PRIORITY}, setempat DESC, nama, lahir, kode, kec, baris",
    "dukcapil": "status, nama, lahir, kode, kec, baris",
    "dtsen": "desil, nama, lahir, kode, kec, baris",
}
_SHORT = {"bpjs": "b", "dukcapil": "d", "dtsen": "s"}
_VERIFIED = (
    "((b.nama <> 0 AND b.nama = d.nama) OR (b.lahir <> 0 AND b.lahir = d.lahir))"
)


@dataclass(frozen=True)
class Comparison:
    """What the exact comparison counted, and where its row lists lie."""

    counts: pd.DataFrame
    """register, alasan, kode, kecamatan, jumlah, nonaktif; every row once."""
    rows: dict[str, int]
    """Rows in by register, lines that could not be read included."""
    matched: int
    """Members found in Dukcapil under a verified NIK."""
    detail: Path
    """Folder of Parquet lists register, baris, pasangan, alasan, kode, kec, status;
    pseudonyms are not even there."""


def open_spilling(
    folder: Path, *, memory: str = "2GB", threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB with a memory limit that spills into a private folder.

    Parameters
    ----------
    folder
        Gets nothing but pseudonyms, keyed numbers and codes.
    memory
        As DuckDB writes it.
    threads
        As many as the machine has if None.
    """
    import duckdb

    spill = folder / "tumpah"
    spill.mkdir(mode=0o700, exist_ok=True)
    con = duckdb.connect(":memory:")
    con.execute(f"SET memory_limit = '{memory}'")
    con.execute(f"SET temp_directory = '{spill}'")
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET enable_progress_bar = false")
    if threads is not None:
        con.execute(f"SET threads = {int(threads)}")
    return con


def compare(
    registers: Mapping[str, Register],
    *,
    folder: Path,
    kode: Sequence[str] = (),
    memory: str = "2GB",
    threads: int | None = None,
) -> Comparison:
    """Compare registers of persons that were read to pseudonyms.

    Parameters
    ----------
    registers
        Register name to what `registers.pseudonymise` returned; two at least.
    folder
        Private folder for spilling and the row lists.
    kode
        Only rows of these regions are judged; the others count as `luar_wilayah`.
    memory, threads
        Of DuckDB; do not change the result.

    Raises
    ------
    JknError
        If a row was lost or counted twice.
    """
    con = open_spilling(folder, memory=memory, threads=threads)
    lists = folder / "hasil"
    lists.mkdir(mode=0o700, exist_ok=True)
    parts = {
        path.name
        for register in registers.values()
        for path in register.folder.glob("p=*")
    }
    con.execute(
        "CREATE TABLE hitung (register VARCHAR, alasan VARCHAR, kode SMALLINT, "
        "kec INTEGER, jumlah BIGINT, nonaktif BIGINT)"
    )
    con.execute("CREATE TABLE cocok (jumlah BIGINT)")
    try:
        for part in sorted(parts):
            _compare_part(con, registers, part, list(kode), lists)
        counts = con.execute(
            "SELECT register, alasan, kode, kec, sum(jumlah)::BIGINT AS jumlah, "
            "sum(nonaktif)::BIGINT AS nonaktif FROM hitung GROUP BY ALL ORDER BY ALL"
        ).df()
        matched = int(
            con.execute("SELECT sum(jumlah) FROM cocok").fetchall()[0][0] or 0
        )
    finally:
        con.close()
    rows = {name: each.rows + each.broken for name, each in registers.items()}
    named = _finish(counts, registers)
    refuse_lost(named, rows)
    return Comparison(named, rows, matched, lists)


def _load(
    con: duckdb.DuckDBPyConnection, registers: Mapping[str, Register], part: str
) -> None:
    """Make the tables b, d, s of one part; an absent register is empty."""
    for name, short in _SHORT.items():
        path = registers[name].folder / part if name in registers else None
        if path is None or not path.is_file():
            con.execute(f"CREATE OR REPLACE TEMP TABLE {short} ({_COLUMNS})")
            con.execute(f"CREATE OR REPLACE TEMP VIEW {short}_semua AS FROM {short}")
            continue
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {short}_semua AS "
            f"SELECT * FROM read_parquet('{path}')"
        )
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {short} AS FROM {short}_semua WHERE p1 <> 0"
        )


def _scope(kode: list[str], column: str = "kode") -> str:
    """Write the condition that a row belongs to the regions asked for."""
    if not kode:
        return "true"
    codes = ", ".join(str(int(each.replace(".", ""))) for each in kode)
    return f"{column} IN ({codes})"


def _compare_part(
    con: duckdb.DuckDBPyConnection,
    registers: Mapping[str, Register],
    part: str,
    kode: list[str],
    lists: Path,
) -> None:
    """Judge every row of one part and add it to the counts."""
    _load(con, registers, part)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE putusan (register VARCHAR, baris BIGINT, "
        "pasangan BIGINT, alasan VARCHAR, kode SMALLINT, kec INTEGER, status TINYINT, "
        "p1 UBIGINT)"
    )
    for name in ("dukcapil", "dtsen", "bpjs"):
        _single_out(con, name)
    _judge_unreadable(con)
    _join(con, has=set(registers))
    scope = _scope(kode)
    con.execute(
        "INSERT INTO hitung SELECT register, CASE WHEN "
        f"{scope} THEN alasan ELSE '{LUAR_WILAYAH}' END AS sebab, kode, kec, count(*), "
        "count(*) FILTER (register = 'bpjs' AND status <> 1) FROM putusan GROUP BY ALL"
    )
    con.execute(
        "INSERT INTO cocok SELECT count(*) FROM putusan WHERE register = 'bpjs' AND "
        "pasangan IS NOT NULL AND alasan <> 'nik_milik_orang_lain'"
    )
    _write_lists(con, lists / part, scope)


def _single_out(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Keep one row per pseudonym; give the surplus rows their reason."""
    short = _SHORT[name]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE ganda AS SELECT p1, p2 FROM {short} "
        "GROUP BY p1, p2 HAVING count(*) > 1"
    )
    if not con.execute("SELECT count(*) FROM ganda").fetchall()[0][0]:
        return
    verified, known, local, owner = "true", "false", "true", ""
    if name == "bpjs":
        verified, known = f"coalesce({_VERIFIED}, false)", "d.baris IS NOT NULL"
        local = "coalesce(b.kode = d.kode, false)"
        owner = "LEFT JOIN d ON d.p1 = b.p1 AND d.p2 = b.p2"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE deret AS SELECT {short}.*, {verified} AS benar, "
        f"{known} AS ada, {local} AS setempat FROM (FROM {short} SEMI JOIN ganda "
        f"USING (p1, p2)) {short} {owner}"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE urut AS SELECT *, row_number() OVER w AS n, "
        "first_value(segmen) OVER w AS wakil_segmen, first_value(status) OVER w AS "
        "wakil_status, first_value(kode) OVER w AS wakil_kode, first_value(benar) OVER "
        "w AS wakil_benar FROM deret WINDOW w AS (PARTITION BY p1, p2 ORDER BY benar "
        f"DESC, {_RANK[name]})"
    )
    reason = f"'ganda_{name}'" if name != "bpjs" else _surplus_reason()
    con.execute(
        f"INSERT INTO putusan SELECT '{name}', baris, NULL, {reason}, kode, kec, "
        "status, p1 FROM urut WHERE n > 1"
    )
    con.execute(
        f"DELETE FROM {short} WHERE baris IN (SELECT baris FROM urut WHERE n > 1)"
    )


def _surplus_reason() -> str:
    """Write why a member's further row is surplus, as SQL over the table urut."""
    ppu = f"wakil_segmen IN ({_PN}, {_BU}) AND wakil_status = 1"
    return (
        "CASE WHEN ada AND NOT benar AND wakil_benar THEN 'nik_milik_orang_lain' "
        f"WHEN segmen = {_PEMDA} AND status = 1 AND {ppu} THEN 'pemda_sudah_ppu' "
        "WHEN kode // 100 <> wakil_kode // 100 THEN 'ganda_provinsi' "
        "WHEN segmen <> wakil_segmen THEN 'ganda_segmen' ELSE 'ganda_baris' END"
    )


def _judge_unreadable(con: duckdb.DuckDBPyConnection) -> None:
    """Give rows without a valid NIK their reason."""
    empty = int(StatusNik.KOSONG)
    bpjs = f"CASE sah WHEN {empty} THEN 'nik_kosong' ELSE 'nik_tidak_sah' END"
    for name, short in _SHORT.items():
        reason = bpjs if name == "bpjs" else f"'nik_rusak_{name}'"
        con.execute(
            f"INSERT INTO putusan SELECT '{name}', baris, NULL, {reason}, kode, kec, "
            f"status, 0 FROM {short}_semua WHERE p1 = 0"
        )


def _join(con: duckdb.DuckDBPyConnection, *, has: set[str]) -> None:
    """Join the single rows by pseudonym and judge each side."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE gabung AS SELECT coalesce(b.p1, d.p1) AS p1, "
        "coalesce(b.p2, d.p2) AS p2, b.baris AS bb, d.baris AS db, "
        "b.kode AS bkode, b.kec AS bkec, b.segmen AS bsegmen, b.status AS bstatus, "
        "d.kode AS dkode, d.kec AS dkec, d.status AS dstatus, d.bayi AS dbayi, "
        f"coalesce({_VERIFIED}, false) AS benar, "
        "b.nama = d.nama OR b.nama = 0 OR d.nama = 0 AS nama_sama, "
        "b.lahir = d.lahir OR b.lahir = 0 OR d.lahir = 0 AS lahir_sama "
        "FROM b FULL JOIN d ON b.p1 = d.p1 AND b.p2 = d.p2"
    )
    if "bpjs" in has:
        con.execute(
            "INSERT INTO putusan SELECT 'bpjs', g.bb, g.db, "
            f"{_member_reason(has)}, g.bkode, g.bkec, g.bstatus, g.p1 FROM gabung g "
            "LEFT JOIN s ON s.p1 = g.p1 AND s.p2 = g.p2 WHERE g.bb IS NOT NULL"
        )
    if "dukcapil" in has:
        con.execute(
            f"INSERT INTO putusan SELECT 'dukcapil', db, bb, {_resident_reason(has)}, "
            "dkode, dkec, dstatus, p1 FROM gabung WHERE db IS NOT NULL"
        )
    if "dtsen" in has:
        con.execute(
            f"INSERT INTO putusan SELECT 'dtsen', s.baris, g.bb, {_poor_reason(has)}, "
            "s.kode, s.kec, 0, s.p1 FROM s LEFT JOIN gabung g ON s.p1 = g.p1 AND "
            "s.p2 = g.p2"
        )


def _member_reason(has: set[str]) -> str:
    """Write the reason of a member's row; g joins BPJS and Dukcapil, s is DTSEN."""
    own = f"g.bsegmen IN ({_PBPU}, {_BP})"
    with_dukcapil = (
        "WHEN g.db IS NULL THEN 'tidak_ada_di_dukcapil' "
        "WHEN NOT g.benar THEN 'nik_milik_orang_lain' "
        f"WHEN g.dstatus = {_DIED} AND g.bsegmen = {_PBI} THEN 'meninggal_pbi' "
        f"WHEN g.dstatus = {_DIED} THEN 'meninggal' "
        f"WHEN g.dstatus = {_MOVED} OR (g.bkode <> g.dkode AND g.bkode <> 0 AND "
        "g.dkode <> 0) THEN 'pindah' "
        if "dukcapil" in has
        else ""
    )
    differing = (
        "WHEN NOT g.nama_sama THEN 'nama_beda' WHEN NOT g.lahir_sama THEN 'lahir_beda' "
        "WHEN g.bkec <> g.dkec AND g.bkec <> 0 AND g.dkec <> 0 THEN 'alamat_beda' "
        if "dukcapil" in has
        else ""
    )
    return (
        f"CASE {with_dukcapil}"
        "WHEN s.segmen >= 0 AND s.segmen <> g.bsegmen THEN 'segmen_beda' "
        f"WHEN g.bstatus <> 1 AND {own} THEN 'nonaktif_menunggak' "
        "WHEN g.bstatus <> 1 AND s.desil BETWEEN 1 AND 5 THEN 'nonaktif_miskin' "
        "WHEN g.bstatus <> 1 THEN 'nonaktif_mutasi' "
        f"{differing}ELSE '{COCOK}' END"
    )


def _resident_reason(has: set[str]) -> str:
    """Write the reason of a resident's row over the table gabung."""
    if "bpjs" not in has:
        return f"'{COCOK}'"
    return (
        f"CASE WHEN bb IS NOT NULL AND benar THEN '{COCOK}' "
        f"WHEN dstatus IN ({_DIED}, {_MOVED}) THEN '{COCOK}' "
        "WHEN dbayi THEN 'bayi_belum_terdaftar' ELSE 'belum_terdaftar' END"
    )


def _poor_reason(has: set[str]) -> str:
    """Write the reason of a DTSEN row."""
    poor = "s.desil BETWEEN 1 AND 5"
    known = "WHEN g.db IS NULL THEN 'hanya_dtsen' " if "dukcapil" in has else ""
    if "bpjs" not in has:
        return f"CASE {known}ELSE '{COCOK}' END"
    return (
        f"CASE {known}WHEN {poor} AND g.bb IS NULL THEN 'miskin_tanpa_jaminan' "
        f"WHEN {poor} AND g.bsegmen NOT IN ({_PBI}, {_PEMDA}) THEN 'miskin_bukan_pbi' "
        f"ELSE '{COCOK}' END"
    )


def _write_lists(con: duckdb.DuckDBPyConnection, path: Path, scope: str) -> None:
    """Write the rows that need repair, and a sample of verified pairs."""
    con.execute(
        "COPY (SELECT register, baris, pasangan, alasan, kode, kec, status "
        f"FROM putusan WHERE alasan <> '{COCOK}' AND {scope} "
        f"ORDER BY register, baris) TO '{path}' (FORMAT parquet)"
    )
    taught = path.with_suffix(".contoh")
    con.execute(
        "COPY (SELECT baris, pasangan FROM putusan WHERE register = 'bpjs' AND "
        "pasangan IS NOT NULL AND alasan <> 'nik_milik_orang_lain' AND "
        f"{scope} ORDER BY p1, baris LIMIT {_SAMPLE_PAIRS}) TO '{taught}' "
        "(FORMAT parquet)"
    )


def _finish(counts: pd.DataFrame, registers: Mapping[str, Register]) -> pd.DataFrame:
    """Write codes and kecamatan out, add lines that could not be read."""
    import pandas as pd

    number = counts.pop("kode").astype(int)
    counts["kode"] = [
        f"{kode // 100:02d}.{kode % 100:02d}" if kode else "" for kode in number
    ]
    kec = counts.pop("kec").astype(int)
    names = max((each.kecamatan for each in registers.values()), key=len)
    counts["kecamatan"] = [names[at] for at in kec]
    broken: list[dict[str, Any]] = [
        {"register": name, "alasan": BARIS_RUSAK, "jumlah": each.broken, "nonaktif": 0,
         "kode": "", "kecamatan": ""}
        for name, each in registers.items()
        if each.broken
    ]  # fmt: skip
    full = (
        pd.concat([counts, pd.DataFrame(broken)], ignore_index=True)
        if broken
        else counts
    )
    order = ["register", "alasan", "kode", "kecamatan", "jumlah", "nonaktif"]
    return full[order].sort_values(order[:4], kind="stable", ignore_index=True)


def refuse_lost(counts: pd.DataFrame, rows: Mapping[str, int]) -> None:
    """Refuse a result in which a row is missing or counted twice."""
    total = counts.groupby("register")["jumlah"].sum()
    wrong = [
        f"  {name}: {expected} rows in, {int(total.get(name, 0))} counted"
        for name, expected in rows.items()
        if int(total.get(name, 0)) != expected
    ]
    if wrong:
        raise JknError(
            "registers: rows were lost in the comparison\n"
            + "\n".join(wrong)
            + "\n  → this is a fault of the program; report it with these counts"
        )
