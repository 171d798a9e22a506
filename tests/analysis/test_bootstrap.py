from dataclasses import replace

import numpy as np
import pytest

from analysis_helpers import make_sample
from gossamer.analysis import summarise
from gossamer.analysis.levels.bootstrap import draw_given_test_set, draw_with_test_images, generator
from gossamer.analysis.levels.images import correct_shares, resampled_counts
from gossamer.errors import AnalysisError
from gossamer.simulate import Scenario
from gossamer.simulate.scenario import disagreement, draw_study

FEW = np.array([0.0, 0.5, 0.9, 1.0])


ACCURACY = np.array([0.87, 0.86, 0.8, 0.6])


def study(replicates=4, test_size=1000, seed=1, seeds="independent", seed_sd=0.01, ease=0.9):
    drawn = draw_study(scenario(replicates, test_size, seeds, seed_sd, ease), generator(seed, 9))
    return drawn.sample, drawn.given_test_set(FEW)


def scenario(replicates=4, test_size=1000, seeds="independent", seed_sd=0.01, ease=0.9):
    return Scenario(
        lambda x: np.interp(x, FEW, ACCURACY),
        FEW,
        np.full(4, seed_sd),
        np.full(4, replicates),
        seeds=seeds,
        test_size=test_size,
        ease=ease,
    )


def test_the_same_seed_gives_the_same_draws_and_another_does_not():
    sample, _ = study()
    levels = summarise(sample)
    for draw in (
        lambda seed: draw_given_test_set(levels, 50, seed).means,
        lambda seed: draw_with_test_images(sample, levels, 50, seed).means,
    ):
        assert np.array_equal(draw(3), draw(3))
        assert not np.array_equal(draw(3), draw(4))


def test_draws_are_centred_at_the_level_means():
    sample, _ = study()
    levels = summarise(sample)
    for draws in (draw_given_test_set(levels, 4000, 0), draw_with_test_images(sample, levels, 4000, 0)):
        error = draws.means.std(axis=0) / np.sqrt(4000)
        assert (np.abs(draws.means.mean(axis=0) - levels.mean) < 5 * error).all()


def test_resampled_images_move_all_levels_together():
    sample, _ = study()
    levels = summarise(sample)
    given = draw_given_test_set(levels, 4000, 0).means
    images = draw_with_test_images(sample, levels, 4000, 0).means
    assert (images.std(axis=0) > given.std(axis=0)).all()
    assert abs(np.corrcoef(given[:, 0], given[:, 1])[0, 1]) < 0.1
    assert np.corrcoef(images[:, 0], images[:, 1])[0, 1] > 0.4


def test_the_variance_of_the_test_set_is_that_of_the_chances_and_counts_once():
    # Many simulated studies with the same images in law: the spread of their level means over image draws and
    # seeds must be what one study's bootstrap says on average.
    means, said = [], []
    for seed in range(60):
        sample, _ = study(seed=seed, replicates=3)
        levels = summarise(sample)
        means.append(levels.mean)
        said.append(draw_with_test_images(sample, levels, 300, seed).means.var(axis=0))
    truth = np.var(means, axis=0, ddof=1)
    # A variance from 60 studies has a relative error of 18 %; three of these are allowed. The hardest level
    # has two degrees of freedom of its own, so its draws have no variance.
    assert np.mean(said, axis=0)[:-1] == pytest.approx(truth[:-1], rel=0.6)


def test_chance_on_single_images_is_not_counted_twice():
    """Runs that are equally good and differ by chance alone: seeds add nothing to what images show."""
    ratios = []
    for seed in range(20):
        sample, _ = study(replicates=5, seed_sd=0.0, seed=seed)
        levels = summarise(sample)
        ratios.append(draw_with_test_images(sample, levels, 300, seed).means.var(axis=0))
    # Population of images: p (1 - p) / n for one run; five runs that disagree a little have less.
    assert (np.mean(ratios, axis=0) < 1.2 * ACCURACY * (1 - ACCURACY) / 1000).all()


def test_runs_that_agree_on_every_image_do_not_disagree():
    sample, _ = study(replicates=2)
    twin = sample.predictions.copy()
    twin[1::2] = twin[::2]
    same = replace(sample, predictions=twin, accuracy=1 - twin.mean(axis=1))
    share, disagreement = correct_shares(same, summarise(same))
    assert np.allclose(disagreement, 0)
    assert set(np.unique(share)) == {0.0, 1.0}


def test_a_level_without_predictions_takes_those_of_its_neighbour():
    sample, _ = study(replicates=2)
    predictions = sample.predictions.copy()
    predictions[2:4] = 1
    holes = replace(sample, predictions=predictions, diverged=np.isin(np.arange(8), (2, 3)))
    share, _ = correct_shares(holes, summarise(holes))
    assert np.array_equal(share[1], share[0])


def test_images_are_drawn_as_many_times_as_there_are():
    counts = resampled_counts(200, 50, np.random.default_rng(0))
    assert (counts.sum(axis=1) == 200).all()
    # Drawn with replacement: about 1 / e of the images are left out.
    assert (counts == 0).mean() == pytest.approx(np.exp(-1), abs=0.02)


def test_without_replicates_or_predictions_there_is_a_sentence():
    levels = summarise(make_sample(replicates=1))
    with pytest.raises(AnalysisError, match="add a replicate"):
        draw_given_test_set(levels, 100, 0)
    sample = make_sample()
    with pytest.raises(AnalysisError, match=r"give Sample\.predictions"):
        draw_with_test_images(sample, summarise(sample), 100, 0)


def test_disagreement_is_that_of_simulated_runs():
    # 10,000 images and 4 runs: the standard error of the mean disagreement is about 0.002.
    sample, _ = study(replicates=4, test_size=10_000, seed_sd=0.0, ease=0.8)
    _, found = correct_shares(sample, summarise(sample))
    assert found == pytest.approx(disagreement(ACCURACY, 0.8), abs=0.01)
    assert disagreement(ACCURACY, 0.0) == pytest.approx(ACCURACY * (1 - ACCURACY))


def test_simulated_studies_have_the_accuracy_and_the_spread_that_were_asked_for():
    sample, given = study(200, seed=5, seed_sd=0.02)
    levels = summarise(sample)
    # 200 runs a level: standard errors of 0.0014 for the mean and 5 % for the standard deviation.
    assert levels.mean == pytest.approx(given, abs=0.006)
    assert levels.sd == pytest.approx(np.full(4, 0.02), rel=0.25)
    # 1,000 images: a standard error of up to 0.015 around the population's accuracy.
    assert given == pytest.approx(ACCURACY, abs=0.06)
