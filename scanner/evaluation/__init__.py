"""How right the reading is: a truth file against what is delivered, in figures, a table and a report."""

from scanner.evaluation.curves import calibration_error, reliability, risk_coverage
from scanner.evaluation.report import write_report
from scanner.evaluation.run import Evaluation, UnplacedPage, evaluate, evaluation_to_json
from scanner.evaluation.scores import Item, Score, wilson
from scanner.evaluation.table import print_table
from scanner.evaluation.truth import TruthPage, read_truth

__all__ = [
    "Evaluation",
    "Item",
    "Score",
    "TruthPage",
    "UnplacedPage",
    "calibration_error",
    "evaluate",
    "evaluation_to_json",
    "print_table",
    "read_truth",
    "reliability",
    "risk_coverage",
    "wilson",
    "write_report",
]
