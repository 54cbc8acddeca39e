"""Partial pooling: how much a small region's rates lean on those above it."""

from __future__ import annotations

import numpy as np

_KEKUATAN = np.geomspace(2, 50_000, 40)
_SKALA = np.geomspace(0.7, 1.4, 15)
_EPS = 1e-9


def shrink_factor(
    observed: np.ndarray,
    expected: np.ndarray,
    parent: np.ndarray,
    parent_error: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Shrink observed / expected toward `parent`; return factor and its log error.

    Gamma-Poisson empirical Bayes: the prior strength maximises the negative
    binomial likelihood of all observed counts.
    """
    from scipy.special import gammaln

    mean = np.maximum(expected * parent, _EPS)
    y = np.maximum(observed, 0.0)[None, :]
    k = _KEKUATAN[:, None]
    loglik = (
        gammaln(y + k)
        - gammaln(k)
        + k * np.log(k / (k + mean))
        + y * np.log(mean / (k + mean))
    ).sum(axis=1)
    best = _KEKUATAN[int(np.argmax(loglik - 0.5 / np.sqrt(_KEKUATAN)))]
    shape = best + y[0]
    inherited = best / (best + mean) * parent_error
    return parent * shape / (best + mean), np.sqrt(1 / shape + inherited**2)


def shrink_rate(
    left: np.ndarray, risk: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, float]:
    """Shrink rates of one age group toward `prior`; return them and the strength.

    The prior's level is fitted with the strength: debtors pile up where few leave,
    so a mean weighted by people sits below that of regions.
    """
    y, n = np.clip(left, 0, None), np.maximum(risk, 0)
    y = np.minimum(y, n)
    best = _best_strength(y, n, prior)
    scales = _SKALA.reshape(-1, *[1] * y.ndim)
    fit = _loglik(y, n, np.full_like(scales, best), np.minimum(prior * scales, 0.95))
    prior = np.minimum(prior * _SKALA[int(np.argmax(fit))], 0.95)
    best = _best_strength(y, n, prior)
    return (best * prior + y) / (best + n), best


def _best_strength(y: np.ndarray, n: np.ndarray, prior: np.ndarray) -> float:
    """Return the prior strength of greatest beta-binomial likelihood."""
    k = _KEKUATAN.reshape(-1, *[1] * y.ndim)
    return float(_KEKUATAN[int(np.argmax(_loglik(y, n, k, prior)))])


def _loglik(
    y: np.ndarray, n: np.ndarray, k: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """Return the beta-binomial likelihood along the first axis of `k`."""
    from scipy.special import betaln

    a, b = k * prior, k * (1 - prior)
    fit = betaln(a + y, b + n - y) - betaln(a, b)
    return np.asarray(fit.reshape(len(k), -1).sum(axis=1))
