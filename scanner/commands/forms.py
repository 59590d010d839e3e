"""`sohoa forms`: forms as configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.commands.common import end, with_settings
from scanner.messages import format_reason
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.model import FormTemplate


@click.group()
def forms() -> None:
    """Forms as configuration."""


def _named(settings: Settings, name: str) -> FormTemplate:
    """The form of an id, or of a form file that need not be installed."""
    from scanner.forms.loading import load_form, read_form

    path = Path(name)
    return read_form(path) if path.suffix == ".json" else load_form(name, *settings.form_places)


@forms.command("list")
@with_settings
def show(settings: Settings) -> None:
    """The forms that are installed."""
    from scanner.forms.loading import list_forms, load_form

    for form_id in list_forms(*settings.form_places):
        form = load_form(form_id, *settings.form_places)
        click.echo(f"{form.id}\t{form.version}\t{len(form.fields)} fields\t{form.title}")


@forms.command("check")
@click.argument("names", metavar="[FORM|FILE]...", nargs=-1)
@with_settings
def check(settings: Settings, names: tuple[str, ...]) -> None:
    """Validate forms (all that are installed): overlaps, boxes off the sheet, double ids, rules."""
    from scanner.forms.loading import list_forms
    from scanner.forms.versions import all_faults

    wrong = []
    for name in names or list_forms(*settings.form_places):
        form = _named(settings, name)
        faults = all_faults(form)
        for fault in faults:
            click.echo(format_reason(fault, settings.language), err=True)
        if faults:
            wrong.append(f"{form.id} has {len(faults)} faults.")
        else:
            click.echo(f"{form.id}: {len(form.fields)} fields, {len(form.rules)} rules, no faults.")
    if wrong:
        end(f"{' '.join(wrong)} Mend the form file.")


@forms.command("draw")
@click.argument("name", metavar="FORM|FILE")
@click.option("--out", type=click.Path(path_type=Path), help="The PNG; default: FORM.png.")
@with_settings
def draw(settings: Settings, name: str, out: Path | None) -> None:
    """Paint a form's boxes over its blank."""
    from PIL import Image

    from scanner.forms.loading import blank_image
    from scanner.layout.detection.draw import draw_form

    form = _named(settings, name)
    target = out or Path(f"{form.id}.png")
    Image.fromarray(draw_form(form, blank_image(form))).save(target, "PNG")
    click.echo(str(target))


@forms.command("new")
@click.argument("blank", type=click.Path(path_type=Path))
@click.option("--id", "form_id", help="Id of the form; default: the file's name.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of forms; default: SOHOA_FORMS or ./form_templates."
)
@with_settings
def new(settings: Settings, blank: Path, form_id: str | None, out: Path | None) -> None:
    """Draft a form from its blank: lines, boxes and cells are found, then named by you."""
    from scanner.forms.drafting import draft_form
    from scanner.forms.loading import FILE

    folder = out or settings.forms or Path("form_templates")
    form = draft_form(blank, form_id or blank.stem.lower().replace(" ", "-"), folder)
    file = folder / form.id / FILE
    click.echo(f"{file}: {len(form.fields)} fields found. Name them, then run: sohoa forms check {file}")
