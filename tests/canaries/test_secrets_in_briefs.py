"""A secret in the brief is refused, and not repeated while it is."""

from __future__ import annotations

import pytest
import yaml
from canary_forms import planted
from flow_briefs import write_brief

from suffice.brief_io import load_brief
from suffice.errors import BadBrief

FORMS = planted("brief")


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_the_brief_is_refused(form, tmp_path):
    """Prefect shows parameters to everybody, and MLflow keeps the brief for ever."""
    brief = write_brief(tmp_path)
    content = yaml.safe_load(brief.read_text())
    content["instructions"] += f" Note: {FORMS[form].text}"
    brief.write_text(yaml.safe_dump(content))

    with pytest.raises(BadBrief, match="instructions") as refused:
        load_brief(brief)
    assert FORMS[form].needle not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["https://me:{0}@api.example.org/v1", "https://h/v1?api_key={0}"]
)
def test_a_secret_in_an_address_is_refused(address, tmp_path):
    """Addresses name the account in the ledger, and stand in every error."""
    url = address.format("Qz7Rk2Lm9Xw4")
    brief = write_brief(tmp_path, models={"endpoint": {"base_url": url}})

    with pytest.raises(BadBrief, match="environment variable") as refused:
        load_brief(brief)
    assert "Qz7Rk2Lm9Xw4" not in str(refused.value)
