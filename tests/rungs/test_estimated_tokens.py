"""What is reserved for training must not be less than what is counted and billed."""

from __future__ import annotations

import pytest

from suffice.brief import Brief
from suffice.data.tokens import TokenCounter
from suffice.examples import Example
from suffice.stages.tokens import mean_tokens

ASKED = {
    "English": "I would like to cancel my order, the delivery address is wrong.",
    "German": "Ich möchte meine Bestellung stornieren, die Lieferadresse ist falsch.",
    "Russian": "Я хочу отменить заказ, потому что адрес доставки указан неверно.",
    "Chinese": "我想取消昨天下的订单。送货地址写错了。请尽快帮我处理。",
    "Japanese": "昨日の注文をキャンセルしたいのですが、配送先の住所が違います。",
    "Hindi": "मैं कल का ऑर्डर रद्द करना चाहता हूँ क्योंकि पता गलत है।",
    "Thai": "ฉันต้องการยกเลิกคำสั่งซื้อเมื่อวานนี้เพราะที่อยู่จัดส่งไม่ถูกต้อง",
}


@pytest.mark.parametrize("language", ASKED)
def test_a_row_is_estimated_at_no_less_than_openai_counts(language):
    """A quarter of the characters is English: Chinese would cost thrice as much."""
    brief = Brief(name="orders", instructions="Answer.", examples="none.jsonl")
    asked = {"role": "user", "content": ASKED[language]}
    example = Example(id="e", messages=(asked,), answer="cancel_order")
    mean = mean_tokens(brief, [example])
    counted = sum(
        TokenCounter("gpt-4o").count(text)
        for text in (ASKED[language], "cancel_order", "orders")
    )
    row = mean.tuned_instructions + mean.question + mean.answer + mean.framing

    # Four more for each of three messages, and three to begin the answer.
    assert counted + 15 <= row


def test_the_tools_of_an_example_are_counted_too():
    """They are sent with every row, and often longer than all that is said."""
    tool = {"type": "function", "function": {"name": "cancel", "parameters": {}}}
    call = {"function": {"name": "look_up", "arguments": '{"order": 4711}'}}
    asked = {"role": "user", "content": "Cancel it."}
    looked = {"role": "assistant", "content": None, "tool_calls": [call]}
    brief = Brief(name="orders", instructions="Answer.", examples="none.jsonl")
    plain = Example(id="e", messages=(asked,), answer="cancel_order")
    with_tools = Example(
        id="e", messages=(asked, looked), answer="cancel_order", tools=(tool,)
    )
    more = [mean_tokens(brief, [e]).question for e in (plain, with_tools)]
    sent = sum(TokenCounter("gpt-4o").count(str(one)) for one in (tool, call))

    assert more[1] - more[0] >= sent
