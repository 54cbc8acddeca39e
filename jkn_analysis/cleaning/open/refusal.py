"""Why a file is not read, and what to do."""

from __future__ import annotations

from jkn_analysis.cleaning.words import finding


class RefusedError(Exception):
    """A file that will not be read: why, and what to do, by a key of the catalogue."""

    def __init__(self, key: str, /, **values: object) -> None:
        self.said = finding(key, **values)
        super().__init__(self.said.message)
