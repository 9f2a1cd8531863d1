"""The ways of keeping the groups in contact lists, joined here, as they know nothing of each other."""

from __future__ import annotations

from livechat_xmpp.reconcile.ports import GroupKeeper, StaffPresences
from livechat_xmpp.server_api.ejabberd import Api, SharedGroups
from livechat_xmpp.settings import Settings
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.groups.suggested import SuggestedLists
from livechat_xmpp.xmpp.groups.written import WrittenLists
from livechat_xmpp.xmpp.link import Link
from livechat_xmpp.xmpp.privileges import Privileges


def api_of(settings: Settings) -> Api | None:
    """Return the server's HTTP API, if it is set."""
    groups = settings.groups
    if not groups.api_url:
        return None
    return Api(groups.api_url, settings.xmpp.iq_timeout_s, groups.api_account, groups.api_password.get_secret_value())


def shared_groups(settings: Settings, privileges: Privileges) -> SharedGroups | None:
    """Return the groups that the server keeps, if its API is set; for domains whose lists we may not write."""
    api = api_of(settings)
    if api is None:
        return None
    domains = settings.staff.domains
    return SharedGroups(api, lambda: [domain for domain in domains if not privileges.may_keep_lists(domain)])


def keepers(
    settings: Settings,
    link: Link,
    addresses: Addresses,
    desk: Desk,
    presences: StaffPresences,
    privileges: Privileges,
) -> tuple[GroupKeeper, ...]:
    """Return the ways in which this desk keeps the groups, the best first; none where none is wanted."""
    if not settings.groups.enabled:
        return ()
    shared = shared_groups(settings, privileges)
    contact = addresses.workgroup(addresses.workgroups[0])
    return (
        WrittenLists(link, addresses.component, desk, privileges),
        *((shared,) if shared is not None else ()),
        SuggestedLists(link, contact, desk, presences),
    )
