"""
The recipe of a candidate: all that is needed to answer as it did, and no secret.

It is JSON, so that a registered model carries no pickle.  The model itself stays at
its endpoint; the embedded server is started when the first answer is wanted.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from suffice.brief import Brief, Endpoint
from suffice.candidates import Candidate
from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.examples import Example
from suffice.measuring.embedder import Embedder, Embeds
from suffice.measuring.models import Model
from suffice.measuring.turn import Turn, take_turn
from suffice.retrieval.finding import Finder
from suffice.retrieval.pools import Pool
from suffice.workspace import Workspace

T = TypeVar("T")

Asked = str | Sequence[Mapping[str, Any]]
"""A question, or a chat that ends with one."""
Tools = Sequence[Mapping[str, Any]]
"""Functions that may be called, as a chat completion request has them."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A candidate, and where its model answers."""

    candidate: Candidate
    endpoint: Endpoint
    local_root: str
    """Folder of the embedded server, where there is no other endpoint."""
    train: tuple[Example, ...] = ()
    """What the floor learns from; empty for rungs with a language model."""
    pool: Pool | None = None
    """What the candidate retrieves from, its vectors with it."""

    @classmethod
    def of(
        cls,
        brief: Brief,
        candidate: Candidate,
        train: Sequence[Example],
        pool: Pool | None = None,
    ) -> Recipe:
        """The recipe of *candidate* as *brief* would run it."""
        floor = candidate.rung == "floor"
        if floor and not train:
            raise EnvironmentFailed(
                f"The floor {candidate.name!r} cannot be registered without the "
                "examples it learns from."
            )
        if candidate.retrieval is not None and pool is None:
            raise EnvironmentFailed(
                f"The candidate {candidate.name!r} cannot be registered without what "
                "it retrieves from."
            )
        return cls(
            candidate=candidate,
            endpoint=brief.models.endpoint,
            local_root=str(Workspace(Path(brief.output).resolve()).local),
            train=tuple(train) if floor else (),
            pool=pool,
        )

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The recipe that `to_json` wrote."""
        return _adapter().validate_json(text)

    def to_json(self) -> str:
        """All of it."""
        return _adapter().dump_json(self, indent=2).decode()

    def connect(self) -> Model:
        """What answers; nothing is started before the first question."""
        from suffice.measuring.floor import FloorModel
        from suffice.measuring.models import OpenAIModel
        from suffice.stages.connect import EmbeddedModel, key_of

        if self.candidate.rung == "floor":
            return FloorModel(self.train)
        at = self.endpoint
        if at.base_url is None:
            return EmbeddedModel(Path(self.local_root), at)
        return OpenAIModel(at.base_url, key_of(at), at.timeout_s, at.concurrency)

    def finder(self, model: Model) -> Finder | None:
        """What searches the pool; questions are embedded by *model*'s endpoint."""
        if self.pool is None or self.candidate.retrieval is None:
            return None
        by = self.candidate.retrieval.embedding_model
        if by is None:
            return Finder([self.pool])
        if not isinstance(model, Embeds):
            raise EnvironmentFailed(f"{model!r} cannot embed questions by {by!r}.")
        return Finder([self.pool], Embedder(by, model, endpoint_name=""))


class Server:
    """Answers questions by a recipe, from any thread."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._model = recipe.connect()
        # Connections belong to one event loop, and callers may have their own.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def answer(self, asked: Sequence[Asked]) -> list[str]:
        """The answer to each of *asked*; see `turns`."""
        return [turn.answer for turn in self.turns(asked)]

    def turns(self, asked: Sequence[Asked], tools: Tools = ()) -> list[Turn]:
        """
        The answer to each of *asked* in their order, with what it took.

        Raises `UnusableInput` for what is no question, `CallFailed` when one stays
        unanswered.
        """
        return self.submit(asked, tools).result()

    def submit(self, asked: Sequence[Asked], tools: Tools = ()) -> Future[list[Turn]]:
        """
        What `turns` gives, once it is there; waiting for it holds no thread.

        Raises `UnusableInput` for what is no question.
        """
        examples = [replace(as_example(one), tools=tuple(tools)) for one in asked]
        return self._begin(self._answer_all(examples))

    def close(self) -> None:
        """Close the connections; it answers no more."""
        if isinstance(self._model, AbstractAsyncContextManager):
            self._begin(self._model.__aexit__(None, None, None)).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _answer_all(self, examples: Sequence[Example]) -> list[Turn]:
        # A finder remembers vectors: one for ever would remember every question.
        finder = self._recipe.finder(self._model)
        return list(
            await asyncio.gather(
                *(self._answer(example, finder) for example in examples)
            )
        )

    async def _answer(self, example: Example, finder: Finder | None) -> Turn:
        candidate = self._recipe.candidate
        return await take_turn(candidate, example, self._model.complete, finder)

    def _begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)


def as_example(asked: Asked, example_id: str = "") -> Example:
    """
    *asked* as an example without a wanted answer.

    Raises `UnusableInput` for what is no question.
    """
    if isinstance(asked, str):
        asked = [{"role": "user", "content": asked}]
    if not isinstance(asked, Sequence) or isinstance(asked, str):
        raise UnusableInput(f"{str(asked)[:80]!r} is no question: give text or a chat.")
    # The candidate brings its own system message.
    messages = tuple(
        dict(m)
        for m in asked
        if isinstance(m, Mapping) and m.get("role") not in ("system", "developer")
    )
    if not messages or messages[-1].get("role") not in ("user", "tool"):
        raise UnusableInput(
            f"{str(asked)[:80]!r} is no question: give a text, or messages whose last "
            "one is the user's or a tool's."
        )
    return Example(id=example_id, messages=messages, answer="")


@cache
def _adapter() -> TypeAdapter[Recipe]:
    return TypeAdapter(Recipe)
