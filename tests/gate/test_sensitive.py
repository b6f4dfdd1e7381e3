"""Secrets and personal data: found, not confused with numbers, never shown."""

from __future__ import annotations

import string
from random import Random

import pyarrow
import pyarrow.compute
import pytest
from gate_data import Write, chats
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.data.reading import read_examples
from suffice.data.sensitive import Mask, find, hide, scan
from suffice.data.sensitive_kinds import KINDS, Kind

RNG = Random(7)


def some(alphabet: str, n: int) -> str:
    return "".join(RNG.choice(alphabet) for _ in range(n))


WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
SECRETS = {
    "sk-proj-" + some(WORD, 48): "OpenAI",
    "sk-ant-api03-" + some(WORD, 90): "Anthropic",
    "AKIA" + some(string.ascii_uppercase + string.digits, 16): "access key of AWS",
    "aws_secret_access_key = " + some(WORD, 40): "secret key of AWS",
    "ghp_" + some(WORD, 36): "GitHub",
    "github_pat_" + some(WORD, 82): "GitHub",
    "glpat-" + some(WORD, 20): "GitLab",
    "xoxb-" + some(string.digits, 12) + "-" + some(WORD, 24): "Slack",
    "sk_live_" + some(WORD, 24): "Stripe",
    "AIza" + some(WORD, 35): "Google",
    "SG." + some(WORD, 22) + "." + some(WORD, 43): "SendGrid",
    "SK" + some(HEX, 32): "Twilio",
    "hf_" + some(WORD, 34): "Hugging Face",
    "npm_" + some(WORD, 36): "npm",
    "pypi-AgEIcHlwaS5vcmc" + some(WORD, 60): "PyPI",
    "dop_v1_" + some(HEX, 64): "DigitalOcean",
    "AccountKey=" + some(WORD, 86) + "==": "Azure",
    "-----BEGIN RSA PRIVATE KEY-----": "a private key",
    "-----BEGIN OPENSSH PRIVATE KEY-----": "a private key",
    "eyJ" + some(WORD, 20) + ".eyJ" + some(WORD, 40) + "." + some(WORD, 43): "JSON web",
    "postgres://app:s3cr3tPass9@db.internal:5432/x": "password in a URL",
    "Authorization: Bearer " + some(WORD, 32): "bearer token",
    'password: "Tr0ub4dor-9xK"': "a password or key",
}
PERSONAL = {
    "ann.lee+x@mail.corp.io": "e-mail",
    "4111 1111 1111 1111": "card",
    "5500-0000-0000-0004": "card",
    "378282246310005": "card",
    "DE89 3704 0044 0532 0130 00": "IBAN",
    "GB82WEST12345698765432": "IBAN",
    "536-90-4399": "social security",
    "AB 12 34 56 C": "British",
    "12345678Z": "Spanish",
    "1 85 05 78 006 084 91": "French",
    "529.982.247-25": "Brazilian",
    "+49 170 5553210": "phone",
    "(415) 555-2671": "phone",
    "0171/5553210": "phone",
}
HARMLESS = [
    "the task-oriented risk-free desk-bound-secretary sk-xxxxxxxxxxxxxxxxxxxxxx",
    "AKIAIOSFODNN7EXAMPLE is the example key of the manual",
    "order 4111 1111 1111 1112 was paid on 2024-05-06 at 12:30:45",
    "write to support@example.com or to admin@localhost",
    "the password: incorrect, as the message says",
    "token: abcdefghijklmnop is only letters",
    "version 10.20.30.40, build 20240506123045, 1.234.567,89 EUR",
    "invoice DE89370400440532013001 does not check",
    "from 2019-2024, 1200-1500 pieces, 3.14159265358979",
    "https://user:<password>@host and https://host/a:b@c",
    "000-12-3456 and 666-12-3456 and 912-12-3456 are never given out",
    "12345678A has a wrong letter",
    "uuid 123e4567-e89b-12d3-a456-426614174000 and id 1718000000000",
]


@pytest.mark.parametrize(("text", "name"), {**SECRETS, **PERSONAL}.items())
def test_a_sensitive_text_is_found_within_a_sentence(text: str, name: str):
    """Exactly one, of the right kind, and by the fast search as well."""
    sentence = f"Hello, this is mine: {text}, please help."

    assert [True] == [name in hit.kind.name for hit in find(sentence)]
    assert [0] == list(scan([sentence]))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_it_is_left_alone(text: str):
    """A gate that cries wolf is soon left open."""
    assert [] == [hit.kind.name for hit in find(text)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_the_fast_search_stops_wherever_the_exact_one_would(
    kind: Kind, data: st.DataObject
):
    """What the hint passes over is never looked at again."""
    text = data.draw(st.from_regex(kind.pattern))

    stopped = pyarrow.compute.match_substring_regex(pyarrow.array([text]), kind.hint)
    assert stopped[0].as_py()


def test_no_secret_is_left_in_what_is_hidden():
    """Whatever is printed has gone through this."""
    text = " and ".join(SECRETS)
    hidden = hide(text)

    assert [] == [hit for hit in find(hidden) if hit.kind.secret]


def test_a_secret_in_a_bad_line_is_not_repeated(write: Write):
    """The message names a key of the line, which may be anything."""
    secret = next(iter(SECRETS))
    source = write(
        *chats(1),
        {"messages": [{"role": secret, "content": "x"}]},
        {"messages": [{"role": "user", secret: "x"}]},
        {**chats(1)[0], secret: 1},
    )
    read = read_examples(source)
    said = repr((read.problems, read.unknown_keys))

    assert secret[:12] not in said


def test_a_mask_gives_the_same_thing_the_same_name():
    """Whether two messages are from one person must still be seen."""
    mask = Mask()
    one = mask.apply("ann@corp.io paid with 4111 1111 1111 1111")
    two = mask.apply("bob@corp.io knows ann@corp.io")

    assert ("<EMAIL-1> paid with <CARD-1>", "<EMAIL-2> knows <EMAIL-1>") == (one, two)
