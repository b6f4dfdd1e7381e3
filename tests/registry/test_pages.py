"""Links to what was recorded, for those who read of it elsewhere."""

import pytest
from climb_parts import split

from suffice.registry import pages
from suffice.registry.record import Registry


class Served(Registry):
    """A registry whose store is said to have pages somewhere."""

    page = ""

    @property
    def tracking_uri(self):
        return self.page


@pytest.fixture
def links(registry, brief, output):
    """Of a recorded climb, for the address of a server."""
    run = registry.start_climb(
        brief, climb_id="support-1", data_fingerprint="f" * 64, split=split()
    )

    def of(page, registered="support/3"):
        served = Served(output)
        served.client = registry.client
        served.page = page
        return pages.of_climb(served, brief, "support-1", registered)

    return of, run


def test_a_server_shows_candidates_report_and_model(links):
    """One click from the verdict to what it rests on."""
    of, run = links
    found = of("https://mlflow.example/")

    assert ["candidates", "report", "model"] == list(found)
    assert found["candidates"].endswith(f"/runs/{run}")
    assert found["report"].endswith(f"/runs/{run}/artifacts/report.html")
    assert "https://mlflow.example/#/models/support/versions/3" == found["model"]


def test_where_nothing_was_registered_there_is_no_page_of_it(links):
    """A dead link is worse than none."""
    assert ["candidates", "report"] == list(links[0]("https://mlflow.example", None))


@pytest.mark.parametrize("page", ["sqlite:///x.db", "https://me:secret@mlflow.example"])
def test_a_file_or_an_address_with_a_password_is_not_linked(links, page):
    """Artifacts are read by everyone who reaches the server."""
    assert {} == links[0](page)
