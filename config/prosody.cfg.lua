-- What Prosody (0.12 or later) needs beside livechat_xmpp: from config/prosody.cfg.lua, whose words between
-- at-signs are filled in by `livechat-xmpp init`, by the demo and by the tests. All three use that one file.
--
-- On a server that exists: put it into /etc/prosody/conf.d/ (Debian) or Include it at the end of the main
-- file. The global modules_enabled of the main file needs "websocket" and "bosh" for the visitor's page, and, above
-- the first VirtualHost, consider_websocket_secure = true and consider_bosh_secure = true: TLS is what the web server
-- before it does, and without them nobody can log in where c2s_require_encryption is on, as it is unless set.
-- mod_privilege is not part of Prosody: Debian and Ubuntu have it in the package prosody-modules.

-- For the whole server, as both are read for the whole server only.
network_settings = { nagle = false } -- else a small stanza waits up to 40 ms for the one before it
-- More than a client may send (c2s_stanza_size_limit, 256 KiB unless set): the desk sends people's words on, and
-- escaped as XML they grow up to sixfold. A stanza over this limit (default: 512 KiB) costs the desk its link.
component_stanza_size_limit = 8 * 1024 * 1024

-- The staff's accounts. If your VirtualHost has its own modules_enabled, merge these lines into it instead:
-- the list that comes last wins.
VirtualHost "@DOMAIN@"
  modules_enabled = {
    "watchregistrations"; -- tells the component of new accounts: they become trainees
    "privilege"; -- XEP-0356: the component keeps the staff's roster groups, and bookmarks its room for newcomers
  }
  -- A room monitor whose connection broke stays in the room for so long (default: 600 s), and trainees with them.
  smacks_hibernation_time = 60
  registration_watchers = { "@COMPONENT@" }
  registration_notification_type = "chat"
  registration_notification = "new-account $username@$host" -- the component reads exactly this wording
  privileged_entities = {
    ["@COMPONENT@"] = {
      roster = "both"; message = "outgoing";
      iq = { ["http://jabber.org/protocol/pubsub"] = "set" }; -- XEP-0402: the bookmark of the contributors' room
    };
  }

-- Visitors of the page: no account, no password, nothing kept. Without stream management (XEP-0198), which
-- cannot resume an anonymous login and would only hide for minutes that a visitor has gone.
VirtualHost "@ANONYMOUS_DOMAIN@"
  authentication = "anonymous"
  modules_disabled = {
    "register"; "watchregistrations"; "privilege"; "smacks"; "offline"; "mam"; "carbons"; "pep"; "bookmarks";
    "private"; "vcard4"; "vcard_legacy"; "blocklist"; "csi_simple";
  }

-- The desk itself (XEP-0114).
Component "@COMPONENT@"
  component_secret = "@SECRET@"
  component_conflict_resolve = "kick_old" -- a restarted desk replaces a connection that hangs
  modules_enabled = { "privilege" }

-- The rooms of the help chats, on a service of their own below the desk's address.
Component "@MUC@" "muc"
  name = "Help chats"
  modules_enabled = { "muc_mam" } -- the desk reads from the archive what was said while it was down
  -- "local" means addresses of the domain one step up. That is the desk's domain: only the desk makes rooms.
  restrict_room_creation = "local"
  component_admins_as_room_owners = false
  muc_log_by_default = true
  muc_log_expires_after = "1w"
  max_archive_query_results = 250
  muc_tombstones = false -- they would keep a file for each chat for a month
  -- No list of all persistent rooms: Prosody would write it anew whenever one of them changes, so that with 400 rooms
  -- each costs four times as much. A room is found by its own file, also after a restart, when the desk enters it.
  storage = { persistent = "none" }
  muc_room_cache_size = 5000 -- more chats at once than this cost three to four times the CPU (default: 100)
