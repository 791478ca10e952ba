"""Influence of every training sample on the validation loss, for NNabla networks."""

__version__ = "0.1.0"
