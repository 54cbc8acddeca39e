"""The child process that opens foreign files: lean imports, hard limits, plain data.

It reads one request a line from standard input and answers with a length and a
pickle of lists, text, numbers and dates. It can write no file at all.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from typing import Any

from jkn_analysis.cleaning.open.limits import (
    MEMORY_BYTES,
    READY,
    limit_cpu,
    limit_process,
)
from jkn_analysis.cleaning.words import finding, pack


def answer(request: dict[str, Any]) -> bytes:
    """Read the file of one request and pack it; a refusal is an answer too."""
    from jkn_analysis.cleaning.open import readers

    try:
        content = readers.read_raw(request["path"])
        content["remarks"] = [(kind, pack(text)) for kind, text in content["remarks"]]
        return _pack(content)
    except readers.RefusedError as exc:
        said = exc.said
    except MemoryError:
        said = finding("limit:memory", size=MEMORY_BYTES // 2**20)
    except RecursionError:
        said = finding("hostile:nested")
    packed = [pack(text) for text in said]
    return _pack({"refused": packed, "restart": said.kind == "limit"})


def _pack(content: dict[str, Any]) -> bytes:
    """Return an answer as bytes: plain containers, text, numbers and dates."""
    return pickle.dumps(content, protocol=5)


def main() -> None:
    """Answer requests until standard input closes.

    What fails before the first word is told on standard error; later nothing may be
    written there, since the limits forbid every file.
    """
    from jkn_analysis.cleaning.open import readers  # noqa: F401 - fails here or never

    channel = os.dup(1)
    empty = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(empty, stream)
    limit_process()
    os.write(channel, READY)
    for line in sys.stdin:
        limit_cpu()
        payload = answer(json.loads(line))
        for part in (len(payload).to_bytes(8, "little"), payload):
            view = memoryview(part)
            while view:
                view = view[os.write(channel, view) :]


if __name__ == "__main__":
    main()
