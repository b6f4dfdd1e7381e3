"""Messages are tried before they are needed: from the command to who receives them."""

import json

import pytest
from receivers import SLACK, slack

from deployments.automations import main


def test_a_trial_arrives_at_slack(tmp_path, monkeypatch, capsys):
    """Only the address leads elsewhere here: what is sent is what Slack gets."""
    with slack(tmp_path) as (leads_here, received):
        for name, value in {**leads_here, "SLACK": SLACK}.items():
            monkeypatch.setenv(name, value)
        code = main(["--slack-env", "SLACK", "--try"])

    assert (0, 1) == (code, len(received)), capsys.readouterr().err
    first, content = received[0]
    assert first.startswith("POST /services/T0SUFFICE/B0SUFFICE/")
    assert "will arrive here" in json.dumps(content)


@pytest.mark.parametrize(
    ("kind", "address", "code", "says"),
    [
        ("slack", "https://example.com/hook", 2, "holds no address for slack"),
        ("email", "team@example.com", 2, "it looks like mailtos://"),
        ("email", "mailto://127.0.0.1:9/?from=a@b.com&to=c@b.com", 3, "No message"),
        ("webhook", "http://127.0.0.1:9/hook", 3, "No message went to webhook"),
    ],
)
def test_what_could_tell_nobody_is_said_at_once(
    monkeypatch, capsys, kind, address, code, says
):
    """A message that never comes is noticed when it was needed."""
    monkeypatch.setenv("ADDRESS", address)

    assert code == main([f"--{kind}-env", "ADDRESS", "--try"])
    told = capsys.readouterr().err
    assert says in told
    assert address not in told
