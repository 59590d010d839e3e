"""`sohoa lists`: this site's own entries for the lists of jobs, majors, workplaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from scanner.commands.common import installed_forms, opened, with_settings
from scanner.errors import SettingsError, SohoaError, StorageFull, StoreError
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.site_lists.growth import ListChange
    from scanner.store.database import Store


@click.group()
def lists() -> None:
    """Lists of jobs, majors, workplaces that grow with verified records."""


@lists.command("update")
@with_settings
def update(settings: Settings) -> None:
    """Make the lists anew from what several verified records share."""
    with opened(settings) as store:
        changes = _grown(store, settings)
    for change in changes:
        click.echo(f"{change.name}: {change.entries} own entries, {change.new} new, {change.gone} gone.")


@lists.command("show")
@click.argument("name", required=False)
@with_settings
def show(settings: Settings, name: str | None) -> None:
    """The lists and how long they are, or a list's own entries."""
    from scanner.site_lists.lists import GROWING, damaged_lists, site_lists
    from scanner.vietnam.wordlists import word_list

    if name is not None and name not in GROWING:
        raise SettingsError("no_such_list", lists=", ".join(GROWING))
    own = site_lists(settings.lists)
    if name is None:
        for each in GROWING:
            click.echo(f"{each}\t{len(word_list(each))} shipped\t{len(own.get(each, ()))} own")
    else:
        for entry in own.get(name, ()):
            click.echo(entry)
    for path in damaged_lists(settings.lists):
        click.echo(f"{path} is damaged and not used. Make it anew with: sohoa lists update", err=True)


def grow_quietly(store: Store, settings: Settings) -> None:
    """The same update before pages are read: it tells only counts, and where it fails reading goes on without it."""
    try:
        changes = _grown(store, settings)
    except (StorageFull, StoreError):  # nothing else would go well either
        raise
    except SohoaError as error:
        click.echo(f"The lists were not updated: {error}", err=True)
        return
    new, gone = sum(c.new for c in changes), sum(c.gone for c in changes)
    if new or gone:
        click.echo(f"Lists: {new} new entries, {gone} gone.", err=True)


def _grown(store: Store, settings: Settings) -> list[ListChange]:
    from scanner.forms.loading import list_forms
    from scanner.site_lists.growth import update_lists

    form_of = installed_forms(settings)
    forms = [form for form in map(form_of, list_forms(*settings.form_places)) if form is not None]
    return update_lists(store, forms, settings.lists, settings.list_min_records)
