"""How far a measured number can be trusted: intervals for shares, for means and for R².

Pictures of one burst, video or person, and copies of one another, are right or wrong together: ten
of them tell little more than one. So every interval asks which pictures belong together. The
methods were chosen by simulation (`tests/measures/test_coverage.py`), groups of one to twenty and
all degrees of likeness within them: resampling groups and taking percentiles covers the truth 60 to
90 times in a hundred where there are 8 to 12 groups, Wilson on the number of groups nearly always
or, with groups of unequal size, 75 times; those below 93 to 97 times.

SciPy's `binomtest(...).proportion_ci("wilson")` gives the same as `wilson` for whole trials, but
knows no others, and groups make fractions of them; its `bootstrap` draws single values, no groups.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

DRAWN_AT_ONCE = 2**18
"""Groups drawn together, over all draws."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A range that holds the true value with the stated confidence."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval, and what the interval rests on.

    Attributes:
        interval: of the share.
        groups: how many groups the pictures come in.
        largest: pictures in the largest group.
        effective: how many pictures on their own would tell as much.
    """

    interval: Interval
    groups: int
    largest: int
    effective: float


def wilson(successes: float, trials: float, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval for a share.

    Unlike the textbook interval it stays within 0 and 1, and it stays wide when all of a few
    trials succeed: 10 of 10 right is 72 % to 100 %, not 100 % to 100 %.

    Args:
        successes: how many trials succeeded.
        trials: how many there were; 0 gives the interval that knows nothing.
        confidence: between 0 and 1.

    Raises:
        ValueError: if `successes` is not between 0 and `trials`.

    Reference:
        Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must lie between 0 and {trials}; received {successes}")
    if trials == 0:
        return Interval(0.0, 1.0)
    return score_interval_of(successes / trials, trials, _z(confidence))


def share(right: np.ndarray, groups: np.ndarray | None = None, confidence: float = 0.95) -> Share:
    """Return Wilson's interval of a share, on as many pictures as would tell as much on their own.

    How alike pictures of one group are in being right is estimated by analysis of variance. It is
    least certain where it is neither 0 nor 1; there, as far as it is uncertain, Student's quantile
    for the number of groups takes the place of the normal one. Without groups it is `wilson`.

    Args:
        right: bool (n,).
        groups: (n,), equal for pictures that belong together; None where none do.
        confidence: between 0 and 1.

    Reference:
        Dean & Pagano 2015, Evaluating confidence interval methods for binomial proportions in
        clustered surveys.
        Ridout, Demetrio & Firth 1999, Estimating intraclass correlation for binary data.
    """
    count = len(right)
    sizes, sums = totals(right.astype(np.float64), groups)
    if len(sizes) == count:
        return Share(wilson(int(right.sum()), count, confidence), count, min(count, 1), count)
    mean = float(right.mean())
    alike = _likeness(sizes, sums, mean)
    effective = count / _widened(sizes, alike)
    quantile = quantile_of_groups(confidence, len(sizes), alike)
    interval = score_interval_of(mean, effective, quantile)
    return Share(interval, len(sizes), int(sizes.max()), effective)


def quantile_of_groups(confidence: float, groups: int, alike: float) -> float:
    """Return the quantile for a share over so many groups, within which answers are alike by 0 to 1; see `share`."""
    if groups < 2:
        return _z(confidence)
    normal, student = _z(confidence), student_quantile(confidence, groups)
    return math.sqrt(normal**2 + (student**2 - normal**2) * 4 * alike * (1 - alike))


def variance_of_mean(values: np.ndarray, groups: np.ndarray | None) -> tuple[float, float]:
    """Return how alike numbers of one group are, 0 to 1, and the variance of the mean of float (n,)."""
    sizes, _ = totals(values, groups)
    alike = _likeness_of_numbers(values, groups) if values.any() else 0.0
    return alike, float(values.var()) / len(values) * _widened(sizes, alike)


def _widened(sizes: np.ndarray, alike: float) -> float:
    """Return how many times the variance is that of pictures on their own."""
    count = float(sizes.sum())
    return 1 + (float((sizes**2).sum()) / count - 1) * alike


def _likeness(sizes: np.ndarray, sums: np.ndarray, mean: float) -> float:
    """Return the correlation within groups, 0 to 1; 1 where nothing can be known of it."""
    count, groups = sizes.sum(), len(sizes)
    if groups < 2 or mean in (0.0, 1.0):
        return 1.0
    between = (sizes * (sums / sizes - mean) ** 2).sum() / (groups - 1)
    within = (sums * (1 - sums / sizes)).sum() / (count - groups)
    usual = (count - (sizes**2).sum() / count) / (groups - 1)
    total = between + (usual - 1) * within
    return float(np.clip((between - within) / total, 0, 1)) if total > 0 else 1.0


def score_interval(
    share: float, trials: float, groups: float, confidence: float = 0.95
) -> Interval:
    """Return Wilson's interval of a share that is as certain as one of so many trials.

    Args:
        share: 0 to 1.
        trials: how many pictures on their own would tell as much.
        groups: by how many the error was told; Student's quantile for these is taken.
        confidence: between 0 and 1.
    """
    quantile = student_quantile(confidence, groups) if groups > 1 else _z(confidence)
    return score_interval_of(share, trials, quantile)


def score_interval_of(share: float, trials: float, z: float) -> Interval:
    """Return Wilson's interval of a share that is as certain as one of so many trials, with this quantile."""
    shrink = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    # At the ends the exact values are 0 and 1; rounding must not say otherwise.
    low = 0.0 if share == 0 else max(0.0, centre - half)
    high = 1.0 if share == 1 else min(1.0, centre + half)
    return Interval(low, high)


def bootstrap_mean(
    values: np.ndarray,
    groups: np.ndarray | None = None,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """Return the studentised bootstrap interval of the mean of `values` (n,), none below 0.

    Whole groups are drawn. Each draw's distance from the mean is measured in standard errors of
    its own, which follows the long tail of errors where plain percentiles are too narrow.

    Args:
        values: float (n,), such as absolute errors.
        groups: (n,), equal for pictures that belong together; None where none do. One group tells
            nothing of others: then the range of the values is returned.
        confidence: between 0 and 1.
        draws: how often groups are drawn.
        seed: of the draws.

    Raises:
        ValueError: if there are no values.

    Reference:
        Efron 1979, Bootstrap methods: another look at the jackknife.
        Cameron, Gelbach & Miller 2008, Bootstrap-based improvements for inference with clustered
        errors.
    """
    if values.size == 0:
        raise ValueError("an interval needs at least one value; received none")
    sizes, sums = totals(values.astype(np.float64), groups)
    mean, error = mean_and_error(sizes, sums)
    if len(sizes) < 2:
        return Interval(float(values.min()), float(values.max()))
    if error <= 1e-12 * mean:
        return Interval(mean, mean)
    distances = studentised(sizes, sums, draws, seed)
    tail = (1 - confidence) / 2
    low, high = np.quantile(distances, [tail, 1 - tail])
    # Of few groups the draws are too much alike; there Student's quantile is the wider one. Above
    # the mean it is that of the logarithm, as errors that were not seen are the large ones.
    student = student_quantile(confidence, len(sizes)) * error
    below, above = mean - student, mean * math.exp(min(50.0, student / mean))
    return Interval(
        max(0.0, min(below, mean - float(high) * error)), max(above, mean - float(low) * error)
    )


def studentised(sizes: np.ndarray, sums: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return how far the means of drawn groups lie from the mean, each in standard errors of its own.

    Args:
        sizes: float (groups,), how many values each group has; at least two groups.
        sums: float (groups,), of its values; they must differ.
        draws: how often groups are drawn; draws that all show the same tell nothing and are left out.
        seed: of the draws.
    """
    mean, error = mean_and_error(sizes, sums)
    generator = np.random.default_rng(seed)
    distances = []
    # A block of draws at a time: draws x groups at once would not fit for large test sets.
    block = max(1, DRAWN_AT_ONCE // len(sizes))
    for start in range(0, draws, block):
        drawn = generator.integers(0, len(sizes), (min(block, draws - start), len(sizes)))
        other, its_error = means_and_errors(sizes[drawn], sums[drawn])
        is_told = its_error > 1e-9 * error
        distances.append((other - mean)[is_told] / its_error[is_told])
    return np.concatenate(distances)


def root_mean_square(errors: np.ndarray, groups: np.ndarray | None = None) -> Interval:
    """Return the interval of the root of the mean square of `errors` (n,).

    Its lower end is that of `bootstrap_mean`. Few groups seldom show the largest errors there are, and
    without them their spread looks small as well; so the upper end lies at least where it would with
    normal errors (a chi-squared distribution, with the freedom that their groups leave).

    Reference:
        Satterthwaite 1946, An approximate distribution of estimates of variance components.
    """
    values = errors.astype(np.float64)
    squared = bootstrap_mean(values**2, groups)
    sizes, sums = totals(values**2, groups)
    if len(sizes) < 2 or not values.any():
        return Interval(math.sqrt(squared.low), math.sqrt(squared.high))
    from scipy.special import chdtri  # as in `student_quantile`

    mean, error = mean_and_error(sizes, sums)
    freedom = _freedom(values, groups)
    if error > 0:
        freedom = min(freedom, 2 * mean**2 / error**2)
    high = mean * freedom / float(chdtri(freedom, 0.975))
    return Interval(math.sqrt(squared.low), math.sqrt(max(squared.high, high)))


def _freedom(values: np.ndarray, groups: np.ndarray | None) -> float:
    """Return of how many normal numbers on their own the mean square is as uncertain as of float (n,)."""
    sizes, _ = totals(values.astype(np.float64), groups)
    # Squares of normal numbers are as alike as the square of how alike the numbers are.
    alike = _likeness_of_numbers(values.astype(np.float64), groups) ** 2
    return len(values) / _widened(sizes, alike)


def _likeness_of_numbers(values: np.ndarray, groups: np.ndarray | None) -> float:
    """Return the correlation within groups of float (n,), 0 to 1; 0 where each value is its own group."""
    sizes, sums = totals(values - values.mean(), groups)
    count, many = len(values), len(sizes)
    if many == count:
        return 0.0
    explained = float((sums**2 / sizes).sum())
    between = explained / (many - 1)
    within = (float(((values - values.mean()) ** 2).sum()) - explained) / (count - many)
    usual = (count - float((sizes**2).sum()) / count) / (many - 1)
    total = between + (usual - 1) * within
    return float(np.clip((between - within) / total, 0, 1)) if total > 0 else 1.0


def determination(
    truth: np.ndarray,
    predicted: np.ndarray,
    groups: np.ndarray | None = None,
    confidence: float = 0.95,
) -> Interval | None:
    """Return the interval of R²; None where every number is the same, or all are of one group.

    The share that is left unexplained is a ratio of two means. Its logarithm is close to normal,
    with an error that sums over groups.

    Args:
        truth: float (n,).
        predicted: float (n,).
        groups: (n,), equal for pictures that belong together; None where none do.
        confidence: between 0 and 1.

    Reference:
        Cochran 1977, Sampling Techniques, chapter 6 (ratio estimators).
    """
    missed = (truth - predicted).astype(np.float64) ** 2
    apart = (truth - truth.mean()).astype(np.float64) ** 2
    if missed.sum() <= 0 or apart.sum() <= 0:
        return Interval(1.0, 1.0) if apart.sum() > 0 else None
    sizes, sums = totals(missed / missed.mean() - apart / apart.mean(), groups)
    if len(sizes) < 2:
        return None
    _, error = mean_and_error(sizes, sums)
    # Few groups seldom show the largest errors; it is at least as uncertain as with normal numbers.
    usual = sum(2 / _freedom(each, groups) for each in (truth - predicted, truth - truth.mean()))
    error = max(error, math.sqrt(usual))
    quantile = student_quantile(confidence, telling(sums))
    factor = math.exp(min(50.0, quantile * error))
    unexplained = float(missed.sum() / apart.sum())
    return Interval(1 - unexplained * factor, 1 - unexplained / factor)


def variance_of(moved: np.ndarray) -> float:
    """Return the variance of a number.

    Args:
        moved: float (groups,), by how much each group of pictures moves it; they sum to 0.
    """
    count = len(moved)
    return float((moved**2).sum()) * count / max(1, count - 1)


def telling(moved: np.ndarray) -> float:
    """Return how many groups would tell a variance as surely if all moved a number alike, at least two.

    Where a few groups move it by most of that, its variance is less certain than their count says.

    Args:
        moved: float (groups,), by how much each moves the number; they sum to 0.

    Reference:
        Satterthwaite 1946, An approximate distribution of estimates of variance components.
    """
    squares = moved.astype(np.float64) ** 2
    if not squares.any():
        return float(max(2, len(moved)))
    told = 3 * float(squares.sum()) ** 2 / max(float((squares**2).sum()), 1e-300)
    return float(np.clip(told, 2, max(2, len(moved))))


def group_count(groups: np.ndarray | None, count: int) -> int:
    """Return in how many groups `count` pictures come; None stands for each on its own."""
    return count if groups is None else len(np.unique(groups))


def totals(values: np.ndarray, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return how many values each group has and their sums, float64 (groups,)."""
    if groups is None:
        return np.ones(len(values)), values
    _, place = np.unique(groups, return_inverse=True)
    return np.bincount(place).astype(np.float64), np.bincount(place, values)


def mean_and_error(sizes: np.ndarray, sums: np.ndarray) -> tuple[float, float]:
    """Return the mean of all values and its standard error, told by how groups differ."""
    means, errors = means_and_errors(sizes[None], sums[None])
    return float(means[0]), float(errors[0])


def means_and_errors(sizes: np.ndarray, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard error for many draws, each (draws,), from float (draws, groups)."""
    counts, groups = sizes.sum(axis=1), sizes.shape[1]
    means = sums.sum(axis=1) / counts
    apart = ((sums - means[:, None] * sizes) ** 2).sum(axis=1)
    return means, np.sqrt(groups / max(1, groups - 1) * apart) / counts


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def student_quantile(confidence: float, groups: float) -> float:
    """Return Student's quantile for so many groups, at least two; fractions of one are pooled errors'."""
    from scipy.special import stdtrit  # 0.1 s that a page need not pay for

    return float(stdtrit(max(1, groups - 1), (1 + confidence) / 2))
