"""
Lines that are no example, by what must be said about them.

``U`` and ``A`` in a line stand for a good user's and a good assistant's message.
"""

from __future__ import annotations

_USER = '{"role":"user","content":"q"}'
_ANSWER = '{"role":"assistant","content":"a"}'


def _fill(text: str) -> str:
    return text.replace("U,", _USER + ",").replace("A]", _ANSWER + "]")


def _chat(more: str) -> str:
    """A good chat with more keys beside its messages."""
    return _fill('{"messages":[U,A],') + more + "}"


def _said(message: str) -> str:
    """A chat whose first message is *message*."""
    return _fill('{"messages":[' + message + ",A]}")


def _last(message: str) -> str:
    """A chat whose last message is *message*."""
    return '{"messages":[' + _USER + "," + message + "]}"


def _called(call: str) -> str:
    """A chat that ends with *call*, a tool call."""
    return _last('{"role":"assistant","tool_calls":[' + call + "]}")


_NOT_JSON = [
    "{", "}", "{}x", '{"', '{"a', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}',
    "{'a':1}", "{a:1}", '{"a" 1}', '{"a":1 "b":2}', '{"a":01}', '{"a":+1}', '{"a":.5}',
    '{"a":1.}', '{"a":1e}', '{"a":0x1}', '{"a":-}', '{"a":tru}', '{"a":True}',
    '{"a":None}', '{"a":undefined}', '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"\\u12G4"}',
    '{"a":"\t"}', '{"a":"\x01"}', '{"a":"\x1f"}', '{"a":[1,]}', '{"a":[,1]}',
    '{"a":[1 2]}', '{"a":{"b":1}', '{"a":[1}', '{"a":(1)}', "// comment", "# comment",
    '{"a":1} // comment', "/* */ {}", '{"a":1}{"b":2}', '{"a":1},', "<html></html>",
    "hello", "id,question,answer", "---", "- a: b", "\ufeff{}", "{}\x0b", "NULL", "nan",
    '"unclosed', "[1,2", "{]", '{"a":"b"c"}', "\u201ca\u201d",
]  # fmt: skip
_NOT_OBJECT = {
    "[]": "a JSON list stands here",
    "[1]": "a JSON list stands here",
    "[" + _fill('{"messages":[U,A]}') + "]": "a JSON list stands here",
    "1": "a JSON number stands here",
    "-1.5e3": "a JSON number stands here",
    '"text"': "a JSON string stands here",
    "true": "a JSON boolean stands here",
    "false": "a JSON boolean stands here",
    "null": "a JSON null stands here",
}
_NAN = [
    _chat('"tags":{"a":NaN}'), _chat('"tags":{"a": -Infinity}'), _chat('"x":[NaN]'),
    _chat('"tags":{"a":Infinity}'), '{"messages":NaN}', _chat('"x":[1, NaN]'),
]  # fmt: skip
_RANGE = [_chat('"x":1e999'), _chat('"x":-1e999'), _chat('"x":' + "9" * 5000)]
_TWICE = {
    _chat('"id":"1","id":"2"'): "the key 'id' is given twice",
    _chat('"messages":[]'): "the key 'messages' is given twice",
    _chat('"id":"1","id" :"1"'): "the key 'id' is given twice",
    _chat('"id":"1","i\\u0064":"2"'): "the key 'id' is given twice",
    _said('{"role":"user","role":"user","content":"q"}'): "the key 'role' is given",
    _said('{"role":"user","content":"a","content":"b"}'): "the key 'content' is given",
    _chat('"tags":{"a":"1","a":"2"}'): "the key 'a' is given twice",
    _chat('"tags":{"\\":":"1","\\":":"2"}'): "is given twice",
    _chat('"x":{"":1,"":2}'): "the key '' is given twice",
    _chat('"x":{"a\\\\":1,"a\\\\":2}'): "is given twice",
    _chat('"tags":{"t":"say \\":"},"id":"1","id":"2"'): "the key 'id' is given twice",
}
_NUL = [_chat('"id":"a\\u0000"'), _said('{"role":"user","content":"\\u0000"}')]
_SURROGATE = [
    _said('{"role":"user","content":"\\ud800"}'),
    _said('{"role":"user","content":"\\udc00 x"}'),
    _said('{"role":"user","content":"x\\uD83D y"}'),
    _said('{"role":"user","content":"\\ud800\\ud800"}'),
    _said('{"role":"user","content":"\\ud83d'),
]
_DEEP = [
    _chat('"x":' + "[" * 70 + "]" * 70),
    _chat('"x":' + "[" * 1000 + "]" * 1000),
    _chat('"x":' + '{"a":' * 1000 + "1" + "}" * 1000),
    _chat('"x":' + "[" * 100_000 + "]" * 100_000),
    _chat('"x":' + "[" * 5000),
    _chat('"x":' + '[{"a":' * 40 + "1" + "}]" * 40),
]
_NOT_UTF8 = [
    b'{"messages":"\xff"}', b'{"messages":"\xc3"}', b'{"\xe4":1}', b"\xff\xfd",
    b'{"a":"\xed\xa0\x80"}', b'{"a":"\xc0\x80"}', b'{"a":"\xf8\x88\x80\x80\x80"}',
    b'{"a":"caf\xe9"}', b"\x80", b'{"a":"\xf4\x90\x80\x80"}',
]  # fmt: skip
_MESSAGES = {
    "{}": "the key 'messages' is missing",
    '{"Messages":[]}': "the key 'messages' is missing",
    '{"messages":null}': "the key 'messages' is missing",
    '{"prompt":"q","completion":"a"}': "the key 'messages' is missing",
    '{"messages":{}}': "'messages' must be a list, not an object",
    '{"messages":"x"}': "'messages' must be a list, not text",
    '{"messages":1}': "'messages' must be a list, not a number",
    '{"messages":true}': "'messages' must be a list, not true or false",
    '{"messages":[]}': "'messages' is an empty list",
    '{"messages":[null]}': "message 1 is null, not an object",
    '{"messages":["x"]}': "message 1 is text, not an object",
    '{"messages":[[]]}': "message 1 is a list, not an object",
    '{"messages":[1]}': "message 1 is a number, not an object",
    '{"messages":[true]}': "message 1 is true or false, not an object",
    '{"messages":[{}]}': "message 1 has the role None",
    '{"input":{},"preferred_output":[]}': "must hold messages",
    '{"input":[],"preferred_output":[]}': "must hold messages",
    '{"preferred_output":[]}': "must hold messages",
    '{"input":{"messages":[]},"preferred_output":"a"}': "must hold messages",
    '{"input":{"messages":[]},"preferred_output":[]}': "must hold messages",
    '{"input":{"messages":[]},"preferred_output":[],"non_preferred_output":"a"}': (
        "'non_preferred_output' must hold messages"
    ),
    '{"input":{"messages":[]},"preferred_output":[],'
    '"non_preferred_output":[{"role":"user","content":"a"}]}': (
        "'non_preferred_output' is not the assistant's"
    ),
    '{"input":{"messages":[]},'
    '"preferred_output":[{"role":"assistant","content":"a"}],'
    '"non_preferred_output":[{"role":"assistant","content":"a"}]}': (
        "both outputs say the same"
    ),
}
_ROLES = {
    _said(f'{{"role":{role},"content":"q"}}'): f"message 1 has the role {shown}"
    for role, shown in {
        '"human"': "'human'", '"User"': "'User'", '"bot"': "'bot'", '""': "''",
        '"user "': "'user '", "null": "None", "1": "1", "[]": "[]", "{}": "{}",
        "true": "True", '"function"': "'function'", '"gpt"': "'gpt'",
    }.items()
}  # fmt: skip
_CONTENT = {
    _said('{"role":"user"}'): "message 1 (user) has no content",
    _said('{"role":"user","content":null}'): "message 1 (user) has no content",
    _said('{"role":"user","content":""}'): "message 1 (user) is empty",
    _said('{"role":"user","content":" \\n\\t "}'): "message 1 (user) is empty",
    _said('{"role":"user","content":"\\u00a0\\u2003"}'): "message 1 (user) is empty",
    _said('{"role":"user","content":1}'): "'content' is a number, not text",
    _said('{"role":"user","content":true}'): "'content' is true or false, not text",
    _said('{"role":"user","content":{}}'): "'content' is an object, not text",
    _said('{"role":"user","content":[]}'): "message 1 (user) is empty",
    _said('{"role":"user","content":[{"type":"text","text":""}]}'): "is empty",
    _said('{"role":"user","content":["q"]}'): "only text can be used",
    _said('{"role":"user","content":[null]}'): "only text can be used",
    _said('{"role":"user","content":[{"type":"image_url"}]}'): "holds 'image_url'",
    _said('{"role":"user","content":[{"type":"input_audio"}]}'): "'input_audio'",
    _said('{"role":"user","content":[{"type":"text","text":1}]}'): "only text",
    _said('{"role":"user","text":"q"}'): "the unknown key 'text'",
    _said('{"role":"user","content":"q","Content":"q"}'): "unknown key 'Content'",
    _said('{"role":"system","content":""}'): "message 1 (system) is empty",
    _last('{"role":"assistant"}'): "message 2 (assistant) has no content",
    _last('{"role":"assistant","content":null}'): "has no content",
    _last('{"role":"assistant","content":""}'): "message 2 (assistant) is empty",
    _last('{"role":"assistant","content":"\\n"}'): "message 2 (assistant) is empty",
    _last('{"role":"assistant","content":7}'): "'content' is a number",
    _last('{"role":"assistant","content":null,"refusal":"no"}'): "has no content",
    _last('{"role":"assistant","function_call":{"name":"f"}}'): "has no content",
}
_WEIGHT = {
    _last('{"role":"assistant","content":"a","weight":2}'): "'weight' is 0 or 1",
    _last('{"role":"assistant","content":"a","weight":-1}'): "'weight' is 0 or 1",
    _last('{"role":"assistant","content":"a","weight":0.5}'): "'weight' is 0 or 1",
    _last('{"role":"assistant","content":"a","weight":"1"}'): "'weight' is 0 or 1",
    _last('{"role":"assistant","content":"a","weight":true}'): "'weight' is 0 or 1",
    _last('{"role":"assistant","content":"a","weight":[]}'): "'weight' is 0 or 1",
    _said('{"role":"user","content":"q","weight":1}'): "on an assistant's",
}
_TOOL = '{"role":"tool","content":"r"'
_CALLS = {
    _called("1"): "a tool call names no function",
    _called("null"): "a tool call names no function",
    _called("{}"): "a tool call names no function",
    _called('{"function":"f"}'): "a tool call names no function",
    _called('{"function":{}}'): "a tool call names no function",
    _called('{"function":{"name":1}}'): "a tool call names no function",
    _called('{"function":{"name":"f"}}'): "arguments of 'f' are not",
    _called('{"function":{"name":"f","arguments":{}}}'): "arguments of 'f' are not",
    _called('{"function":{"name":"f","arguments":null}}'): "arguments of 'f' are not",
    _called('{"function":{"name":"f","arguments":""}}'): "arguments of 'f' are not",
    _called('{"function":{"name":"f","arguments":"{"}}'): "arguments of 'f' are not",
    _called('{"function":{"name":"f","arguments":"[]"}}'): "arguments of 'f' are not",
    _called('{"function":{"name":"f","arguments":"1"}}'): "arguments of 'f' are not",
    _called('{"function":{"name":"f","arguments":"' + "[" * 5000 + '"}}'): "arguments",
    _last('{"role":"assistant","tool_calls":[]}'): "'tool_calls' must be a list",
    _said('{"role":"user","content":"q","tool_calls":true}'): "'tool_calls' must be",
    _said('{"role":"user","content":"q","tool_call_id":[]}'): "'tool_call_id' is not",
    _last('{"role":"assistant","tool_calls":{}}'): "'tool_calls' must be a list",
    _last('{"role":"assistant","tool_calls":"f"}'): "'tool_calls' must be a list",
    _fill('{"messages":[U,' + _TOOL + "},A]}"): "answers no earlier tool call",
    _fill('{"messages":[U,' + _TOOL + ',"tool_call_id":"x"},A]}'): "no earlier tool",
    _fill(
        '{"messages":[U,' + _TOOL + ',"tool_call_id":1},A]}'
    ): "'tool_call_id' is not",
}
_ORDER = {
    '{"messages":[' + _USER + "]}": "the last message is from 'user'",
    '{"messages":[{"role":"system","content":"s"}]}': "the last message is from",
    _fill('{"messages":[U,' + _ANSWER + "," + _USER + "]}"): "is from 'user'",
    '{"messages":[' + _ANSWER + "]}": "no user message asks anything",
    _fill('{"messages":[{"role":"system","content":"s"},A]}'): "no user message",
    _fill('{"messages":[{"role":"developer","content":"s"},A]}'): "no user message",
}
_KEYS = {
    _chat('"id":""'): "'id' must have 1 to 200 characters",
    _chat('"id":" "'): "'id' must have 1 to 200 characters",
    _chat('"id":"' + "x" * 201 + '"'): "'id' must have 1 to 200 characters",
    _chat('"id":1.5'): "'id' is a number, not text",
    _chat('"id":true'): "'id' is true or false, not text",
    _chat('"id":[]'): "'id' is a list, not text",
    _chat('"id":{}'): "'id' is an object, not text",
    _chat('"cluster":""'): "'cluster' must have 1 to 200 characters",
    _chat('"cluster":[1]'): "'cluster' is a list, not text",
    _chat('"tags":"x"'): "'tags' must be",
    _chat('"tags":1'): "'tags' must be",
    _chat('"tags":[1]'): "'tags' must be",
    _chat('"tags":{"a":[]}'): "'tags' must be",
    _chat('"tags":{"a":null}'): "'tags' must be",
    _chat('"references":"x"'): "'references' must be a list of texts",
    _chat('"references":[1]'): "'references' must be a list of texts",
    _chat('"references":{}'): "'references' must be a list of texts",
    _chat('"references":[null]'): "'references' must be a list of texts",
    _chat('"reviewed":"yes"'): "'reviewed' must be true or false, not text",
    _chat('"reviewed":1'): "'reviewed' must be true or false, not a number",
    _chat('"reviewed":[]'): "'reviewed' must be true or false, not a list",
    _chat('"tools":{}'): "'tools' must be a list of objects",
    _chat('"tools":"f"'): "'tools' must be a list of objects",
    _chat('"tools":["f"]'): "'tools' must be a list of objects",
}


def _cases() -> list[tuple[bytes, str]]:
    """Every line with the words that must be said about it."""
    plain = {
        **dict.fromkeys(_NAN, "NaN and Infinity are not JSON"),
        **dict.fromkeys(_RANGE, "a number is out of range"),
        **dict.fromkeys(_NUL, "a NUL character stands in a string"),
        **dict.fromkeys(_SURROGATE, "half a surrogate pair"),
        **dict.fromkeys(_DEEP, "nested deeper than 64"),
        **_NOT_OBJECT, **_TWICE, **_MESSAGES, **_ROLES, **_CONTENT,
        **_WEIGHT, **_CALLS, **_ORDER, **_KEYS,
    }  # fmt: skip
    cases = [(line.encode(), said) for line, said in plain.items()]
    cases += [(line.encode(), "") for line in _NOT_JSON]
    cases += [(line, "is not UTF-8") for line in _NOT_UTF8]
    cases += [(b'{"messages":\x00}', "a NUL byte stands at byte 13")]
    cases += [(b"\x00" * 40, "a NUL byte stands at byte 1")]
    return cases


CASES = _cases()
