"""Memory is used again only when nobody can see it."""

import numpy as np

from nnabla_influence.autodiff.tangent.buffers import Buffers


def address(array):
    return array.ctypes.data


def test_an_array_that_nobody_holds_is_used_again_in_another_shape():
    buffers = Buffers()
    place = address(buffers.empty((2, 3), np.float32))
    assert address(buffers.empty((6,), np.float32)) == place
    assert address(buffers.empty((3, 3), np.float32)) != place


def test_an_array_is_kept_while_a_view_of_it_lives():
    buffers = Buffers()
    view = buffers.empty((4, 6), np.float32).reshape(24)[3:5].reshape(2, 1)
    view[...] = 7
    others = [buffers.empty((24,), np.float32) for _ in range(3)]
    for other in others:
        other[...] = 0
    assert (view == 7).all()
    assert len({address(other) for other in others}) == 3


def test_a_slightly_larger_array_will_do_a_much_larger_one_will_not():
    buffers = Buffers()
    place = address(buffers.empty((64, 100), np.float32))
    assert address(buffers.empty((63, 100), np.float32)) == place, "the smaller batch"
    assert address(buffers.empty((10, 100), np.float32)) != place


def test_types_share_memory_one_after_the_other():
    buffers = Buffers()
    place = address(buffers.empty((2,), np.float64))
    single = buffers.empty((4,), np.float32)
    assert address(single) == place and single.dtype == np.float32
    assert address(buffers.empty((2,), np.float64)) != place, "it is held"


def test_an_array_like_another_has_its_order_of_axes():
    buffers = Buffers()
    image = np.zeros((2, 5, 6, 3), np.float32).transpose(0, 3, 1, 2)
    alike = buffers.like(image)
    assert alike.shape == image.shape and alike.strides == image.strides
    assert buffers.like(image, np.bool_).transpose(0, 2, 3, 1).flags.c_contiguous
