// What Converse.js lacks for a desk, as a plugin of it: rooms that end, and the language that it is shown in.

const MUC_USER = "http://jabber.org/protocol/muc#user"; // XEP-0045

export const NAME = "livechat-team";

/** Have the plugin registered; Converse.js starts it if NAME is among its whitelisted plugins. */
export function register(converse) {
  converse.plugins.add(NAME, {
    dependencies: ["converse-muc"],
    initialize() {
      const { _converse } = this;
      const { api, exports } = _converse;
      exports.MUC = roomThatEnds(converse, exports.MUC);
      api.chatboxes.registry.add("chatroom", exports.MUC);
      exports.onDirectMUCInvitation = invitedAnew(api, exports.onDirectMUCInvitation);
      api.listen.on("connectionInitialized", () => sayLanguage(converse, api.connection.get()));
    },
  });
}

/** Converse's rooms, which know that they were destroyed from being refused only, not from being told (XEP-0045 §10.9).

Such a room is shown as over, with the reason, until it is left: also after a reload, or with a new connection. */
const roomThatEnds = (converse, Room) => class extends Room {
  get isOver() {
    return this.get("destroyed_reason") !== undefined;
  }

  showAsOver() {
    this.session.save({ connection_status: converse.ROOMSTATUS.DESTROYED });
    return true;
  }

  async onPresence(presence) {
    await super.onPresence(presence);
    if (presence.getAttribute("type") !== "unavailable") return;
    const end = converse.env.sizzle(`> x[xmlns="${MUC_USER}"] > destroy`, presence).pop();
    if (!end) return;
    const known = {
      destroyed_reason: end.querySelector("reason")?.textContent ?? "",
      moved_jid: end.getAttribute("jid") ?? undefined,
    };
    // What is shown holds after a reload, so it is stored first.
    await new Promise((done) => this.save(known, { success: done, error: done }));
    this.showAsOver();
  }

  restoreFromCache() {
    return this.isOver ? this.showAsOver() : super.restoreFromCache();
  }

  rejoin() {
    return this.isOver ? this.showAsOver() : super.rejoin();
  }
};

/** Converse takes no invitation to a room that it shows; one that was over and was made again is no longer that room. */
const invitedAnew = (api, onInvitation) => async (message) => {
  const invitation = [...message.children].find((one) => one.namespaceURI === "jabber:x:conference"); // XEP-0249
  const room = await api.rooms.get(invitation.getAttribute("jid"));
  if (room?.isOver) await room.close();
  return onInvitation(message);
};

/** Have messages and commands say the language that Converse is shown in: the desk answers in that one. */
function sayLanguage(converse, connection) {
  const send = connection.send.bind(connection);
  connection.send = (stanzas) => {
    for (const stanza of [stanzas].flat()) {
      const element = stanza?.tree?.() ?? stanza;
      if (!["message", "iq"].includes(element?.tagName) || element.hasAttribute("xml:lang")) continue;
      element.setAttribute("xml:lang", converse.env.i18n.getLocale().replace("_", "-"));
    }
    return send(stanzas);
  };
}
