"""The command line: `sohoa`. Every command ends with an exit code and, if it failed, what is wrong and what to do.

0 all well; 1 the operator must act; 2 wrong usage; 3 finished, but some pages need a person. No traceback is shown.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import click

from scanner import __version__
from scanner.commands import calibrate, crops, desk, forms, lists, pages, reread, users
from scanner.commands.common import language_of, with_settings
from scanner.errors import SohoaError, StorageFull
from scanner.files import is_disk_full
from scanner.settings import Settings, load_settings

ONE_THREAD = ("OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS")
"""One core a process: left alone, Tesseract and small matrices wake every core, and a page costs two to three times as
much on a busy machine."""
FAULTS = "faults.log"
"""In the data folder: where in the program internal errors happened. It holds no values."""


class _Group(click.Group):
    """Ends a command that failed with its error's sentences and exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            _end(ctx, SohoaError("stopped"))
        except SohoaError as error:
            _end(ctx, error)
        except OSError as error:
            _end_file_error(ctx, error)
        except Exception as error:
            _end_internal_error(ctx, error)


def _end(ctx: click.Context, error: SohoaError) -> NoReturn:
    """What is wrong and what to do, in the operator's language, on standard error."""
    click.echo(f"sohoa: {error.sentences(language_of(ctx))}", err=True)
    sys.exit(error.exit_code)


def _end_file_error(ctx: click.Context, error: OSError) -> NoReturn:
    """A full disk or a file that cannot be opened is for the operator; anything else of this kind is internal."""
    if error.errno == errno.EPIPE:  # the reader of a pipe has seen enough; click ends quietly
        raise error
    if is_disk_full(error):
        _end(ctx, StorageFull("disk_full"))
    of_path = (PermissionError, FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
    if isinstance(error, of_path) and error.filename and not ctx.params.get("debug"):
        _end(ctx, SohoaError("file_not_opened", path=error.filename, detail=error.strerror))
    _end_internal_error(ctx, error)


def _end_internal_error(ctx: click.Context, error: Exception) -> NoReturn:
    """The place is shown and kept, never the text: it could hold somebody's name."""
    if ctx.params.get("debug"):
        raise error
    kept, fault, place = _keep(error, ctx), type(error).__name__, _place(error.__traceback__)
    if kept is None:
        _end(ctx, SohoaError("internal_error_not_kept", fault=fault, place=place))
    _end(ctx, SohoaError("internal_error", fault=fault, place=place, path=kept))


def _place(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def _keep(error: Exception, ctx: click.Context) -> Path | None:
    """Files, lines and names of functions, without the message; returns where, None where there is no data folder."""
    try:
        path = load_settings(**(ctx.obj or {})).data / FAULTS
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} sohoa {__version__} {type(error).__name__}\n")
            file.writelines(frames)
        return path
    except (SohoaError, OSError):
        return None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sohoa")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The data folder (SOHOA_DATA).")
@click.option("--debug", is_flag=True, help="Show the traceback of an internal error.")
@click.pass_context
def main(ctx: click.Context, data: Path | None, debug: bool) -> None:
    """Sohoa: from scanned forms to verified records."""
    for name in ONE_THREAD:  # before NumPy is loaded, here and in the workers, which inherit it
        os.environ.setdefault(name, "1")
    ctx.obj = {"data": data}


@click.command()
@with_settings
def doctor(settings: Settings) -> None:
    """Check this machine: what is missing, with the command that installs or corrects it."""
    from scanner.doctor import examine, print_findings

    findings = examine(settings)
    print_findings(findings, settings.language)
    if any(f.required and not f.ok for f in findings):
        sys.exit(1)


for command in (
    doctor, pages.read, pages.scan, reread.reread, desk.serve, desk.export, desk.report, pages.evaluate, users.users,
    forms.forms,
    crops.crops, calibrate.calibrate, lists.lists,
):  # fmt: skip
    main.add_command(command)
