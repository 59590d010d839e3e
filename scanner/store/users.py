"""People who may log in."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import argon2
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scanner.errors import UserError
from scanner.store.base import StoreBase
from scanner.store.locks import lock_names
from scanner.store.tables import UserRow
from scanner.store.views import ROLES, UserView, Viewer

SHORTEST_PASSWORD = 8
LONGEST_DISPLAY = 160
HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's smallest setting for argon2id: 40 ms on an office PC."""
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$G7tTktrZoU45/OZOF6Irfw$VKnflTkyNGCGnCMN0ZW92Kel/tnYwdAxXsJn1n/NPsA"
"""Checked where there is no such user, so that the answer takes as long. The hash of bytes that nobody kept."""


class Users(StoreBase):
    """The part of the store that knows people.

    `viewer` is the person who manages: an administrator, who within communes manages only people within them. None is
    the operator at the machine's own command line, who may do all.
    """

    def add_user(
        self,
        name: str,
        display: str,
        role: str,
        password: str,
        communes: Sequence[str] = (),
        *,
        viewer: Viewer | None = None,
    ) -> str:
        """A new user; returns the id, a UUID. The name is kept composed (NFKC) and in small letters.

        Raises UserError for a name, role or password that cannot be, and where the viewer may not.
        """
        name, display = normal_name(name), unicodedata.normalize("NFC", display).strip()
        if role not in ROLES:
            raise UserError("no_such_role", role=role, roles=", ".join(ROLES))
        if len(display) > LONGEST_DISPLAY:
            raise UserError("display_name_too_long", longest=LONGEST_DISPLAY)
        communes = _codes(communes)
        _may_manage(viewer, communes)
        hashed = _hashed(password)
        with self._sessions.writing() as session:
            lock_names(session, f"user {name}")
            if session.scalar(select(func.count()).select_from(UserRow).where(UserRow.name == name)):
                raise UserError("user_exists")
            user = UserRow(name=name, display=display or name, role=role, communes=communes, password=hashed)
            session.add(user)
            session.flush()
            return user.id

    def users(self, *, viewer: Viewer | None = None) -> list[UserView]:
        """Everybody whom the viewer may manage, by name. Raises UserError where the viewer may not."""
        _may_manage(viewer, None)
        with self._sessions.reading() as session:
            rows = session.scalars(select(UserRow).order_by(UserRow.name)).all()
        views = [UserView(u.id, u.name, u.display, u.role, tuple(u.communes), u.disabled) for u in rows]
        return [view for view in views if _within(viewer, view.communes)]

    def disable_user(self, name: str, *, viewer: Viewer | None = None) -> None:
        """Shut a user out from their next request on. Raises UserError where there is none for the viewer."""
        with self._sessions.writing() as session:
            self._user(session, name, viewer).disabled = True

    def enable_user(self, name: str, *, viewer: Viewer | None = None) -> None:
        """Let a user who was shut out in again. Raises UserError where there is none for the viewer."""
        with self._sessions.writing() as session:
            self._user(session, name, viewer).disabled = False

    def set_password(self, name: str, password: str, *, viewer: Viewer | None = None) -> None:
        """A new password; a viewer of any role may give themselves one.

        Raises UserError where there is no such user for the viewer, or it is shorter than 8 characters.
        """
        hashed = _hashed(password)
        with self._sessions.writing() as session:
            own = viewer is not None and viewer.name == _folded(name)
            self._user(session, name, None if own else viewer).password = hashed

    def authenticate(self, name: str, password: str) -> Viewer | None:
        """The person of that name and password. None for a wrong one of either and for a disabled person alike, and
        after the same time.
        """
        with self._sessions.reading() as session:
            user = session.scalars(select(UserRow).where(UserRow.name == _folded(name))).one_or_none()
        try:
            HASHER.verify(user.password if user else NOBODY, _composed(password))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return None
        return _viewer(user) if user and not user.disabled else None

    def viewer(self, user_id: str) -> Viewer | None:
        """The person of that id; None where there is none, or none any more."""
        with self._sessions.reading() as session:
            user = session.get(UserRow, user_id)
            return _viewer(user) if user and not user.disabled else None

    @staticmethod
    def _user(session: Session, name: str, viewer: Viewer | None) -> UserRow:
        _may_manage(viewer, None)
        user = session.scalars(select(UserRow).where(UserRow.name == _folded(name))).one_or_none()
        if user is None or not _within(viewer, user.communes):
            raise UserError("no_such_user")
        return user


def normal_name(name: str) -> str:
    """A user name as it is kept: NFKC, small letters. Raises UserError for one that cannot be."""
    name = _folded(name)
    if not re.fullmatch(r"[\w.@-]{2,80}", name):
        raise UserError("invalid_user_name")
    return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().lower()


def _codes(communes: Sequence[str]) -> list[str]:
    codes = [code.strip() for code in communes]
    if not all(codes):  # none at all would mean every commune
        raise UserError("commune_code_empty")
    return codes


def _within(viewer: Viewer | None, communes: Sequence[str]) -> bool:
    """Do the communes (none: all) lie within those of the viewer?"""
    return viewer is None or not viewer.communes or (bool(communes) and set(communes) <= set(viewer.communes))


def _may_manage(viewer: Viewer | None, communes: Sequence[str] | None) -> None:
    if viewer is not None and viewer.role != "admin":
        raise UserError("role_may_not_manage_users")
    if communes is not None and not _within(viewer, communes):
        raise UserError("users_of_other_communes")


def _viewer(user: UserRow) -> Viewer:
    stamp = hashlib.sha256(user.password.encode()).hexdigest()[
        :16
    ]  # of a salted hash: it tells nothing of the password
    return Viewer(user.id, user.name, user.display, user.role, tuple(user.communes), stamp)


def _composed(password: str) -> str:
    """The same password whether the keyboard sends ế as one character or as three (RFC 8265 asks for NFC)."""
    return unicodedata.normalize("NFC", password)


def _hashed(password: str) -> str:
    password = _composed(password)
    if len(password) < SHORTEST_PASSWORD:
        raise UserError("password_too_short", shortest=SHORTEST_PASSWORD)
    return HASHER.hash(password)
