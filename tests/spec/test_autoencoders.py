"""Sparse autoencoders and their features as recipes."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from interp_core import Model, PromptSet, Site, ablate_feature, difference_in_means, sparse_autoencoder, zero
from interp_core.errors import ClaimError, ModelError
from tests.spec.recipes import HARMFUL, HARMLESS, refused, texts

SITE = Site(layer=2)
PROMPTS = PromptSet.from_texts("few", texts("r", 3))


def saved(path, **tensors):
    save_file({name: np.asarray(array, dtype=np.float32) for name, array in tensors.items()}, path)
    return path


@pytest.fixture
def file(tmp_path):
    return saved(tmp_path / "sae.safetensors", W_enc=np.ones((4, 6)), W_dec=np.ones((6, 4)))


def test_a_recipe_is_its_files_content_and_not_its_path(file, tmp_path):
    sae = sparse_autoencoder(file)
    assert (sae.width, sae.features, sae.centred) == (4, 6, True)
    twin = sparse_autoencoder(file.rename(tmp_path / "elsewhere.safetensors"))
    assert twin.feature(1, at=SITE) == sae.feature(1, at=SITE)
    other = sparse_autoencoder(saved(file, W_enc=np.ones((4, 6)), W_dec=2 * np.ones((6, 4))))
    designs = {str(ablate_feature(one.feature(1, at=SITE)).design()) for one in (sae, twin, other)}
    assert len(designs) == 2


def test_a_threshold_means_that_nothing_is_taken_off_first(tmp_path):
    tensors = {"W_enc": np.ones((4, 6)), "W_dec": np.ones((6, 4)), "threshold": np.ones(6)}
    path = saved(tmp_path / "jump.safetensors", **tensors)
    assert not sparse_autoencoder(path).centred
    assert sparse_autoencoder(path, centred=True).centred


def test_what_differs_is_another_design(file):
    feature = sparse_autoencoder(file).feature(1, at=SITE)
    edits = [
        ablate_feature(feature),
        ablate_feature(feature, position="answer"),
        ablate_feature(feature.sae.feature(2, at=SITE)),
        ablate_feature(feature.random(like=HARMFUL.fit, draws=2)),
        ablate_feature(feature.random(like=HARMFUL.fit, draws=3)),
        ablate_feature(feature.random(like=HARMLESS.fit, draws=2)),
    ]
    assert len({str(edit.design()) for edit in edits}) == len(edits)
    assert len({edit.label for edit in edits}) == len(edits) - 1  # the last two differ in their prompts alone
    assert Model("m").under(*edits).design() == [edit.design() for edit in edits]


def test_what_is_no_feature_is_refused(file, tmp_path):
    sae = sparse_autoencoder(file)
    with refused(ClaimError, "feature 6 is out of range", "has 6 features"):
        sae.feature(6, at=SITE)
    with refused(ClaimError, "unknown position 'end'"):
        ablate_feature(sae.feature(0, at=SITE), position="end")
    with refused(ClaimError, "random(draws=0) draws nothing"):
        sae.feature(0, at=SITE).random(like=PROMPTS, draws=0)
    with refused(ModelError, "has no matrix 'W_dec'", "it holds: W_enc"):
        sparse_autoencoder(saved(tmp_path / "half.safetensors", W_enc=np.ones((4, 6))))
    for broken in (b"", b"{}", b"\x02\0\0\0\0\0\0\0[]"):
        (tmp_path / "broken").write_bytes(broken)
        with refused(ModelError, "is no safetensors file that can be read"):
            sparse_autoencoder(tmp_path / "broken")


def test_a_label_names_the_feature_and_its_place(file):
    feature = sparse_autoencoder(file).feature(3, at=Site(depth=0.5))
    assert ablate_feature(feature).label == "ablation of feature 3 at depth 0.5"
    assert ablate_feature(feature, position="answer").label == "ablation of feature 3 at depth 0.5, answer only"
    arm = Model("m").activation(PROMPTS, of=feature)
    assert arm.quantity.noun == "activation of feature 3"
    direction = difference_in_means(HARMFUL, HARMLESS, at=SITE)
    assert Model("m").under(zero(direction), ablate_feature(feature)).interventions[1].directions == ()
