"""A loopback endpoint fast enough not to be the limit: ``_engine_stub.py DELAY_MS``.

Answers "question N" to a question that ends so, and "no" to every fifth.  Prints its
port.  Knows nothing of HTTP but what well-behaved clients send.
"""

from __future__ import annotations

import asyncio
import re
import sys

_BODY = (
    b'{"id":"chatcmpl-abc","object":"chat.completion","created":1700000000,'
    b'"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"%s",'
    b'"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":550,"completion_tokens":10,"total_tokens":560,'
    b'"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
    b'"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,'
    b'"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},'
    b'"service_tier":"default","system_fingerprint":"fp_x"}'
)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + b"".join(
    b"x-header-%d: some-value-%d\r\n" % (i, i) for i in range(16)
)
_QUESTION = re.compile(rb"question (\d+)")
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


class _Connection(asyncio.Protocol):
    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._waiting, 0, end)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self._waiting) < stop:
                return
            asked, self._waiting = self._waiting[end + 4 : stop], self._waiting[stop:]
            self._answer(asked)

    def _answer(self, asked: bytes) -> None:
        found = _QUESTION.findall(asked)
        right = found and int(found[-1]) % 5
        body = _BODY % (b"question " + found[-1] if right else b"no")
        reply = _HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
        if self._delay_s:
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay_s, self._send, reply)
        else:
            self._send(reply)

    def _send(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)


async def _serve(delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(delay_s), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]) / 1000))
