"""Which models, and where they answer: the brief's ``models``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from suffice.brief_part import Address, BriefPart, EachOnce, Told, Variable
from suffice.providing import Hosting, Provider

EMBEDDED_MODEL = "smollm2-135m-instruct"


class Endpoint(BriefPart):
    """Where models answer: any server that speaks the OpenAI API."""

    base_url: Address | None = None
    """Address of the API, such as https://api.openai.com/v1.
    Empty: the embedded model server, started on this machine."""
    provider: Provider | None = None
    """Who stands behind it: openai, azure, nebius, together, fireworks, or vllm with
    the embedded trainer beside it. Empty: told from the address, else openai."""
    account: str | None = None
    """Fireworks: the account's name."""
    hosting: Hosting = Hosting()
    """Where a tuned model is put to be measured, where it does not answer at once."""
    api_key_env: Variable = "OPENAI_API_KEY"
    """Name of the environment variable that holds the key. Never the key itself."""
    concurrency: int = Field(default=16, ge=1, le=512)
    """How many calls may be in flight at once."""
    timeout_s: float = Field(default=120.0, gt=0)
    """Seconds after which one call counts as lost."""
    measure_ttft: bool = False
    """Stream the answers, to measure the time to their first token too."""
    batch: bool = False
    """Ask the test examples through the Batch API, and a judge about their answers:
    cheaper, and answered within a day. Choosing on dev does not wait."""
    batch_examples: int = Field(default=100, ge=10, le=50_000)
    """Examples in one batch; the measurement stops after the one that settles it."""


class Models(BriefPart):
    """Which models to try, and which of them may be tuned."""

    endpoint: Endpoint = Endpoint()
    """Where the models answer."""
    base: Annotated[tuple[Told, ...], EachOnce] = Field(
        default=(EMBEDDED_MODEL,), min_length=1
    )
    """Models to prompt, cheapest first."""
    tunable: str | None = EMBEDDED_MODEL
    """Model to fine-tune. Empty: never fine-tune."""
