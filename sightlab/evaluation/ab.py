"""A/B read-out: what a change did to its users, from a table of counts, and how many users it takes to know.

    uplift(counts)                         # rates, uplift with interval, p, what was to be seen
    users_needed(rate=0.04, uplift=0.10)   # per group, before the test starts

The unit is the *user*, counted once: a user who opens ten albums is one who opened an album. Clicks or views
per user are no proportion, and these formulas do not hold for them.

Source: Newcombe 1998 (difference); Koopman 1984 (ratio); Farrington & Manning 1990 (score test); Fleiss 1981
(sample size); computed by statsmodels.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_columns, check_fraction, check_range, check_unique
from sightlab.evaluation.intervals import CONFIDENCE, holm

COUNTS = ("control_n", "control_k", "treatment_n", "treatment_k")
POWER = 0.8  # wanted chance to see an effect that is there


def uplift(counts: pd.DataFrame, confidence: float = CONFIDENCE, power: float = POWER) -> pd.DataFrame:
    """What the treatment did to each metric, a row each, in the order given.

    Args:
        counts: metric (each once), control_n and treatment_n (users in the group), control_k and treatment_k
            (users of these who did it).
        confidence: of the intervals, (0, 1).
        power: chance to detect that `detectable` is stated for, (0, 1).
    Returns:
        metric; control_rate, treatment_rate [0, 1]; difference (treatment - control) with difference_low and
        difference_high (Newcombe); uplift (relative: 0.1 = 10 % more) with uplift_low and uplift_high (score
        interval of the ratio; NaN where nobody of a group, or everybody of both, did it); p (score test,
        two-sided) and p_holm, corrected for the number of metrics; detectable: the smallest relative rise
        that groups of this size show with this power, whatever came out (NaN where the control rate is 0 or
        1, or no rise is large enough).
    Raises:
        InputError: a missing column, a metric twice, a count that is no whole number, a group without users,
            more users who did it than users.
    """
    _check_counts(counts)
    _check_open(confidence=confidence, power=power)
    rows = [_row(row, 1 - confidence, power) for row in counts.to_dict("records")]
    table = pd.DataFrame(rows)
    table.insert(table.columns.get_loc("p") + 1, "p_holm", holm(table["p"].to_numpy()))
    return table


def users_needed(
    rate: float, uplift: float, power: float = POWER, confidence: float = CONFIDENCE, ratio: float = 1.0
) -> int:
    """Users that the control group needs, to see a relative change of a rate.

    Args:
        rate: of the control, (0, 1).
        uplift: relative change worth seeing, such as 0.10 or -0.03; not 0.
        power: chance to see it if it is there, (0, 1).
        confidence: 1 - the two-sided level of the test, (0, 1).
        ratio: users of the treatment for each of the control, > 0.
    Raises:
        InputError: a number outside its range, or a changed rate outside (0, 1).
    """
    from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

    _check_plan(rate, uplift, power, confidence)
    check_range(ratio, "ratio", 0, low_open=True)
    # statsmodels counts the first group and calls the second the control; its ratio is second / first
    n_treatment = samplesize_proportions_2indep_onetail(
        uplift * rate, rate, power, ratio=1 / ratio, alpha=1 - confidence
    )
    return int(np.ceil(n_treatment / ratio - 1e-9))


def power_of(
    rate: float, uplift: float, control_n: int, treatment_n: int, confidence: float = CONFIDENCE
) -> float:
    """Chance that groups of this size show a relative change of this size; [0, 1].

    Args:
        rate, uplift, confidence: as in `users_needed`.
        control_n, treatment_n: users in the groups, >= 1.
    """
    from statsmodels.stats.proportion import power_proportions_2indep

    _check_plan(rate, uplift, POWER, confidence)
    check_range(control_n, "control_n", 1)
    check_range(treatment_n, "treatment_n", 1)
    found = power_proportions_2indep(
        uplift * rate, rate, treatment_n, ratio=control_n / treatment_n, alpha=1 - confidence
    )
    return float(found.power)


def planning_table(
    rate: float, uplifts: list[float], power: float = POWER, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """uplift, users_a_group: what it takes to see each of several changes, in two groups of one size."""
    needed = [users_needed(rate, change, power, confidence) for change in uplifts]
    return pd.DataFrame({"uplift": uplifts, "users_a_group": needed})


def _row(row: dict, alpha: float, power: float) -> dict:
    from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

    n, k, m, j = (int(row[name]) for name in COUNTS)
    control, treatment = k / n, j / m
    counts = (j, m, k, n)
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff", alpha=alpha)
    is_same = k + j in (0, n + m)  # nobody, or everybody: no test is needed
    ratio_low = ratio_high = np.nan
    if k and j and not is_same:
        ratio_low, ratio_high = confint_proportions_2indep(
            *counts, method="score", compare="ratio", alpha=alpha
        )
    with np.errstate(divide="ignore", invalid="ignore"):  # an odds ratio that nobody asked for
        p = 1.0 if is_same else test_proportions_2indep(*counts, method="score", compare="diff").pvalue
    return {
        "metric": row["metric"],
        "control_rate": control,
        "treatment_rate": treatment,
        "difference": treatment - control,
        "difference_low": float(low),
        "difference_high": float(high),
        "uplift": treatment / control - 1 if k else np.nan,
        "uplift_low": float(ratio_low) - 1,
        "uplift_high": float(ratio_high) - 1,
        "p": float(p),
        "detectable": _detectable(control, n, m, alpha, power),
    }


def _detectable(rate: float, control_n: int, treatment_n: int, alpha: float, power: float) -> float:
    """The smallest relative rise that is seen with this power."""
    from scipy.optimize import brentq

    if not 0 < rate < 1:
        return np.nan
    largest = (1 - rate) / rate * (1 - 1e-6)

    def missing(change: float) -> float:
        return power_of(rate, change, control_n, treatment_n, 1 - alpha) - power

    if missing(largest) < 0:
        return np.nan
    return float(brentq(missing, 1e-9, largest))


def _check_counts(counts: pd.DataFrame) -> None:
    check_columns(counts, ("metric", *COUNTS), "counts")
    check_unique(counts["metric"], "metric")
    if counts.empty:
        raise InputError("expected counts of at least one metric; got none. Add a row for each.")
    for row in counts.to_dict("records"):
        values = {name: row[name] for name in COUNTS}
        bad = [name for name, value in values.items() if not float(value).is_integer() or value < 0]
        if bad:
            raise InputError(
                f"expected whole numbers of users for {row['metric']!r}; got {bad[0]}={values[bad[0]]!r}. "
                "Count users, not rates."
            )
        for group in ("control", "treatment"):
            n, k = values[f"{group}_n"], values[f"{group}_k"]
            if n < 1 or k > n:
                raise InputError(
                    f"expected 0 <= {group}_k <= {group}_n and {group}_n >= 1 for {row['metric']!r}; got "
                    f"{group}_k={k:g} of {group}_n={n:g}. Count each user once."
                )


def _check_plan(rate: float, uplift: float, power: float, confidence: float) -> None:
    _check_open(rate=rate, power=power, confidence=confidence)
    check_range(uplift, "uplift", -1, low_open=True)
    if uplift == 0 or not rate * (1 + uplift) < 1:
        raise InputError(
            f"expected a change that is not 0 and leaves the rate below 1; got uplift={uplift:g} of "
            f"rate={rate:g}. Write 10 % more as 0.10."
        )


def _check_open(**values: float) -> None:
    for name, value in values.items():
        check_fraction(value, name, low_open=True, high_open=True, advice="Write 80 % as 0.8.")
