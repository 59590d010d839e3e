"""People who may log in."""

from __future__ import annotations

import re
from collections.abc import Sequence

import argon2
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scanner.errors import UserError
from scanner.store.base import Base
from scanner.store.tables import User
from scanner.store.views import ROLES, UserView, Viewer

SHORTEST_PASSWORD = 8
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's smallest setting for argon2id: 40 ms on an office PC."""
_NOBODY = _HASHER.hash("nobody has this password")
"""Checked where there is no such user, so that the answer takes as long."""


class Users(Base):
    """The part of the store that knows people."""

    def add_user(self, name: str, display: str, role: str, password: str, communes: Sequence[str] = ()) -> str:
        """A new user; returns the id. Raises UserError for a name, role or password that cannot be."""
        name = _normal(name)
        if role not in ROLES:
            raise UserError(f'There is no role "{role}".', f"Roles: {', '.join(ROLES)}.")
        hashed = _hashed(password)
        with self._sessions.writing() as session:
            if session.scalar(select(func.count()).select_from(User).where(User.name == name)):
                raise UserError("There is already a user of that name.", "Choose another name.")
            user = User(name=name, display=display.strip() or name, role=role, communes=list(communes), password=hashed)
            session.add(user)
            session.flush()
            return user.id

    def users(self) -> list[UserView]:
        """Everybody, by name."""
        with self._sessions.reading() as session:
            rows = session.scalars(select(User).order_by(User.name))
            return [UserView(u.id, u.name, u.display, u.role, tuple(u.communes), u.disabled) for u in rows]

    def disable_user(self, name: str) -> None:
        """Shut a user out from their next request on. Raises UserError where there is none."""
        with self._sessions.writing() as session:
            self._user(session, name).disabled = True

    def set_password(self, name: str, password: str) -> None:
        """A new password. Raises UserError where there is no such user or it is too short."""
        hashed = _hashed(password)
        with self._sessions.writing() as session:
            self._user(session, name).password = hashed

    def authenticate(self, name: str, password: str) -> Viewer | None:
        """The person of that name and password; None for a wrong one, after the same time in either case."""
        with self._sessions.reading() as session:
            user = session.scalars(select(User).where(User.name == name.strip().lower())).one_or_none()
        try:
            _HASHER.verify(user.password if user else _NOBODY, password)
        except argon2.exceptions.VerificationError:
            return None
        return _viewer(user) if user and not user.disabled else None

    def viewer(self, user_id: str) -> Viewer | None:
        """The person of that id; None where there is none, or none any more."""
        with self._sessions.reading() as session:
            user = session.get(User, user_id)
            return _viewer(user) if user and not user.disabled else None

    @staticmethod
    def _user(session: Session, name: str) -> User:
        user = session.scalars(select(User).where(User.name == name.strip().lower())).one_or_none()
        if user is None:
            raise UserError("There is no user of that name.", "See the names with: sohoa users list")
        return user


def _viewer(user: User) -> Viewer:
    return Viewer(user.id, user.name, user.display, user.role, tuple(user.communes))


def _normal(name: str) -> str:
    name = name.strip().lower()
    if not re.fullmatch(r"[\w.@-]{2,80}", name):
        raise UserError(
            "A user name has 2 to 80 letters, digits, dots or dashes and no spaces.", "Choose another name."
        )
    return name


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise UserError(f"The password is shorter than {SHORTEST_PASSWORD} characters.", "Choose a longer one.")
    return _HASHER.hash(password)
