"""Words that made-up persons are named with, and how clerks vary a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


def _split(text: str) -> list[str]:
    """Split a written list of words."""
    return text.split()


MUSLIM_L = _split("MUHAMMAD MUHAMMAD MUHAMMAD ABDUL AHMAD NUR MOHAMAD ABDUL AHMAD LA")
MUSLIM_P = _split("SITI SITI NUR NURUL SITI DEWI SRI WA NUR PUTRI")
DEPAN_L = _split(
    "AGUS AHMAD ALI AMIR ANDI ANDRE ANTON ANWAR ARDI ARIF ARIS ARMAN ASEP BAMBANG "
    "BAYU BENNY BOBI BUDI BURHAN CANDRA DANI DARMAN DARWIS DAUD DEDI DENI DIDIK "
    "DIMAS DJOKO EDI EKO ERWIN FADLI FAHRI FAISAL FAJAR FAUZAN FERDI FIRMAN GUNAWAN "
    "HADI HAKIM HAMID HAMZAH HARIS HARUN HASAN HENDRA HERMAN HERU HUSEN IBRAHIM "
    "IDRIS IKBAL ILHAM IMRAN INDRA IRFAN IRWAN ISMAIL IWAN JAMAL JEFRI JOHAN JONI "
    "JUFRI KAMARUDDIN KARIM KASIM KHAIRUL KRISNA KURNIAWAN LUKMAN MAHMUD MALIK "
    "MANSUR MARWAN MASRI MUSA MUSTAFA NASIR NASRUDDIN NOVAN NURDIN OKTO PANJI "
    "PAULUS PETRUS RAHMAN RAHMAT RAJAB RAMADHAN RAMLI RANDI REZA RIDWAN RIFKI RIKI "
    "RIZAL ROBERT ROMI RONALD RUDI RUSDI RUSLAN RUSTAM SABRI SAIFUL SALEH SALIM "
    "SAMSUDDIN SAMUEL SANDI SARIF SIMON SLAMET SOFYAN STEVEN SUDIRMAN SUGENG "
    "SUHARDI SUKARDI SULAIMAN SUPARMAN SUPRIADI SURYA SUTRISNO SYAHRUL SYAMSUL "
    "TAUFIK TEGUH TOMI TRI UMAR USMAN WAHYU WAHYUDI WAWAN WIDODO YAKUB YANTO YOHANES "
    "YOSEP YUDI YUNUS YUSRAN YUSUF ZAINAL ZAINUDDIN ZAKARIA ZULFIKAR ZULKIFLI"
)
DEPAN_P = _split(
    "ADE AISYAH AMALIA AMINAH ANA ANDINI ANGGRAINI ANI ANISA APRILIA ARIANI ASNA "
    "ASTRID ASTUTI AYU AZIZAH CHRISTINA CINDY CITRA DAHLIA DESI DEWI DIAH DIAN "
    "DWI EKA ELISABETH ELSA ENDANG ERNAWATI ESTER EVI FADILAH FATIMAH FATMAWATI "
    "FEBRIANI FITRI FITRIANI HAJAR HALIMAH HANDAYANI HAPSAH HARTINI HASNAH HASNI "
    "HAYATI HELENA HERLINA IDA INDAH INTAN IRMA ISMAWATI JAMILAH JULIANA JUMIATI "
    "KARTIKA KARTINI KHADIJAH KURNIA LAILA LESTARI LIDIA LILIS LINDA LISA MAGDALENA "
    "MARDIANA MARIA MARIANA MARLINA MARNI MARYAM MASITA MAWAR MEGAWATI MELATI MIRA "
    "MURNI NADIA NINGSIH NIRMALA NOVITA NURAINI NURHAYATI NURJANNAH NURLAILA PRATIWI "
    "PUSPITA RAHAYU RAHMAWATI RATNA RATNASARI RINA RISKA RITA ROHANI ROSDIANA ROSITA "
    "RUKMINI RUTH SALMA SALMIAH SAMSIAH SARI SARINAH SELVIANA SINTA SISKA SOFIA SRI "
    "SUARNI SUHARTI SULASTRI SUMARNI SUMIATI SURYANI SUSANTI SYAMSIAH TITIN TUTI ULFA "
    "UMI UTAMI VERONIKA WAHYUNI WARDAH WATI WIDYA WINARTI WULANDARI YANTI YENI YULIA "
    "YULIANTI YUNITA YUSNIAR ZAENAB ZAHRA ZUBAIDAH ZULAIKHA"
)
MARGA = _split(
    "ABDULLAH ACHMAD ADAM ALATAS ALBAAR ALHADAR AMAHORU AMIN ANAKOTTA ASYIK "
    "BAADILLA BACHMID BADJO BASALAMAH BUAMONA DAENG DJAFAR DRAKEL DUWILA ELY "
    "FATARUBA GAMKONORA GANI GORAAHE HAJI HAMISI HATTU HEHANUSSA HIDAYAT HI "
    "HITIPEUW HUKUNALA IPA JAYA KABALMAY KADIR KAILOLA KAIMUDIN KAPITA KASTURIAN "
    "KELIAN KILBAREN KOTTA KUSUMA LATUCONSINA LATUHIHIN LATUPONO LAWALATA "
    "LEIWAKABESSY LESSY LITILOLY LOILATU LOUPATTY MAHULETTE MAKATITA MANUPUTTY "
    "MARASABESSY MARINGKA MATITAPUTTY MATULESSY MOKODOMPIT MUKSIN NANLOHY "
    "NAPITUPULU NAYA NUGROHO NURLETTE OHORELLA OPIER PAPILAYA PATTIASINA PATTINAMA "
    "PATTIRADJAWANE PATTY PELLU PELUPESSY PRASETYO PRATAMA PURNOMO PUTRA RENJAAN "
    "RENWARIN RUMAGIA RUMAKUR RUMALEAN RUMATORAS RUMBIA SAHETAPY SAHUPALA "
    "SALAMPESSY SALASA SAMAL SANGADJI SANTOSO SAPSUHA SAPULETTE SARAGIH SARIMANELLA "
    "SASTRO SATTU SELANG SETIAWAN SIAHAYA SIDIK SILAWANE SIMATUPANG SIRAJUDDIN "
    "SITORUS SOAMOLE SOPACUA SOULISA SUAIB SUNETH TAHAPARY TAHER TALAOHU TANASALE "
    "TAPILATU TEHUAYO TETELEPTA THALIB TIANLEAN TOISUTTA TOMAGOLA TUANAYA TUASIKAL "
    "TUHAREA TUHUMURY TUKUBOYA TUTUHATUNEWA TUTUPOLY UMACINA UMAGAP UMASUGI "
    "UMATERNATE UMSOHY USIA UWEN WAIROY WAKANO WALLY WASAHUA WATTIMENA WATTIMURY "
    "WIBOWO WIJAYA YAMIN YAMLEAN YUSUF ZAMRONI "
)
_OLD = (
    ("U", "OE"),
    ("J", "DJ"),
    ("C", "TJ"),
    ("H", "KH"),
    ("S", "Z"),
    ("F", "P"),
    ("I", "Y"),
    ("SY", "S"),
    ("K", "Q"),
    ("DD", "D"),
    ("L", "LL"),
    ("T", "TH"),
)
_SHORT = {
    "MUHAMMAD": ("MUH.", "MOH.", "M.", "MOHAMMAD", "MUHAMAD", "MOCHAMMAD"),
    "MOHAMAD": ("MUH.", "MOH.", "M.", "MUHAMMAD"),
    "ABDUL": ("ABD.", "ABD"),
    "SITI": ("ST.", "SITTI", "ST"),
    "AHMAD": ("ACHMAD", "AKHMAD", "AHMMAD"),
    "NUR": ("NOER", "NOOR"),
    "NURUL": ("NOERUL", "NOORUL"),
}
_TITLES_L = ("H. ", "H ", "DRS. ", "IR. ", "DR. ")
_TITLES_P = ("HJ. ", "HJ ", "DRA. ", "DR. ")
_DEGREES = (", S.PD", ", SE", " S.PD.I", ", S.KM", ", S.SOS", " SH", ", AMD.KEP")


def _pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    """Choose one text."""
    return options[int(rng.integers(len(options)))]


def _title(name: str, rng: np.random.Generator, titles: tuple[str, ...]) -> str:
    """Put a title before a name or a degree behind it."""
    if rng.random() < 0.6:
        return _pick(titles, rng) + name
    return name + _pick(_DEGREES, rng)


def _shorten(name: str, rng: np.random.Generator) -> str:
    """Abbreviate MUHAMMAD, ABDUL, SITI; else cut a middle word to its initial."""
    words = name.split()
    for at, word in enumerate(words):
        if word in _SHORT:
            forms = _SHORT[word]
            if at:
                forms = tuple(form for form in forms if form not in {"M.", "ST.", "ST"})
            words[at] = _pick(forms or (word,), rng)
            return " ".join(words)
    if len(words) > 2:
        words[1] = words[1][0]
    return " ".join(words) if len(words) > 2 else _spell(name, rng)


def _spell(name: str, rng: np.random.Generator) -> str:
    """Use an older or regional spelling."""
    fitting = [pair for pair in _OLD if pair[0] in name]
    if not fitting:
        return _mistype(name, rng)
    old, new = fitting[int(rng.integers(len(fitting)))]
    return name.replace(old, new, 1)


def _mistype(name: str, rng: np.random.Generator) -> str:
    """Change, drop or swap one letter."""
    at = int(rng.integers(1, max(len(name) - 1, 2)))
    kind = rng.random()
    if kind < 0.4:
        return name[:at] + chr(65 + int(rng.integers(26))) + name[at + 1 :]
    if kind < 0.7:
        return name[:at] + name[at + 1 :]
    return name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :]


def _reorder(name: str, rng: np.random.Generator) -> str:
    """Move the last word to the front."""
    words = name.split()
    return " ".join([words[-1], *words[:-1]]) if len(words) > 1 else _spell(name, rng)


def _join(name: str, rng: np.random.Generator) -> str:
    """Write two words as one."""
    words = name.split()
    if len(words) < 2:
        return _spell(name, rng)
    at = int(rng.integers(len(words) - 1))
    return " ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]])


def _drop(name: str, rng: np.random.Generator) -> str:
    """Leave out the last word."""
    words = name.split()
    return " ".join(words[:-1]) if len(words) > 1 else _mistype(name, rng)


def _patronym(name: str, rng: np.random.Generator) -> str:
    """Add the father's name."""
    return f"{name} BIN {_pick(tuple(DEPAN_L), rng)}"


def _cut(name: str, rng: np.random.Generator) -> str:
    """Cut at a field's width."""
    return name[: int(rng.integers(16, 22))].strip()


_KINDS: tuple[tuple[str, float, Callable[[str, np.random.Generator], str]], ...] = (
    ("singkat", 0.24, _shorten),
    ("ejaan", 0.24, _spell),
    ("ketik", 0.13, _mistype),
    ("urut", 0.04, _reorder),
    ("gabung", 0.07, _join),
    ("hilang", 0.07, _drop),
    ("bin", 0.02, _patronym),
    ("potong", 0.03, _cut),
)


def vary_name(
    name: str, rng: np.random.Generator, *, perempuan: bool
) -> tuple[str, str]:
    """Write a name as another clerk would.

    Parameters
    ----------
    name
        Upper case, words separated by one blank.
    rng
        Chance.
    perempuan
        Decides between H. and Hj.

    Returns
    -------
    tuple
        The kind of variation and the varied name.
    """
    chance = rng.random()
    for kind, share, vary in _KINDS:
        if chance < share:
            return kind, vary(name, rng)
        chance -= share
    return "gelar", _title(name, rng, _TITLES_P if perempuan else _TITLES_L)
