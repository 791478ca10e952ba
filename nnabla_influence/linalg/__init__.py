"""Linear algebra with matrices that are known by their products only; NumPy, never NNabla."""

from .conjugate_gradient import Solution, Status, conjugate_gradient
from .function_product import FunctionProduct, function_times_vector, last_change
from .lanczos import LanczosResult, lanczos
from .operators import FunctionOperator, Operator, Scaled, Shifted
from .spectral_functions import SpectralFunction, damped_inverse

__all__ = [
    "FunctionOperator",
    "FunctionProduct",
    "LanczosResult",
    "Operator",
    "Scaled",
    "Shifted",
    "Solution",
    "SpectralFunction",
    "Status",
    "conjugate_gradient",
    "damped_inverse",
    "function_times_vector",
    "lanczos",
    "last_change",
]
