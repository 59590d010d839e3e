"""`sohoa forms`: forms as configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.commands.common import print_message, with_settings
from scanner.errors import FormError
from scanner.messages import format_reason
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.model import FormTemplate


@click.group()
def forms() -> None:
    """List, check, draw and draft forms."""


def _named(settings: Settings, name: str) -> FormTemplate:
    """The form of an id, or of a form file that need not be installed."""
    from scanner.forms.loading import load_form, read_form

    path = Path(name)
    return read_form(path) if path.suffix == ".json" else load_form(name, *settings.form_places)


@forms.command("list")
@with_settings
def show(settings: Settings) -> None:
    """List the installed forms."""
    from scanner.forms.loading import list_forms, load_form

    for form_id in list_forms(*settings.form_places):
        form = load_form(form_id, *settings.form_places)
        fields = len(form.fields)
        print_message(settings, "forms.line", id=form.id, version=form.version, fields=fields, title=form.title)


@forms.command("check")
@click.argument("names", metavar="[FORM|FILE]...", nargs=-1)
@with_settings
def check(settings: Settings, names: tuple[str, ...]) -> None:
    """Check forms: overlaps, boxes outside the sheet, duplicate ids, rules. Default: all installed forms."""
    from scanner.forms.loading import list_forms
    from scanner.forms.versions import all_faults

    faulty = []
    for name in names or list_forms(*settings.form_places):
        form = _named(settings, name)
        faults = all_faults(form)
        for fault in faults:
            click.echo(format_reason(fault, settings.language), err=True)
        if faults:
            faulty.append(f"{form.id} ({len(faults)})")
        else:
            fields, rules = len(form.fields), len(form.rules)
            print_message(settings, "forms.no_faults", id=form.id, fields=fields, rules=rules)
    if faulty:
        raise FormError("forms_with_faults", forms=", ".join(faulty))


@forms.command("draw")
@click.argument("name", metavar="FORM|FILE")
@click.option("--out", type=click.Path(path_type=Path), help="The PNG to write; default: FORM.png.")
@with_settings
def draw(settings: Settings, name: str, out: Path | None) -> None:
    """Draw a form's boxes over its blank, as a PNG."""
    from PIL import Image

    from scanner.forms.loading import blank_image
    from scanner.layout.detection.draw import draw_form

    form = _named(settings, name)
    target = out or Path(f"{form.id}.png")
    Image.fromarray(draw_form(form, blank_image(form))).save(target, "PNG")
    click.echo(str(target))


@forms.command("new")
@click.argument("blank", type=click.Path(path_type=Path))
@click.option("--id", "form_id", help="Id of the form; default: the name of the file.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of forms; default: SOHOA_FORMS or ./form_templates."
)
@with_settings
def new(settings: Settings, blank: Path, form_id: str | None, out: Path | None) -> None:
    """Draft a form from its blank: lines, boxes and cells are found; you then name the fields."""
    from scanner.forms.drafting import draft_form
    from scanner.forms.loading import FILE

    folder = out or settings.forms or Path("form_templates")
    form = draft_form(blank, form_id or blank.stem.lower().replace(" ", "-"), folder)
    file = folder / form.id / FILE
    print_message(settings, "forms.drafted", file=file, fields=len(form.fields))
