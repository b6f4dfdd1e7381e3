"""``client.files`` of the unmodified SDK, method by method."""

import openai
import pytest

CONTENT = b'{"messages": []}\n'


def test_an_uploaded_file_can_be_retrieved(server):
    """Uploads are verified before money is spent on them."""
    made = server.upload(CONTENT, "a.jsonl")
    found = server.client.files.retrieve(made.id)

    assert made == found
    assert (
        found.filename,
        found.bytes,
        found.purpose,
        found.status,
    ) == ("a.jsonl", 17, "fine-tune", "processed")


def test_content_comes_back_as_it_went_in(server):
    """A file is found again by its digest."""
    made = server.upload(CONTENT)

    assert server.client.files.content(made.id).read() == CONTENT


def test_files_are_listed_newest_first_page_by_page(server):
    """The SDK follows pages by the last id."""
    made = [server.upload(CONTENT, f"{i}.jsonl").id for i in range(3)]
    seen = [file.id for file in server.client.files.list(limit=2)]

    assert set(made) <= set(seen)
    assert len(seen) == len(set(seen))


def test_files_of_another_purpose_are_not_listed(server):
    """A filter that is ignored would be taken for an answer."""
    server.upload(CONTENT)

    assert server.client.files.list(purpose="batch").data == []


def test_a_deleted_file_is_gone_and_its_twin_is_not(server):
    """Two files of the same content are stored once and live apart."""
    one, two = server.upload(CONTENT), server.upload(CONTENT)

    assert server.client.files.delete(one.id).deleted
    with pytest.raises(openai.NotFoundError):
        server.client.files.retrieve(one.id)
    assert server.client.files.content(two.id).read() == CONTENT


@pytest.mark.parametrize("file_id", ["file-none", "none", "file-..%2Fjobs"])
def test_an_unknown_file_is_not_found(server, file_id):
    """No id leads out of the folder of files."""
    with pytest.raises(openai.NotFoundError):
        server.client.files.delete(file_id)


def test_another_purpose_is_refused(server):
    """The body is OpenAI's: message, type, param, code."""
    with pytest.raises(openai.BadRequestError) as caught:
        server.client.files.create(file=("a.jsonl", CONTENT), purpose="vision")

    assert (
        caught.value.param,
        caught.value.type,
    ) == ("purpose", "invalid_request_error")


def test_an_empty_file_is_refused(server):
    """Nothing can be learned from it."""
    with pytest.raises(openai.BadRequestError, match="empty"):
        server.upload(b"")
