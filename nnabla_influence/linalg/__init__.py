"""Linear algebra with matrices that are known by their products only; NumPy, never NNabla."""

from .lanczos import FunctionProduct, LanczosResult, damped_inverse, function_times_vector, lanczos, sgd_horizon
from .lissa import LissaSettings, lissa
from .operators import FunctionOperator, Operator, Scaled, Shifted
from .solvers import Solution, Status, conjugate_gradient

__all__ = [
    "FunctionOperator",
    "FunctionProduct",
    "LanczosResult",
    "LissaSettings",
    "Operator",
    "Scaled",
    "Shifted",
    "Solution",
    "Status",
    "conjugate_gradient",
    "damped_inverse",
    "function_times_vector",
    "lanczos",
    "lissa",
    "sgd_horizon",
]
