-- A whole Prosody on one machine, for the demo and the tests: loopback only, no TLS, no other servers.
-- Never for a machine that others can reach. Words between at-signs
-- are filled in by livechat_xmpp.demo.config_files.
pidfile = "@DIR@/prosody.pid"
data_path = "@DIR@/data"
certificates = "@DIR@/certs" -- empty: only so that the system's are not looked for
log = { { levels = { min = "@LOG_LEVEL@" }, to = "file", filename = "@DIR@/prosody.log" } }
run_as_root = @AS_ROOT@ -- only where the demo itself was started by root, as in a container

interfaces = { "127.0.0.1" }
local_interfaces = { "127.0.0.1" }
c2s_ports = { @C2S_PORT@ }
c2s_direct_tls_ports = {}
component_interfaces = { "127.0.0.1" }
component_ports = { @COMPONENT_PORT@ }
http_interfaces = { "127.0.0.1" }
http_ports = { @HTTP_PORT@ }
https_ports = {}
s2s_ports = {}
s2s_direct_tls_ports = {}

modules_disabled = { "s2s" }
modules_enabled = {
  "posix"; "roster"; "saslauth"; "disco"; "ping"; "time"; "uptime"; "version";
  "register"; "offline"; "mam"; "carbons"; "smacks"; "csi_simple"; "blocklist";
  "pep"; "private"; "bookmarks"; "vcard4"; "vcard_legacy";
  "bosh"; "websocket";
}
allow_registration = true -- sign-up needs nobody
smacks_hibernation_time = 60 -- a monitor whose client vanished counts as inside until then

c2s_require_encryption = false
allow_unencrypted_plain_auth = true
consider_bosh_secure = true
consider_websocket_secure = true
authentication = "internal_hashed"
storage = "internal"
c2s_stanza_size_limit = 1024 * 1024

-- The page comes from another port of 127.0.0.1 and names the server as it likes.
http_default_host = "@DOMAIN@"
access_control_allow_origins = { "*" }

-- The server's general rooms; the contributors' room is one of them.
Component "conference.@DOMAIN@" "muc"
  name = "Chat rooms"
  modules_enabled = { "muc_mam" }
  restrict_room_creation = "local"
  max_archive_query_results = 250

Include "@DIR@/livechat.cfg.lua"
