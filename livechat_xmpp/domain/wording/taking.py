"""Taking a waiting request by oneself, without its being offered."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Text

TAKE_TITLE = Text("take-request", "Take a request that waits")
HINT_TAKE = Text("hint-take", "take [REQUEST]: answer a request that waits; without REQUEST the first")

MAY_TAKE = Text("may-take", 'To take one that nobody else is asked about, write "take" and its id, or "take" alone.')
MAY_TAKE_SOME = Text(
    "may-take-some",
    '{count} request waits that you can take: write "take".',
    '{count} requests wait that you can take: write "take".',
)
OFFER_EXPIRED = Text(
    "offer-expired-take",
    'Time is up: {visitor}\'s request goes back to the queue. "take" still gets it for you, unless somebody else is'
    " asked about it.",
)

TAKEN_ON_DUTY = Text("taken-on-duty", 'You take requests while you are on duty for it. Write "on helper" first.')
NOTHING_TO_TAKE = Text("nothing-to-take", "No request waits that you can take now.")
NO_SUCH_REQUEST = Text("no-such-request", 'No request {chat} waits. "queue" shows those that do.')
ASKED_ABOUT_IT = Text(
    "somebody-is-asked", "Somebody else is asked about {visitor}'s request just now. You can take it if they do not."
)
VISITOR_AWAY = Text("visitor-away", "{visitor} is not there now, and keeps the place for a while.")
ANSWER_FIRST = Text("answer-first", '{visitor}\'s request is offered to you. Please answer "yes" or "no" to it first.')
AS_MANY_AS_SET = Text(
    "as-many-chats-as-set",
    'You answer {count} chat, as many as you have set. "on {more}" lets you take another one.',
    'You answer {count} chats, as many as you have set. "on {more}" lets you take another one.',
)
