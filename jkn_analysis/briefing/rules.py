"""UHC, Prioritas and Award on the page: what holds, what is missing, how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.data import as_date, end_of_month
from jkn_analysis.briefing.model import Amount, Heading, PageTable, Part
from jkn_analysis.peraturan import DIPERIKSA, list_peraturan
from jkn_analysis.skenario.posisi import list_kontrak
from jkn_analysis.uhc import Standing, measure_pemda, status

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Hashable, Mapping
    from typing import Any

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.members import Members
    from jkn_analysis.briefing.words import Words
    from jkn_analysis.uhc import Condition, Verdict

_RULES = (
    "uhc_cakupan_min", "uhc_keaktifan_min", "prioritas_tunggakan_pemda_maks_rp",
    "prioritas_porsi_pbpu_pemda_min", "award_lunas_bulan", "pajak_rokok_jkn_rate",
    "potong_dau_dbh_umur", "upah_maks_rp", "upah_min", "rehab_umur_min",
    "rehab_angsuran_maks", "rehab_iuran_min_rp", "rehab_aktif", "laju_rehab",
    "laju_reaktivasi_pbi", "laju_reaktivasi_pbi_bulan",
)  # fmt: skip
"""Rules that decide something on the page or that officials ask about."""
_CHANCES = ("cakupan_rate", "keaktifan_penduduk_rate", "peluang_80", "peluang_uhc")
"""What the forecast says of the two conditions of UHC."""


def build_status(context: Context) -> Part | None:
    """Build the three verdicts with what is missing to each; None without counts."""
    judged, words = context.status, context.words
    if judged is None:
        return None
    year = {"tahun": judged.tanggal.year + 1}
    verdicts = {
        "uhc": judged.putusan_uhc,
        "prioritas": judged.putusan_prioritas,
        "award": judged.putusan_award,
    }
    rows = tuple(
        (
            words.teks(words.say(f"status.{name}", year)),
            words.teks(_reached(words, verdict)),
            words.teks(_missing(words, verdict)),
            words.teks(words.say(f"status.{_key(verdict.kepastian)}")),
        )
        for name, verdict in verdicts.items()
        if verdict.butir
    )
    heads = tuple(
        Heading(words.say(f"status.kolom_{name}"), "kiri")
        for name in ("status", "tercapai", "kurang", "kepastian")
    )
    title = words.say("bagian.status")
    checked = words.say("status.diperiksa", {"bulan": words.bulan(DIPERIKSA)})
    table = PageTable("status", title, heads, rows, catatan=words.say("status.catatan"))
    parts = (table, build_chances(context))
    return Part(
        nama="status", judul=title, kalimat=(checked,),
        tabel=tuple(part for part in parts if part is not None),
        berkas=(build_rules(context),),
        terlipat=True,
    )  # fmt: skip


def tell_status(context: Context) -> tuple[str, str] | None:
    """Say in one line which verdicts are reached, and where the rule is not sure."""
    judged, words = context.status, context.words
    if judged is None:
        return None
    year = {"tahun": judged.tanggal.year + 1}
    verdicts = {
        "uhc": judged.putusan_uhc,
        "prioritas": judged.putusan_prioritas,
        "award": judged.putusan_award,
    }
    said: dict[str, list[str]] = {}
    for name, verdict in verdicts.items():
        if not verdict.butir:
            continue
        mark = "" if verdict.kepastian == "pasti" else "*"
        told = f"{words.say(f'status.{name}', year)} {verdict.tingkat or ''}".strip()
        answer = {True: "ya", False: "belum", None: "tidak_tahu"}[verdict.tercapai]
        said.setdefault(answer, []).append(told + mark)
    lines = [
        words.say(f"status.layar_{answer}", {"isi": ", ".join(said[answer])})
        for answer in ("ya", "belum", "tidak_tahu")
        if answer in said
    ]
    if any("*" in line for line in lines):
        lines.append(words.say("status.layar_ragu"))
    return words.say("layar.label_status"), " ".join(lines)


def _key(kepastian: str) -> str:
    """Name the text of a certainty."""
    return kepastian.replace(" ", "_")


def _reached(words: Words, verdict: Verdict) -> str:
    """Say whether a verdict is reached, of the Award at which level."""
    if verdict.tingkat:
        return verdict.tingkat
    answer = {True: "ya", False: "belum", None: "tidak_tahu"}[verdict.tercapai]
    return words.say(f"status.{answer}")


def _missing(words: Words, verdict: Verdict) -> str:
    """Say what is missing, the binding condition first; of the Award to the next."""
    failing = [one for one in verdict.butir if one.kurang != 0]
    binding = verdict.pengikat
    failing.sort(key=lambda one: one is not binding)
    return "; ".join(_lack(words, one) for one in failing) or "–"


def _lack(words: Words, one: Condition) -> str:
    """Say what one condition lacks, or that it is not known."""
    if one.kurang is None:
        return words.say(f"status.tidak_tahu_{one.syarat}")
    amount = words.rp(one.kurang) if one.satuan == "rp" else words.jumlah(one.kurang)
    bound = words.target(one.batas) if one.satuan == "jiwa" else ""
    values = {"kurang": amount, "batas": bound, "n": one.kurang}
    return words.say(f"status.kurang_{one.syarat}", values)


def build_chances(context: Context) -> PageTable | None:
    """Lay coverage, activity and the chances of 80% and UHC out, quarter by quarter."""
    words = context.words
    rows = context.tables["skenario"]
    rows = rows[rows["skenario"].eq("dasar") & rows["kuantil"].eq(0.5)]
    wide = rows.pivot_table(index="periode", columns="ukuran", values="nilai")
    wide = wide.reindex(columns=list(_CHANCES)).dropna(subset=["peluang_uhc"])
    months = pd.DatetimeIndex(wide.index)
    wide = wide[(months.month % 3 == 0) | (months == months.max())]
    if wide.empty:
        return None
    cells = tuple(
        (
            words.teks(words.bulan(as_date(month), short=True)),
            *(words.angka_rate(row[name], "skenario", 1) for name in _CHANCES[:2]),
            *(words.teks(context.sebut(row[name])) for name in _CHANCES[2:]),
        )
        for month, row in wide.iterrows()
    )
    target = {"target": words.target(context.target)}
    heads = tuple(
        Heading(words.say(f"status.kolom_{name}", target), "kiri")
        for name in ("bulan", *_CHANCES)
    )
    return PageTable("peluang", words.say("status.judul_peluang"), heads, cells)


def build_rules(context: Context) -> PageTable:
    """List the rules in force and known at the page's date, with certainty, source."""
    words, day = context.words, context.potongan.tanggal
    table = list_peraturan()
    held = [
        rule
        for rule in table.to_dict("records")
        if rule["jenis"] in _RULES and _is_held(rule, day)
    ]
    held.sort(key=lambda rule: _RULES.index(rule["jenis"]))
    rows = tuple(
        (
            words.teks(_name(words, rule)),
            words.teks(_amount(words, rule)),
            words.teks(words.say(f"status.{_key(str(rule['kepastian']))}")),
            words.teks("\n".join(p for p in (rule["sumber"], rule["keterangan"]) if p)),
        )
        for rule in held
    )
    heads = tuple(
        Heading(words.say(f"aturan.kolom_{name}"), "kiri")
        for name in ("aturan", "nilai", "kepastian", "sumber")
    )
    return PageTable("aturan", words.say("aturan.judul"), heads, rows)


def _is_held(rule: Mapping[Hashable, Any], day: dt.date) -> bool:
    """Tell whether a rule is in force on a day and its source had appeared."""
    ended = rule["berlaku_sampai"]
    open_end = ended is None or pd.isna(ended) or day <= ended
    begun = rule["berlaku_mulai"] <= day and rule["diketahui"] <= day
    return bool(begun and open_end and rule["status"] != "rancangan")


def _name(words: Words, rule: Mapping[Hashable, Any]) -> str:
    """Name a rule, with what it is for where it differs."""
    told = words.say(f"aturan.{rule['jenis']}")
    return f"{told} ({rule['kunci']})" if rule["kunci"] else told


def _amount(words: Words, rule: Mapping[Hashable, Any]) -> str:
    """Write a rule's number in its unit."""
    value, unit = rule["nilai"], str(rule["satuan"])
    if value is None or pd.isna(value):
        return "–"
    if unit == "rate":
        return words.rate(value, 2 if value < 0.01 else 1)
    return words.rp(value) if unit.startswith("rupiah") else f"{value:g} {unit}"


def judge_members(members: Members, periode: dt.date) -> pd.DataFrame:
    """Judge every part of an area at its newest month.

    Returns
    -------
    DataFrame
        By code: uhc, prioritas (None if not known), award ('' for none), pks (the
        coming year's contract is on file), kurang_kas_rp (NaN if not known).
    """
    from jkn_analysis.indicators import attach_penduduk

    panel = members.tables["kepesertaan"]
    counts = attach_penduduk(panel, members.tables["penduduk"])
    newest = counts.sort_values("periode").groupby("kode").tail(1)
    newest = newest.dropna(subset=["penduduk_jiwa", "aktif_jiwa"])
    pemda = panel[panel["segmen"].eq("PBPU Pemda")].set_index(["kode", "periode"])
    bills = dict(tuple(members.tables["iuran_pemda"].groupby("kode")))
    signed = list_kontrak(members.tables["peristiwa"], periode.year + 1)
    rows = {}
    for row in newest.to_dict("records"):
        kode, month = str(row["kode"]), row["periode"]
        day = end_of_month(as_date(month))
        own = bills.get(kode, members.tables["iuran_pemda"].iloc[:0])
        paid = pemda["aktif_jiwa"].get((kode, month))
        judged = status(
            Standing(
                int(row["penduduk_jiwa"]), int(row["terdaftar_jiwa"]),
                int(row["aktif_jiwa"]), None if paid is None else int(paid),
                *measure_pemda(own, tanggal=day),
            ),
            tanggal=day,
        )  # fmt: skip
        rows[kode] = {
            "uhc": judged.uhc, "prioritas": judged.prioritas, "award": judged.award,
            "pks": kode in signed,
        }  # fmt: skip
    uang = members.tables["uang"]
    short = uang[
        uang["ukuran"].eq("kurang_kas_desember_rp") & uang["tahun"].eq(periode.year)
    ]
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return frame.assign(kurang_kas_rp=short.set_index("kode")["nilai"])


def build_flags(words: Words, judged: pd.DataFrame, nama: pd.Series) -> PageTable:
    """List UHC, Prioritas, Award, contract and cash of every part of an area."""
    answers = {True: "ya", False: "belum"}

    def told(value: object) -> Amount:
        return words.teks(words.say(f"status.{answers.get(value, 'tidak_tahu')}"))  # type: ignore[call-overload]

    rows = tuple(
        (
            words.teks(str(nama.get(kode)).removeprefix("Kabupaten ")),
            told(row["uhc"]),
            told(row["prioritas"]),
            told(None)
            if pd.isna(row["award"])
            else words.teks(row["award"] or words.say("status.belum")),
            told(row["pks"]),
            words.angka_rp(row["kurang_kas_rp"], "uang"),
        )
        for kode, row in judged.sort_index().to_dict("index").items()
    )
    names = ("wilayah", "uhc", "prioritas", "award", "pks", "kas")
    heads = tuple(
        Heading(words.say(f"status.kolom_{name}"), "kanan" if name == "kas" else "kiri")
        for name in names
    )
    return PageTable("status_daerah", words.say("status.judul_daerah"), heads, rows)
