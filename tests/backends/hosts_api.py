"""
Imitations of Azure's management API and of vLLM's adapters.

Bodies: https://learn.microsoft.com/en-us/azure/foundry/openai/how-to/fine-tuning-deploy
and https://docs.vllm.ai/en/latest/features/lora/.
"""

from __future__ import annotations

import json
from typing import Any

from faulty_api import FaultyApi

RESOURCE = (
    "/subscriptions/1/resourceGroups/g/providers"
    "/Microsoft.CognitiveServices/accounts/acme"
)


class ManagementApi(FaultyApi):
    """Deployments of one Azure resource, which take two looks to come up."""

    def __init__(self) -> None:
        self.deployments: dict[str, dict[str, Any]] = {}
        self.comes_up = True
        super().__init__()

    def route(self, path: str) -> str:
        return "host"

    def running(self) -> list[str]:
        return list(self.deployments)

    def answer(self, method, path, query, body):
        assert query["api-version"]
        name = path.removeprefix(f"{RESOURCE}/deployments/")
        if method == "PUT":
            asked = json.loads(body)
            assert asked["properties"]["model"]["format"] == "OpenAI"
            properties = {**asked["properties"], "provisioningState": "Creating"}
            self.deployments[name] = {"name": name, "properties": properties}
            return 201, self.deployments[name]
        found = self.deployments.get(name)
        if found is None:
            return 404, self.error("not found", "ResourceNotFound")
        if method == "DELETE":
            del self.deployments[name]
            return 202, ""
        shown = json.loads(json.dumps(found))
        ends = "Succeeded" if self.comes_up else "Failed"
        found["properties"]["provisioningState"] = ends
        return 200, shown


class VllmApi(FaultyApi):
    """A vLLM that lets adapters be loaded while it runs."""

    def __init__(self) -> None:
        self.adapters: dict[str, str] = {}
        super().__init__()

    def route(self, path: str) -> str:
        return "models" if path == "/models" else "host"

    def running(self) -> list[str]:
        return list(self.adapters)

    def answer(self, method, path, query, body):
        if path == "/models":
            names = ["smollm2-135m-instruct", *self.adapters]
            return 200, {"object": "list", "data": [{"id": name} for name in names]}
        asked = json.loads(body)
        if path == "/load_lora_adapter":
            self.adapters[asked["lora_name"]] = asked["lora_path"]
            return 200, f"Success: LoRA adapter '{asked['lora_name']}' added."
        self.adapters.pop(asked["lora_name"])
        return 200, f"Success: LoRA adapter '{asked['lora_name']}' removed."
