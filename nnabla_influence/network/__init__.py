"""Networks: files, roles, built-ins and live graphs. The only NNabla variables outside training live here."""

from .file_settings import DatasetSetting, FileSettings, dataset_sections
from .graph import MEASURING, SCORING_BATCH, SCORING_FROZEN, TRAINING, Graph, ParameterStore, Purpose
from .network import Network
from .nnp import write_archive
from .standardization import Standardization
from .stated_roles import StatedRoles

__all__ = [
    "Network",
    "Standardization",
    "StatedRoles",
    "Graph",
    "ParameterStore",
    "Purpose",
    "TRAINING",
    "SCORING_BATCH",
    "SCORING_FROZEN",
    "MEASURING",
    "DatasetSetting",
    "FileSettings",
    "dataset_sections",
    "write_archive",
]
