"""A champion's answers outlive its model: kept by the climb, put to a successor."""

from __future__ import annotations

from rung_cases import THINGS
from typer.testing import CliRunner

from suffice.app.cli import app
from suffice.brief import Endpoint as Address
from suffice.brief import Models
from suffice.stages import conclusions
from suffice.stages.measurements import measure_rung
from suffice.stages.succession import FILE, keep_golden, read_golden, succeed


def answers(request):
    """The old model knows every code; the new one knows those of long questions."""
    text = request["messages"][-1]["content"]
    thing = next(w for w in text.replace(",", " ").split() if f"K-{w}" in KNOWN)
    if request["model"] == "m" or len(text) > 35:
        return f"K-{thing}"
    return "unknown"


KNOWN = {f"K-{thing}" for thing in THINGS}


def test_the_successor_is_asked_the_champions_questions_and_not_the_champion(
    serve, climb_of, tmp_path
):
    """When the champion is gone, its answers must be enough."""
    endpoint = serve(answers)
    models = Models(endpoint=Address(base_url=endpoint.url), base=("m",), tunable=None)
    climb = climb_of(endpoint, models=models, rungs=("zero-shot",))
    measured = measure_rung(climb, "zero-shot", "m")
    verdict = conclusions.decide(climb, [measured])
    path = keep_golden(climb, verdict)
    n_before = len(endpoint.asked["chat"])
    found = succeed(climb.brief, read_golden(path), "embed")
    asked = {request["model"] for request in endpoint.asked["chat"][n_before:]}

    assert (climb.folder / FILE, {"embed"}) == (path, asked)
    assert measured.n == found.n
    assert 1.0 == found.old_quality
    assert found.same == found.new_quality < 1.0
    assert found.change_high < 0.1

    file = tmp_path / "brief.yaml"
    file.write_text(climb.brief.model_dump_json(exclude_defaults=True))
    said = CliRunner().invoke(app, ["succeed", str(file), "--model", "embed"])

    assert f"{found.text}\n" == said.output
