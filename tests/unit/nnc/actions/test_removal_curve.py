"""The fields of the plugin *Removal curve*."""

from argparse import Namespace

import pytest

from nnabla_influence.errors import ConfigError
from nnabla_influence.nnc.actions.removal_curve import _Wanted


def wanted(methods="spectral,random", counts="1%,2%,5%,10%", trials=3):
    return _Wanted.read(Namespace(methods=methods, counts=counts, trials=trials))


def test_lists_are_read_with_spaces_and_repetitions():
    found = wanted(" loss, random ,loss,", "10, 5 %,10")
    assert found.methods == ("loss", "random")
    assert found.counts(200) == [10]
    assert found.counts(1000) == [10, 50]
    assert wanted().counts(40) == [1, 2, 4], "1 % of 40 is no sample"


@pytest.mark.parametrize(
    "values, message",
    [
        ({"methods": "magic"}, "methods some of spectral, .*, random, with commas between them; got 'magic'"),
        ({"methods": "tracin"}, "got 'tracin'"),
        ({"methods": " ,"}, "got ' ,'"),
        ({"counts": "1%;2%"}, "counts numbers or percentages with commas between them, such as 10,5%, got '1%;2%'"),
        ({"trials": 0}, "trials 1 or more, got 0"),
    ],
)
def test_what_cannot_be_is_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        wanted(**values)


@pytest.mark.parametrize(
    "counts, message", [("0,0.1%", "Nothing of the field counts is a sample of 40"), ("40", "40 cannot be removed")]
)
def test_numbers_that_do_not_fit_the_data_are_refused(counts, message):
    with pytest.raises(ConfigError, match=message):
        wanted(counts=counts).counts(40)
