"""`sohoa users`: people who may log in."""

from __future__ import annotations

import click

from scanner.commands.common import opened, with_settings
from scanner.settings import Settings

PASSWORD = click.option("--password", help="Asked for where not given.", envvar="SOHOA_PASSWORD")


def _secret(password: str | None) -> str:
    if password:
        return password
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


@click.group()
def users() -> None:
    """People who may log in."""


@users.command("add")
@click.argument("name")
@click.option("--display", default="", help="The name shown to others.")
@click.option("--role", default="reviewer", show_default=True)
@click.option("--xa", "communes", multiple=True, help="Code of a commune this person sees; none: all.")
@PASSWORD
@with_settings
def add(
    settings: Settings, name: str, display: str, role: str, communes: tuple[str, ...], password: str | None
) -> None:
    """Add a person."""
    with opened(settings) as store:
        store.add_user(name, display, role, _secret(password), communes)
    click.echo(f"User {name} was added as {role}.")


@users.command("list")
@with_settings
def show(settings: Settings) -> None:
    """Everybody."""
    with opened(settings) as store:
        for user in store.users():
            state = "  disabled" if user.disabled else ""
            click.echo(f"{user.name}\t{user.role}\t{', '.join(user.communes) or 'all communes'}{state}")


@users.command("disable")
@click.argument("name")
@with_settings
def disable(settings: Settings, name: str) -> None:
    """Shut a person out."""
    with opened(settings) as store:
        store.disable_user(name)
    click.echo(f"User {name} was disabled.")


@users.command("passwd")
@click.argument("name")
@PASSWORD
@with_settings
def passwd(settings: Settings, name: str, password: str | None) -> None:
    """Give a person a new password."""
    with opened(settings) as store:
        store.set_password(name, _secret(password))
    click.echo(f"User {name} has a new password.")
