"""What the mails of a page say: to all offices, and first to each of the six."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.beside import tell_ruang, tell_sasaran
from jkn_analysis.briefing.care import tell_risk
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.decisions import TERLAMBAT, list_decisions
from jkn_analysis.briefing.model import (
    Decision,
    Heading,
    Letters,
    OfficeNote,
    PageTable,
    Part,
)
from jkn_analysis.briefing.money import tell_cash, tell_need
from jkn_analysis.briefing.money_ahead import list_pemda_sentences
from jkn_analysis.briefing.moves import find_inactive_pbi
from jkn_analysis.terms import Kantor
from jkn_analysis.texts.plain import slug

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.model import Permintaan

ARGUMENT = ("segmen", "uang", "tunggakan_pemda", "tunggakan_peserta")
"""Parts whose sentences carry the argument to every office."""
TABLES: dict[str, tuple[str, ...]] = {
    Kantor.BPKAD: ("uang", "tunggakan_pemda"),
    Kantor.DINSOS: ("segmen", "kecamatan", "sasaran", "arus", "catatan"),
    Kantor.DUKCAPIL: ("catatan", "mutu"),
    Kantor.DINKES: ("faskes", "layanan", "kuota", "segmen"),
    Kantor.BPJS: ("tunggakan_peserta", "arus", "segmen", "catatan"),
    Kantor.SEKDA: ("permintaan", "tindak_lanjut"),
}
"""Parts of the page whose tables an office takes with it."""
MOST_RECORDS, MOST_KECAMATAN, MOST_SUBJECT = 4, 8, 90


def build_letters(
    context: Context, asks: Sequence[Permintaan], parts: Sequence[Part]
) -> Letters:
    """Write what the mails of a page say.

    Parameters
    ----------
    context
        The page's.
    asks
        Its decisions.
    parts
        Its parts as they stand on it.
    """
    there = {part.nama: part for part in parts}
    return Letters(
        data_per=_tell_date(context),
        kalimat=tuple(
            told for name in ARGUMENT if name in there for told in there[name].kalimat
        ),
        keputusan=tuple(_list_decided(context)),
        kantor=tuple(_write_note(context, asks, there, kantor) for kantor in TABLES),
    )


def _tell_date(context: Context) -> str:
    """Say as of when the data are and over which population."""
    words = context.words
    people = context.figures.find("penduduk_jiwa", context.potongan.kode)
    if people is None or people.as_of is None:
        return words.say("umum.tidak_tersedia")
    told = {"jiwa": people.text, "sumber": people.source}
    return words.say(
        "surat.data_per_isi", {"tanggal": words.tanggal(people.as_of), **told}
    )


def _list_decided(context: Context) -> list[Decision]:
    """List the last meeting's decisions as texts."""
    words = context.words
    return [
        Decision(
            nomor=str(number),
            keputusan=str(row["keputusan"]),
            kantor=str(row["penanggung_jawab"]),
            tenggat=words.tanggal_singkat(as_date(row["tenggat"])),
            status=words.say(f"tindak.status_{row['status']}"),
            catatan="" if pd.isna(row["catatan"]) else str(row["catatan"]).strip(),
        )
        for number, row in enumerate(list_decisions(context).to_dict("records"), 1)
    ]


def _write_note(
    context: Context,
    asks: Sequence[Permintaan],
    there: dict[str, Part],
    kantor: str,
) -> OfficeNote:
    """Write one office's subject and first lines: its asks, then what it must know."""
    words = context.words
    own = [ask for ask in asks if ask.kantor == kantor]
    lines = [_tell_ask(context, ask) for ask in own]
    lines += [told for say in SAYS.get(kantor, ()) for told in say(context)]
    lines += [told for part in OWN_PARTS.get(kantor, ()) if part in there
              for told in there[part].kalimat]  # fmt: skip
    lines += _tell_records(context, kantor) + _tell_late(context, kantor)
    if kantor == Kantor.DUKCAPIL:
        lines += _tell_over(context)
    lead = lines or [words.say("surat.tanpa_khusus")]
    first = lines[0] if lines else words.say("surat.tanpa_usul")
    mine = [table for name in TABLES[kantor] if name in there
            for table in there[name].tables]  # fmt: skip
    name = name_kecamatan(kantor)
    told = _name_ask(context, own)
    if kantor == Kantor.DUKCAPIL:
        told = told or _name_records(context, kantor)
    return OfficeNote(
        kantor=kantor,
        pokok=told or f"{kantor}: {_shorten(first)}",
        kalimat=tuple(lead),
        tabel=tuple(
            table.nama
            for table in mine
            if not table.nama.startswith(KECAMATAN) or table.nama == name
        ),
    )


def _tell_ask(context: Context, ask: Permintaan) -> str:
    """Write one ask as a sentence: what, money, by when."""
    words = context.words
    money = ask.teks_rp if ask.rp is None else words.rp(ask.rp)
    until = words.say("surat.sampai", {"tanggal": words.tanggal(ask.tenggat)})
    action = ask.tindakan[:1].upper() + ask.tindakan[1:]
    inside = "; ".join(part for part in (money, until) if part)
    return words.say("surat.tindakan", {"tindakan": action, "isi": inside})


def _name_ask(context: Context, asks: Sequence[Permintaan]) -> str:
    """Put the office's first ask into few words: people or rupiah, by when."""
    if not asks:
        return ""
    words, first = context.words, asks[0]
    size = ""
    if first.jiwa is not None:
        size = f", {words.jiwa(first.jiwa)}"
    elif first.rp is not None:
        size = f", {words.rp(first.rp)}"
    action = first.pendek or first.tindakan.partition(";")[0]
    day = words.tanggal_singkat(first.tenggat)
    values = {"tindakan": action, "besar": size, "tanggal": day}
    return words.say("surat.pokok", values)


def _shorten(sentence: str) -> str:
    """Cut a sentence that is long at its first stop, as a subject takes it."""
    whole = sentence.removesuffix(".")
    first = re.split("[;:] ", whole, maxsplit=1)[0]
    for fits in (whole, first):
        if len(fits) <= MOST_SUBJECT:
            return fits
    return first[: MOST_SUBJECT - 1].rsplit(" ", 1)[0] + "…"


def _tell_cash(context: Context) -> list[str]:
    """Say December's cash; nothing where it is not known."""
    cash = tell_cash(context)
    return [] if cash is None else [cash]


def _tell_over(context: Context) -> list[str]:
    """Say how many more are registered than live there."""
    if context.status is None:
        return []
    over = context.status.terdaftar_jiwa - context.status.penduduk_jiwa
    words = context.words
    told = {"jiwa": words.jiwa(over)}
    return [words.say("lampiran.mutu_lampau", told)] if over > 0 else []


def _tell_quota(context: Context) -> list[str]:
    """Say how full the PBPU Pemda quota is."""
    words, kode = context.words, context.potongan.kode
    filled, quota = (
        context.figures.find(name, kode) for name in ("terisi_jiwa", "kuota_jiwa")
    )
    if filled is None or quota is None or not quota.number:
        return []
    values = {"isi": filled.text, "kuota": quota.text}
    return [words.say("kuota.kalimat", values)]


def _tell_pbi(context: Context) -> list[str]:
    """Say how many left PBI JK without another cover, and the steps back."""
    panel, words = context.tables["kepesertaan"], context.words
    now = panel[panel["periode"] == pd.Timestamp(context.periode)]
    own = now[now["segmen"] == "PBI JK"]
    if own.empty or own[["nonaktif_mutasi_jiwa", "aktif_jiwa"]].isna().any(axis=None):
        return []
    values = {
        "jiwa": words.jumlah(own["nonaktif_mutasi_jiwa"].sum()),
        "aktif": words.jumlah(own["aktif_jiwa"].sum()),
        "tanggal": words.akhir(context.periode),
    }
    return [words.say("surat.pbi_nonaktif", values), words.say("surat.pbi")]


def select_places(context: Context) -> pd.DataFrame:
    """Return the inactive of PBI JK by kecamatan, most first; missing where hidden."""
    from jkn_analysis.kecamatan import measure_kecamatan

    table = context.tables["kepesertaan_kecamatan"]
    until = pd.Timestamp(context.potongan.periode)
    own = table[table["segmen"].astype("str").eq("PBI JK") & table["periode"].le(until)]
    newest = own[own["periode"] == own["periode"].max()]
    told = measure_kecamatan(newest)
    return told.sort_values(["nonaktif_jiwa", "kecamatan"], ascending=[False, True])


def _tell_places(context: Context) -> list[str]:
    """Say in which kecamatan the inactive of PBI JK are, most first."""
    if find_inactive_pbi(context) is not None:
        return []  # the part of the page says it, with its share
    words, places = context.words, select_places(context)
    known = places.dropna(subset=["nonaktif_jiwa"])
    listed = [
        f"{row['kecamatan']} {words.jumlah(row['nonaktif_jiwa'])}"
        for row in known.head(MOST_KECAMATAN).to_dict("records")
    ]
    if not listed:
        return []
    values = {"alasan": words.say("surat.pbi_tidak_aktif"), "isi": ", ".join(listed)}
    return [words.say("surat.kecamatan", values)]


def _select_records(context: Context, kantor: str) -> list[dict[str, Any]]:
    """Return the newest counts of records one office has to repair."""
    rows = context.once("records", _list_newest)
    return [row for row in rows if kantor in str(row["kantor"])]


def _list_newest(context: Context) -> list[dict[str, Any]]:
    """List the newest counts of records; a place that is not told is ''."""
    table = context.tables["selisih"]
    newest = table[table["periode"] == table["periode"].max()]
    places = newest["kecamatan"].fillna("")
    return newest.assign(kecamatan=places).to_dict("records")


def _name_reason(context: Context, alasan: str) -> str:
    """Name a reason of the registers' differences."""
    key = f"alasan.{alasan}"
    return context.words.say(key) if context.words.has(key) else alasan


def _list_reasons(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the known counts of a whole region by reason, most first."""
    whole = [
        row for row in rows if not pd.isna(row["jumlah_jiwa"]) and not row["kecamatan"]
    ]
    return sorted(whole, key=lambda row: (-row["jumlah_jiwa"], row["alasan"]))


def _name_records(context: Context, kantor: str) -> str:
    """Put the most frequent fault of an office's records into few words."""
    words, most = context.words, _list_reasons(_select_records(context, kantor))
    if not most:
        return ""
    values = {
        "kantor": kantor,
        "jiwa": words.jumlah(most[0]["jumlah_jiwa"]),
        "alasan": _name_reason(context, str(most[0]["alasan"])),
    }
    return words.say("surat.pokok_data", values)


def _tell_records(context: Context, kantor: str) -> list[str]:
    """Name the records an office has to repair, most first, and where they live."""
    words, rows = context.words, _select_records(context, kantor)
    known = [row for row in rows if not pd.isna(row["jumlah_jiwa"])]
    whole = _list_reasons(rows)
    if not whole:
        return []
    told = [
        f"{_name_reason(context, row['alasan'])} {words.jumlah(row['jumlah_jiwa'])}"
        for row in whole[:MOST_RECORDS]
    ]
    said = [words.say("surat.catatan", {"isi": "; ".join(told)})]
    first = str(whole[0]["alasan"])
    places = [row for row in known if row["kecamatan"] and row["alasan"] == first]
    places.sort(key=lambda row: (-row["jumlah_jiwa"], row["kecamatan"]))
    if places:
        listed = ", ".join(
            f"{row['kecamatan']} {words.jumlah(row['jumlah_jiwa'])}"
            for row in places[:MOST_KECAMATAN]
        )
        values = {"alasan": _name_reason(context, first), "isi": listed}
        said.append(words.say("surat.kecamatan", values))
    return said


def _tell_late(context: Context, kantor: str) -> list[str]:
    """Name the office's decisions of the last meeting that are late."""
    rows = list_decisions(context)
    own = rows[(rows["status"] == TERLAMBAT) & (rows["penanggung_jawab"] == kantor)]
    told = "; ".join(own["keputusan"].astype(str))
    return [context.words.say("surat.terlambat", {"isi": told})] if told else []


SAYS: dict[str, tuple[Callable[[Context], list[str]], ...]] = {
    Kantor.BPKAD: (_tell_cash, tell_need, list_pemda_sentences, tell_ruang),
    Kantor.DINSOS: (_tell_pbi, _tell_places, tell_sasaran),
    Kantor.DINKES: (_tell_quota, tell_risk),
}
"""What an office is told beside its asks, its records and its late decisions."""
OWN_PARTS: dict[str, tuple[str, ...]] = {
    Kantor.BPKAD: ("tunggakan_pemda",),
    Kantor.BPJS: ("tunggakan_peserta",),
    Kantor.DINSOS: ("kecamatan",),
}
"""Parts of the page whose sentences are an office's own."""
KECAMATAN = "kecamatan_"
"""How the name of a table by kecamatan begins."""


def name_kecamatan(kantor: str) -> str:
    """Name an office's table by kecamatan."""
    return KECAMATAN + slug(kantor).replace("-", "_")


def build_kecamatan(context: Context) -> tuple[PageTable, ...]:
    """Lay out by kecamatan what each office has to repair; a table an office."""
    words, made = context.words, []
    inactive = words.say("surat.pbi_tidak_aktif")
    for kantor in TABLES:
        rows = _select_records(context, kantor)
        inside = [row for row in rows if row["kecamatan"]]
        told = [
            (row["kecamatan"], _name_reason(context, row["alasan"]), row["jumlah_jiwa"])
            for row in sorted(inside, key=lambda row: (row["kecamatan"], row["alasan"]))
        ]
        if kantor == Kantor.DINSOS:
            places = select_places(context)[["kecamatan", "nonaktif_jiwa"]]
            told += [(name, inactive, n) for name, n in places.itertuples(index=False)]
        if not told:
            continue
        hidden = words.say("catatan.disembunyikan")
        cells = tuple(
            (
                words.teks(str(place)),
                words.teks(reason),
                words.teks(hidden) if pd.isna(count) else words.angka_jiwa(count),
            )
            for place, reason, count in told
        )
        heads = (
            Heading(words.say("surat.kolom_kecamatan"), "kiri"),
            Heading(words.say("catatan.kolom_alasan"), "kiri"),
            Heading(words.say("catatan.kolom_jiwa")),
        )
        title = words.say("surat.kecamatan_judul", {"kantor": kantor})
        made.append(PageTable(name_kecamatan(kantor), title, heads, cells))
    return tuple(made)
