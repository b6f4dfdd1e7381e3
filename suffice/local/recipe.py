"""
How a job trains: the hyperparameters, and what "auto" makes of them.

Where a value is "auto", the number of examples n decides:

| | n < 500 | n < 2,000 | more |
| --- | --- | --- | --- |
| batch size | 4 | 8 | 16 |
| epochs | 900 / n, at least 3, at most 8 | 3 | 2 |

so that a small set is seen often and a large one is not seen too long.  The
learning rate is its multiplier times 1e-3 for adapters ("auto" is 2) and times
5e-5 for full tuning ("auto" is 1).

Preferences (DPO) are seen 3 times below 500, twice below 2,000, else once, at a
fiftieth of that rate ("auto" is then 1): the model already answers well, and is to
move only as far as the preferences say.  "auto" for beta is 0.1.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, cast

from suffice.local.api_error import ApiError
from suffice.local.passes import auto_epochs, preference_epochs

Method = Literal["lora", "full", "qlora"]
METHODS = ("lora", "full", "qlora")
Objective = Literal["supervised", "dpo"]
OBJECTIVES = ("supervised", "dpo")
LEARNING_RATE: dict[str, float] = {"lora": 1e-3, "qlora": 1e-3, "full": 5e-5}
AUTO_MULTIPLIER: dict[str, float] = {"lora": 2.0, "qlora": 2.0, "full": 1.0}
PREFERENCE_SHARE = 0.02
"""Of the learning rate, where preferences are learned."""
AUTO_BETA = 0.1
_MOST = {"n_epochs": 50, "batch_size": 256, "lora_rank": 256, "first_layer": 1000}
"""Of the hyperparameters that are whole numbers."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The hyperparameters as asked for; None stands for "auto"."""

    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    lora_rank: int = 16
    first_layer: int = 0
    """Layers below this one keep their weights and are computed only once."""
    method: Method = "lora"
    early_stopping: bool = False
    """End once the validation loss has not fallen for two epochs; keep the best."""
    objective: Objective = "supervised"
    """Learn wanted answers, or to prefer one answer to another (DPO)."""
    beta: float | None = None
    """DPO: how dearly the model pays for moving away from where it began."""

    def resolved(self, n_examples: int) -> Recipe:
        """The same with every "auto" replaced by a number."""
        preferring = self.objective == "dpo"
        epochs = (
            preference_epochs(n_examples) if preferring else auto_epochs(n_examples)
        )
        return replace(
            self,
            n_epochs=self.n_epochs or epochs,
            batch_size=self.batch_size or auto_batch_size(n_examples),
            learning_rate_multiplier=self._multiplier,
            beta=(self.beta or AUTO_BETA) if preferring else None,
        )

    @property
    def learning_rate(self) -> float:
        """The peak of the schedule."""
        share = PREFERENCE_SHARE if self.objective == "dpo" else 1.0
        return LEARNING_RATE[self.method] * share * self._multiplier

    @property
    def _multiplier(self) -> float:
        auto = 1.0 if self.objective == "dpo" else AUTO_MULTIPLIER[self.method]
        return self.learning_rate_multiplier or auto

    def shown(self) -> dict[str, Any]:
        """As the API shows it: "auto" for what is not decided."""
        fields = asdict(self)
        del fields["objective"]
        if self.objective == "supervised":
            del fields["beta"]
        return {k: "auto" if v is None else v for k, v in fields.items()}


def auto_batch_size(n_examples: int) -> int:
    """
    Examples a step for so many examples.

    >>> [auto_batch_size(n) for n in (240, 1000, 5000)]
    [4, 8, 16]
    """
    if n_examples < 500:
        return 4
    return 8 if n_examples < 2000 else 16


def read_recipe(
    hyperparameters: Mapping[str, Any],
    param: str,
    objective: Objective = "supervised",
) -> Recipe:
    """
    The recipe a request asks for; *param* names the field in refusals.

    Raises ApiError naming the key, the value and the range.
    """
    fields = {k: v for k, v in hyperparameters.items() if v not in (None, "auto")}
    for key, value in fields.items():
        reason = _wrong(key, value, objective)
        if reason:
            raise ApiError(
                message=f"Hyperparameter {key!r} {reason}, not {value!r}.",
                param=f"{param}.{key}",
                code="invalid_value",
            )
    recipe = Recipe(**fields, objective=objective)
    _check_method(recipe.method, param)
    return recipe


def _wrong(key: str, value: object, objective: Objective) -> str | None:
    """What is wrong with a value, after the words "hyperparameter x"."""
    if key in _MOST:
        least = 0 if key == "first_layer" else 1
        whole = isinstance(value, int) and not isinstance(value, bool)
        fits = whole and least <= cast(int, value) <= _MOST[key]
        return None if fits else f"must be a whole number from {least} to {_MOST[key]}"
    most = {"learning_rate_multiplier": 100, "beta": 2}.get(key)
    if most is not None and (key != "beta" or objective == "dpo"):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = number and 0 < cast(float, value) <= most
        return None if fits else f"must be a number above 0, at most {most}"
    if key == "method":
        return None if value in METHODS else f"must be one of {', '.join(METHODS)}"
    if key == "early_stopping":
        return None if isinstance(value, bool) else "must be true or false"
    return "is not known here; leave it out"


def _check_method(method: str, param: str) -> None:
    if method == "qlora" and importlib.util.find_spec("bitsandbytes") is None:
        raise ApiError(
            message="Method 'qlora' needs the package bitsandbytes, which is not "
            "installed on this server; use 'lora', or pip install 'suffice[qlora]'.",
            param=f"{param}.method",
            code="unsupported_method",
        )
