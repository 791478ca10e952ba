"""Every plugin on every kind of project, in the order of use, clicked in both products.

The results are those of ``nnabla_cli train``. The scripts are the copies that ``install`` made in an empty folder, and
the package is found beside them only. What a plugin computes is tested elsewhere; here: it works, says so as the
product reads it, writes what it promises and nothing else, and the next plugin can go on from there.
"""

import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest
from integration.conftest import contents
from nnabla.utils.data_iterator import data_iterator_csv_dataset
from PIL import Image
from support.desktop_import import problems_of
from support.nnc_clicks import result_folder
from support.nnc_desktop import datasets, index, make_database, page
from support.nnc_result import nnabla_cli, sequence_project

from nnabla_influence.dataset.csv import Table
from nnabla_influence.evaluation.number_search import NumberSearch
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.nnc.actions.own_outputs import record_file
from nnabla_influence.nnc.host.manifest import plugin_named
from nnabla_influence.nnc.installer.dataset_registration import DatasetRegistration
from nnabla_influence.training import TrainingCache

SOLVERS = {
    "affine": {},
    "conv_bn": {"solver": "Momentum", "learning_rate": 0.02},
    "dropout": {"solver": "Adam", "learning_rate": 0.01},
    "regression": {"solver": "Adam", "learning_rate": 0.01},
    "two_inputs": {"solver": "Momentum", "learning_rate": 0.02},
}
KINDS = [*SOLVERS, "lstm"]
PICTURES = ("affine", "conv_bn", "dropout")  # the others are numbers, the sequences of the last one in files
TRAINED = {"influence_cache.h5", "monitoring_report.yml", "progress.txt", "results.nnp", "results.nntxt"}
REPORT = {"influence_report.html", "influence_report_figures", "most_harmful.png"}
CURVE = {"removal_curve.png", "retrainings.csv", "retrainings.rows.npz"}


@pytest.fixture(scope="module")
def project_of(trained_project, tmp_path_factory):
    """``project_of(kind)``: a project trained by ``nnabla_cli``; its sequences and their CSV files move with it."""
    made = {}

    def make(kind):
        if kind not in made:
            made[kind] = lstm() if kind == "lstm" else trained_project(kind, **SOLVERS[kind])
        return made[kind]

    def lstm():
        project = sequence_project(tmp_path_factory.mktemp("lstm") / "project")
        nnabla_cli(project.folder, "train", "-c", project.nntxt, "-o", project.folder)
        return project

    return make


class Session:
    """A person who clicks one plugin after the other; every click is checked."""

    def __init__(self, product, result):
        self.product, self.result = product, result

    def __call__(self, name, **values):
        """Clicks; returns what was said and the names that were added to the folder of the outputs."""
        before = contents(self.result)
        click = self.product(name, self.result, **values)
        assert (click.code, click.printed) == (0, ""), click.said
        assert click.lines[-1] == f"{plugin_named(name).label} completed successfully."
        assert click.said.count("[Level 99]: ") == len(click.lines) and "\r" not in click.said
        after = contents(self.result)
        log = self.result / "plugin_log.txt"
        assert all(after[path] == before[path] for path in before if path != log and ".written_by" not in path.name), (
            "a file that was there has changed"
        )
        place = click.output.parent if click.output else self.result
        copies = self.result / "plugins"  # of clicked pictures, made by NNC Desktop right in there
        added = {path for path in after.keys() - before.keys() if path != log and path.parent != copies}
        record = record_file(name, click.output or self.result / "any")
        assert record in after or name == "train_with_influence_cache"
        return click, {label(path.relative_to(place)) for path in added - {record}}


def label(path):
    """The name right in a folder, or right in the folder of what NNC Desktop does not list."""
    return "/".join(path.parts[:2]) if path.parts[0] == "more_files" else path.parts[0]


def more(*names):
    return {f"more_files/{name}" for name in names}


def check_influence(path, kind, samples):
    assert problems_of(path) == []
    table = Table.read(path)
    assert ("predicted_label" in table.header) == (kind != "regression")
    scores = [float(row[table.variables["influence"][0].position]) for row in table.rows]
    assert len(scores) == samples and scores == sorted(scores)
    assert scores[0] < 0 < scores[-1] and all(scores), "every sample has a score"


def check_curve(picture, table, counts):
    check_picture(picture)
    curve = RemovalCurve.read_csv(table)
    series = [(method, count) for method in ("spectral", "random") for count in counts]
    assert {(row.method, row.removed) for row in curve.rows} == {("none", 0), *series}


def check_why(picture, table, said, row):
    """A picture, and a CSV of training samples that NNC can open: those that harmed, then those that helped."""
    check_picture(picture)
    assert problems_of(table) == [] and f"asked about row {row} of " in said
    read = Table.read(table)
    scores = [float(cells[read.variables["influence"][0].position]) for cells in read.rows]
    assert scores == sorted(scores) and scores[0] < 0 < scores[-1] and len(scores) <= 6


def scored_rows(path):
    read = Table.read(path)
    places = [read.variables[name][0].position for name in ("influence", "datasource_index")]
    return [tuple(cells[place] for place in places) for cells in read.rows]


def check_picture(path):
    with Image.open(path) as image:
        assert image.format == "PNG" and min(image.size) > 200


def check_registered(cleansed, database):
    """It becomes a data set of NNC Desktop, and NNabla reads from it what it reads from the file."""
    registered = DatasetRegistration(database).register(cleansed)
    (dataset,) = datasets(database)
    assert (dataset["name"], dataset["state"]) == (cleansed.stem, "completed")
    assert len(page(database, dataset["number"], 0, 0)) == min(10, registered.samples)
    read = []
    for path in (cleansed, index(database, dataset["number"])):
        with closing(data_iterator_csv_dataset(str(path), registered.samples, shuffle=False)) as iterator:
            read.append(iterator.next())
    for original, copy in zip(*read):
        np.testing.assert_array_equal(original, copy)


def check_cleansed(influence, cleansed, removed):
    kept, gone = Table.read(cleansed), Table.read(removed)
    added = {"influence", "predicted_label", "predicted_value", "loss", "datasource_index"}
    assert problems_of(cleansed) == problems_of(removed) == []
    scored = Table.read(influence)
    assert kept.header == [scored.header[c.position] for c in scored.columns if c.name not in added]
    assert (len(kept), len(gone)) == (len(Table.read(influence)) - 2, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_in_nnc_windows_every_plugin_goes_on_from_the_one_before(clicks, project_of, tmp_path, kind):
    result = result_folder(project_of(kind), tmp_path / "結果 result")
    click = Session(clicks.windows, result)
    samples = len(Table.read(result / "training.csv"))
    _, added = click("influence")
    assert added == {"influence.csv", "influence.csv.json"}
    check_influence(result / "influence.csv", kind, samples)
    said, added = click("why_this_row", row=7, samples=3)
    assert added == {"why_this_row.png", "why_this_row.csv"}
    check_why(result / "why_this_row.png", result / "why_this_row.csv", said.said, 7)
    if kind in (*PICTURES, "lstm"):  # what the cell says: the file of the input
        evaluated = Table.read(result / "validation.csv")
        said, added = click("why_this_result", image=evaluated.rows[6][evaluated.variables["x"][0].position], samples=3)
        assert added == {"why_this_result.png", "why_this_result.csv"}
        check_why(result / "why_this_result.png", result / "why_this_result.csv", said.said, 7)
        assert (result / "why_this_result.csv").read_bytes() == (result / "why_this_row.csv").read_bytes()
    said, added = click("influence_report", samples=9)
    assert added == REPORT and "could not be read" not in said.said
    check_picture(result / "most_harmful.png")
    assert "datasource_index" in (result / "influence_report.html").read_text(encoding="utf-8")
    said, added = click("removal_curve", counts="1,4", trials=1)
    assert added == CURVE and "no influence cache: first one more" in said.said
    assert "cost: up to 5 trainings of the last epoch alone" in said.said and "NNC Desktop" not in said.said
    check_curve(result / "removal_curve.png", result / "retrainings.csv", (1, 4))
    _, added = click("remove_harmful_samples", remove="2")
    assert added == {"cleansed.csv", "removed.csv"}
    check_cleansed(result / "influence.csv", result / "cleansed.csv", result / "removed.csv")


@pytest.mark.parametrize("kind", KINDS)
def test_in_nnc_desktop_every_plugin_goes_on_from_the_one_before(clicks, project_of, tmp_path, kind):
    result = result_folder(project_of(kind), tmp_path / "result", desktop=True)
    click = Session(clicks.desktop, result)
    samples = len(Table.read(result / "training.csv"))
    influence, added = click("influence")
    assert added == {"influence.csv"} | more("last_good_influence.csv", "influence.csv.json")
    check_influence(influence.output, kind, samples)
    why, added = click("why_this_row", row="7", samples="3")
    assert added == {"why_this_row.png"} | more("why_this_row.csv", "last_good_why_this_row.png")
    by_row = why.output.parent / "more_files" / "why_this_row.csv"
    check_why(why.output, by_row, why.said, 7)
    if kind in PICTURES:
        place = Table.read(result / "validation.csv").variables["x"][0].position
        why, added = click("why_this_result", image=f"6,{place}", samples="3")
        assert added == {"why_this_result.png"} | more("why_this_result.csv", "last_good_why_this_result.png")
        by_picture = why.output.parent / "more_files" / "why_this_result.csv"
        check_why(why.output, by_picture, why.said, 7)
        assert scored_rows(by_picture) == scored_rows(by_row)
    report, added = click("influence_report")
    unlisted = REPORT - {"most_harmful.png"} | {"last_good_most_harmful.png"}
    assert added == {"most_harmful.png"} | more(*unlisted)
    check_picture(report.output)
    curve, added = click("removal_curve", counts="10%", trials="1")
    unlisted = CURVE - {"removal_curve.png"} | {"last_good_removal_curve.png"}
    assert added == {"removal_curve.png"} | more(*unlisted)
    check_curve(curve.output, curve.output.parent / "more_files" / "retrainings.csv", (round(0.1 * samples),))
    cleansed, added = click("remove_harmful_samples", remove="2")
    assert added == {"cleansed.csv"} | more("removed.csv", "last_good_cleansed.csv")
    assert f"other files of this result are in '{cleansed.output.parent / 'more_files'}'" in cleansed.said
    check_cleansed(influence.output, cleansed.output, cleansed.output.parent / "more_files" / "removed.csv")
    assert f"choose Import Dataset, click to select, take '{cleansed.output}' and press Start" in cleansed.said
    assert f'plugins register-dataset --desktop "{cleansed.output}"' in cleansed.said
    check_registered(cleansed.output, make_database(tmp_path / "nncd_bucket" / "db" / "nncd.db"))
    assert "NNC Desktop stops waiting after 5 minutes" in curve.said and "cost: up to 3 trainings of the " in curve.said


@pytest.mark.parametrize("kind", KINDS)
def test_in_nnc_windows_the_cache_of_the_training_plugin_is_used(clicks, project_of, tmp_path, kind):
    result = result_folder(project_of(kind), tmp_path / "project")
    for path in [*result.glob("results*"), result / "monitoring_report.yml", result / "progress.txt"]:
        path.unlink()
    click = Session(clicks.windows, result)
    said, added = click("train_with_influence_cache", output_dir=".")
    assert added == TRAINED and "epoch 3 of 3 cost=" in said.said
    assert TrainingCache.open(result / "influence_cache.h5").config.epochs == 3
    said, added = click("influence", method="last-epoch")
    assert (
        added == {"influence.csv", "influence.csv.json"} and "scoring the training in influence_cache.h5" in said.said
    )
    assert problems_of(result / "influence.csv") == []


def test_in_nnc_desktop_auto_retrains_and_keeps_what_it_decided_by(clicks, project_of, tmp_path):
    click = Session(clicks.desktop, result_folder(project_of("conv_bn"), tmp_path / "result", desktop=True))
    click("influence")
    cleansed, added = click("remove_harmful_samples", remove="auto", confirm="last-epoch")
    kept = {"auto_influence.csv", "auto_influence.csv.json", "auto_retrainings.csv", "auto_retrainings.rows.npz"}
    assert added == {"cleansed.csv"} | more("removed.csv", "last_good_cleansed.csv", *kept)
    unlisted = cleansed.output.parent / "more_files"
    curve = RemovalCurve.read_csv(unlisted / "auto_retrainings.csv")
    assert all(row.job in curve.figures for row in curve.rows)
    removed = (unlisted / "removed.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(Table.read(cleansed.output)) == 40 - len(removed)
    assert ("auto: spectral: remove " in cleansed.said) == bool(removed)
    trainings = NumberSearch(start="last-epoch", confirm="last-epoch").trainings(40)
    cost = cleansed.lines.index(f"cost: up to {trainings} trainings of the last epoch alone, with 40 samples an epoch")
    assert "NNC Desktop stops waiting after 5 minutes" in cleansed.lines[cost + 1]
    assert cost < next(place for place, line in enumerate(cleansed.lines) if line.startswith("training one more epoch"))


def test_these_clicks_find_the_package_beside_the_script_only(clicks):
    line = [sys.executable, "-c", "import nnabla; import nnabla_influence"]
    done = subprocess.run(line, cwd=str(clicks.elsewhere), env=clicks.environment(), capture_output=True, check=False)
    assert b"No module named 'nnabla_influence'" in done.stderr
