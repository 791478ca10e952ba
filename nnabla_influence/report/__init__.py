"""The report: one HTML page to look at the scored samples with, and figures.

`write_report` reads what the commands ``score`` or ``run``, ``evaluate`` and ``train`` wrote. It is the only part of
the package that needs Jinja2 and matplotlib (``pip install "nnabla-influence[report]"``); they are loaded when a report
is written.
"""

from .report_inputs import ReportInputs
from .required_libraries import require_report_libraries
from .written_report import WrittenReport, write_report

__all__ = ["ReportInputs", "WrittenReport", "require_report_libraries", "write_report"]
