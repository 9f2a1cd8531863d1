"""What the settings say, as the rules, the texts and the door want it said."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from livechat_xmpp.domain.apprenticeship import TrainingRules
from livechat_xmpp.domain.escalation import ClimbRules
from livechat_xmpp.domain.forms import USERNAME, Form, Kind
from livechat_xmpp.domain.model import WorkgroupName
from livechat_xmpp.domain.rooms import RoomRules
from livechat_xmpp.domain.signup import SignUpRules
from livechat_xmpp.settings import Settings, VisitorSettings, WorkgroupSettings
from livechat_xmpp.translations import Translations
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.xmpp import limits
from livechat_xmpp.xmpp.addresses import read_bare_jid
from livechat_xmpp.xmpp.languages import HeardLanguages


def rules_from(settings: Settings, heard: HeardLanguages | None = None) -> DeskRules:
    """Return the numbers that the rules apply, and the texts. heard: what languages people speak."""
    rooms = settings.rooms
    return DeskRules(
        rooms=RoomRules(
            helper_counts_as_monitor=rooms.helper_counts_as_monitor,
            trainee_places=rooms.trainee_places,
            trainee_patience=timedelta(seconds=rooms.trainee_patience_s),
            remind_after=timedelta(seconds=rooms.remind_after_s),
            visitor_grace=timedelta(seconds=settings.visitors.grace_s),
            helper_grace=timedelta(seconds=rooms.helper_grace_s),
            resync_after=timedelta(seconds=rooms.resync_s),
            longest_wait=timedelta(seconds=settings.visitors.longest_wait_s),
            first_reply=timedelta(seconds=settings.routing.first_reply_s),
            lent_voice=frozenset(WorkgroupName(w.name) for w in settings.workgroups if w.trainee_voice == "lent"),
            archive_patience=timedelta(seconds=rooms.archive_patience_s),
        ),
        offer_timeout=timedelta(seconds=settings.routing.offer_timeout_s),
        repeat_after=timedelta(seconds=settings.routing.repeat_after_s),
        climb=ClimbRules(
            ring_all_after=timedelta(seconds=settings.routing.ring_all_after_s),
            alarm_after=timedelta(seconds=settings.routing.alarm_after_s),
            tell_visitor_after=timedelta(seconds=settings.routing.tell_visitor_after_s),
        ),
        training=_training_rules(settings),
        policy=policy_of(settings)[0],
        overdue=timedelta(seconds=settings.desk.overdue_s),
        max_chats=settings.routing.max_chats,
        queue_limit=settings.visitors.queue_limit,
        forms={WorkgroupName(w.name): form_of(w, settings.visitors) for w in settings.workgroups},
        answer_limit=settings.visitors.answer_limit,
        staff_domains=frozenset(settings.staff.domains),
        anonymous_domains=frozenset(settings.visitors.anonymous_domains),
        contributors=settings.xmpp.contributors,
        read_jid=read_bare_jid,
        sign_up=SignUpRules(
            guide_url=settings.apprenticeship.guide_url,
            welcomes_per_hour=settings.apprenticeship.welcomes_per_hour,
            new_accounts=settings.apprenticeship.sign_up_new_accounts,
            existing_accounts=settings.apprenticeship.sign_up_existing_accounts,
        ),
        catalogue=Translations(settings.texts.default_language, settings.texts.overrides),
        heard=(heard or heard_from(settings)).of,
    )


def form_of(workgroup: WorkgroupSettings, visitors: VisitorSettings) -> Form:
    """Return what a workgroup's visitors fill in, with the limits that hold for all workgroups."""
    form = workgroup.form()
    longest = (
        visitors.name_limit if field.name == USERNAME else visitors.answer_limit if field.kind is Kind.LINES else None
        for field in form.fields
    )
    return Form(tuple(replace(f, limit=f.limit or limit) for f, limit in zip(form.fields, longest, strict=True)))


def _training_rules(settings: Settings) -> TrainingRules:
    chosen = settings.apprenticeship
    return TrainingRules(
        watched_needed=chosen.watched_needed,
        helped_needed=chosen.helped_needed,
        watch_share=chosen.watch_share,
        watch_time=timedelta(seconds=chosen.watch_s),
        said_needed=chosen.said_needed,
        endorsers_needed=chosen.endorsers_needed,
        days_needed=chosen.days_needed,
        approvals_needed=chosen.approvals_needed,
        decide_within=timedelta(seconds=chosen.decide_s),
        remind_after=timedelta(seconds=chosen.remind_s),
        ask_again_after=timedelta(seconds=chosen.ask_again_s),
        lasting=timedelta(seconds=chosen.letter_s),
        stuck_after=timedelta(seconds=chosen.stuck_s),
        active_within=timedelta(seconds=chosen.active_s),
        daily_at_hour=chosen.daily_hour,
        helper_counts_as_monitor=settings.rooms.helper_counts_as_monitor,
    )


def policy_of(settings: Settings) -> tuple[str, dict[str, Any]]:
    """Return the settings that decisions about people follow, and the version that the audit names them by."""
    followed = {
        "apprenticeship": settings.apprenticeship.model_dump(mode="json"),
        "rooms": {"helper_counts_as_monitor": settings.rooms.helper_counts_as_monitor},
        "staff": {"domains": list(settings.staff.domains)},
    }
    return hashlib.sha256(json.dumps(followed, sort_keys=True).encode()).hexdigest()[:8], followed


def heard_from(settings: Settings) -> HeardLanguages:
    return HeardLanguages(unspoken=settings.texts.unspoken_language, remembered=settings.limits.remembered)


def limits_from(settings: Settings) -> limits.Rules:
    """Return what is taken of whom."""
    return limits.Rules(
        **settings.limits.model_dump(),
        own_domains=frozenset({*settings.staff.domains, settings.xmpp.component, settings.xmpp.muc}),
        anonymous_domains=frozenset(settings.visitors.anonymous_domains),
    )
