"""What becomes of requests when the settings have changed since they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from livechat_xmpp.domain.model import WorkgroupName
from livechat_xmpp.usecases.ports import Work


def take_over(work: Work, workgroups: Sequence[WorkgroupName]) -> None:
    """Put what is not over of workgroups that there are no more into the first: no queue and no list has it else."""
    for gone in sorted({count.workgroup for count in work.chats.counts()} - set(workgroups)):
        waiting = [one.chat_id for one in work.chats.waiting(gone)]
        for chat_id in dict.fromkeys([*waiting, *(chat.id for chat in work.chats.open(gone))]):
            chat = work.chats.find(chat_id)
            if chat is not None:
                work.chats.save(replace(chat, workgroup=workgroups[0]))
                work.fact("moved to another workgroup", chat=chat_id, workgroup=workgroups[0])
                work.touch_queues()
