"""The routes under ``/v1/models``: what is served, and how a tuned model goes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from suffice.local.api_error import ApiError, ErrorRoute
from suffice.local.catalogue import Catalogue, unknown_model
from suffice.local.engine import Engine
from suffice.local.model_store import ModelStore, StoredModel
from suffice.local.weights import BASES, Base


def models_router(catalogue: Catalogue, engine: Engine) -> APIRouter:
    """The model routes."""
    router = APIRouter(prefix="/v1/models", route_class=ErrorRoute, tags=["models"])
    store = ModelStore(catalogue.root)

    @router.get("")
    def list_models() -> dict[str, Any]:
        tuned = [_tuned(model) for model in store.list()]
        return {"object": "list", "data": [*map(_base, BASES.values()), *tuned]}

    @router.get("/{model:path}")
    def retrieve(model: str) -> dict[str, Any]:
        if model in BASES:
            return _base(BASES[model])
        found = store.get(model)
        if found is None:
            raise unknown_model(model)
        return _tuned(found)

    @router.delete("/{model:path}")
    def delete(model: str) -> dict[str, Any]:
        if model in BASES:
            raise ApiError(
                message=f"The base model {model!r} cannot be deleted; only tuned "
                "models can.",
                status=403,
                param="model",
                code="cannot_delete_base_model",
            )
        if not store.delete(model):
            raise unknown_model(model)
        engine.forget(model)
        return {"id": model, "object": "model", "deleted": True}

    return router


def _base(base: Base) -> dict[str, Any]:
    return {
        **_model(base.id, base.created),
        "context_window": base.context_tokens,
        "licence": base.licence,
        "source": base.source,
    }


def _tuned(model: StoredModel) -> dict[str, Any]:
    return {
        **_model(model.id, model.created),
        "context_window": BASES[model.base].context_tokens,
        "base": model.base,
        "job": model.job,
    }


def _model(model_id: str, created: int) -> dict[str, Any]:
    return {
        "id": model_id,
        "object": "model",
        "created": created,
        "owned_by": "local",
        # What runs here is retired by nobody else.
        "shutdown_date": None,
    }
