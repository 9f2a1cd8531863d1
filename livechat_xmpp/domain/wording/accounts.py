"""Accounts and their standing: who may give and take what, and the lists of them."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Text

FOR_THE_TEAM = Text("for-the-team", "This is for the team of the desk.")
ONLY_ADMINS = Text("only-admins-change-roles", "Only admins change roles.")
LESS_NOT_MORE = Text(
    "would-be-less", '{jid} is {old} already, which is more than {new}. To take rights away, use "demote".'
)
MORE_NOT_LESS = Text("would-be-more", '{jid} is {old}, which is less than {new}. To give rights, use "promote".')
NO_ROLE = Text("no-role", '{jid} has no role here. To give one, use "promote".')
LAST_ADMIN = Text("last-admin", "{jid} is the last admin. Promote another one first.")
NO_ADDRESS = Text(
    "no-address",
    "Nobody of the team is called {text}. Somebody new is named by their address, like name@example.org.",
)
NOT_OF_THE_TEAM = Text("not-of-the-team", "Accounts of {domain} cannot belong to the team.")
IS_ALREADY = Text("is-already", "{jid} is {standing} already.")

ADD_TITLE = Text("add-account-title", "Add an account")
ADDRESS = Text("field-address", "Address")
TRAINEE_NOW = Text("is-trainee-now", "{jid} is a trainee now.")
NEW_STANDING = Text("field-new-standing", "New role")
STANDING = Text("field-standing", "Role")
ANY = Text("any-standing", "Any")
REASON = Text("field-reason", "Why (the person reads it, and it stays on record)")
NOTHING_CHANGED = Text("nothing-changed", "Nothing to change: {standing} already.")
CHANGED = Text("changed", "Now {standing}: {people}.")
ACCOUNTS_TITLE = Text("accounts-title", "Accounts")
ACCOUNTS_CUT = Text("accounts-cut", "{count} accounts; the first {shown} are shown.")
ACCOUNTS_SHOWN = Text("accounts-shown", "{count} account.", "{count} accounts.")
ACCOUNT = Text("column-account", "Account")
SINCE = Text("column-standing-since", "Since")
