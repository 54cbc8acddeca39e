"""The child process that opens foreign files: lean imports, hard limits, plain data.

It reads one request a line from standard input and answers with a length and a
pickle of lists, text, numbers and dates. It can write no file at all.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import sys
from typing import Any

MEMORY_BYTES = 600 * 2**20
CPU_SECONDS = 9


def limit_process() -> None:
    """Cap memory, forbid files to be written and core dumps to be left."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu() -> None:
    """Allow the coming request its own CPU seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def answer(request: dict[str, Any]) -> bytes:
    """Read the file of one request and pack it; a refusal is an answer too."""
    from jkn_analysis.cleaning.open import readers

    refusal: dict[str, Any]
    try:
        return _pack(readers.read_raw(request["path"]))
    except readers.RefusedError as exc:
        refusal = {"refused": str(exc), "kind": exc.kind, "remedy": exc.remedy}
    except MemoryError:
        refusal = {
            "refused": f"needs more than {MEMORY_BYTES // 2**20} MB of memory to open",
            "kind": "hostile",
            "remedy": "save the table alone in a new file",
            "restart": True,
        }
    except RecursionError:
        refusal = {
            "refused": "is nested too deeply to be a table",
            "kind": "hostile",
            "remedy": "ask the sender for a plain table",
        }
    return _pack(refusal)


def _pack(content: dict[str, Any]) -> bytes:
    """Return an answer as bytes: plain containers, text, numbers and dates."""
    return pickle.dumps(content, protocol=5)


def main() -> None:
    """Answer requests until standard input closes."""
    channel = os.dup(1)
    os.dup2(2, 1)
    limit_process()
    for line in sys.stdin:
        limit_cpu()
        payload = answer(json.loads(line))
        for part in (len(payload).to_bytes(8, "little"), payload):
            view = memoryview(part)
            while view:
                view = view[os.write(channel, view) :]


if __name__ == "__main__":
    main()
