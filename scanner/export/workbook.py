"""A workbook written row by row: cells by type, full sheets continued, nothing left behind."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from scanner.export.columns import harmless
from scanner.messages import message

if TYPE_CHECKING:
    from typing_extensions import Buffer

ROWS = 1_048_576
"""Rows of an Excel sheet; what goes beyond continues on a further sheet."""
Cell = str | int | float | bool | dt.date | dt.datetime | None


class Sink(io.FileIO):
    """A file to write to that takes everything in silence once the disk has refused.

    `zipfile` writes its end again when a half-written archive is collected, long after the error was told.
    """

    failed = False

    def write(self, data: Buffer) -> int:
        """Write all of it."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest and not self.failed:
                rest = rest[super().write(rest) :]
        except OSError:
            self.failed = True
            raise
        return size

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move, while there is something to move in."""
        return 0 if self.failed else super().seek(offset, whence)

    def tell(self) -> int:
        """Where the next byte goes."""
        return 0 if self.failed else super().tell()

    def flush(self) -> None:
        """Nothing is buffered."""


class Workbook:
    """A workbook written row by row, so that a hundred thousand records need little memory.

    Its temporary files hold citizens' values: they lie beside the target in a folder of their own and go
    with it, whatever happens.
    """

    def __init__(self, path: Path, lang: str, rows: int = ROWS) -> None:
        self.lang, self.rows = lang, rows
        self._folder = tempfile.TemporaryDirectory(prefix=".sohoa-", dir=path.parent)
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": self._folder.name,
        }
        self._sink = Sink(path, "w")
        self._book = xlsxwriter.Workbook(self._sink, options)
        self.head = self._format(bold=True, text_wrap=True, valign="top", bg_color="#E8F0FB", bottom=1)
        self.text = self._format(num_format="@")
        self.wrapped = self._format(num_format="@", text_wrap=True, valign="top")
        self.quoted = self._format(num_format="@", quote_prefix=True)
        self.date = self._format(num_format="dd/mm/yyyy", align="left")
        self.moment = self._format(num_format="dd/mm/yyyy hh:mm", align="left")
        self.number = self._format(num_format="0")
        self.share = self._format(num_format="0.0%")

    def _format(self, **properties: object) -> Format:
        return self._book.add_format({"font_name": "Times New Roman", "font_size": 12, **properties})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Save if all went well; remove the temporary files in any case."""
        try:
            if kind is None:
                self._save()
        finally:
            self._clean_up()

    def sheet(self, name: str) -> Worksheet:
        """A new sheet of that name."""
        return self._book.add_worksheet(name)

    def _save(self) -> None:
        """Put the workbook together. Raises OSError as the file system does."""
        try:
            self._book.close()
        except FileCreateError as error:
            cause = error.args[0]
            raise cause if isinstance(cause, OSError) else OSError(str(cause)) from None

    def _clean_up(self) -> None:
        """Remove the temporary files; a workbook not saved is given up."""
        self._book.fileclosed = True
        self._sink.close()
        for sheet in self._book.worksheets():
            sheet._opt_close()
        self._folder.cleanup()


class WorkbookTable:
    """Rows under a frozen heading with a filter; a full sheet is followed by another."""

    def __init__(self, book: Workbook, name: str, heads: Sequence[str], widths: Sequence[int]) -> None:
        self._book, self._name, self._heads, self._widths = book, name, heads, widths
        self._sheets = 0
        self._sheet = self._open()

    def _open(self) -> Worksheet:
        self._sheets += 1
        sheet = self._book.sheet(self._name if self._sheets == 1 else f"{self._name} {self._sheets}")
        for column, width in enumerate(self._widths):
            sheet.set_column(column, column, width)
        sheet.set_row(0, 48)
        for column, head in enumerate(self._heads):
            sheet.write_string(0, column, head, self._book.head)
        sheet.freeze_panes(1, 0)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS}"})
        self._next = 1
        return sheet

    def add(self, cells: Sequence[tuple[Cell, Format | None]]) -> None:
        """One more row of values with their formats (None: chosen by the value's type)."""
        if self._next == self._book.rows:
            self.close()
            self._sheet = self._open()
        for column, (value, shape) in enumerate(cells):
            write_cell(self._book, self._sheet, self._next, column, value, shape)
        self._next += 1

    def close(self) -> None:
        """Set the filter over what was written."""
        self._sheet.autofilter(0, 0, max(self._next - 1, 1), len(self._heads) - 1)


def write_cell(
    book: Workbook, sheet: Worksheet, row: int, column: int, value: Cell, shape: Format | None = None
) -> None:
    """One cell by the value's type. Text that looks like a formula is text with Excel's own quote mark.

    That mark is a property of the cell and not a character of its value, so nothing is added to the data
    and editing the cell does not wake the formula either.
    """
    match value:
        case None | "":
            return
        case str():
            quoted = harmless(value) != value
            sheet.write_string(row, column, value, book.quoted if quoted else shape or book.text)
        case bool():
            sheet.write_string(row, column, message("export.yes" if value else "export.no", book.lang), book.text)
        case int() | float():
            sheet.write_number(row, column, value, shape or book.number)
        case dt.datetime():
            sheet.write_datetime(row, column, value.replace(tzinfo=None), shape or book.moment)
        case dt.date():
            sheet.write_datetime(row, column, value, shape or book.date)
