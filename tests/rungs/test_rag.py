"""RAG: passages of documents, found for each question; the finding reported apart."""

from __future__ import annotations

import json

import pytest
from rung_endpoint import reads_the_passages

from suffice.errors import UnusableInput
from suffice.examples import Example, Split
from suffice.retrieval.chunks import Document, cut
from suffice.retrieval.documents import read_documents
from suffice.retrieval.quoted import quoted_answers
from suffice.stages.climb import kept_candidate
from suffice.stages.measurements import measure_rung

THINGS = [f"thing{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(90)]


def ask(number: int) -> Example:
    thing = THINGS[number]
    question = {"role": "user", "content": f"Tell me the code of the {thing}"}
    return Example(id=f"q{number}", messages=(question,), answer=f"code-{number}")


SPLIT = Split(
    train=tuple(map(ask, range(20))),
    dev=tuple(map(ask, range(20, 32))),
    test=tuple(map(ask, range(32, 90))),
)


@pytest.fixture
def shop(tmp_path):
    """A folder of documents that tell most of the codes."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for number, thing in enumerate(THINGS):
        text = f"# {thing}\n\nIn our shop {thing} has the code code-{number}.\n"
        if number % 10 != 9:
            (folder / f"{thing}.md").write_text(text, encoding="utf-8")
    return folder


def test_a_model_that_knows_nothing_answers_from_the_documents(serve, climb_of, shop):
    """And whether the passage was found is told apart from whether it was used."""
    fields = {"rungs": ("rag",), "documents": str(shop), "embedder": "embed"}
    climb = climb_of(serve(reads_the_passages), split=SPLIT, **fields)

    measured = measure_rung(climb, "rag", "m")

    candidate = kept_candidate(climb, measured.candidate_key)
    assert ("passed", "documents") == (measured.ruling, candidate.retrieval.what)
    assert measured.retrieval_hit == 1.0
    assert measured.quality == pytest.approx(0.9, abs=0.1)


def test_other_documents_are_another_climb(serve, climb_of, shop):
    """What was measured on yesterday's documents says nothing of today's."""
    fields = {"rungs": ("rag",), "documents": str(shop)}
    endpoint = serve(reads_the_passages)
    before = climb_of(endpoint, split=SPLIT, **fields)
    (shop / "new.md").write_text("More.", encoding="utf-8")

    assert before.id != climb_of(endpoint, split=SPLIT, **fields).id


def test_documents_that_quote_the_test_are_a_warning(serve, climb_of, tmp_path):
    """Remembering the test is not answering it."""
    faq = tmp_path / "faq.md"
    faq.write_text("Tell me the code of the thingbg?\n\nIt is code-32.", "utf-8")

    climb = climb_of(
        serve(reads_the_passages), split=SPLIT, rungs=("rag",), documents=str(faq)
    )

    assert ["The documents quote 1 of 58 test examples"] == [
        text[:41] for text in climb.warnings
    ]
    assert "warning: The documents quote 1 of" in climb.journal.path.read_text()


def test_a_short_answer_in_a_document_is_no_quotation():
    """That the answer stands in the documents is what they are for."""
    chunks = cut(
        [Document(id="a", text="The tower is 300 m high and was built in 1889.")],
        chunk_tokens=100,
        overlap_tokens=0,
    )
    question = {"role": "user", "content": "In what year was the tower built?"}
    example = Example(id="1", messages=(question,), answer="1889")

    assert [] == quoted_answers(chunks, [example])


def test_documents_are_read_from_lines_and_folders(tmp_path):
    """JSONL for a knowledge base, Markdown and text for a wiki."""
    rows = [{"id": "a", "title": "T", "text": "one"}, {"text": "two"}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "base.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "page.md").write_text("# Three", encoding="utf-8")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")

    found = read_documents(str(tmp_path))

    assert ["a", "line 2", "sub/page.md"] == [d.id for d in found]
    assert Document(id="a", title="T", text="one") == found[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"id": "a"}\n', "base.jsonl:1: the document has no text under 'text'"),
        ('{"text": "x", "id": 1.5}\n', "'id' is 1.5, not text"),
        ('{"text": "x", "id": "a"}\n' * 2, "has the id 'a' already, at"),
        ("nonsense\n", "base.jsonl:1:"),
        ("\n", "holds no document"),
    ],
)
def test_a_bad_document_is_refused_with_its_place(tmp_path, text, told):
    """A document that is silently left out is an answer that is silently lost."""
    path = tmp_path / "base.jsonl"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UnusableInput) as refused:
        read_documents(str(path))
    assert told in str(refused.value)


def test_a_passage_names_the_headings_above_it():
    """ "How long?" is found under "Returns" only if the passage says Returns."""
    text = "# Shop\n\nHello.\n\n## Returns\n\nThirty days.\n\n```\n# no heading\n```"
    chunks = cut([Document(id="a", text=text)], chunk_tokens=200, overlap_tokens=0)

    assert ["Shop", "Shop > Returns"] == [c.heading for c in chunks]
    assert "# no heading" in chunks[1].text
