"""How right the reading is: a truth file against what is delivered, in figures, a table and a report."""

from scanner.evaluation.baseline import CountsByPage, Regression, find_regressions, read_baseline, write_baseline
from scanner.evaluation.curves import calibration_error, reliability, risk_coverage
from scanner.evaluation.pictures import WorstPictures
from scanner.evaluation.report import write_report
from scanner.evaluation.run import Evaluation, UnplacedPage, evaluate, evaluation_to_json
from scanner.evaluation.scores import JudgedField, Score
from scanner.evaluation.table import format_regressions, print_table
from scanner.evaluation.truth import TruthPage, read_truth

__all__ = [
    "CountsByPage",
    "Evaluation",
    "JudgedField",
    "Regression",
    "Score",
    "TruthPage",
    "UnplacedPage",
    "WorstPictures",
    "calibration_error",
    "evaluate",
    "evaluation_to_json",
    "find_regressions",
    "format_regressions",
    "print_table",
    "read_baseline",
    "read_truth",
    "reliability",
    "risk_coverage",
    "write_baseline",
    "write_report",
]
