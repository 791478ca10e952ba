"""A comparison that explains itself when it fails: where, by how much, and why so much was allowed."""

import numpy as np


def assert_close(actual, expected, relative, reason):
    """Compare two arrays by their largest difference, relative to the largest value expected.

    Args:
        actual: What the code under test returned.
        expected: What the reference says, of the same shape.
        relative: Largest allowed ``max|actual - expected| / max|expected|``.
        reason: Why this tolerance and not a smaller one; printed when the comparison fails.
    """
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"shape {actual.shape} instead of {expected.shape}"
    assert np.isfinite(actual).all(), f"not finite at {np.argwhere(~np.isfinite(actual))[:5].tolist()}"
    scale = float(np.abs(expected).max())
    assert scale > 0, "the expected values are all zero: nothing would be compared"
    error = np.abs(actual - expected)
    worst = np.unravel_index(int(error.argmax()), error.shape)
    assert error[worst] <= relative * scale, _explanation(actual, expected, error / scale, worst, relative, reason)


def relative_error(actual, expected):
    """``max|actual - expected| / max|expected|``."""
    return float(np.abs(np.asarray(actual) - expected).max() / np.abs(expected).max())


def _explanation(actual, expected, error, worst, relative, reason):
    bad = np.argwhere(error > relative)
    head = f"{len(bad)} of {error.size} values differ by more than {relative:g} of the largest ({reason})"
    lines = [head, f"  worst {_pair(actual, expected, worst)}, error {error[worst]:.3g}"]
    lines += ["  " + _pair(actual, expected, tuple(place)) for place in bad[:5]]
    a, e = actual.ravel().astype(float), expected.ravel().astype(float)
    factor = a @ e / (e @ e)
    cosine = factor * np.linalg.norm(e) / max(np.linalg.norm(a), 1e-300)
    lines += [
        f"  best common factor {factor:.6g}, cosine {cosine:.6g} (a factor means scaling, a low cosine another vector)"
    ]
    return "\n".join(lines)


def _pair(actual, expected, place):
    return f"at {tuple(int(i) for i in place)}: {actual[place]:.9g} instead of {expected[place]:.9g}"
