"""The linkage model: comparisons written once, for DuckDB here and Spark elsewhere.

Every level is plain SQL that both engines read alike. The probabilities are counted,
not fitted: how often a level holds among pairs known to match (verified by something
the comparison does not look at) and among pairs that do not. Counting is exact and
the same on every machine, which expectation-maximisation over samples is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    from splink import SettingsCreator

    Probabilities = Mapping[str, Mapping[str, tuple[float, float]]]


@dataclass(frozen=True)
class Comparison:
    """What two records are compared on: levels from strongest to none."""

    name: str
    null: str
    """SQL that says nothing can be compared."""
    levels: tuple[tuple[str, str], ...]
    """(label, SQL) pairs; the last is ELSE."""


_SPAN = "greatest(length(nama_gabung_l), length(nama_gabung_r))"
_EDITS = (
    "least(levenshtein(nama_gabung_l, nama_gabung_r), "
    "levenshtein(nama_urut_l, nama_urut_r))"
)
COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "nama",
        "nama_urut_l IS NULL OR nama_urut_r IS NULL",
        (
            ("sama, jarang", "nama_urut_l = nama_urut_r AND jarang_l + jarang_r > 0"),
            ("sama", "nama_urut_l = nama_urut_r OR nama_gabung_l = nama_gabung_r"),
            ("ejaan", f"{_EDITS} <= 1 AND {_SPAN} >= 6"),
            (
                "kata hilang",
                "(kata_l > 1 AND nama_r LIKE nama_l || ' %') OR "
                "(kata_r > 1 AND nama_l LIKE nama_r || ' %') OR "
                "(kata_l > 1 AND nama_r LIKE '% ' || nama_l) OR "
                "(kata_r > 1 AND nama_l LIKE '% ' || nama_r) OR "
                "(kata_l > 1 AND kata_r > 1 AND nama_depan_l = nama_depan_r AND "
                "nama_akhir_l = nama_akhir_r)",
            ),
            ("mirip", f"{_EDITS} * 5 <= {_SPAN}"),
            (
                "terpotong",
                "(length(nama_gabung_l) >= 8 AND "
                "nama_gabung_r LIKE nama_gabung_l || '%') OR "
                "(length(nama_gabung_r) >= 8 AND "
                "nama_gabung_l LIKE nama_gabung_r || '%') OR "
                "nama_r LIKE nama_l || ' %' OR nama_l LIKE nama_r || ' %'",
            ),
            ("agak mirip", f"{_EDITS} * 3 <= {_SPAN}"),
            (
                "satu kata",
                "nama_depan_l = nama_depan_r OR nama_akhir_l = nama_akhir_r",
            ),
            ("beda", "ELSE"),
        ),
    ),
    Comparison(
        "lahir",
        "lahir_l IS NULL OR lahir_r IS NULL",
        (
            ("sama", "lahir_l = lahir_r"),
            ("hari dan bulan tertukar", "lahir_l = lahir_tukar_r"),
            (
                "dibulatkan",
                "tahun_l = tahun_r AND (bulan_hari_l IN ('01-01', '07-01', '12-31') "
                "OR bulan_hari_r IN ('01-01', '07-01', '12-31'))",
            ),
            (
                "tahun salah ketik",
                "bulan_hari_l = bulan_hari_r AND abs(tahun_l - tahun_r) IN (1, 10)",
            ),
            ("satu angka", "levenshtein(lahir_l, lahir_r) <= 1"),
            ("tahun sama", "tahun_l = tahun_r"),
            ("beda", "ELSE"),
        ),
    ),
    Comparison(
        "nik",
        "nik_teks_l IS NULL OR nik_teks_r IS NULL",
        (
            ("sama", "nik_teks_l = nik_teks_r"),
            (
                "nomor urut beda",
                "length(nik_teks_l) = 16 AND length(nik_teks_r) = 16 AND "
                "substring(nik_teks_l, 1, 12) = substring(nik_teks_r, 1, 12)",
            ),
            ("satu angka atau tertukar", "levenshtein(nik_teks_l, nik_teks_r) <= 2"),
            ("beda", "ELSE"),
        ),
    ),
    Comparison(
        "kk",
        "kk_l IS NULL OR kk_r IS NULL",
        (("sama", "kk_l = kk_r"), ("beda", "ELSE")),
    ),
    Comparison(
        "alamat",
        "alamat_l IS NULL OR alamat_r IS NULL",
        (
            ("sama", "alamat_l = alamat_r"),
            (
                "mirip",
                "levenshtein(alamat_l, alamat_r) * 4 <= "
                "greatest(length(alamat_l), length(alamat_r))",
            ),
            ("beda", "ELSE"),
        ),
    ),
    Comparison(
        "jk",
        "jk_l IS NULL OR jk_r IS NULL",
        (("sama", "jk_l = jk_r"), ("beda", "ELSE")),
    ),
    Comparison(
        "kode",
        "kode_l IS NULL OR kode_r IS NULL",
        (
            ("sama", "kode_l = kode_r"),
            ("provinsi sama", "substring(kode_l, 1, 2) = substring(kode_r, 1, 2)"),
            ("beda", "ELSE"),
        ),
    ),
)
BLOCKS: tuple[tuple[str, ...], ...] = (
    ("lahir",),
    ("nama_urut",),
    ("nama_gabung",),
    ("substring(nama_depan, 1, 3)", "substring(nama_akhir, 1, 3)", "tahun"),
    ("substring(nama_depan, 1, 3)", "substring(nama_akhir, 1, 3)", "kode"),
    ("nama_akhir", "bulan_hari"),
    ("nama_depan", "bulan_hari"),
    ("nama_depan", "kode"),
    ("nama_akhir", "kode"),
    ("nik_teks",),
    ("kk", "kode"),
    ("substring(alamat, 1, 6)", "kode"),
    ("alamat", "nama_depan"),
    ("alamat", "nama_akhir"),
    ("alamat", "tahun"),
)
"""Pairs are scored that agree on any one of these."""
_LEAST_PAIRS, _PAIRS_PER_ROW = 500_000, 10
_COLUMNS = (
    "nik_teks", "nama", "nama_gabung", "nama_urut", "nama_depan", "nama_akhir", "kata",
    "jarang", "lahir", "lahir_tukar", "tahun", "bulan_hari", "jk", "kode", "kk",
    "alamat",
)  # fmt: skip


def scalar(con: duckdb.DuckDBPyConnection, query: str) -> float:
    """Return the only value of a query; 0 for NULL.

    `fetchone` would leave the result open, and DuckDB 2 refuses further work then.
    """
    return con.execute(query).fetchall()[0][0] or 0


def suffixed(alias: str, side: str) -> str:
    """Select the compared columns of one table under the names of one side."""
    return ", ".join(f"{alias}.{name} AS {name}_{side}" for name in _COLUMNS)


def _case(comparison: Comparison) -> str:
    """Write a comparison as CASE: position of the level, -1 for nothing."""
    whens = " ".join(
        f"WHEN {sql} THEN {at}"
        for at, (_, sql) in enumerate(comparison.levels)
        if sql != "ELSE"
    )
    last = len(comparison.levels) - 1
    return f"CASE WHEN {comparison.null} THEN -1 {whens} ELSE {last} END"


def _count(
    con: duckdb.DuckDBPyConnection, comparison: Comparison, pairs: str
) -> list[float]:
    """Count the levels of one comparison over a table of (l, r) ids."""
    found = con.execute(
        f"SELECT {_case(comparison)} AS level, count(*) FROM (SELECT "
        f"{suffixed('l', 'l')}, {suffixed('r', 'r')} FROM {pairs} p "
        "JOIN kiri l ON l.id = p.l JOIN kanan r ON r.id = p.r) GROUP BY level"
    ).fetchall()
    counts = dict(found)
    return [float(counts.get(at, 0)) for at in range(len(comparison.levels))]


def _shares(counts: list[float], prior: list[float]) -> list[float]:
    """Turn counts into probabilities; a level never seen keeps a small chance."""
    total = sum(counts) + sum(prior)
    return [(seen + extra) / total for seen, extra in zip(counts, prior, strict=True)]


def count_probabilities(
    con: duckdb.DuckDBPyConnection, *, same: Mapping[str, str], other: Mapping[str, str]
) -> Probabilities:
    """Count m and u of every level.

    Parameters
    ----------
    con
        Holds the records as tables ``kiri`` and ``kanan``.
    same
        Comparison name to a table of matching pairs (columns l, r) that were found
        without looking at what it compares; ``""`` for all others.
    other
        The same for pairs that do not match.

    Returns
    -------
    mapping
        comparison → label → (m, u).
    """
    result: dict[str, dict[str, tuple[float, float]]] = {}
    for comparison in COMPARISONS:
        m = _count(con, comparison, same.get(comparison.name, same[""]))
        u = _count(con, comparison, other.get(comparison.name, other[""]))
        even = [0.5] * len(m)
        pairs = zip(_shares(m, even), _shares(u, even), strict=True)
        labels = [label for label, _ in comparison.levels]
        result[comparison.name] = dict(zip(labels, pairs, strict=True))
    return result


def list_blocks(con: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    """List the blocking rules that the records left over can afford.

    An address that is only a village, or a date of 1 January, would pair everybody
    with everybody; such a rule is left out, the others still hold.

    Parameters
    ----------
    con
        Holds ``sisa_kiri`` and ``sisa_kanan``.
    """
    left, right = (
        int(scalar(con, f"SELECT count(*) FROM sisa_{name}"))
        for name in ("kiri", "kanan")
    )
    most = max(_LEAST_PAIRS, _PAIRS_PER_ROW * (left + right))
    return [block for block in BLOCKS if _count_block(con, block) <= most]


def _count_block(con: duckdb.DuckDBPyConnection, block: tuple[str, ...]) -> int:
    """Count the pairs one blocking rule would make."""
    key = ", ".join(f"{part} AS k{at}" for at, part in enumerate(block))
    names = ", ".join(f"k{at}" for at in range(len(block)))
    grouped = f"SELECT {key}, count(*) AS n FROM sisa_{{}} GROUP BY ALL"
    return int(
        scalar(
            con,
            f"SELECT sum(a.n * b.n) FROM ({grouped.format('kiri')}) a JOIN "
            f"({grouped.format('kanan')}) b USING ({names})",
        )
    )


def build_settings(
    probabilities: Probabilities,
    *,
    prior: float,
    blocks: Sequence[tuple[str, ...]] = BLOCKS,
) -> SettingsCreator:
    """Write the model as Splink settings that any of its engines reads.

    Parameters
    ----------
    probabilities
        From `count_probabilities`.
    prior
        Probability that a pair of the records to be scored matches, before looking.
    blocks
        Blocking rules, of `BLOCKS`.
    """
    from splink import SettingsCreator, block_on

    return SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        comparisons=[
            _comparison(each, probabilities[each.name]) for each in COMPARISONS
        ],
        blocking_rules_to_generate_predictions=[block_on(*block) for block in blocks],
        probability_two_random_records_match=prior,
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
    )


def _comparison(
    comparison: Comparison, probabilities: Mapping[str, tuple[float, float]]
) -> dict[str, Any]:
    """Write one comparison as Splink's dictionary."""
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": comparison.null,
            "label_for_charts": "kosong",
            "is_null_level": True,
        }
    ]
    for label, sql in comparison.levels:
        m, u = probabilities[label]
        levels.append(
            {
                "sql_condition": sql,
                "label_for_charts": label,
                "m_probability": m,
                "u_probability": u,
                "fix_m_probability": True,
                "fix_u_probability": True,
            }
        )
    return {"output_column_name": comparison.name, "comparison_levels": levels}
