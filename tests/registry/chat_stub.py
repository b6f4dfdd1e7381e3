"""A loopback server shaped like the chat API: echoes, and calls the first tool."""

from __future__ import annotations

import json
from typing import Any

from loopback import Asked, Loopback, Reply


class ChatStub:
    """Answers ``Sure! {"echo": <the last message>}`` and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self._server = Loopback(self._serve)
        self.url = self._server.url

    def close(self) -> None:
        self._server.close()

    async def _serve(self, asked: Asked) -> Reply:
        if asked.method != "POST":
            return Reply(status=404, body=b"{}")
        request = json.loads(asked.body)
        self.asked.append(request)
        return Reply(body=json.dumps(_reply(request)).encode())


def _reply(request: dict[str, Any]) -> dict[str, Any]:
    echo = json.dumps({"echo": request["messages"][-1]["content"]})
    message: dict[str, Any] = {"role": "assistant", "content": f"Sure! {echo}"}
    if request.get("tools"):
        name = request["tools"][0]["function"]["name"]
        function = {"name": name, "arguments": echo}
        call = {"id": "call_1", "type": "function", "function": function}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }
