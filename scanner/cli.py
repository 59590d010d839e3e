"""The command line: `sohoa`. Every command ends in an exit code and at most one sentence; nobody is shown a traceback.

0 all is well; 1 the operator must act; 2 the command was given wrongly; 3 done, but some pages need a person.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import click

from scanner import __version__
from scanner.commands import calibrate, crops, desk, forms, lists, pages, people, reread
from scanner.commands.common import end, with_settings
from scanner.errors import SohoaError, StorageFull
from scanner.files import is_disk_full
from scanner.settings import Settings, load_settings

ONE_THREAD = ("OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS")
"""One core a process: left alone, Tesseract and small matrices wake every core, and a page costs two to three times as
much on a busy machine."""
FAULTS = "faults.log"
"""In the data folder: where in the program faults of ours happened. It holds no values."""


class _Group(click.Group):
    """Turns whatever goes wrong in a command into its one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            end("Stopped. Run the same command again to go on.")
        except SohoaError as error:
            end(str(error), error.exit_code)
        except OSError as error:
            _about_a_file(ctx, error)
        except Exception as error:
            _about_us(ctx, error)


def _about_a_file(ctx: click.Context, error: OSError) -> None:
    if error.errno == errno.EPIPE:  # the reader of a pipe has seen enough; click ends quietly
        raise error
    if is_disk_full(error):
        end("The disk is full. Free some space, then run the same command again.", StorageFull.exit_code)
    told = (PermissionError, FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
    if isinstance(error, told) and error.filename and not ctx.params.get("debug"):
        end(f"{error.filename} cannot be opened ({error.strerror}). Check the path and its permission.")
    _about_us(ctx, error)


def _about_us(ctx: click.Context, error: Exception) -> None:
    """A fault of ours. The place is told and kept, never the text: it could hold somebody's name."""
    if ctx.params.get("debug"):
        raise error
    kept = _keep(error, ctx)
    end(
        f"Sohoa met a fault ({type(error).__name__} at {_place(error.__traceback__)}). "
        + (f"Report it with the file {kept}." if kept else "Run it again with --debug and report it.")
    )


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
@click.option("--debug", is_flag=True, help="Show where a fault happened.")
@click.pass_context
def main(ctx: click.Context, data: Path | None, debug: bool) -> None:
    """Sohoa: from scanned forms to verified records."""
    for name in ONE_THREAD:  # before NumPy is loaded, here and in the workers, which inherit it
        os.environ.setdefault(name, "1")
    ctx.obj = {"data": data}


@click.command()
@with_settings
def doctor(settings: Settings) -> None:
    """Is this machine ready? Each missing piece with the command that mends it."""
    from scanner.doctor import examine, print_findings

    findings = examine(settings)
    print_findings(findings)
    if any(f.required and not f.ok for f in findings):
        sys.exit(1)


for command in (
    doctor, pages.read, pages.scan, reread.reread, desk.serve, desk.export, desk.report, pages.evaluate, people.users,
    forms.forms,
    crops.crops, calibrate.calibrate, lists.lists,
):  # fmt: skip
    main.add_command(command)
