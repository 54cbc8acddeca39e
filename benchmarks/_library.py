"""Forecasts of a statistics library, kept in a file so that a second run is quick."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np
import pandas as pd

LEVELS = (50, 80, 95)
MODELS = {
    "ets": "AutoETS",
    "arima": "AutoARIMA",
    "dot": "DynamicOptimizedTheta",
    "ces": "AutoCES",
    "theta": "Theta",
    "autotheta": "AutoTheta",
}
SCUM = ("ets", "arima", "dot", "ces")
"""Members of the four-model ensemble: the median of their points and bounds."""
QUANTILES = 2 * len(LEVELS) + 1
COLUMNS = ["lo-95", "lo-80", "lo-50", "mean", "hi-50", "hi-80", "hi-95"]
SAVE_EVERY = 200


class Library:
    """The library's models on single series, with their CPU seconds.

    Without the library only forecasts in the file can be had.
    """

    def __init__(self, kept: Path | None) -> None:
        self.file = kept
        self.known: dict[tuple[str, str], tuple[np.ndarray, float]] = {}
        self.fresh = 0
        if kept is not None and kept.is_file():
            self._read(kept)
        try:
            from statsforecast import models
        except ImportError:
            self.models = None
        else:
            self.models = models

    @property
    def usable(self) -> bool:
        """Whether anything can be had from it."""
        return self.models is not None or bool(self.known)

    def _read(self, kept: Path) -> None:
        table = pd.read_parquet(kept)
        for model, digest, cpu, values in table.itertuples(index=False):
            made = np.asarray(values, dtype=float).reshape(-1, QUANTILES)
            self.known[model, digest] = made, cpu

    def save(self) -> None:
        """Write what is known, if there is a file for it."""
        if self.file is None or not self.fresh:
            return
        rows = [
            (model, digest, cpu, made.ravel().tolist())
            for (model, digest), (made, cpu) in self.known.items()
        ]
        table = pd.DataFrame(rows, columns=["model", "digest", "cpu", "values"])
        table.to_parquet(self.file, compression="zstd")
        self.fresh = 0

    def run(self, name: str, values: np.ndarray, horizon: int):
        """Return quantiles (horizon x 7) and CPU seconds; None where not to be had."""
        digest = make_digest(values, horizon)
        found = self.known.get((name, digest))
        if found is not None:
            return found
        if self.models is None:
            return None
        model = getattr(self.models, MODELS[name])(season_length=12)
        started = time.process_time()
        made = fit(model, values, horizon)
        found = made, time.process_time() - started
        self.known[name, digest] = found
        self.fresh += 1
        if self.fresh >= SAVE_EVERY:
            self.save()
        return found


def make_digest(values: np.ndarray, horizon: int) -> str:
    """Name a history and a horizon."""
    data = np.ascontiguousarray(values, dtype=float).tobytes()
    return hashlib.sha256(data + bytes([horizon])).hexdigest()[:24]


def fit(model, values: np.ndarray, horizon: int) -> np.ndarray:
    """Fit one library model; the last value where it fails."""
    try:
        made = model.forecast(y=values, h=horizon, level=list(LEVELS))
    except Exception:  # noqa: BLE001 - any failure of the opponent counts as naive
        return np.full((horizon, QUANTILES), values[-1])
    return np.stack([made[column] for column in COLUMNS], axis=1)
