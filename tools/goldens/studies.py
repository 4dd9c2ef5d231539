"""Writes fixtures/goldens/studies/statistics.json: intervals, tests, strengths and agreement.

Reference: scipy 1.17.1 (binomtest), statsmodels 0.15.0 (proportion_confint, multipletests, GLM), krippendorff 0.9.0,
numpy 2.4.6 (quantile); all in float64. Resamples are drawn by the generator of packages/dataset/seeded_random.ts
(xoshiro128** 1.1 seeded by splitmix32), written again here.

Usage: python tools/goldens/studies.py
"""

import json
from pathlib import Path

import krippendorff
import numpy as np
import scipy.stats
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

ROOT = Path(__file__).parents[2]
RESAMPLES = 200
M = 0xFFFFFFFF
rng = np.random.default_rng(18)


class Xoshiro:
    def __init__(self, seed):
        low, high, self.s = seed & M, seed >> 32, []
        for _ in range(4):
            low = (low + 0x9E3779B9) & M
            z = ((low ^ high ^ (low >> 16)) * 0x21F0AAAD) & M
            z = ((z ^ (z >> 15)) * 0x735A2D97) & M
            self.s.append(z ^ (z >> 15))

    def bits(self):
        s = self.s
        x = (s[1] * 5) & M
        result = (((x << 7) | (x >> 25)) & M) * 9 & M
        t = (s[1] << 9) & M
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = ((s[3] << 11) | (s[3] >> 21)) & M
        return result

    def uniform(self):
        return ((self.bits() >> 6) * 2**27 + (self.bits() >> 5)) / 2**53

    def drawn(self, count):
        return np.bincount([int(self.uniform() * count) for _ in range(count)], minlength=count)


def tail(count):
    return float(scipy.stats.norm.cdf(-np.sqrt(count / (count - 1)) * scipy.stats.t.ppf(0.975, count - 1)))


def interval(values, count):
    values = np.array(values)
    return [float(np.quantile(values[~np.isnan(values)], q)) for q in (tail(count), 1 - tail(count))]


def shares():
    rows = []
    for successes, trials in [(0, 1), (1, 1), (119, 198), (158, 198), (99, 198), (0, 198), (198, 198), (7, 9), (4000, 9001)]:
        low, high = proportion_confint(successes, trials, method="wilson")
        rows.append(dict(successes=successes, trials=trials, interval=[float(low), float(high)],
                         p=float(scipy.stats.binomtest(successes, trials).pvalue)))
    return rows


def corrections():
    return [dict(values=p, corrected=multipletests(p, method="holm")[1].tolist())
            for p in ([0.01, 0.02, 0.03], [0.04, 0.001, 0.5], [0.2, 0.2, 0.2], [0.9, 1.0, 0.03], [0.03])]


def strengths(wins):
    wins = np.array(wins)
    rows, won = [], []
    for i in range(len(wins)):
        for j in range(i):
            if wins[i, j] + wins[j, i] == 0:
                continue
            row = np.zeros(len(wins))
            row[i], row[j] = 1, -1
            rows.append(row)
            won.append([wins[i, j], wins[j, i]])
    fit = sm.GLM(np.array(won), np.array(rows)[:, 1:], family=sm.families.Binomial()).fit(tol=1e-15, maxiter=200)
    w = np.exp(np.concatenate([[0.0], fit.params]))
    return (w / w.sum()).tolist()


def comparisons():
    tables = [
        [[0, 7], [3, 0]],
        [[0, 30, 42], [12, 0, 25], [5, 17, 0]],
        [[0, 12, 9, 14], [8, 0, 0, 0], [11, 0, 0, 0], [6, 0, 0, 0]],
        [[0, 10.5, 3, 7], [9.5, 0, 6, 11], [17, 14, 0, 13.5], [13, 9, 6.5, 0]],
    ]
    return [dict(wins=wins, strengths=strengths(wins)) for wins in tables]


def alpha(values):
    with np.errstate(all="ignore"):
        return float(krippendorff.alpha(reliability_data=values, level_of_measurement="nominal", value_domain=[0, 1]))


def agreement():
    units, people = 24, 7
    truth = rng.integers(0, 2, units)
    values = np.where(rng.random((people, units)) < 0.75, truth, 1 - truth).astype(float)
    values[rng.random(values.shape) < 0.2] = np.nan
    values[:, 3] = np.nan
    values[1, 3] = 1  # one answer alone
    counts = [[int((values[:, u] == c).sum()) for c in (0, 1)] for u in range(units)]
    random = Xoshiro(5)
    samples = [alpha(np.repeat(values, random.drawn(units), axis=1)) for _ in range(RESAMPLES)]
    return dict(counts=counts, alpha=alpha(values), seed=5, resamples=RESAMPLES, interval=interval(samples, units))


def two_ways():
    people, cases = 9, 15
    answers = []
    for person in range(people):
        for case in range(cases):
            if rng.random() < 0.7:
                answers.append([person, case, int(rng.random() < 0.55 + 0.03 * (person % 5))])
    a = np.array(answers)
    random = Xoshiro(11)
    samples = []
    for _ in range(RESAMPLES):
        w = random.drawn(people)[a[:, 0]]
        w = w * random.drawn(cases)[a[:, 1]]
        samples.append((w * a[:, 2]).sum() / w.sum())
    return dict(people=people, cases=cases, answers=answers, seed=11, resamples=RESAMPLES, interval=interval(samples, min(people, cases)))


tails = [dict(count=n, tail=tail(n)) for n in (2, 3, 4, 5, 8, 12, 13, 30, 31, 198, 1000)]
golden = dict(tails=tails, shares=shares(), corrections=corrections(), comparisons=comparisons(), agreement=agreement(),
              two_ways=two_ways())
path = ROOT / "fixtures" / "goldens" / "studies" / "statistics.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(golden) + "\n")
print(path.relative_to(ROOT), path.stat().st_size)
