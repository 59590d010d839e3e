"""The values that flow through Sohoa: a form, a page, where the form lies on it, what was read and why.

Everything here is immutable. Coordinates on a form are millimetres from the sheet's top left corner,
x to the right and y down; pixel positions are (row, column) unless a docstring says (x, y).
Citizens' values are kept out of `repr`, so that no log or traceback can show them.
"""

from scanner.model.form import Box, FieldKind, FieldLayout, FieldSpec, FormTemplate, NextPage, Option, RuleSpec
from scanner.model.page import SET_ASIDE, Gray, Page, PageRef, PageStatus, Quality, Reason, Unreadable
from scanner.model.reading import (
    CharReading,
    Crop,
    EngineReading,
    FieldReading,
    Issue,
    LineEvidence,
    Mark,
    MarkState,
    Record,
    Step,
    Value,
)
from scanner.model.registration import DPI, PX_PER_MM, NotRegistered, PageTransform, Registration

__all__ = [
    "DPI",
    "PX_PER_MM",
    "SET_ASIDE",
    "Box",
    "CharReading",
    "Crop",
    "EngineReading",
    "FieldKind",
    "FieldLayout",
    "FieldReading",
    "FieldSpec",
    "FormTemplate",
    "Gray",
    "Issue",
    "LineEvidence",
    "Mark",
    "MarkState",
    "NextPage",
    "NotRegistered",
    "Option",
    "Page",
    "PageRef",
    "PageStatus",
    "PageTransform",
    "Quality",
    "Reason",
    "Record",
    "Registration",
    "RuleSpec",
    "Step",
    "Unreadable",
    "Value",
]
