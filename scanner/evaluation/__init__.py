"""How right the reading is: a truth file against what is delivered, in figures, a table and a report."""

from scanner.evaluation.baseline import Fall, Pages, fallen, read_baseline, write_baseline
from scanner.evaluation.curves import calibration_error, reliability, risk_coverage
from scanner.evaluation.pictures import Album
from scanner.evaluation.report import write_report
from scanner.evaluation.run import Evaluation, UnplacedPage, evaluate, evaluation_to_json
from scanner.evaluation.scores import Item, Score
from scanner.evaluation.table import falls_line, print_table
from scanner.evaluation.truth import TruthPage, read_truth

__all__ = [
    "Album",
    "Evaluation",
    "Fall",
    "Item",
    "Pages",
    "Score",
    "TruthPage",
    "UnplacedPage",
    "calibration_error",
    "evaluate",
    "evaluation_to_json",
    "fallen",
    "falls_line",
    "print_table",
    "read_baseline",
    "read_truth",
    "reliability",
    "risk_coverage",
    "write_baseline",
    "write_report",
]
