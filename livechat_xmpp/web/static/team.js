// The staff's page: Converse.js as an ordinary XMPP client. It has no rights that any other client would not have.

import * as plugin from "./plugin.js";
import { t } from "./texts.js";

const answer = await fetch("/config.json");
const config = await answer.json();
document.title = t.teamTitle(config.title);

/** An element in the place of one of Converse's, which leaves alone a name that is taken. */
function replace(name, fill) {
  customElements.define(name, class extends HTMLElement {
    connectedCallback() {
      if (!this.childElementCount) fill(this);
    }
  });
}

function add(parent, name, text) {
  const made = parent.appendChild(document.createElement(name));
  made.textContent = text;
}

// The login page says whose desk this is. Converse's own logo, links and sponsors would load pictures from other hosts.
replace("converse-brand-logo", (box) => {
  add(box, "h1", t.teamTitle(config.title));
  add(box, "p", t.teamLogin(config.staffDomain));
  add(box, "p", t.teamClients);
});
replace("converse-controlbox-navbar", () => {});
replace("converse-footer", (box) => add(box, "p", t.teamFooter));

await import("/vendor/converse.js/dist/converse.min.js");

plugin.register(globalThis.converse);
globalThis.converse.initialize({
  assets_path: "/vendor/converse.js/dist/",
  authentication: "login",
  default_domain: config.staffDomain, // `ana` logs in as ana@ this domain
  websocket_url: config.websocketUrl,
  discover_connection_methods: false, // would ask the domain's web server, not ours
  view_mode: "fullscreen",
  i18n: navigator.language.slice(0, 2),
  loglevel: "warn",
  // Help rooms: asked in by direct invitation, entered under the account's own name.
  allow_muc_invitations: true,
  muc_nickname_from_jid: true,
  auto_register_muc_nickname: false,
  muc_mention_autocomplete_min_chars: 2, // with the default 0 the Tab key never leaves the message box
  // Bookmarks of help rooms would outlive the rooms, and enter them again at the next login.
  allow_bookmarks: false,
  muc_respect_autojoin: false,
  // Offers come from the workgroup's address, which is in nobody's contact list.
  allow_non_roster_messaging: true,
  allow_adhoc_commands: true,
  allow_registration: true, // an account made here becomes a trainee by itself
  registration_domain: config.staffDomain,
  // OMEMO would need another exception in the page's policy, and does not work with anonymous visitors.
  whitelisted_plugins: [plugin.NAME],
  blacklisted_plugins: ["converse-omemo", "converse-omemo-views", "converse-push"],
});
