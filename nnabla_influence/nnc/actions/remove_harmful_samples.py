"""The plugin *Remove harmful samples*: the training data without its most harmful samples, and these, as two CSV files.

A number or a share is taken from the influence CSV as it is, and so is a list, such as the one downloaded from the
report. ``auto`` must not let the data that made the scores also choose the number, so it scores once more, with half of
the validation data; the network is trained again without the most harmful samples of that ranking, for several numbers
and seeds, and of the other half one part chooses and another one confirms. What is removed then are the samples of the
ranking that was judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...announcements import announce_classes
from ...cleansing import Listed, Removal, amount_from
from ...errors import ConfigError
from ...files import refuse_overwriting
from ...messenger import Messenger
from ...workflow.cleanse import CleanseRequest, cleanse_data
from ..host.desktop_result import DesktopResult
from ..host.fields import Fields
from ..host.next_step import REGISTER
from .chosen_removal import ChosenRemovalRequest, chosen_removal
from .influence_file import influence_file
from .own_outputs import own_outputs

__all__ = ["RemovalRequest", "removal_of", "run"]

AUTO = "auto"


@dataclass(frozen=True)
class RemovalRequest:
    """What the fields ask for.

    Args:
        influence: The influence CSV.
        remove: How many, as `removal_of` reads it, or ``auto``.
        model: The trained network, which ``auto`` trains again; empty: beside the influence CSV.
        output: The cleansed data to write.
        removed: The removed samples to write.
        confirm: From where ``auto`` trains again, one of `choices.STARTS`.
    """

    influence: Path
    remove: str
    model: str
    output: Path
    removed: Path
    confirm: str


def run(fields: Fields, console: Messenger) -> None:
    """Write the two files.

    Args:
        fields: ``influence``, ``remove``, ``model``, ``output``, ``removed`` and ``confirm``.
        console: Where progress is said.

    Raises:
        ConfigError: The field `remove` holds something else.
        DataError: The influence CSV is missing or broken, or nothing would be left.
        OutputExistsError: An output is read, or both are the same file.
    """
    request = RemovalRequest(
        fields.path("influence"),
        fields.text("remove"),
        fields.text("model"),
        fields.path("output"),
        fields.path("removed"),
        fields.text("confirm"),
    )
    _remove(request, console)


def _remove(asked: RemovalRequest, console: Messenger) -> None:
    influence = influence_file(asked.influence)
    output = asked.output
    removed = asked.removed
    refuse_overwriting([output, removed], [influence])
    with own_outputs("remove_harmful_samples", output, removed):
        if asked.remove.strip().lower() == AUTO:
            chosen = ChosenRemovalRequest(influence, asked.model, output, removed, asked.confirm)
            influence, removal = chosen_removal(chosen, console)
        else:
            removal = removal_of(asked.remove)
        cleansed = cleanse_data(CleanseRequest(influence, removal, output, removed, overwrite=True), console)
    announce_classes(console, cleansed.losses, "removed")
    samples = cleansed.samples
    gone = len(cleansed.changed)
    if not gone:
        console.info(f"no sample is removed: {output} holds all of them, {removed} is a header only")
    console.info(f"{gone} of {samples} samples removed ({gone / samples:.1%}): {removed}")
    console.info(f"cleansed data: {output} ({samples - gone} samples); train on it to see whether it helped")
    if DesktopResult.of(output) is not None:
        console.info(_way_back(output))


def _way_back(output: Path) -> str:
    """Say how the cleansed data comes into NNC Desktop, which has no data set of a plugin's result by itself."""
    return (
        "to train on it in NNC Desktop: on its start page open Dataset, choose Import Dataset, click to select, take "
        f"'{output}' and press Start; then open the project's tab DATASET and choose '{output.stem}' for Training. Or "
        f"in a terminal: {REGISTER.format(csv=output)}. NNC Desktop takes a name once only: delete an older data set "
        "of that name first, or start this plugin again and give the result another name"
    )


def removal_of(text: str) -> Removal:
    """Return the rule behind ``100``, ``5%``, or the file of a list.

    Raises:
        ConfigError: It is none of these.
    """
    if text.strip().lower().endswith(".csv"):
        return Listed(_list_file(text.strip()))
    try:
        return amount_from(text.replace(" ", ""))
    except ConfigError as error:
        raise ConfigError(
            "Expected in the field remove a number such as 100, a percentage such as 5%, auto, or the list (.csv) "
            f"downloaded from the report; got '{text}'."
        ) from error


def _list_file(name: str) -> Path:
    """Find the list, also where browsers put it.

    Raises:
        ConfigError: There is no such file.
    """
    given = Path(name.strip('"'))
    places = (given, Path.home() / "Downloads" / given.name)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise ConfigError(f"Expected the list at '{places[0]}' or '{places[1]}', found no file. Give its full name.")
    return path
