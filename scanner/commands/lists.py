"""`sohoa lists`: this site's own entries for the lists of jobs, majors, workplaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from scanner.commands.common import installed_forms, opened, print_message, with_settings
from scanner.errors import SettingsError, SohoaError, StorageFull, StoreError
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.site_lists.growth import ListChange
    from scanner.store.database import Store


@click.group()
def lists() -> None:
    """Manage this site's lists of jobs, majors and workplaces, which grow with verified records."""


@lists.command("update")
@with_settings
def update(settings: Settings) -> None:
    """Rebuild the lists from what several verified records share."""
    with opened(settings) as store:
        changes = _grown(store, settings)
    for change in changes:
        print_message(
            settings, "lists.changed", name=change.name, entries=change.entries, new=change.new, gone=change.gone
        )


@lists.command("show")
@click.argument("name", required=False)
@with_settings
def show(settings: Settings, name: str | None) -> None:
    """Show the lists with their lengths, or the entries of this site in one list."""
    from scanner.site_lists.lists import GROWING, damaged_lists, site_lists
    from scanner.vietnam.wordlists import word_list

    if name is not None and name not in GROWING:
        raise SettingsError("no_such_list", lists=", ".join(GROWING))
    own = site_lists(settings.lists)
    if name is None:
        for each in GROWING:
            shipped = len(word_list(each))
            print_message(settings, "lists.line", name=each, shipped=shipped, own=len(own.get(each, ())))
    else:
        for entry in own.get(name, ()):
            click.echo(entry)
    for path in damaged_lists(settings.lists):
        print_message(settings, "lists.damaged", path=path, err=True)


def update_before_reading(store: Store, settings: Settings) -> None:
    """The same update before pages are read: only counts are printed, and reading goes on where the update fails."""
    try:
        changes = _grown(store, settings)
    except (StorageFull, StoreError):  # nothing else would go well either
        raise
    except SohoaError as error:
        print_message(settings, "lists.not_updated", why=error.sentences(settings.language), err=True)
        return
    new, gone = sum(c.new for c in changes), sum(c.gone for c in changes)
    if new or gone:
        print_message(settings, "lists.grown", new=new, gone=gone, err=True)


def _grown(store: Store, settings: Settings) -> list[ListChange]:
    from scanner.forms.loading import list_forms
    from scanner.site_lists.growth import update_lists

    form_of = installed_forms(settings)
    forms = [form for form in map(form_of, list_forms(*settings.form_places)) if form is not None]
    return update_lists(store, forms, settings.lists, settings.list_min_records)
