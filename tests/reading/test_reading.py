"""The mathematics of reading against scipy, statsmodels, or the definition in a few lines."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import expit
from scipy.stats import mannwhitneyu, ortho_group

from interp_core.errors import ClaimError, ModelError
from interp_core.reading import (
    SparseAutoencoder,
    auc,
    class_separation,
    cosines,
    fit_logistic,
    kl_divergence,
    linear_cka,
    log_odds,
    principal_components,
    silhouette,
    surface_features,
    surface_probabilities,
    total_variation,
)
from tests.spec.recipes import refused

RNG = np.random.default_rng(0)


def classes(n=40, d=6, apart=1.0, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((2 * n, d)).astype(np.float32)
    rows[:n, 0] += apart
    return rows, np.arange(2 * n) < n


@pytest.mark.parametrize(("n", "d", "penalty"), [(40, 6, 1.0), (40, 6, 0.01), (10, 60, 1.0), (40, 6, 100.0)])
def test_logistic_regression_finds_the_minimum_of_its_loss(n, d, penalty):
    rows, positive = classes(n, d)
    found = fit_logistic(rows, positive, penalty=penalty)
    x = rows.astype(np.float64) - rows.mean(0, dtype=np.float64)
    x /= np.sqrt((x**2).mean())
    scale = np.sqrt(((rows - rows.mean(0, dtype=np.float64)) ** 2).mean())

    def loss(beta):
        scores = x @ beta[:-1] + beta[-1]
        return np.mean(np.logaddexp(0, scores) - positive * scores) + penalty / (2 * len(x)) * (beta[:-1] ** 2).sum()

    best = minimize(loss, np.zeros(d + 1), method="BFGS", options={"gtol": 1e-8})
    np.testing.assert_allclose(found.weights * scale, best.x[:-1], atol=1e-4)
    np.testing.assert_allclose(found.scores(rows), x @ best.x[:-1] + best.x[-1], atol=1e-3)


def test_without_much_penalty_logistic_regression_is_statsmodels():
    rows, positive = classes(200, 3, apart=0.7)
    reference = sm.Logit(positive.astype(float), sm.add_constant(rows.astype(float))).fit(disp=0)
    found = fit_logistic(rows, positive, penalty=1e-9)
    np.testing.assert_allclose([found.bias, *found.weights], reference.params, rtol=1e-4)


def test_a_probe_of_separable_classes_is_finite_and_right():
    rows, positive = classes(apart=50.0)
    found = fit_logistic(rows, positive)
    assert np.isfinite(found.weights).all()
    assert ((found.probabilities(rows) > 0.5) == positive).all()


def test_standardising_makes_units_irrelevant():
    rows, positive = classes()
    other = rows * np.array([1, 1000, 1e-3, 1, 5, 1])
    one, two = (fit_logistic(x, positive, standardise=True).scores(x) for x in (rows, other))
    np.testing.assert_allclose(one, two, atol=1e-5)


def test_a_constant_feature_does_no_harm():
    rows, positive = classes()
    rows[:, 3] = 2.0
    assert np.isfinite(fit_logistic(rows, positive, standardise=True).weights).all()


def test_components_are_those_of_the_covariance():
    rows = RNG.standard_normal((50, 5)) @ RNG.standard_normal((5, 5))
    found = principal_components(rows, 3)
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    np.testing.assert_allclose(found.explained, values[::-1][:3] / values.sum(), rtol=1e-8)
    for k in range(3):
        assert abs(found.directions[k] @ vectors[:, -1 - k]) == pytest.approx(1)
        assert found.directions[k][np.abs(found.directions[k]).argmax()] > 0
    np.testing.assert_allclose(found.project(rows).var(0), values[::-1][:3] * 49 / 50, rtol=1e-8)


def test_silhouettes_follow_their_definition():
    rows, labels = RNG.standard_normal((30, 4)), ["a"] * 10 + ["b"] * 12 + ["c"] * 7 + ["alone"]
    distances, values = cdist(rows, rows), []
    for i, label in enumerate(labels):
        means = {k: np.mean([distances[i, j] for j, other in enumerate(labels) if other == k and j != i])
                 for k in set(labels) if k != label or labels.count(k) > 1}  # fmt: skip
        a = means.pop(label, None)
        b = min(means.values())
        values.append(0.0 if a is None else (b - a) / max(a, b))
    assert silhouette(rows, labels) == pytest.approx(np.mean(values), abs=1e-9)


def test_silhouettes_of_distant_classes_are_near_one():
    rows, positive = classes(apart=1000.0)
    assert silhouette(rows, ["p" if p else "n" for p in positive]) > 0.99


def test_auc_is_the_mann_whitney_statistic():
    a, b = RNG.integers(0, 8, 30).astype(float), RNG.integers(2, 10, 20).astype(float)
    assert auc(a, b) == pytest.approx(mannwhitneyu(a, b).statistic / 600)
    assert auc(a, b) == pytest.approx(1 - auc(b, a))


def test_class_separation_is_cohens_d():
    a, b = RNG.standard_normal((30, 2)) + np.array([2.0, 0.0]), RNG.standard_normal((20, 2))
    pooled = np.sqrt((29 * a.var(0, ddof=1) + 19 * b.var(0, ddof=1)) / 48)
    np.testing.assert_allclose(class_separation(a, b), (a.mean(0) - b.mean(0)) / pooled)
    assert class_separation(np.ones((3, 1)), np.zeros((3, 1))).tolist() == [0.0]


def test_cka_sees_no_rotation_and_no_scale():
    x = RNG.standard_normal((60, 8))
    turned = 3 * x @ ortho_group.rvs(8, random_state=0)
    assert linear_cka(x, turned) == pytest.approx(1)
    assert linear_cka(x, RNG.standard_normal((60, 30))) < 0.6
    a, b = x - x.mean(0), RNG.standard_normal((60, 3))
    b = b - b.mean(0)
    by_hand = np.linalg.norm(b.T @ a) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))
    assert linear_cka(x, b) == pytest.approx(by_hand)


def test_cosines_and_divergences_and_log_odds():
    vectors = np.array([[1.0, 0], [1, 1], [-2, 0]])
    np.testing.assert_allclose(cosines(vectors), [[1, 0.5**0.5, -1], [0.5**0.5, 1, -(0.5**0.5)], [-1, -(0.5**0.5), 1]])
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.25, 0.25])
    assert kl_divergence(np.log(p), np.log(q) + 7) == pytest.approx((p * np.log(p / q)).sum())
    assert kl_divergence(np.log(p), np.log(p)) == 0.0
    assert total_variation(np.log(p), np.log(q) + 7) == pytest.approx(0.3)
    assert log_odds(np.log(p), [0, 1]) == pytest.approx(0.0)
    assert log_odds(np.log(p), [0], [2]) == pytest.approx(np.log(0.4))


def test_the_surface_is_read_off_the_text():
    features, words = surface_features(["How do I bake?", "Tell me 3 things", "How so."])
    assert words[0] == "how"
    assert features[:, 0].tolist() == [14, 16, 7]
    assert features[:, 6].tolist() == [1, 0, 0]
    held_out, same = surface_features(["Why?"], first_words=words)
    assert (held_out.shape[1], same) == (features.shape[1], words)


def test_a_surface_that_gives_the_class_away_is_found():
    short = [f"Do it {i}" for i in range(20)]
    long = [f"Please be so kind and do it for me today {i}?" for i in range(20)]
    found = surface_probabilities(long, short, ["Do it now", "Please be so kind and do it for me now?"])
    assert found[0] < 0.2 < 0.8 < found[1]
    assert expit(0) == 0.5


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: fit_logistic(np.ones((3, 2)), np.array([True] * 3)), "one of them is empty"),
        (lambda: fit_logistic(np.ones((3, 2)), np.array([True, False, False]), penalty=0.0), "must be above 0"),
        (lambda: principal_components(np.ones((3, 9)), 3), "have 2"),
        (lambda: principal_components(np.ones((3, 9)), 1), "all rows are equal"),
        (lambda: silhouette(np.ones((3, 9)), ["a"] * 3), "Give two or more"),
        (lambda: auc(np.ones(0), np.ones(2)), "one of them is empty"),
        (lambda: class_separation(np.ones((1, 2)), np.ones((3, 2))), "have no spread"),
        (lambda: cosines(np.zeros((2, 2))), "vector 0 has no length"),
        (lambda: linear_cka(np.ones((3, 2)), np.ones((4, 2))), "got 3 rows and 4"),
        (lambda: linear_cka(np.ones((3, 2)), np.ones((3, 2))), "nothing to compare"),
        (lambda: log_odds(np.zeros(4), [1, 2], [2]), "the token 2 is on both sides"),
        (lambda: log_odds(np.zeros(4), []), "on both sides"),
    ],
)
def test_what_has_no_answer_is_refused(make, part):
    with refused(ClaimError, part):
        make()


def saved(tmp_path, **tensors):
    from safetensors.numpy import save_file

    save_file(
        {name: np.asarray(array, dtype=np.float32) for name, array in tensors.items()}, tmp_path / "sae.safetensors"
    )
    return tmp_path / "sae.safetensors"


def test_an_autoencoder_encodes_and_decodes(tmp_path):
    encoder, decoder = np.array([[1.0, 0, -1], [0, 1, 0]]), np.array([[1.0, 0], [0, 1], [-1, 0]])
    path = saved(tmp_path, W_enc=encoder, W_dec=decoder, b_dec=[1.0, 0], b_enc=[0, -0.5, 0])
    found = SparseAutoencoder.load(path)
    rows = np.array([[3.0, 2.0], [0.0, 0.4]])
    np.testing.assert_allclose(found.encode(rows), [[2, 1.5, 0], [0, 0, 1]])
    np.testing.assert_allclose(found.decode(found.encode(rows)), [[3, 1.5], [0, 0]])
    assert found.unexplained(rows) == pytest.approx((0.25 + 0.16) / (4.5 + 1.28))
    jump = SparseAutoencoder.load(saved(tmp_path, W_enc=encoder, W_dec=decoder, threshold=[1.0, 3.0, 0]))
    np.testing.assert_allclose(jump.encode(rows), [[3, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("tensors", "part"),
    [
        ({"W_enc": np.ones((2, 3))}, "has no 'W_dec'; it holds: W_enc"),
        ({"W_enc": np.ones((2, 3)), "W_dec": np.ones((2, 3))}, "do not belong together"),
    ],
)
def test_a_file_that_holds_no_autoencoder_is_refused(tmp_path, tensors, part):
    with refused(ModelError, part):
        SparseAutoencoder.load(saved(tmp_path, **tensors))
    with refused(ModelError, "is no safetensors file"):
        SparseAutoencoder.load(tmp_path / "nothing.safetensors")
