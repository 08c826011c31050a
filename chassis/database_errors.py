"""What the database refuses, told as problems."""

from __future__ import annotations

from sqlalchemy import exc as sa_exc

from chassis import problems as p
from chassis.words import Words

# Meaning of unique and check constraints by name; a capability adds its own with `explain_constraint`.
_constraints: dict[str, tuple[str, Words, str | None]] = {}


def explain_constraint(name: str, code: str, words: Words, pointer: str | None = None) -> None:
    """Say in words what breaking the constraint `name` means; `pointer` names the member at fault."""
    _constraints[name] = (code, words, pointer)


def problem_for_database_error(error: Exception) -> p.Problem | None:
    """The problem that an exception of SQLAlchemy, asyncpg or the socket below stands for; None if unknown.

    Unique, foreign key and exclusion violations are 409, check violations and impossible values 422; a full
    pool, a lost or refused connection, a lock or statement that took too long are 503.
    """
    if isinstance(error, sa_exc.TimeoutError):
        return p.ServiceUnavailable(Words("数据库连接已用尽", "All database connections are in use"))
    if isinstance(error, (OSError, sa_exc.InterfaceError)) and not isinstance(error, FileNotFoundError):
        return p.ServiceUnavailable(Words("数据库无法连接", "The database cannot be reached"), retry_after=2)
    if not isinstance(error, sa_exc.DBAPIError):
        return None
    state = str(getattr(error.orig, "sqlstate", "") or "")
    if state.startswith("22") or isinstance(getattr(error.orig, "__cause__", None), ValueError):
        # a value that passed our schemas and that the column cannot hold; the driver finds some by itself
        return p.ValidationFailed(Words("数据库无法保存某个值", "A value cannot be stored"))
    constraint = _constraint_name(error)
    if state in {"23505", "23P01", "23503"}:
        code, words, pointer = _constraints.get(
            constraint, ("conflict", Words("与现有数据冲突", "In conflict with what is stored"), None)
        )
        return p.Conflict(words, issues=[p.Issue(code, words, pointer=pointer or "#")])
    if state.startswith("23"):
        code, words, pointer = _constraints.get(
            constraint, ("not_allowed", Words("数据不满足约束", "The data breaks a constraint"), None)
        )
        return p.ValidationFailed(words, issues=[p.Issue(code, words, pointer=pointer or "#")])
    if state in {"40001", "40P01", "55P03", "57014"}:
        return p.ServiceUnavailable(Words("同时的修改过多, 请重试", "Too many changes at once; try again"))
    if state.startswith(("08", "53", "57P")) or error.connection_invalidated:
        return p.ServiceUnavailable(Words("数据库无法连接", "The database cannot be reached"), retry_after=2)
    return None


def _constraint_name(error: sa_exc.DBAPIError) -> str:
    """asyncpg's exception, below SQLAlchemy's wrapper, names the constraint."""
    cause = getattr(error.orig, "__cause__", None)
    return str(getattr(cause, "constraint_name", "") or "")
