"""Two extracts of members to counts of who came, left, came back and moved.

Both files are read to keyed numbers of card and NIK; nothing of a person reaches the
disk. Who has neither is counted as coming and going without a name, so that opening
plus coming less going is the closing to the person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.arus.flows import ARUS
from jkn_analysis.errors import InputError
from jkn_analysis.rekonsiliasi.files import read_batches
from jkn_analysis.rekonsiliasi.nik import parse_nik
from jkn_analysis.rekonsiliasi.pseudonym import build_pseudonyms, build_token_keys
from jkn_analysis.rekonsiliasi.registers import INFANT_DAYS, read_codes
from jkn_analysis.tables import TABLES, conform
from jkn_analysis.terms import LUAR, NONAKTIF, SEGMEN

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from jkn_analysis.rekonsiliasi.pseudonym import Key

_PBI, _PEMDA, _PN, _BU, _PBPU, _BP = SEGMEN
LEFT = {
    _PBI: "pbi_dihapus", _PEMDA: "pemda_berhenti", _PN: "berhenti_kerja",
    _BU: "berhenti_kerja", _PBPU: "menunggak", _BP: "menunggak",
}  # fmt: skip
"""What it means that a member of a segmen was switched off and stays in the list."""
BACK = {
    _PBI: "pbi_diaktifkan", _PEMDA: "didaftarkan_pemda", _PN: "bekerja_lagi",
    _BU: "bekerja_lagi", _PBPU: "membayar", _BP: "membayar",
}  # fmt: skip
_DIED, _MOVED = 1, 2


@dataclass(frozen=True)
class Movements:
    """What two extracts say of the time between them, as counts."""

    arus: pd.DataFrame
    """Table ``arus_kepesertaan`` with true counts: not to leave before `hide_small`."""
    awal: pd.Series
    """Active people by kode and segmen at the opening."""
    akhir: pd.Series
    """The same at the closing."""
    ganda: int
    """Rows of both files that name a person once more."""
    tanpa_pengenal: int
    """Rows of both files with neither card number nor NIK."""


def compare_extracts(
    sebelum: Path,
    sesudah: Path,
    *,
    sejak: dt.date,
    pada: dt.date,
    key: Key,
    dukcapil: Path | None = None,
) -> Movements:
    """Count who moved between two extracts of members.

    Persons are found by card number, the rest by NIK. Of a person who is there twice
    the active row counts.

    Parameters
    ----------
    sebelum, sesudah
        The earlier and the later extract.
    sejak, pada
        Their days.
    key
        Secret of the pseudonyms.
    dukcapil
        Extract of residents: tells the dead and who moved from who was switched off.

    Raises
    ------
    InputError
        If the days are not in order, or a file is no register of members.
    """
    if sejak.replace(day=1) >= pada.replace(day=1):
        raise InputError(
            f"extracts of {sejak} and {pada}: the earlier one must be of an earlier "
            "month\n  → give its day with --before-as-of"
        )
    old = _single(_read(sebelum, key=key, pada=sejak))
    new = _single(_read(sesudah, key=key, pada=pada))
    both = _pair(old, new)
    fate = _read_fate(dukcapil, key=key, pada=pada) if dukcapil else None
    moves = _judge(both, fate)
    counts = pd.concat([_leaving(moves), _coming(moves)])
    names = ["kode", "segmen_asal", "segmen_tujuan", "sebab"]
    summed = counts.groupby(names).size().rename("jiwa").reset_index()
    summed["periode"] = pd.Timestamp(pada.replace(day=1))
    summed["sejak"] = pd.Timestamp(sejak.replace(day=1))
    nobody = [frame["kartu"].eq(0) & frame["p1"].eq(0) for frame in (old, new)]
    return Movements(
        conform(summed, ARUS).sort_values(list(TABLES[ARUS].key), ignore_index=True),
        _stock(old),
        _stock(new),
        sum(int(frame.attrs["ganda"]) for frame in (old, new)),
        sum(int(one.sum()) for one in nobody),
    )


def _stock(frame: pd.DataFrame) -> pd.Series:
    """Count the active by kode and segmen."""
    active = frame[frame["aktif"]]
    return active.groupby(["kode", "segmen"]).size().rename("aktif_jiwa")


def _read(source: Path, *, key: Key, pada: dt.date) -> pd.DataFrame:
    """Read an extract of members to keyed numbers and codes."""
    parts = [
        _tokenise(table, key=key, pada=pada)
        for table in read_batches(source, register="bpjs", skipped=[])
    ]
    if not parts:
        raise InputError(
            f"{source}: holds no row\n  → ask the office for the extract again"
        )
    frame = pd.concat(parts, ignore_index=True)
    unknown = int(frame["segmen"].eq("").sum() + frame["kode"].eq("").sum())
    if unknown:
        raise InputError(
            f"{source}: {unknown} cell(s) of kode or segmen are not known\n"
            "  → write regions and segmen as the office's other tables do"
        )
    return frame


def _tokenise(table: pa.Table, *, key: Key, pada: dt.date) -> pd.DataFrame:
    """Turn clear rows into keyed numbers, codes, whether active, whether an infant."""
    codes = read_codes(table, register="bpjs", pada=pada)
    nik = build_pseudonyms(_parse(table, pada), key=key)
    cards = np.zeros(table.num_rows, np.uint64)
    if "no_kartu" in table.column_names:
        text = table.column("no_kartu").cast("string").to_pylist()
        digits = ["".join(filter(str.isalnum, cell or "")) for cell in text]
        cards = build_token_keys(digits, key=key, purpose="jkn-kartu-v1")
    segmen = np.array([*SEGMEN, ""], dtype=object)[codes["segmen"]]
    kode = [f"{k // 100:02d}.{k % 100:02d}" if k else "" for k in codes["kode"]]
    return pd.DataFrame(
        {
            "kartu": cards,
            "p1": nik[:, 0],
            "p2": nik[:, 1],
            "kode": pd.Categorical(kode),
            "segmen": pd.Categorical(segmen),
            "aktif": codes["status"] == 1,
            "bayi": (codes["hari"] >= 0) & (codes["hari"] < INFANT_DAYS),
        }
    ).astype({"kode": "str", "segmen": "str"})


def _parse(table: pa.Table, pada: dt.date) -> np.ndarray:
    """Return the valid NIK as numbers, 0 where there is none."""
    return parse_nik(table.column("nik").combine_chunks(), pada=pada).nik


def _single(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep one row of every person, the active before the inactive."""
    order = frame["segmen"].map({name: at for at, name in enumerate(SEGMEN)})
    ranked = frame.assign(urut=order).sort_values(
        ["aktif", "urut", "kode"], ascending=[False, True, True], kind="stable"
    )
    twice = ranked.duplicated("kartu") & ranked["kartu"].ne(0)
    twice |= ranked.duplicated(["p1", "p2"]) & ranked["p1"].ne(0)
    kept = ranked[~twice].drop(columns="urut").sort_index().reset_index(drop=True)
    kept.attrs["ganda"] = int(twice.sum())
    return kept


def _pair(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Lay every person's two rows beside each other; nobody's partner is missing."""
    left = old.assign(a=old.index)
    right = new.assign(b=new.index)
    by_card = _match(left[left["kartu"].ne(0)], right[right["kartu"].ne(0)], ["kartu"])
    left_rest = left[~left["a"].isin(by_card["a"]) & left["p1"].ne(0)]
    right_rest = right[~right["b"].isin(by_card["b"]) & right["p1"].ne(0)]
    pairs = pd.concat([by_card, _match(left_rest, right_rest, ["p1", "p2"])])
    whole = left.merge(pairs, on="a", how="left", validate="one_to_one")
    return whole.merge(right, on="b", how="outer", suffixes=("_lama", "_baru"))


def _match(left: pd.DataFrame, right: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Return the row numbers of persons who are in both."""
    return left[[*on, "a"]].merge(right[[*on, "b"]], on=on, validate="one_to_one")[
        ["a", "b"]
    ]


def _read_fate(source: Path, *, key: Key, pada: dt.date) -> pd.DataFrame:
    """Read who died or moved away according to Dukcapil, by pseudonym."""
    parts = []
    for table in read_batches(source, register="dukcapil", skipped=[]):
        nik = build_pseudonyms(_parse(table, pada), key=key)
        status = read_codes(table, register="dukcapil", pada=pada)["status"]
        part = pd.DataFrame({"p1": nik[:, 0], "p2": nik[:, 1], "nasib": status})
        parts.append(part[part["nasib"].gt(0) & part["p1"].ne(0)])
    return pd.concat(parts).drop_duplicates(["p1", "p2"])


def _judge(both: pd.DataFrame, fate: pd.DataFrame | None) -> pd.DataFrame:
    """Say of every person where it was, where it is, and what Dukcapil says."""
    moves = both.assign(
        **{side: both[f"aktif_{side}"].eq(other=True) for side in ("lama", "baru")}
    )
    moves["nasib"] = 0
    if fate is not None:
        old, new = (
            moves[[f"p1_{side}", f"p2_{side}"]].set_axis(["p1", "p2"], axis=1)
            for side in ("lama", "baru")
        )
        ids = old.where(old["p1"].gt(0), new)
        known = ids.merge(fate, on=["p1", "p2"], how="left")["nasib"]
        moves["nasib"] = known.fillna(0).astype(int).to_numpy()
    moves["daerah"] = moves["kode_lama"].eq(moves["kode_baru"])
    moves["tetap"] = (
        moves["lama"]
        & moves["baru"]
        & moves["daerah"]
        & moves["segmen_lama"].eq(moves["segmen_baru"])
    )
    return moves[~moves["tetap"]]


def _leaving(moves: pd.DataFrame) -> pd.DataFrame:
    """Name where the formerly active of each region went, and why."""
    own = moves[moves["lama"]]
    gone, there = own["b"].isna(), own["baru"] & own["daerah"]
    moved = own["baru"] & ~own["daerah"]
    nameless = own["kartu_lama"].eq(0) & own["p1_lama"].eq(0)
    target = np.select(
        [there, gone | moved], [own["segmen_baru"], LUAR], default=NONAKTIF
    )
    off = own["segmen_lama"].map(LEFT)
    why = np.select(
        [
            there,
            nameless,
            moved,
            own["nasib"].eq(_DIED),
            own["nasib"].eq(_MOVED),
            gone,
        ],
        [
            "pindah_segmen", "tanpa_pengenal", "pindah_keluar", "meninggal",
            "pindah_keluar", "hilang",
        ],
        default=off,
    )  # fmt: skip
    return pd.DataFrame(
        {
            "kode": own["kode_lama"],
            "segmen_asal": own["segmen_lama"],
            "segmen_tujuan": target,
            "sebab": why,
        }
    )


def _coming(moves: pd.DataFrame) -> pd.DataFrame:
    """Name where the newly active of each region came from, and why."""
    own = moves[moves["baru"] & ~(moves["lama"] & moves["daerah"])]
    fresh, moved = own["a"].isna(), own["lama"]
    other = ~fresh & ~moved & ~own["daerah"]
    nameless = own["kartu_baru"].eq(0) & own["p1_baru"].eq(0)
    outside = fresh | moved | other
    why = np.select(
        [nameless, moved | other, fresh & own["bayi_baru"].eq(other=True), fresh],
        ["tanpa_pengenal", "pindah_masuk", "lahir", "baru"],
        default=own["segmen_baru"].map(BACK),
    )
    return pd.DataFrame(
        {
            "kode": own["kode_baru"],
            "segmen_asal": np.where(outside, LUAR, NONAKTIF),
            "segmen_tujuan": own["segmen_baru"],
            "sebab": why,
        }
    )
