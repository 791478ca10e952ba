"""Ctrl-C inside compiled code arrives as Ctrl-C."""

import pytest

from nnabla_influence.interrupts import clear_interrupts


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
