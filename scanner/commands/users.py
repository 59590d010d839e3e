"""`sohoa users`: people who may log in."""

from __future__ import annotations

import click

from scanner.commands.common import opened, print_message, with_settings
from scanner.messages import message
from scanner.settings import Settings

PASSWORD = click.option("--password", help="Default: SOHOA_PASSWORD, else it is asked for.", envvar="SOHOA_PASSWORD")


def _password(settings: Settings, password: str | None) -> str:
    if password:
        return password
    asked: str = click.prompt(
        message("command.users.password", settings.language), hide_input=True, confirmation_prompt=True
    )
    return asked


@click.group()
def users() -> None:
    """Manage the users who may log in."""


@users.command("add")
@click.argument("name")
@click.option("--display", default="", help="The name that others see.")
@click.option("--role", default="reviewer", show_default=True, help="What the user may do.")
@click.option(
    "--xa",
    "communes",
    multiple=True,
    help="Code of a commune that the user may see; may be repeated. Default: all communes.",
)
@PASSWORD
@with_settings
def add(
    settings: Settings, name: str, display: str, role: str, communes: tuple[str, ...], password: str | None
) -> None:
    """Add a user."""
    with opened(settings) as store:
        store.add_user(name, display, role, _password(settings, password), communes)
    print_message(settings, "users.added", name=name, role=role)


@users.command("list")
@with_settings
def show(settings: Settings) -> None:
    """List all users."""
    with opened(settings) as store:
        for user in store.users():
            communes = ", ".join(user.communes) or message("command.users.all_communes", settings.language)
            code = "users.line_disabled" if user.disabled else "users.line"
            print_message(settings, code, name=user.name, role=user.role, communes=communes)


@users.command("disable")
@click.argument("name")
@with_settings
def disable(settings: Settings, name: str) -> None:
    """Disable a user, who can then no longer log in."""
    with opened(settings) as store:
        store.disable_user(name)
    print_message(settings, "users.disabled", name=name)


@users.command("passwd")
@click.argument("name")
@PASSWORD
@with_settings
def passwd(settings: Settings, name: str, password: str | None) -> None:
    """Set a user's password."""
    with opened(settings) as store:
        store.set_password(name, _password(settings, password))
    print_message(settings, "users.new_password", name=name)
