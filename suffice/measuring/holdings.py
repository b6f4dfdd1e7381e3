"""What the response store holds, what it has cost and saved; and how it forgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suffice.measuring.databases import Statement
from suffice.measuring.responses import ResponseStore

_WHICH = (
    "WHERE (CAST(? AS DOUBLE PRECISION) IS NULL OR at < ?) "
    "AND (CAST(? AS TEXT) IS NULL OR model = ?)"
)
_SUMS = (
    "count(*), coalesce(sum(length(body)), 0), coalesce(sum(usd), 0), "
    "coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0)"
)


@dataclass(frozen=True, kw_only=True)
class Held:
    """Some answers together."""

    n: int
    n_bytes: int
    """Size of the answers themselves; the file is somewhat larger."""
    usd: float
    """What was paid for them, as far as prices were known."""
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """All that the store holds."""

    all: Held
    by_model: Mapping[str, Held]
    oldest_at: float | None
    """Unix time of the first answer; ``None`` when there is none."""
    newest_at: float | None
    spent_usd: float
    """By all accounts, forgotten answers among it."""
    saved_usd: float
    """What the answers that were reused had cost when they were paid for."""
    n_reused: int
    """How often an answer was reused."""


def holdings(store: ResponseStore) -> Holdings:
    """What *store* holds now."""
    models = store.db.read(
        f"SELECT model, {_SUMS} FROM responses GROUP BY model ORDER BY model"
    )
    oldest, newest = store.db.read("SELECT min(at), max(at) FROM responses")[0]
    spent, saved, n_reused = store.db.read(
        "SELECT coalesce(sum(usd), 0), coalesce(sum(saved_usd), 0), "
        "coalesce(sum(n_reused), 0) FROM spending"
    )[0]
    return Holdings(
        all=_held(store, None, None),
        by_model={row[0]: _of(row[1:]) for row in models},
        oldest_at=oldest,
        newest_at=newest,
        spent_usd=float(spent),
        saved_usd=float(saved),
        n_reused=int(n_reused),
    )


def prune(
    store: ResponseStore,
    *,
    before: float | None = None,
    model: str | None = None,
    dry_run: bool = False,
) -> Held:
    """
    Forget the answers stored before the Unix time *before*, or of one *model*.

    With both, those that are both; with neither, all.  Returns what is forgotten, or
    would be.  What was spent on them stays written down.
    """
    found = _held(store, before, model)
    if found.n and not dry_run:
        sql = f"DELETE FROM responses {_WHICH}"
        store.db.write(Statement(sql=sql, rows=[(before, before, model, model)]))
        store.db.shrink()
    return found


def _held(store: ResponseStore, before: float | None, model: str | None) -> Held:
    sql = f"SELECT {_SUMS} FROM responses {_WHICH}"
    return _of(store.db.read(sql, (before, before, model, model))[0])


def _of(row: tuple[float, ...]) -> Held:
    n, n_bytes, usd, input_tokens, output_tokens = row
    return Held(
        n=int(n),
        n_bytes=int(n_bytes),
        usd=float(usd),
        input_tokens=int(input_tokens),
        output_tokens=int(output_tokens),
    )
