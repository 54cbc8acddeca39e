"""Why a file is not read, and what to do."""

from __future__ import annotations

from jkn_analysis.cleaning.words import say

SAVE_AGAIN = say("open it by hand, save the table as .xlsx or csv, and send it again")


class RefusedError(Exception):
    """A file that will not be read: why, and what to do."""

    def __init__(
        self, message: str, *, kind: str = "unreadable", remedy: str = SAVE_AGAIN
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.remedy = remedy
