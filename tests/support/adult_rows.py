"""Made-up lines in the form of UCI's Adult data, for tests of the samples that read it."""

import numpy as np


def adult_rows(count):
    """Lines as UCI writes them; people of long schooling earn more."""
    random = np.random.default_rng(0)
    for number in range(count):
        schooling, sex = random.integers(1, 17), random.choice(["Male", "Female"])
        income = ">50K" if schooling + random.normal(scale=3) > 9 else "<=50K"
        stop = "." if number % 2 else ""
        yield (
            f"{random.integers(18, 80)}, ?, {random.integers(20000, 400000)}, Any, {schooling}, Divorced, Sales, "
            f"Wife, White, {sex}, 0, 0, {random.integers(10, 60)}, United-States, {income}{stop}"
        )
