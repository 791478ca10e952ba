"""Holds a rule of the forward mode against NNabla and against differences in double precision.

A rule computes in whatever precision it is given. So its value is compared with NNabla's, its tangent with a central
difference of its own value in float64 (which is right to nine digits), with NNabla's plain gradient, and what it says
in float32 with what it says in float64.
"""

import nnabla as nn
import numpy as np

from nnabla_influence.autodiff.pull.kept import Kept
from nnabla_influence.autodiff.pull.pull_registry import PULLS
from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.autodiff.tangent.dual import Dual
from nnabla_influence.autodiff.tangent.node import Node
from nnabla_influence.autodiff.tangent.registry import RULES
from support.comparison import assert_close

STEP = 1e-6
FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"
FLOAT64 = "central difference in float64: 1e-12 of truncation, 1e-16 / 1e-6 of rounding"


class Fixed:
    """An input that no parameter leads to, such as labels."""

    def __init__(self, array):
        self.array = array


def drawn(*shape, seed=0, positive=False):
    values = np.random.RandomState(seed).normal(size=shape)
    return np.asarray(np.abs(values) + 0.3 if positive else values, np.float32)


def assert_tangents(build, *inputs, float32=1e-5):
    """Check the rule of the function that ``build(*variables)`` makes, with every input moving, and with each alone."""
    arrays = [value.array if isinstance(value, Fixed) else value for value in inputs]
    moving = [place for place, value in enumerate(inputs) if not isinstance(value, Fixed)]
    function, outputs, pull = nnablas(build, arrays, moving)
    node = Node(
        function.info.type_name,
        function.info.args,
        [v.shape for v in function.inputs],
        [v.shape for v in function.outputs],
        Buffers(),
    )
    directions = [drawn(*array.shape, seed=7 + place).astype(float) for place, array in enumerate(arrays)]
    for subset in [moving, *([place] for place in moving), []]:
        moved = [d if place in subset else None for place, d in enumerate(directions)]
        found = applied(node, arrays, moved, float)
        assert_values(found, outputs)
        if not subset:
            assert all(y.tangent is None for y in found)
            continue
        assert_differences(node, arrays, moved, found)
        assert_gradients(pull, moved, found)
        assert_single_precision(node, arrays, moved, found, float32)
    assert_memory_does_not_matter(node, arrays, directions, moving)
    if node.kind in PULLS and len(outputs) == 1:
        assert_adjoint(node, arrays, directions, moving)
        assert_moving_adjoint(node, arrays, directions, moving)


def nnablas(build, arrays, moving):
    """The function behind ``build``, its outputs, and ``pull(k, c)``: the inputs' gradients of ``<c, output k>``."""
    variables = [nn.Variable.from_numpy_array(a.copy()).apply(need_grad=i in moving) for i, a in enumerate(arrays)]
    with nn.auto_forward(False):
        built = build(*variables)
    outputs = list(built) if isinstance(built, (list, tuple)) else [built]
    function = outputs[0].parent
    outputs = list(function.outputs)
    nn.forward_all(outputs)

    def pull(output, seed):
        for place in moving:
            variables[place].grad.zero()
        outputs[output].forward()
        outputs[output].backward(seed)
        return [variables[i].g.astype(float) if i in moving else None for i in range(len(variables))]

    return function, outputs, pull


def applied(node, arrays, directions, dtype, spare=False, layout=np.array):
    """The rule's outputs, of copies of the arrays."""
    inputs = [
        Dual(layout(a.astype(dtype)), None if d is None else layout(d.astype(dtype)), spare)
        for a, d in zip(arrays, directions)
    ]
    found = RULES[node.kind](node, *inputs)
    found = found if isinstance(found, list) else [found]
    return [Dual(y.value.copy(), None if y.tangent is None else y.tangent.copy()) for y in found]


def assert_values(found, outputs):
    for y, output in zip(found, outputs):
        assert_close(y.value + 10, output.d + 10, 1e-6, FLOAT32)
        assert y.tangent is None or y.tangent.shape == y.value.shape


def assert_differences(node, arrays, directions, found):
    ends = [
        applied(node, [a if d is None else a + s * STEP * d for a, d in zip(arrays, directions)], [None] * 9, float)
        for s in (1, -1)
    ]
    for y, up, down in zip(found, *ends):
        expected = (up.value - down.value) / (2 * STEP)
        assert np.abs(expected).max() > 0 or y.tangent is None or not y.tangent.any()
        if np.abs(expected).max() > 0:
            assert_close(y.tangent, expected, 1e-7, FLOAT64)


def assert_gradients(pull, directions, found):
    """``<c, dy> = <J' c, dx>`` for a random c."""
    for place, y in enumerate(found):
        if y.tangent is not None:
            seed = drawn(*y.value.shape, seed=99 + place)
            terms = [g * d for g, d in zip(pull(place, seed), directions) if g is not None and d is not None]
            expected = sum(term.sum() for term in terms)
            size = sum(np.abs(term).sum() for term in terms)
            assert abs((seed * y.tangent).sum() - expected) <= 1e-5 * size, FLOAT32


def assert_single_precision(node, arrays, directions, found, tolerance):
    single = applied(node, arrays, directions, np.float32)
    for y, exact in zip(single, found):
        assert y.value.dtype == np.float32
        if exact.tangent is not None and exact.tangent.any():
            assert y.tangent.dtype == np.float32
            assert_close(y.tangent, exact.tangent, tolerance, FLOAT32)


def assert_adjoint(node, arrays, directions, moving):
    """``<c, J dx> = <J' c, dx>``: the way back is the adjoint of the way forwards, to the last digits."""
    c = cotangent_of(node)
    found = pulled(node, arrays, [None] * len(arrays), Dual(c), moving)
    assert len(found) == len(arrays)
    for place in moving:
        alone = [d if k == place else None for k, d in enumerate(directions)]
        (y,) = applied(node, arrays, alone, float)
        assert found[place].value.shape == arrays[place].shape and found[place].tangent is None
        products = c * y.tangent, found[place].value * directions[place]
        size = sum(np.abs(product).sum() for product in products)
        assert abs(products[0].sum() - products[1].sum()) <= 1e-13 * size, f"input {place}"
    again = pulled(node, arrays, [None] * len(arrays), Dual(channels_last(c)), moving, channels_last)
    for first, second in zip(found, again):
        assert first is second is None or np.allclose(first.value, second.value, rtol=1e-12, atol=1e-12)


def assert_moving_adjoint(node, arrays, directions, moving):
    """The way back moves as differences of it do, with every input and the cotangent moving, and with each alone."""
    c = cotangent_of(node)
    d = drawn(*c.shape, seed=43).astype(float)
    for subset in [[*moving, "c"], *([place] for place in moving), ["c"]]:
        moved = [u if place in subset else None for place, u in enumerate(directions)]
        found = pulled(node, arrays, moved, Dual(c, d if "c" in subset else None), moving)
        ends = [
            pulled(
                node,
                [a if u is None else a + s * STEP * u for a, u in zip(arrays, moved)],
                [None] * len(arrays),
                Dual(c + s * STEP * d if "c" in subset else c),
                moving,
            )
            for s in (1, -1)
        ]
        single = pulled(node, arrays, moved, Dual(c, d if "c" in subset else None), moving, dtype=np.float32)
        alone = pulled(node, arrays, moved, Dual(c, d if "c" in subset else None), moving, ends=True)
        for place in moving:
            expected = (ends[0][place].value - ends[1][place].value) / (2 * STEP)
            tangent, size = found[place].tangent, max(np.abs(found[place].value).max(), np.abs(c).max())
            # What a difference of numbers of that size can say; a straight line, or a loss that is almost certain.
            resolved, largest = 1e-9 * size, np.abs(expected).max()
            if tangent is None:
                assert largest <= resolved, f"input {place} of {subset}"
                continue
            assert tangent.shape == found[place].value.shape
            assert np.array_equal(alone[place].tangent, tangent), "where the value is not asked for"
            assert np.abs(tangent - expected).max() <= 1e-7 * largest + resolved, (
                f"input {place} of {subset}: {FLOAT64}"
            )
            error = np.abs(single[place].tangent - tangent).max()
            assert error <= 1e-5 * largest + 1e-7 * size, f"input {place} of {subset}: {FLOAT32}"


def cotangent_of(node):
    return drawn(*node.output_shapes[0], seed=42).astype(float)


def pulled(node, arrays, directions, c, moving, layout=np.array, dtype=float, ends=False):
    """The cotangents of copies of the arrays, which move along directions."""
    inputs = [
        Dual(layout(a.astype(dtype)), None if d is None else layout(d.astype(dtype)))
        for a, d in zip(arrays, directions)
    ]
    y = RULES[node.kind](node, *inputs)
    c = c.linear(lambda a: a.astype(dtype))
    wanted = [place in moving for place in range(len(arrays))]
    return PULLS[node.kind](node, Kept(inputs, y, wanted, [ends] * len(arrays)), c)


def assert_memory_does_not_matter(node, arrays, directions, moving):
    """Inputs stay as they were unless they are spare; neither that nor the order of axes in memory changes a value."""
    moved = [d if place in moving else None for place, d in enumerate(directions)]
    expected = applied(node, arrays, moved, float)
    kept = [np.array(a) for a in arrays]
    inputs = [Dual(a, d) for a, d in zip(kept, moved)]
    RULES[node.kind](node, *inputs)
    assert all(np.array_equal(a, b) for a, b in zip(kept, arrays)), "an input was overwritten"
    for options in ({"spare": True}, {"layout": channels_last}):
        for y, other in zip(expected, applied(node, arrays, moved, float, **options)):
            assert_close(other.value + 10, y.value + 10, 1e-12, "the same numbers")
            if y.tangent is not None:
                assert_close(other.tangent + 10, y.tangent + 10, 1e-12, "the same numbers")


def channels_last(array):
    """The same array, axis 1 last in memory."""
    if array.ndim < 3:
        return np.array(array)
    return np.moveaxis(np.array(np.moveaxis(array, 1, -1), order="C"), -1, 1)
