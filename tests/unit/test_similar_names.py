"""What may have been meant."""

import pytest

from nnabla_influence.similar_names import did_you_mean


@pytest.mark.parametrize(
    "name, meant",
    [
        ("builtin:mpl", " Did you mean builtin:mlp?"),
        ("BUILTIN:CNN", " Did you mean builtin:cnn?"),
        ("resnet", ""),
        ("builtin:vgg", ""),
        ("", ""),
    ],
)
def test_the_most_similar_name_is_asked_for(name, meant):
    assert did_you_mean(name, ["builtin:mlp", "builtin:cnn"]) == meant


def test_names_keep_their_letters():
    assert did_you_mean("species", ["Length", "Species "]) == " Did you mean Species ?"
