"""Every plugin, declared once: its label, its place in the menu, and its fields.

From this list come the options of the scripts (`protocol`), the rows that NNC Desktop reads from its database
(`desktop`), the tables of the manual (`manual`) and ``plugins manifest --json``. Texts are plain ASCII English, because
both products pass them through consoles of any encoding; Japanese lives in the manual.

Rules for fields, from how the two products pass them:

* NNC Windows shows every field that is not `hidden` and may leave it empty. An empty field means "find it yourself".
* NNC Desktop cannot pass an empty value, so a field with no default there is not offered; and it knows exactly one
  output, whose name must be `SHOWN`: its editor looks for that name. An output that is not given lies one folder
  deeper, see `desktop_result`.
* NNC Desktop gives its output the extension of the *last* path among the inputs, and cannot hide a field. So that path
  is one that means something to whoever clicked, where there is one of that extension (`EVALUATION`, `INFLUENCE`).
* NNC Desktop keeps line breaks and wraps lines itself, NNC Windows does not wrap: descriptions are paragraphs without
  breaks in them, and `protocol` breaks the lines of ``-h``.
"""

from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass
from typing import Any, Dict, Tuple

from ...choices import DEFAULT_OBJECTIVE, OBJECTIVES
from ...errors import ConfigError

__all__ = ["PLUGINS", "SCORED_BY", "SHOWN", "Parameter", "Plugin", "manifest", "plugin_named"]

TAGS = (
    ("csv", "int", "float", "variable", "dir", "bool", "option", "model", "image", "text", "file", "nntxt")
)  # fmt: skip
"""What a field may hold, in the words of NNC Windows."""

PATH_TAGS = ("csv", "dir", "model", "image", "file", "nntxt")

METHODS = (
    ("spectral", "last-epoch", "sgd-influence", "influence-function", "self-influence", "loss", "out-of-fold",
     "knn-shapley")
)  # fmt: skip
"""The methods a result folder is enough for; the command line has more."""

SCORED_BY = (*METHODS, "tracin")
"""The methods of the plugin *Influence*, which trains what the last one needs."""

EXPLAINED_BY = ("spectral", "last-epoch", "sgd-influence", "influence-function", "knn-shapley")
"""The methods of *Why this result?*: those that ask the validation data, at one set of parameters."""

STARTS = ("last-epoch", "scratch")

SHOWN = "output"
"""The parameter whose file NNC Desktop shows: its editor asks for this name and waits for ever for another one."""


@dataclass(frozen=True)
class Parameter:
    """A field of a plugin.

    Args:
        name: Long option and attribute of the parsed arguments, with underscores.
        short: Short option without its hyphen.
        tag: What the field holds, one of `TAGS`.
        help: One or two sentences in plain ASCII English.
        empty: What it means to leave the field empty, which NNC Desktop does not let anybody do.
        default: What the field holds at first; empty: nothing.
        direction: ``input`` or ``output``.
        options: The choices of tag ``option``.
        required: Whether the plugin cannot start without it.
        hidden: Whether NNC Windows does not show it.
        desktop: The default in NNC Desktop, where it differs.
        readonly: Whether NNC Desktop shows but does not let edit it.
        made_by: The plugin whose output the field takes; NNC Desktop keeps outputs in a folder per plugin.
        clicked: Whether it takes the cell that was clicked: NNC Windows fills in the cell's text, NNC Desktop passes a
            copy of its picture. NNC Desktop refuses cells that are no pictures, so a plugin for numbers has none.
    """

    name: str
    short: str
    tag: str
    help: str
    default: str = ""
    direction: str = "input"
    options: Tuple[str, ...] = ()
    empty: str = ""
    required: bool = False
    hidden: bool = False
    desktop: str = ""
    readonly: bool = False
    made_by: str = ""
    clicked: bool = False

    @property
    def tag_text(self) -> str:
        """The tag as NNC Windows reads it, e.g. ``(csv)`` or ``(option:a,b)``."""
        return f"({self.tag}:{','.join(self.options)})" if self.options else f"({self.tag})"

    @property
    def explanation(self) -> str:
        """The help, and what may stay empty or be chosen, for people."""
        choices = f". Choices: {', '.join(self.options)}" if self.options else ""
        return f"{self.filled_in}{choices}"

    @property
    def filled_in(self) -> str:
        """The help, and what an empty field means."""
        return f"{self.help}. Empty: {self.empty}" if self.empty else self.help

    @property
    def is_path(self) -> bool:
        """Whether the field names a file or a folder."""
        return self.tag in PATH_TAGS


@dataclass(frozen=True)
class Plugin:
    """A plugin.

    Args:
        name: Name of the script, and of the module of this package that does the work.
        folder: Where the script lies below ``plugins/``; in NNC Windows the menu.
        label: The menu's text.
        description: Text below the label; a line is a paragraph.
        parameters: The fields in the order of the dialog.
        on_desktop: Whether NNC Desktop offers it; then it has a parameter `SHOWN`.
        needs: Libraries that do not come with NNabla.
    """

    name: str
    folder: str
    label: str
    description: str
    parameters: Tuple[Parameter, ...]
    on_desktop: bool = False
    needs: Tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """The script below ``plugins/``, with forward slashes."""
        return f"{self.folder}/{self.name}.py"

    @property
    def plugin_id(self) -> str:
        """The identifier in NNC Desktop, which accepts UUIDs only; always the same for the same plugin."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"nnabla_influence/plugins/{self.name}"))

    def parameter(self, name: str) -> Parameter:
        """Return the field of that name."""
        return next(parameter for parameter in self.parameters if parameter.name == name)


MODEL = Parameter(
    "model", "m", "model", "Trained network of the selected result", "results.nnp", desktop="result.nnp", readonly=True
)
TRAIN = Parameter("train", "t", "csv", "Training data", empty="the training data of the project")
VALIDATION = Parameter("validation", "v", "csv", "Validation data", empty="the validation data of the project")
CACHE = Parameter(
    "cache", "k", "file", "Influence cache of the training", empty="influence_cache.h5 beside the network, if any"
)
EVALUATION = Parameter(
    "evaluation", "e", "csv", "Evaluation result that was clicked", "output_result.csv", hidden=True, readonly=True
)
"""What NNC Desktop gives a CSV its extension by; the plugin does not read it."""

PICTURE = Parameter("result_type", "y", "image", "Type of the result", "picture.png", hidden=True, readonly=True)
"""The same for a picture, of which nothing that was clicked has the extension."""

INFLUENCE = Parameter(
    "influence", "i", "csv", "Influence CSV, the output of the plugin Influence", "influence.csv", made_by="influence"
)

TRAINING = Plugin(
    "train_with_influence_cache",
    "_Training",
    "Train with influence cache",
    "Trains the network of the project exactly as NNC does and also writes influence_cache.h5, which keeps the "
    "parameters of the last epoch. With it, the plugin Influence can use every method.",
    (
        Parameter("config", "c", "nntxt", "Network and settings of the project", "net.nntxt"),
        Parameter("output_dir", "o", "dir", "Folder of the result", direction="output", required=True),
        Parameter("resume", "r", "bool", "Go on with an interrupted training", hidden=True),
        Parameter("seed", "s", "int", "Seed of the first parameters and of the order", empty="as NNC trains"),
    ),
)

INFLUENCE_SCORES = Plugin(
    "influence",
    "_Post_Process/_Data_Cleansing",
    "Influence",
    "Scores every training sample by what it does to the validation loss or the expected validation error. A negative "
    "score is harmful, a positive one helpful.\n"
    "The result is the training data as CSV with the columns influence and datasource_index, most harmful first. Open "
    "it as a dataset to look at it.\n"
    "Methods work from the trained network alone, but: out-of-fold trains five networks, each without a fifth of the "
    "data, and judges that fifth by them; last-epoch and sgd-influence need an influence cache, and without one, one "
    "more epoch is trained first; tracin trains the project from new parameters, as does every method where trials is "
    "more than 1.\n"
    "last-epoch: Suzuki, Kobayashi, Narihira 2021, https://arxiv.org/abs/2103.11807\n"
    "sgd-influence: Hara, Nitanda, Maehara 2019, https://arxiv.org/abs/1906.08473\n"
    "influence-function: Koh, Liang 2017, https://arxiv.org/abs/1703.04730\n"
    "tracin: Pruthi, Liu, Sundararajan, Kale 2020, https://arxiv.org/abs/2002.08484\n"
    "knn-shapley: Jia and others 2019, https://arxiv.org/abs/1908.08619",
    (
        MODEL,
        TRAIN,
        VALIDATION,
        CACHE,
        Parameter("method", "a", "option", "How to score", SCORED_BY[0], options=SCORED_BY),
        Parameter(
            "objective",
            "j",
            "option",
            "What harm is: more expected errors on the validation data, or a higher mean loss. With wrong labels in "
            "the validation data: error. Means nothing to the methods self-influence and loss",
            DEFAULT_OBJECTIVE,
            options=OBJECTIVES,
        ),
        Parameter(
            "trials",
            "r",
            "int",
            "How many trainings the scores are the mean of. 1: the selected result alone. More: the project is trained "
            "so many times, each time from other parameters",
            "1",
        ),
        Parameter(
            "batch_size",
            "b",
            "int",
            "Samples of a batch, of what is trained and of what is computed at a time",
            empty="as the project says",
        ),
        Parameter("output", "o", "csv", "Influence CSV to write", "influence.csv", "output", desktop="influence"),
        EVALUATION,
    ),
    on_desktop=True,
)


def _why(name: str, label: str, what: str, asked: Parameter) -> Plugin:
    """Declare one of the two forms of *Why this result?*; they differ in how the sample is named."""
    return Plugin(
        name,
        "_Post_Process/_Data_Cleansing",
        label,
        f"Shows the training samples that helped and that harmed the network most at {what}, as a picture, and as a "
        "CSV that opens as a dataset with thumbnails.\n"
        "Without a sample that helped, the network would do worse at the evaluated one; without one that harmed, "
        "better. Doing well means a low loss for the label in the data, whatever the network predicts.",
        (
            MODEL,
            asked,
            TRAIN,
            Parameter("validation", "v", "csv", "Evaluated data", empty="the validation data of the project"),
            CACHE,
            Parameter("method", "a", "option", "How to score", EXPLAINED_BY[0], options=EXPLAINED_BY),
            Parameter("samples", "n", "int", "How many samples of each kind to show", "16"),
            Parameter("output", "o", "image", "Picture to write", f"{name}.png", "output", desktop=name),
            Parameter("table", "ot", "csv", "CSV of these training samples to write", f"{name}.csv", "output"),
            PICTURE,
        ),
        on_desktop=True,
        needs=("matplotlib",),
    )


WHY_RESULT = _why(
    "why_this_result",
    "Why this result?",
    "the clicked picture of an evaluation result",
    Parameter(
        "image", "g", "image", "Clicked picture of the evaluation result",
        empty="nothing to ask about; click a cell with a picture first", clicked=True,
    ),
)  # fmt: skip

WHY_ROW = _why(
    "why_this_row",
    "Why this result? By row number",
    "one row of an evaluation result, whatever its data are",
    Parameter("row", "w", "int", "Row of the evaluation result, counted from 1", "1"),
)

REPORT = Plugin(
    "influence_report",
    "_Post_Process/_Data_Cleansing",
    "Influence report",
    "Shows the most harmful and the most helpful training samples of an influence CSV: an HTML page to open in a "
    "browser, and a picture of the most harmful samples.",
    (
        INFLUENCE,
        Parameter(
            "curve", "c", "csv", "Table of the plugin Removal curve",
            empty="retrainings.csv beside the influence CSV, if any",
        ),
        Parameter("samples", "n", "int", "How many of the most harmful samples the picture shows", "50"),
        Parameter("output", "o", "image", "Picture to write", "most_harmful.png", "output", desktop="most_harmful"),
        Parameter("page", "p", "file", "HTML page to write", "influence_report.html", "output"),
        PICTURE,
    ),
    on_desktop=True,
    needs=("jinja2", "matplotlib"),
)  # fmt: skip

REMOVAL_CURVE = Plugin(
    "removal_curve",
    "_Post_Process/_Data_Cleansing",
    "Removal curve",
    "Does removing the most harmful samples help? Removes some, trains again, measures, and draws the result.\n"
    "Random removal is the yardstick: a method that does not beat it has found nothing.",
    (
        MODEL,
        TRAIN,
        VALIDATION,
        Parameter("test", "x", "csv", "Data that judges at the end and is used for nothing else", empty="none"),
        CACHE,
        Parameter(
            "methods", "a", "text", "Methods to compare, with commas between them. Possible: "
            + ", ".join((*METHODS, "random")), "spectral,random",
        ),
        Parameter(
            "counts", "n", "text", "How many samples to remove: numbers or percentages, with commas between them",
            "1%,2%,5%,10%",
        ),
        Parameter(
            "start", "b", "option", "What is trained again: only the last epoch, which is quick, or everything",
            STARTS[0], options=STARTS,
        ),
        Parameter("trials", "r", "int", "How often each training is repeated with another seed", "3"),
        Parameter("seed", "s", "int", "The first seed", "0"),
        Parameter("output", "o", "image", "Picture to write", "removal_curve.png", "output", desktop="removal_curve"),
        Parameter("table", "ot", "csv", "Table to write, one row for each training", "retrainings.csv", "output"),
        PICTURE,
    ),
    on_desktop=True,
    needs=("matplotlib",),
)  # fmt: skip

REMOVAL = Plugin(
    "remove_harmful_samples",
    "_Dataset/_Data_Cleansing",
    "Remove harmful samples",
    "Writes the training data without its most harmful samples, and the removed samples, as two CSV files.\n"
    "Your own files are not changed. Train on the first file to see whether it helped.",
    (
        Parameter(
            "model", "m", "model", "For auto: the trained network", empty="results.nnp beside the influence CSV",
            desktop="result.nnp", readonly=True,
        ),
        INFLUENCE,
        Parameter(
            "remove", "n", "text", "How many samples to remove: a number, a percentage such as 5%, or auto: "
            "trains many times to find out and needs the trained network. Or the CSV list that was downloaded "
            "from the report", "5%",
        ),
        Parameter(
            "confirm", "b", "option", "For auto: from where it trains again. From scratch takes long, but the last "
            "epoch alone does not show all the damage that removing samples does", STARTS[1], options=STARTS,
        ),
        Parameter("output", "o", "csv", "Cleansed data to write", "cleansed.csv", "output", desktop="cleansed"),
        Parameter("removed", "or", "csv", "Removed samples to write", "removed.csv", "output"),
    ),
    on_desktop=True,
)  # fmt: skip

PLUGINS = (TRAINING, INFLUENCE_SCORES, WHY_RESULT, WHY_ROW, REPORT, REMOVAL_CURVE, REMOVAL)
"""All plugins, in the order of use."""


def plugin_named(name: str) -> Plugin:
    """Return the plugin of that name.

    Raises:
        ConfigError: There is none.
    """
    for plugin in PLUGINS:
        if plugin.name == name:
            return plugin
    raise ConfigError(f"There is no plugin '{name}'; there are {', '.join(plugin.name for plugin in PLUGINS)}.")


def manifest() -> Dict[str, Any]:
    """Return the whole manifest as plain values, for ``plugins manifest --json``."""
    from ... import __version__

    plugins = [
        {**dataclasses.asdict(plugin), "script": plugin.script, "plugin_id": plugin.plugin_id} for plugin in PLUGINS
    ]
    return {"version": __version__, "plugins": plugins}
