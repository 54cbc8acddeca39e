"""Who is who in two registers: a cascade of rules, then Splink on what is left.

A NIK alone is no proof (people carry their relatives' numbers); every accepted pair
says which step found it and what agreed. Ties are broken by content, sums run over
total orders, the model is counted: neither row order nor threads change a result.
Clear values stay in this process: DuckDB may not spill them to disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import InputError
from jkn_analysis.rekonsiliasi.model import (
    COMPARISONS,
    build_settings,
    count_probabilities,
    list_blocks,
    scalar,
)
from jkn_analysis.rekonsiliasi.records import build_records

if TYPE_CHECKING:
    import datetime as dt

    import duckdb
    import pandas as pd
    import pyarrow as pa

    from jkn_analysis.rekonsiliasi.model import Probabilities

LANGKAH: dict[str, str] = {
    "nik": "NIK sama, dibuktikan nama atau tanggal lahir",
    "nama_lahir": "nama dinormalkan dan tanggal lahir sama",
    "nama_mirip": "nama mirip; tanggal lahir, jenis kelamin, kabupaten/kota sama",
    "peluang": "gabungan bukti menurut model peluang (Splink)",
}
"""Steps of the cascade and what each one looks at."""
_ROUNDS = 4
_RANDOM_PAIRS = 400_000
_LEAST_TRAINING = 200
_OFFSETS = 8
_RARE = 2
_ORDER = "nama_urut, lahir, nik_teks, kode, kk, jk, alamat, nama, sidik, id"
_EDITS = (
    "least(levenshtein(l.nama_gabung, r.nama_gabung), "
    "levenshtein(l.nama_urut, r.nama_urut))"
)
_LIKENESS = (
    "greatest(jaro_winkler_similarity(l.nama_gabung, r.nama_gabung), "
    "jaro_winkler_similarity(l.nama_urut, r.nama_urut))"
)
_PART = (
    "(l.kata > 1 AND (r.nama LIKE l.nama || ' %' OR r.nama LIKE '% ' || l.nama) OR "
    "r.kata > 1 AND (l.nama LIKE r.nama || ' %' OR l.nama LIKE '% ' || r.nama) OR "
    "l.kata > 1 AND r.kata > 1 AND l.nama_depan = r.nama_depan "
    "AND l.nama_akhir = r.nama_akhir)"
)
_NIK_CLASH = (
    "coalesce(l.nik <> r.nik AND levenshtein(l.nik_teks, r.nik_teks) > 2, false)"
)
_SAME_SEX = "coalesce(l.jk = r.jk, true)"
_RULES: tuple[tuple[str, str, str, str, float], ...] = (
    (
        "nik",
        "l.nik = r.nik",
        "coalesce(l.lahir = r.lahir, false)::INT + coalesce(l.kode = r.kode, false)"
        f"::INT * 0.05 + coalesce({_LIKENESS}, 0)",
        "coalesce(l.nama_urut = r.nama_urut OR l.nama_gabung = r.nama_gabung OR "
        f"{_EDITS} * 8 <= length(l.nama_gabung) OR {_PART}, false) OR "
        f"coalesce(l.lahir = r.lahir AND {_LIKENESS} >= 0.65, false)",
        0.0,
    ),
    (
        "nama_lahir",
        "l.nama_urut = r.nama_urut AND l.lahir = r.lahir",
        "coalesce(l.kode = r.kode, false)::INT + coalesce(l.kk = r.kk, false)::INT + "
        "coalesce(levenshtein(l.nik_teks, r.nik_teks) <= 2, false)::INT",
        f"{_SAME_SEX} AND (coalesce(l.kode = r.kode, false) OR (l.kata > 1 AND "
        f"l.kembar = 1 AND r.kembar = 1)) AND NOT (l.kata = 1 AND {_NIK_CLASH})",
        1.0,
    ),
    (
        "nama_mirip",
        "l.lahir = r.lahir AND l.kode = r.kode AND l.jk = r.jk",
        f"{_LIKENESS} + 0.05 * coalesce(l.kk = r.kk, false)::INT",
        f"(({_LIKENESS} >= 0.92 AND NOT {_NIK_CLASH}) OR {_LIKENESS} >= 0.97 OR "
        f"({_PART} AND NOT {_NIK_CLASH}))",
        0.03,
    ),
)
"""Step, join, score, condition, margin over the next best that either side needs."""


@dataclass(frozen=True)
class Links:
    """Pairs of rows found to be one person."""

    pairs: pd.DataFrame
    """kiri, kanan (row numbers), langkah, peluang, bobot, keputusan (terima, tinjau),
    penjelasan; sorted by kiri, then kanan. No personal value."""
    model: dict[str, Any]
    """Splink settings with their probabilities; empty if nothing was left to score."""


def open_memory(threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB that never writes to disk.

    Parameters
    ----------
    threads
        As many as the machine has if None.
    """
    import duckdb

    con = duckdb.connect(":memory:")
    con.execute("SET temp_directory = ''")
    con.execute("SET enable_progress_bar = false")
    if threads is not None:
        con.execute(f"SET threads = {int(threads)}")
    return con


def link(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    pada: dt.date,
    batas_terima: float = 0.99,
    batas_tinjau: float = 0.5,
    threads: int | None = None,
    jumlah_cocok: int | None = None,
) -> Links:
    """Find the rows of two registers that are the same person, one to one.

    Parameters
    ----------
    left, right
        Registers with ``nama`` and ``tanggal_lahir``; ``nik``, ``jenis_kelamin``,
        ``kode`` and ``no_kk`` are used where present.
    pada
        Day of the extracts.
    batas_terima, batas_tinjau
        Probabilities from which a scored pair is accepted, or left for a person.
    threads
        Of DuckDB; does not change the result.
    jumlah_cocok
        How many pairs the whole registers have, where the rows given are what was
        left of them and a sample of the pairs; those the rules find if None.

    Raises
    ------
    InputError
        If a needed column is missing.
    """
    for name, frame in (("left", left), ("right", right)):
        _refuse_missing(frame, name)
    return link_records(
        build_records(left, pada=pada),
        build_records(right, pada=pada),
        batas_terima=batas_terima,
        batas_tinjau=batas_tinjau,
        threads=threads,
        jumlah_cocok=jumlah_cocok,
    )


def link_records(
    left: pa.Table,
    right: pa.Table,
    *,
    batas_terima: float = 0.99,
    batas_tinjau: float = 0.5,
    threads: int | None = None,
    jumlah_cocok: int | None = None,
) -> Links:
    """Link tables of `records.RECORD_COLUMNS`; see `link`."""
    con = open_memory(threads)
    try:
        load_records(con, "kiri", left)
        load_records(con, "kanan", right)
        prepare(con)
        for rule in _RULES:
            _apply(con, *rule)
        model = _score_rest(con, batas_tinjau, jumlah_cocok)
        return Links(_read_pairs(con, batas_terima, batas_tinjau), model)
    finally:
        con.close()


def _refuse_missing(frame: pd.DataFrame, name: str) -> None:
    """Refuse a register that has no names or no birth dates."""
    missing = [c for c in ("nama", "tanggal_lahir") if c not in frame]
    if missing:
        raise InputError(
            f"{name} register: column {', '.join(missing)} missing\n"
            "  → linkage compares names and birth dates; map the headings"
        )


def load_records(con: duckdb.DuckDBPyConnection, name: str, records: pa.Table) -> None:
    """Store records in an order that depends on their content alone."""
    con.register("masuk", records)
    con.execute(
        f"CREATE TABLE {name} AS SELECT *, row_number() OVER (ORDER BY {_ORDER}) "
        "AS isi, count(*) OVER (PARTITION BY nama_urut, lahir) AS kembar, "
        "count(*) OVER (PARTITION BY nama_urut) AS sering FROM masuk"
    )
    con.unregister("masuk")


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Mark rare names and make the table of pairs."""
    for name in ("kiri", "kanan"):
        con.execute(f"ALTER TABLE {name} ADD COLUMN jarang INTEGER")
        con.execute(f"UPDATE {name} SET jarang = (sering <= {_RARE} AND kata > 1)::INT")
    con.execute(
        "CREATE TABLE pasangan (l BIGINT, r BIGINT, langkah VARCHAR, peluang DOUBLE, "
        "bobot DOUBLE, penjelasan VARCHAR)"
    )


def _apply(
    con: duckdb.DuckDBPyConnection,
    step: str,
    join: str,
    score: str,
    condition: str,
    margin: float,
) -> None:
    """Accept the pairs of one rule that are each other's best by a margin."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE calon AS SELECT l.id AS l, r.id AS r, l.isi AS "
        f"li, r.isi AS ri, {score} AS skor FROM "
        "(FROM kiri ANTI JOIN pasangan p ON p.l = kiri.id) l JOIN "
        "(FROM kanan ANTI JOIN pasangan p ON p.r = kanan.id) r "
        f"ON {join} WHERE {condition}"
    )
    for _ in range(_ROUNDS):
        if not _accept_best(con, step, margin):
            return


def _accept_best(con: duckdb.DuckDBPyConnection, step: str, margin: float) -> int:
    """Move mutual best candidates into the pairs; return how many."""
    found = con.execute(
        "INSERT INTO pasangan SELECT l, r, ?, NULL, NULL, NULL FROM (SELECT *, "
        "row_number() OVER kiri AS a, row_number() OVER kanan AS b, "
        "skor - lead(skor) OVER kiri AS da, skor - lead(skor) OVER kanan AS db "
        "FROM calon WINDOW kiri AS (PARTITION BY l ORDER BY skor DESC, ri), "
        "kanan AS (PARTITION BY r ORDER BY skor DESC, li)) "
        "WHERE a = 1 AND b = 1 AND coalesce(da, 9) >= ? AND coalesce(db, 9) >= ?",
        [step, margin, margin],
    ).fetchall()
    con.execute(
        "DELETE FROM calon WHERE l IN (SELECT l FROM pasangan) "
        "OR r IN (SELECT r FROM pasangan)"
    )
    return int(found[0][0])


def _score_rest(
    con: duckdb.DuckDBPyConnection, least: float, matched: int | None
) -> dict[str, Any]:
    """Score what the rules left with Splink and add the best pairs."""
    total, left, right = _sizes(con)
    if total < _LEAST_TRAINING or not left or not right:
        return {}
    probabilities = train(con)
    prior = min(0.5, max(total, matched or 0) / (left * right))
    for name in ("kiri", "kanan"):
        side = name == "kanan"
        con.execute(
            f"CREATE OR REPLACE TABLE sisa_{name} AS FROM {name} ANTI JOIN pasangan p "
            f"ON p.{'r' if side else 'l'} = {name}.id ORDER BY isi"
        )
    settings = build_settings(probabilities, prior=prior, blocks=list_blocks(con))
    model = predict(con, settings)
    _add_scored(con, least)
    return model


def _sizes(con: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Return pairs found and rows left on each side."""
    found = int(scalar(con, "SELECT count(*) FROM pasangan"))
    left = int(scalar(con, "SELECT count(*) FROM kiri")) - found
    right = int(scalar(con, "SELECT count(*) FROM kanan")) - found
    return found, left, right


def train(con: duckdb.DuckDBPyConnection) -> Probabilities:
    """Count the model on a sample of everything, not on the residual.

    Matching pairs come from rules that do not look at what they teach: names from
    pairs with equal NIK and birth date, birth dates from equal NIK and name, NIK
    from equal name, birth date and region. Other pairs are drawn by content.

    Parameters
    ----------
    con
        Holds ``kiri`` and ``kanan`` as `link` prepares them.
    """
    once = " AND ".join(f"count(*) OVER (PARTITION BY {x}.id) = 1" for x in "lr")
    both = "SELECT l.id AS l, r.id AS r FROM kiri l JOIN kanan r ON"
    shared = "hash(l.isi) % greatest(1, (SELECT count(*) // 200000 FROM kiri)) = 0"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE m_nama AS {both} l.nik = r.nik AND "
        f"l.lahir = r.lahir WHERE {shared} QUALIFY {once}"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE m_lahir AS {both} l.nik = r.nik AND "
        f"l.nama_urut = r.nama_urut WHERE {shared} QUALIFY {once}"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE m_nik AS {both} l.nama_urut = r.nama_urut AND "
        f"l.lahir = r.lahir AND l.kode = r.kode WHERE {shared} AND l.kata > 1 "
        f"QUALIFY {once}"
    )
    _draw_others(con)
    probabilities = count_probabilities(
        con,
        same={"": "m_lahir", "nama": "m_nama", "nik": "m_nik"},
        other={"": "u_acak", "nik": "u_lahir"},
    )
    return _sharpen(con, probabilities)


def _draw_others(con: duckdb.DuckDBPyConnection) -> None:
    """Draw pairs that do not match: by shifted content order, and on one birth date."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE u_acak AS WITH a AS (SELECT id, row_number() "
        "OVER (ORDER BY hash(isi), isi) AS n FROM kiri), b AS (SELECT id, "
        "row_number() OVER (ORDER BY hash(isi + 7), isi) - 1 AS n FROM kanan), "
        "c AS (SELECT id, (n + k * 7919) % (SELECT count(*) FROM kanan) AS n FROM a, "
        f"range({_OFFSETS}) o(k) WHERE n <= {_RANDOM_PAIRS // _OFFSETS}) "
        "SELECT c.id AS l, b.id AS r FROM c JOIN b ON b.n = c.n"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE u_lahir AS SELECT l.id AS l, r.id AS r FROM "
        "(SELECT * FROM kiri WHERE nik IS NOT NULL AND hash(isi) % greatest(1, (SELECT "
        "count(*) // 50000 FROM kiri)) = 0) l JOIN (SELECT * FROM kanan WHERE nik IS "
        "NOT NULL AND hash(isi) % greatest(1, (SELECT count(*) // 50000 FROM kanan)) "
        "= 0) r ON l.lahir = r.lahir AND l.nama_urut <> r.nama_urut AND l.nik <> r.nik"
    )


def _sharpen(
    con: duckdb.DuckDBPyConnection, probabilities: Probabilities
) -> Probabilities:
    """Count chance agreement of whole names and dates exactly, not by sample."""
    exact = {name: dict(levels) for name, levels in probabilities.items()}
    for name, label, column, among in (
        ("nama", "sama, jarang", "nama_urut", "jarang = 1"),
        ("nama", "sama", "nama_urut", "jarang = 0"),
        ("lahir", "sama", "lahir", "true"),
    ):
        u = scalar(
            con,
            "SELECT sum(a.n * b.n - least(a.n, b.n)) / ((SELECT count(*) FROM kiri) * "
            "(SELECT count(*) FROM kanan)::DOUBLE) FROM "
            f"(SELECT {column} AS k, count(*) AS n FROM kiri WHERE {among} "
            "GROUP BY k) a "
            f"JOIN (SELECT {column} AS k, count(*) AS n FROM kanan WHERE {among} "
            "GROUP BY k) b ON a.k = b.k",
        )
        exact[name][label] = (exact[name][label][0], max(u, 1e-9))
    return exact


def predict(con: duckdb.DuckDBPyConnection, settings: object) -> dict[str, Any]:
    """Score ``sisa_kiri`` against ``sisa_kanan`` into a table ``skor``.

    Parameters
    ----------
    con
        Holds the records left over.
    settings
        From `model.build_settings`.

    Returns
    -------
    dict
        The settings as Splink stores them; probabilities only.
    """
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection=con)
    tables = [
        api.register(f"sisa_{name}", dataset_display_name=label)
        for name, label in (("kiri", "a_kiri"), ("kanan", "b_kanan"))
    ]
    linker = Linker(tables, settings, log_level=None, validate_settings=False)  # type: ignore[arg-type]
    scored = linker.inference.predict(threshold_match_probability=0.001)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE skor AS SELECT * FROM {scored.physical_name}"
    )
    return linker.misc.save_model_to_json()


def _add_scored(con: duckdb.DuckDBPyConnection, least: float) -> None:
    """Weigh every scored pair against its rivals; keep mutual best ones.

    One person has one row on each side, so that rivals share the probability: the
    odds of a pair are divided by one plus the odds of all its rivals.
    """
    labels = ", ".join(_level_text(each.name) for each in COMPARISONS)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE calon AS WITH o AS (SELECT id_l AS l, id_r AS r, "
        "match_weight AS bobot, power(2, least(match_weight, 60)) AS odds, "
        f"concat_ws('; ', {labels}) AS penjelasan FROM skor), s AS (SELECT *, "
        "greatest(sum(odds ORDER BY odds) OVER (PARTITION BY l), "
        "sum(odds ORDER BY odds) OVER (PARTITION BY r)) AS semua FROM o) "
        "SELECT s.l, s.r, bobot, "
        "odds / (1 + semua) AS skor, penjelasan, a.isi AS li, b.isi AS ri FROM s "
        "JOIN sisa_kiri a ON a.id = s.l JOIN sisa_kanan b ON b.id = s.r"
    )
    con.execute(
        "INSERT INTO pasangan SELECT l, r, 'peluang', skor, bobot, penjelasan FROM "
        "(SELECT *, row_number() OVER (PARTITION BY l ORDER BY skor DESC, bobot DESC, "
        "ri) AS a, row_number() OVER (PARTITION BY r ORDER BY skor DESC, bobot DESC, "
        "li) AS b FROM calon) "
        "WHERE a = 1 AND b = 1 AND skor >= ?",
        [least],
    )


def _level_text(name: str) -> str:
    """Write which level of a comparison held, as SQL over Splink's gamma."""
    comparison = next(each for each in COMPARISONS if each.name == name)
    count = len(comparison.levels)
    whens = " ".join(
        f"WHEN {count - 1 - at} THEN '{name}: {label}'"
        for at, (label, _) in enumerate(comparison.levels)
    )
    level = f"CASE gamma_{name} {whens} ELSE '{name}: kosong' END"
    return f"{level} || ' (' || round(mw_{name}, 1) || ')'"


def _read_pairs(
    con: duckdb.DuckDBPyConnection, accept: float, review: float
) -> pd.DataFrame:
    """Return pairs with their verdict and explanation."""
    frame = con.execute(
        "SELECT l AS kiri, r AS kanan, langkah, peluang, bobot, penjelasan "
        "FROM pasangan WHERE peluang IS NULL OR peluang >= ? ORDER BY l, r",
        [review],
    ).df()
    rule = frame["langkah"].map(LANGKAH)
    frame["penjelasan"] = frame["penjelasan"].fillna(rule)
    accepted = frame["peluang"].isna() | (frame["peluang"] >= accept)
    frame.insert(5, "keputusan", accepted.map({True: "terima", False: "tinjau"}))
    return frame
