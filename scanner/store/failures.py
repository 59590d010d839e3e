"""What a database's errors mean to the operator: one sentence each, and nothing of what they quote."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from scanner.errors import SohoaError, StorageFull, StoreError
from scanner.files import is_disk_full

FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "53100")
"""No room left. SQLite says SHMSIZE when it cannot even grow the small file beside the database."""
BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "55P03", "40P01", "40001", "53300")
DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "XX001", "XX002")
READ_ONLY = ("SQLITE_READONLY", "SQLITE_PERM", "25006", "42501")
REFUSED = ("28000", "28P01", "3D000")
WORDS = {
    FULL: ("disk is full", "no space left"),
    BUSY: ("is locked", "lock timeout", "too many connections", "too many clients"),
    DAMAGED: ("not a database", "malformed"),
    READ_ONLY: ("readonly", "read-only"),
    REFUSED: ("authentication failed", "does not exist", "no pg_hba.conf entry"),
}
"""For errors that come without a code, as those of a connection that was not made."""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Database errors as StoreError or StorageFull; what they quote (a row's values) stays out of them."""
    try:
        yield
    except SohoaError:
        raise
    except OSError as error:
        wrong = StoreError("database_file_unreachable")
        raise (full() if is_disk_full(error) else wrong) from None
    except PoolTimeout:
        raise _busy() from None
    except (DBAPIError, sqlite3.Error) as error:
        raise sentence(error) from None
    except SQLAlchemyError:  # a value that the database has no place for
        raise _not_kept() from None


def full() -> StorageFull:
    """The one sentence for a full disk."""
    return StorageFull("disk_full")


def sentence(error: DBAPIError | sqlite3.Error) -> SohoaError:
    """What a driver's error means."""
    orig: object = error.orig if isinstance(error, DBAPIError) else error
    code = str(getattr(orig, "sqlite_errorname", None) or getattr(orig, "sqlstate", None) or "")
    text = str(orig).lower()

    def means(codes: tuple[str, ...]) -> bool:
        return code.startswith(codes) or (not code and any(w in text for w in WORDS[codes]))

    if means(FULL):
        return full()
    if means(DAMAGED):
        return StoreError("database_damaged")
    if means(BUSY):
        return _busy()
    if means(READ_ONLY):
        return StoreError("database_read_only")
    if means(REFUSED):
        return StoreError("database_login_refused")
    if isinstance(error, OperationalError | sqlite3.OperationalError):
        return StoreError("database_server_unreachable")
    return _not_kept()


def is_duplicate(error: IntegrityError) -> bool:
    """Was a row refused because one with the same key is there?"""
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return code in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505")


def _busy() -> StoreError:
    return StoreError("database_busy")


def _not_kept() -> StoreError:
    return StoreError("database_refused_change")
