"""Hypothesis as we use it: how long an example takes on a busy machine says nothing about a rule."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("livechat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("livechat")
