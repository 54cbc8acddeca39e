"""Roll rates against a known truth, worlds of people, five kinds of payers, and cost.

Usage: ``python -m benchmarks.money [histories]`` (200 by default).
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jkn_analysis.tunggakan.ahead import backtest_tunggakan, widen_draws
from jkn_analysis.tunggakan.pemda import project_utang
from jkn_analysis.tunggakan.rates import count_transisi, estimate_laju
from jkn_analysis.tunggakan.simulate import draw_laju, simulate_tunggakan
from jkn_analysis.tunggakan.stock import Stock

REGIONS, MONTHS, AHEAD = 28, 36, 12
SMALLEST, LARGEST = 500, 40_000
PAID = 0.8
PREMIUM = 35_000
PROVINCES = ("19", "81", "82")
OWED = np.minimum(np.arange(1, 26), 24)[:, None] * PREMIUM


@dataclass(frozen=True)
class World:
    """A known truth and one history drawn from it."""

    keluar: np.ndarray
    masuk: np.ndarray
    jiwa: np.ndarray
    dasar: np.ndarray
    kode: list[str]

    def stok(self, months: int = MONTHS) -> Stock:
        """Return the first months as the model sees them."""
        unit = pd.DataFrame({"kode": self.kode, "kelas": 3})
        periode = pd.date_range("2022-01-01", periods=months, freq="MS")
        people = self.jiwa[:months].astype(float)
        base = self.dasar[:months].astype(float)
        return Stock(unit, periode, people, people * OWED, base)


def make_rates(rng: np.random.Generator, regions: int) -> tuple[np.ndarray, ...]:
    """Draw leaving rates by age: country, province, region, then each age its own."""
    ages = np.arange(1, 26)
    country = 0.28 * np.exp(-(ages - 1) / 3) + 0.025
    province = np.sort(np.arange(regions) % len(PROVINCES))
    scale = rng.gamma(60, 1 / 60, len(PROVINCES))[province]
    mean = country[:, None] * scale * rng.gamma(25, 1 / 25, regions)
    mean = np.clip(mean, 0.002, 0.9)
    return rng.beta(400 * mean, 400 * (1 - mean)), 0.03 * rng.gamma(30, 1 / 30, regions)


def settle(keluar: np.ndarray, masuk: np.ndarray) -> np.ndarray:
    """Return debtors by age per paying member once in and out balance."""
    people = np.zeros(keluar.shape)
    for _ in range(240):
        stay = people * (1 - keluar)
        people = np.vstack([masuk, stay[:-1]])
        people[-1] += stay[-1]
    return people


def make_world(
    seed: int, *, factor: float = 1.0, shock: float = 0.0, season: float = 0.0
) -> World:
    """Draw a truth with 28 regions of 500 to 40,000 debtors and a history from it.

    Parameters
    ----------
    seed
        Equal seeds give equal worlds.
    factor
        Multiplies every region's people.
    shock, season
        Spread on a log scale of monthly shocks (half common to all regions) and
        of a yearly wave in paying up.
    """
    rng = np.random.default_rng(seed)
    keluar, masuk = make_rates(rng, REGIONS)
    shape = settle(keluar, masuk)
    debtors = rng.permutation(np.geomspace(SMALLEST, LARGEST, REGIONS)) * factor
    base = np.round(debtors / shape.sum(axis=0)).astype(int)
    people = np.round(shape * base).astype(int)
    stocks, payers = [people], [base]
    for month in range(1, MONTHS + AHEAD):
        wave = np.exp(season * np.sin(2 * np.pi * month / 12))
        common, own = rng.standard_normal(), rng.standard_normal(REGIONS)
        moved = np.exp(shock * 0.5**0.5 * (common + own))
        left = rng.binomial(people, np.minimum(keluar * wave * moved, 0.95))
        new = rng.binomial(base, masuk)
        base = base - new + rng.binomial(left.sum(axis=0), PAID)
        stay = people - left
        people = np.vstack([new, stay[:-1]])
        people[-1] += stay[-1]
        stocks.append(people)
        payers.append(base)
    names = [
        f"{PROVINCES[p]}.{i:02d}"
        for i, p in enumerate(np.sort(np.arange(REGIONS) % len(PROVINCES)), start=1)
    ]
    return World(keluar, masuk, np.array(stocks), np.array(payers), names)


def cover(
    histories: int, *, shock: float = 0.0, season: float = 0.0
) -> dict[str, float]:
    """Return the share of 12-month rupiah totals inside their 80% interval."""
    regions, country, bias = [], [], []
    for seed in range(histories):
        world = make_world(seed, shock=shock, season=season)
        stok = world.stok()
        laju = estimate_laju(stok)
        undian = draw_laju(laju, horizon=AHEAD, draws=200, seed=seed)
        path = simulate_tunggakan(laju, stok, undian=undian)
        true = (world.jiwa[-1] * OWED).sum(axis=0)
        low, high = np.quantile(path.rp[-1], (0.1, 0.9), axis=-1)
        regions.append(np.mean((low <= true) & (true <= high)))
        total = path.rp[-1].sum(axis=0)
        low, high = np.quantile(total, (0.1, 0.9))
        country.append(low <= true.sum() <= high)
        bias.append(np.median(total) / true.sum() - 1)
    return {
        "regions": float(np.mean(regions)),
        "country": float(np.mean(country)),
        "bias": float(np.mean(bias)),
    }


@dataclass(frozen=True)
class Mood:
    """What moves a made-up world of people: how strongly and for how long."""

    strength: float = 0.12
    kept: float = 0.85

    def draw(self, rng: np.random.Generator, months: int, regions: int) -> np.ndarray:
        """Return factors of each month and region: a country's mood and each one's."""
        size = self.strength * np.sqrt(1 - self.kept**2)
        common, own = np.zeros(1), np.zeros(regions)
        out = np.empty((months, regions))
        for month in range(months):
            common = self.kept * common + size * rng.normal(size=1)
            own = self.kept * own + 0.7 * size * rng.normal(size=regions)
            out[month] = np.exp(common + own)
        return out


def live(seed: int, mood: Mood, regions: int = 14) -> World:
    """Let people skip and cure, each by habit, 36 months before the first counted."""
    rng = np.random.default_rng(seed)
    size = rng.permutation(np.geomspace(1_500, 20_000, regions)).astype(int)
    home = np.repeat(np.arange(regions), size)
    people = len(home)
    skip, cure = rng.beta(0.6, 12, people), rng.beta(1.2, 5, people)
    habit = np.exp(rng.normal(0, 0.15, (2, regions)))
    months, phase = 2 * MONTHS + AHEAD, rng.uniform(0, 2 * np.pi)
    moods = [mood.draw(rng, months, regions) for _ in range(2)]
    age, stocks, payers = np.zeros(people, dtype=int), [], []
    for month in range(months):
        wave = np.exp(0.12 * np.sin(2 * np.pi * month / 12 + phase))
        tired = np.clip(np.exp(-(age - 1) / 10), 0.25, 1)
        pays = np.minimum(cure * (habit[0] * moods[0][month] * wave)[home] * tired, 1)
        stops = np.minimum(skip * (habit[1] * moods[1][month] / wave)[home], 1)
        luck = rng.random(people)
        owing = np.where(luck < pays, 0, age + 1)
        age = np.where(age > 0, owing, (luck < stops).astype(int))
        capped = np.minimum(age, 25)
        count = np.zeros((26, regions), dtype=int)
        np.add.at(count, (capped, home), 1)
        stocks.append(count[1:])
        payers.append(count[0])
    names = [
        f"{PROVINCES[p]}.{i:02d}"
        for i, p in enumerate(np.sort(np.arange(regions) % len(PROVINCES)), start=1)
    ]
    seen = slice(MONTHS, None)
    nothing = np.zeros((25, regions))
    return World(
        nothing, nothing[0], np.array(stocks)[seen], np.array(payers)[seen], names
    )


def cover_people(worlds: int, mood: Mood) -> dict[str, float]:
    """Return how often 12-month rupiah totals of worlds of people are held."""
    regions, country, bias = [], [], []
    for seed in range(worlds):
        world = live(seed, mood)
        stok = world.stok()
        laju = estimate_laju(stok)
        undian = draw_laju(laju, horizon=AHEAD, draws=200, seed=seed)
        drawn = simulate_tunggakan(laju, stok, undian=undian).rp[-1].astype(float)
        lebar = float(backtest_tunggakan(stok)["lebar"].iloc[0])
        drawn = widen_draws(drawn, lebar)
        true = (world.jiwa[-1] * OWED).sum(axis=0)
        low, high = np.quantile(drawn, (0.1, 0.9), axis=-1)
        regions.append(np.mean((low <= true) & (true <= high)))
        total = drawn.sum(axis=0)
        low, high = np.quantile(total, (0.1, 0.9))
        country.append(low <= true.sum() <= high)
        bias.append(np.median(total) / true.sum() - 1)
    found = (regions, country, bias)
    return {
        name: float(np.mean(part))
        for name, part in zip(("regions", "country", "bias"), found, strict=True)
    }


STYLES = ("punctual", "quarterly", "lump", "late", "never")


def pay(style: str, bill: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pay bills in one of five styles."""
    paid, owed = np.zeros(len(bill)), 0.0
    for month in range(len(bill)):
        owed += bill[month]
        if style == "punctual":
            part = owed if rng.random() < 0.97 else 0.0
        elif style == "quarterly":
            part = owed if month % 3 == 2 else 0.0
        elif style == "lump":
            small = bill[month] * 0.2 * (rng.random() < 0.3)
            part = owed * rng.uniform(0.85, 1) if month % 6 == 5 else small
        elif style == "late":
            part = bill[month] * rng.choice([0, 0.5, 1, 1.2], p=[0.15, 0.15, 0.6, 0.1])
        else:
            part = 0.0
        paid[month] = min(part, owed)
        owed -= paid[month]
    return np.round(paid)


def make_payers(seed: int, regions: int = 25, months: int = 59) -> pd.DataFrame:
    """Make up bills and payments of regions of all styles."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(STYLES, regions, p=[0.45, 0.15, 0.15, 0.2, 0.05])
    styles = [*STYLES, *drawn[len(STYLES) :]]
    frames = []
    for at, style in enumerate(styles):
        steps = np.exp(np.cumsum(rng.normal(0.03, 0.05, months // 12 + 1)))
        bill = np.round(rng.lognormal(21, 0.7) * np.repeat(steps, 12)[:months])
        frame = {
            "kode": f"82.{at:02d}",
            "periode": pd.date_range("2021-01-01", periods=months, freq="MS"),
            "tagihan_rp": bill,
            "dibayar_rp": pay(style, bill, rng),
            "style": style,
        }
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def judge_payers(worlds: int, known: int = 47) -> pd.DataFrame:
    """Score chances to owe nothing and the debt, by style and month ahead.

    ``base`` is the Brier score of each region's own past share of months paid up;
    errors are in monthly bills; ``late`` the width of the 80% interval at the end over
    that at the start.
    """
    rows = []
    for seed in range(worlds):
        made = make_payers(seed)
        cutoff = made["periode"].min() + pd.DateOffset(months=known)
        past = made[made["periode"] < cutoff].drop(columns="style")
        first = past["periode"].eq(past["periode"].min())
        past = past.assign(
            kuota_jiwa=1, terisi_jiwa=1, tunggakan_awal_rp=np.where(first, 0.0, np.nan)
        )
        ahead = project_utang(past, horizon=AHEAD, draws=200, seed=seed)
        for at, kode in enumerate(ahead.kode):
            own = made[made["kode"] == kode]
            debt = (own["tagihan_rp"] - own["dibayar_rp"]).cumsum().to_numpy()
            told, came = ahead.utang_rp[:, at], debt[known : known + AHEAD]
            low, middle, high = np.quantile(told, (0.1, 0.5, 0.9), axis=-1)
            bill = own["tagihan_rp"].iloc[known - 1]
            clear, base = came <= 0, (debt[:known] <= 0).mean()
            row = {
                "style": own["style"].iloc[0],
                "brier": (((told <= 0).mean(axis=-1) - clear) ** 2).mean(),
                "base": ((base - clear) ** 2).mean(),
                "error": np.abs(middle - came).mean() / bill,
                "last value": np.abs(debt[known - 1] - came).mean() / bill,
                "held": ((low <= came) & (came <= high)).mean(),
                "width": (high - low).mean() / bill,
            }
            rows.append(row)
    table = pd.DataFrame(rows)
    means = table.groupby("style").mean()
    means.loc["all"] = table.drop(columns="style").mean()
    return means


def estimates(world: World) -> dict[str, np.ndarray]:
    """Return leaving rates with no, partial and full pooling."""
    stok = world.stok()
    moved = count_transisi(stok)
    left = np.maximum(moved.keluar.sum(axis=0), 0)
    risk = moved.berisiko.sum(axis=0)
    full = (left.sum(axis=1) + 0.5) / (risk.sum(axis=1) + 1)
    return {
        "none": (left + 0.5) / (risk + 1),
        "partial": estimate_laju(stok).keluar,
        "full": np.repeat(full[:, None], REGIONS, axis=1),
    }


def held_out(world: World, rates: np.ndarray) -> float:
    """Return log-likelihood per thousand people of the 12 months not seen."""
    now, then = world.jiwa[MONTHS - 1 : -1, :23], world.jiwa[MONTHS:, 1:24]
    left = now - then
    p = np.clip(rates[:23], 1e-6, 1 - 1e-6)
    loglik = left * np.log(p) + (now - left) * np.log(1 - p)
    return float(1000 * loglik.sum() / now.sum())


def score_error(world: World, rates: np.ndarray) -> float:
    """Return the root mean squared log error of ages 1-23, small regions as large."""
    return float(np.sqrt(np.mean(np.log(rates[:23] / world.keluar[:23]) ** 2)))


def compare_pooling(factors: tuple[float, ...], worlds: int) -> pd.DataFrame:
    """Return error and held-out likelihood by size of the sample."""
    rows = []
    for factor in factors:
        for seed in range(worlds):
            world = make_world(1000 + seed, factor=factor)
            for name, rates in estimates(world).items():
                error, fit = score_error(world, rates), held_out(world, rates)
                rows.append((factor, name, error, fit))
    table = pd.DataFrame(rows, columns=["factor", "pooling", "error", "loglik"])
    return table.groupby(["factor", "pooling"], as_index=False).mean()


def time_scenarios() -> tuple[float, float, int]:
    """Return CPU seconds of the starting point and of all scenarios, and their rows."""
    from jkn_analysis.config import read_config
    from jkn_analysis.masa_depan import build_ramalan
    from jkn_analysis.masa_depan.paths import from_table
    from jkn_analysis.skenario import build_keadaan, compare, read_skenario
    from jkn_analysis.tunggakan.ahead import backtest_tunggakan
    from jkn_analysis.tunggakan.stock import build_stok
    from jkn_sample import build_tables

    tables = build_tables(nasional=True)
    made = build_ramalan(tables, config=read_config())
    stok = build_stok(tables["tunggakan_peserta"], kepesertaan=tables["kepesertaan"])
    uji = backtest_tunggakan(stok)
    started = time.process_time()
    keadaan = build_keadaan(
        tables, from_table(made["masa_depan"]), ramalan=made["ramalan"], uji=uji
    )
    ready = time.process_time()
    table = compare(keadaan, list(read_skenario().values()))
    return ready - started, time.process_time() - ready, len(table)


def main() -> None:
    """Print the tables."""
    histories = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print("80% interval of the 12-month rupiah total, share that holds the truth")
    for name, settings in (
        ("known matrix", {}),
        ("with season", {"season": 0.15}),
        ("with monthly shocks", {"shock": 0.15}),
    ):
        started = time.process_time()
        found = cover(histories, **settings)
        print(
            f"  {name:20} {histories} histories x {REGIONS} regions: regions "
            f"{found['regions']:.3f}, country {found['country']:.3f}, bias of the "
            f"country {found['bias']:+.4f}, {time.process_time() - started:.0f} CPU s"
        )
    print("Worlds of people with habits, a season and lasting moods, the same share")
    for name, mood in (
        ("no moods", Mood(0.0)),
        ("short moods", Mood(0.12, 0.6)),
        ("lasting moods", Mood()),
        ("strong moods", Mood(0.25)),
    ):
        found = cover_people(max(histories // 4, 4), mood)
        print(
            f"  {name:20} regions {found['regions']:.3f}, country "
            f"{found['country']:.3f}, bias of the country {found['bias']:+.4f}"
        )
    print("Pemda payments ahead, four years known")
    print(judge_payers(8).round(3).to_string())
    print("Error of leaving rates (log), held-out log-likelihood per 1,000 people")
    table = compare_pooling((1, 4, 16, 64), 10)
    for row in table.itertuples():
        size = f"people x{row.factor:<4g} {row.pooling:8}"
        print(f"  {size} {row.error:.4f} {row.loglik:.3f}")
    ready, spent, rows = time_scenarios()
    print(
        f"514 regions x 12 months x 200 draws: start {ready:.1f}, all scenarios "
        f"{spent:.1f} CPU s, {rows} rows"
    )


if __name__ == "__main__":
    main()
