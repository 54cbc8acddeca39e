"""What the settings say of deliveries: only of tables and columns that there are."""

from __future__ import annotations

from jkn_analysis.cleaning.find.headings import IGNORED, roles_of
from jkn_analysis.cleaning.find.roles import CHECKED, IDENTIFIERS, read_words
from jkn_analysis.config import Config, refuse_settings, suggest
from jkn_analysis.tables import DELIVERED
from jkn_analysis.texts import read_catalogue


def check_sources(config: Config) -> None:
    """Refuse settings for tables or columns that no delivery has.

    Nothing would come of them, and nobody would know that it is a misspelling.

    Raises
    ------
    ConfigError
        Names each with what is likest to it.
    """
    bahasa = config.report.bahasa
    texts = read_catalogue(bahasa)
    lines = []
    for table, source in config.sources.items():
        place = f"sources.{table}"
        if table not in DELIVERED:
            said = texts.say("pengaturan.tabel")
            lines.append(f"{place}: {said}{suggest(table, DELIVERED, bahasa)}")
            continue
        for heading, role in source.headings.items():
            if not is_use(role, table):
                values = {"nilai": role, "tabel": table}
                said = texts.say("pengaturan.kolom", values)
                near = suggest(role, sorted({*roles_of(table), IGNORED}), bahasa)
                lines.append(f'{place}.headings."{heading}": {said}{near}')
    if lines:
        raise refuse_settings("[sources]", lines, bahasa)


def is_use(said: str, table: str) -> bool:
    """Tell whether a setting for a heading names a column, or words that are known.

    Examples
    --------
    >>> is_use("aktif_jiwa", "kepesertaan"), is_use("PBPU Aktif", "kepesertaan")
    (True, True)
    >>> is_use("aktif_jiw", "kepesertaan")
    False
    """
    known = roles_of(table) | IDENTIFIERS | CHECKED | {IGNORED}
    return said in known or read_words(said, table) is not None
