"""*Why this result?*, called in this process; `test_plugin_matrix` clicks it."""

import numpy as np
import pytest
from PIL import Image
from support.nnc_clicks import result_folder

from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import ConfigError, DataError, OutputExistsError
from nnabla_influence.nnc.actions import why_this_result, why_this_row
from nnabla_influence.nnc.actions.explanation import MOST_SHOWN
from nnabla_influence.nnc.host.fields import Fields
from nnabla_influence.nnc.host.manifest import EXPLAINED_BY
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.workflow.project import Project


@pytest.fixture
def folder(trained_project, tmp_path):
    return result_folder(trained_project("affine"), tmp_path / "result")


def fields(folder, **values):
    empty = dict.fromkeys(("train", "validation", "cache", "image"), "")
    named = {"model": str(folder / "results.nnp"), "output": str(folder / "why.png"), "table": str(folder / "why.csv")}
    return Fields({**empty, **named, "method": "spectral", "samples": 4, "row": 3, **values})


def told(table):
    index, score = (table.variables[name][0].position for name in ("datasource_index", "influence"))
    return {int(row[index]): float(row[score]) for row in table.rows}


@pytest.mark.parametrize("method", EXPLAINED_BY)
def test_shown_are_the_extremes_of_the_scores_for_this_row_alone(folder, console, method):
    why_this_row.run(fields(folder, method=method), console)
    shown = told(Table.read(folder / "why.csv"))
    if method in ("last-epoch", "sgd-influence"):
        assert ("training one more epoch", "steps") in console.phases and not (folder / "why.csv.partial").exists()
    else:
        settings = {} if method == "knn-shapley" else {"objective": "loss"}
        scores = Project.open(str(folder / "results.nnp")).score(None, method, target=[2], **settings).values
        order = np.argsort(scores, kind="stable")
        expected = [n for n in order[:4] if scores[n] < 0] + [n for n in order[-4:] if scores[n] > 0]
        assert list(shown) == expected
        np.testing.assert_allclose(list(shown.values()), scores[expected], rtol=1e-8)
    with Image.open(folder / "why.png") as image:
        assert image.format == "PNG"
    assert any(line.startswith("asked about row 3 of ") and "label " in line for line in console.lines)


def test_a_clicked_picture_is_its_row(folder, console):
    why_this_row.run(fields(folder), console)
    by_row = (folder / "why.csv").read_bytes()
    picture = Table.read(folder / "validation.csv").rows[2][0]
    named = {"image": picture, "output": str(folder / "p.png"), "table": str(folder / "p.csv")}
    why_this_result.run(fields(folder, **named), console)
    assert (folder / "p.csv").read_bytes() == by_row


def test_other_evaluated_data_can_be_named(folder, console):
    why_this_row.run(fields(folder, row=23, validation=str(folder / "training.csv")), console)
    assert any("row 23 of " in line and "training.csv" in line for line in console.lines)


@pytest.mark.parametrize("samples", [0, MOST_SHOWN + 1])
def test_so_many_cannot_be_shown(folder, console, samples):
    with pytest.raises(ConfigError, match=f"from 1 to {MOST_SHOWN}"):
        why_this_row.run(fields(folder, samples=samples), console)


def test_what_is_there_is_not_written_over(folder, console):
    (folder / "why.csv").write_text("mine\n", encoding="utf-8")
    with pytest.raises(OutputExistsError):
        why_this_row.run(fields(folder), console)
    with pytest.raises(OutputExistsError):
        why_this_row.run(fields(folder, table=str(folder / "results.nnp")), console)
    assert not (folder / "why.png").exists()


def test_scores_of_zero_explain_nothing(folder, console, monkeypatch):
    zero = InfluenceScores(np.zeros(40), "spectral", table=Table.read(folder / "training.csv"))
    monkeypatch.setattr("nnabla_influence.nnc.actions.explanation.score_project", lambda *_, **__: zero)
    with pytest.raises(DataError, match="scores of zero alone"):
        why_this_row.run(fields(folder), console)
    assert not (folder / "why.csv").exists() and not (folder / "why.png").exists()
