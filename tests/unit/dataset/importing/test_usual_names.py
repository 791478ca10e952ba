"""Names of label columns."""

from nnabla_influence.dataset.importing.usual_names import guessed_label


def test_usual_names_are_guessed():
    assert guessed_label(["x", "Target", "y:label"]) == "Target"
    assert guessed_label(["a", " Y:label "]) == " Y:label "
    assert guessed_label(["a", "b"]) is None
