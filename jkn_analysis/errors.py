"""The one error tree: every kind has its exit code, every message its remedy."""

from __future__ import annotations


class JknError(Exception):
    """Anything the suite refuses: where, what is wrong, what to do.

    The command line prints the message without a traceback and exits with
    ``exit_code`` of the kind. Person-level values never enter a message.
    """

    exit_code = 1
    said: tuple[str, str] | None = None
    """What is wrong and what to do, where the message can be said in Indonesian."""


class ConfigError(JknError):
    """A setting is missing, misspelt or out of range."""

    exit_code = 3


class InputError(JknError):
    """A delivered file cannot be read or breaks a rule of its table."""

    exit_code = 4


class HostileInputError(InputError):
    """A file is damaged or built to exhaust memory, time or the disk."""

    exit_code = 5


class LimitError(HostileInputError):
    """Our own limit of memory or time was met; the file itself is not judged."""


class UnknownNameError(InputError):
    """A region, segmen, kelas or heading fits no known name, or more than one."""

    exit_code = 6


class StoreError(JknError):
    """A table of ``data/processed`` is missing, stale or cannot be written."""

    exit_code = 7


class ForecastError(JknError):
    """A history cannot be forecast as asked."""

    exit_code = 8


class ScenarioError(JknError):
    """A scenario contradicts the data or itself."""

    exit_code = 9


class RunError(JknError):
    """One or more reports of a run failed."""

    exit_code = 10


class LockedError(RunError):
    """Another run holds the tree."""

    exit_code = 11


class DeliveryError(JknError):
    """A message cannot be composed or sent."""

    exit_code = 12


class PrivacyError(JknError):
    """A person's data would leave, or a key is missing or weak."""

    exit_code = 13
