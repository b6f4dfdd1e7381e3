"""
Runs a coroutine over items, several at once, and yields the results in item order.

So what is concluded along the way does not depend on which call returns first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from itertools import islice
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_GRACE_S = 5.0
"""How long calls in flight may still finish once nobody waits for them: they may have
been paid for already."""


async def in_order(
    work: Callable[[_Item], Awaitable[_Result]],
    items: Iterable[_Item],
    *,
    ahead: int,
    on_leaving: Callable[[], None] = lambda: None,
) -> AsyncGenerator[_Result, None]:
    """
    The results of *work*, at most *ahead* of them begun and not yet taken.

    As long as each result is there at once, as an answer on this disk is, one is begun
    at a time: whoever leaves after the known ones has begun none of the others.
    Close it when leaving early: *on_leaving* is called, and what has begun gets a few
    seconds to finish before it is cancelled.
    """
    begun: deque[asyncio.Future[_Result]] = deque()
    rest, known = iter(items), True
    try:
        while True:
            for item in islice(rest, (1 if known else ahead) - len(begun)):
                begun.append(asyncio.ensure_future(work(item)))
            if not begun:
                return
            if known:
                await asyncio.sleep(0)
                known = begun[0].done()
                if not known:
                    continue
            # Shielded, so that Ctrl-C does not cancel the call that is waited for.
            yield await asyncio.shield(begun[0])
            begun.popleft()
    finally:
        on_leaving()
        await _finish(begun)


async def _finish(begun: Iterable[asyncio.Future[_Result]]) -> None:
    left = [future for future in begun if not future.done()]
    if left:
        await asyncio.wait(left, timeout=_GRACE_S)
    for future in left:
        future.cancel()
    # Their failures interest nobody any more, but asyncio complains about unread ones.
    await asyncio.gather(*begun, return_exceptions=True)
