"""Ctrl-C arrives as Ctrl-C wherever it came, and says how to go on."""

import pickle
import signal
import sys

import nnabla as nn
import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.interrupts import Interrupted, clear_interrupts, interruption_text, resumable
from nnabla_influence.network.nnabla_errors import translated_errors
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.remedies import IN_PYTHON, remedy


def interrupted_inside():
    """What CPython does when a compiled function returns although an exception is set."""
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as interrupt:
        raise SystemError("returned a result with an exception set") from interrupt


def test_an_interrupt_inside_compiled_code_is_an_interrupt():
    with pytest.raises(KeyboardInterrupt), clear_interrupts():
        interrupted_inside()


def test_another_error_of_the_interpreter_stays_what_it_is():
    with pytest.raises(SystemError, match="bad argument"), clear_interrupts():
        raise SystemError("bad argument to internal function")


def test_what_went_wrong_before_the_interrupt_is_not_its_cause():
    with pytest.raises(SystemError), clear_interrupts():
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise SystemError("while cleaning up") from None


class Swallower:
    """Whatever is raised when the interpreter finalizes this goes nowhere."""

    def __init__(self, error):
        self.error = error

    def __del__(self):
        raise self.error


def swallow(error):
    Swallower(error)  # finalized at once


def test_an_interrupt_that_the_interpreter_threw_away_ends_the_block():
    reached = []
    with pytest.raises(KeyboardInterrupt), clear_interrupts():
        swallow(KeyboardInterrupt())
        reached.append("the end of the block")
    assert reached
    with clear_interrupts():
        pass  # once is enough


def test_the_innermost_block_raises_it():
    reached = []
    with pytest.raises(KeyboardInterrupt), clear_interrupts():
        swallow(KeyboardInterrupt())
        for batch in range(3):
            with translated_errors("net.nnp", "a batch"):
                reached.append(batch)
    assert reached == [0]


def test_an_interrupt_comes_before_an_error_of_the_same_block():
    with pytest.raises(KeyboardInterrupt) as caught, clear_interrupts():
        swallow(KeyboardInterrupt())
        raise ValueError("and something else")
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(ValueError), clear_interrupts():
        raise ValueError("alone")


def test_an_error_of_tidying_up_does_not_hide_the_interrupt():
    with pytest.raises(KeyboardInterrupt), clear_interrupts():
        try:
            raise KeyboardInterrupt
        finally:
            raise ValueError("seek of closed file")  # noqa: B012 - as NumPy's archive does


def test_a_second_interrupt_that_got_through_is_enough():
    with pytest.raises(KeyboardInterrupt), clear_interrupts():
        swallow(KeyboardInterrupt())
        raise KeyboardInterrupt
    with clear_interrupts():
        pass


def test_other_errors_that_go_nowhere_are_reported_as_before(monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: reported.append(unraisable.exc_type))
    before = sys.unraisablehook
    with clear_interrupts(), clear_interrupts():
        swallow(ValueError("lost"))
    assert reported == [ValueError] and sys.unraisablehook is before


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on Windows")
def test_no_interrupt_is_lost_while_nnabla_reads_arrays():
    """NNabla imports something whenever it reads an array; without `clear_interrupts`, 50 of 2,000 were lost."""
    variable, imports = nn.Variable.from_numpy_array(np.ones(3)), "nnabla.nnabla_ext"
    found = sys.modules.pop(imports, None)  # as NNabla does it by itself
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        outcomes = [interrupted(lambda: variable.data.data, 1e-4 * (1 + number % 20)) for number in range(200)]
    finally:
        signal.signal(signal.SIGALRM, before)
        sys.modules[imports] = found
    assert outcomes == [True] * 200


def interrupt(number, frame):
    interrupt.sent = True
    raise KeyboardInterrupt


def interrupted(read, seconds):
    """Whether an interrupt after some seconds of reading ends it, in whichever block it came."""
    interrupt.sent = False
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        while not interrupt.sent:
            with clear_interrupts():
                read()
    except KeyboardInterrupt:
        return True
    return False


def test_what_is_kept_and_how_to_go_on_is_said_at_every_door():
    with pytest.raises(Interrupted) as caught, resumable("it lies in 'x'.", remedy("go-on-training")):
        raise KeyboardInterrupt
    assert caught.value.kept == "it lies in 'x'."
    assert str(caught.value) == f"it lies in 'x'. {IN_PYTHON['go-on-training']}"
    for words in (IN_COMMANDS, IN_FIELDS):
        assert interruption_text(caught.value, words) == f"it lies in 'x'. {words['go-on-training']}"
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and isinstance(again, KeyboardInterrupt)


def test_a_bare_interrupt_has_nothing_to_say():
    assert interruption_text(KeyboardInterrupt(), IN_COMMANDS) == ""
    assert interruption_text(KeyboardInterrupt("see x"), IN_COMMANDS) == "see x"


def test_the_outermost_block_has_the_last_word():
    with pytest.raises(Interrupted, match="all of it") as caught, resumable("all of it.", remedy("go-on")):
        with resumable("a part.", remedy("go-on-scoring")):
            interrupted_inside()
    assert isinstance(caught.value.__cause__, Interrupted)


def test_without_progress_the_interrupt_is_left_as_it_came(tmp_path):
    folder = tmp_path / "x.partial"
    with pytest.raises(KeyboardInterrupt) as caught, resumable("it lies there.", remedy("go-on"), folder):
        raise KeyboardInterrupt
    assert not isinstance(caught.value, Interrupted)
    folder.mkdir()
    with pytest.raises(Interrupted, match="it lies there"), resumable("it lies there.", remedy("go-on"), folder):
        raise KeyboardInterrupt


def test_errors_and_good_ends_pass():
    with resumable("x.", remedy("go-on")):
        pass
    with pytest.raises(ValueError), resumable("x.", remedy("go-on")):
        raise ValueError
