"""Wilson's interval against its defining equation and its coverage."""

import pytest
from scipy.stats import binom

from sciml.metrics.proportions import LEVEL_95, wilson_interval


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (957, 1000)])
def test_ends_solve_the_score_equation(successes: int, trials: int):
    for end in wilson_interval(successes, trials):
        distance = successes / trials - end
        assert distance**2 == pytest.approx(LEVEL_95**2 * end * (1 - end) / trials, abs=1e-14)


def test_coverage():
    share, trials = 0.95, 300
    covered = sum(
        binom.pmf(k, trials, share)
        for k in range(trials + 1)
        if wilson_interval(k, trials)[0] <= share <= wilson_interval(k, trials)[1]
    )
    assert covered == pytest.approx(0.95, abs=0.02)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="got 5 and 4"):
        wilson_interval(5, 4)
