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
    lines = [f"{len(bad)} of {error.size} values differ by more than {relative:g} of the largest ({reason})"]
    lines += [f"  worst at {tuple(int(i) for i in worst)}: {float(actual[worst]):.9g} instead of {float(expected[worst]):.9g}, error {float(error[worst]):.3g}"]
    lines += [f"  {tuple(int(i) for i in p)}: {float(actual[tuple(p)]):.9g} instead of {float(expected[tuple(p)]):.9g}" for p in bad[:5]]
    flat_actual, flat_expected = actual.ravel().astype(float), expected.ravel().astype(float)
    ratio = flat_actual @ flat_expected / (flat_expected @ flat_expected)
    cosine = ratio * np.linalg.norm(flat_expected) / max(np.linalg.norm(flat_actual), 1e-300)
    lines += [f"  best common factor {ratio:.6g}, cosine {cosine:.6g} (a factor means scaling, a low cosine another vector)"]
    return "\n".join(lines)
