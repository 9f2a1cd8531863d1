// The help room (XEP-0045): enter it, speak, hear each message once, know who is there.

import { IqError, NS, bare, child, childText, line, newId, resource, x } from "./stanza.js";

const HISTORY = 50;
const ENTER_S = 10;
const HISTORY_S = 3;
const REFLECT_S = 6;
const AGAIN_S = 0.7;
const MAX_NICK = 40;
const FALLBACK_NICK = "Visitor";

export class Room {
  #link;
  #on;
  #seen = new Set(); // keys of messages that were shown
  #timer = 0;
  #conflicts = 0;
  jid = null;
  nick = "";
  nicks = new Set(); // all that we have had in this chat: history shows us under those
  state = "out"; // out, entering, history (inside, history still coming), in
  occupants = new Map(); // nick -> {owner, self}

  /**
   * on: onIn() once history is complete, onMessage({id, nick, text, at, mine, desk}), onDelivered(id),
   * onBounced(id, condition), onPeople(), onJoined(nick), onLeft(nick), onRefused(condition),
   * onOut({codes, destroyed, reason}), onSilent(id) when the room did not repeat what we said.
   */
  constructor(link, on) {
    this.#link = link;
    this.#on = on;
  }

  /**
   * Enter, or enter again after a new login; what was heard before is not reported twice.
   * formerNicks: those that history may show us under.
   */
  enter(jid, nick, formerNicks = []) {
    if (jid !== this.jid) this.forget();
    for (const former of formerNicks) this.nicks.add(former);
    this.jid = jid;
    this.nick = line(nick, MAX_NICK) || FALLBACK_NICK;
    this.#conflicts = 0;
    this.#knock();
  }

  #knock() {
    this.state = "entering";
    this.occupants.clear();
    const history = x("history", { maxstanzas: HISTORY });
    const muc = x("x", { xmlns: NS.muc }, history);
    this.#link.send(x("presence", { xmlns: NS.client, to: `${this.jid}/${this.nick}` }, muc));
    this.#wait(ENTER_S, () => this.#refused("timeout"));
  }

  leave() {
    if (this.jid && this.state !== "out") {
      this.#link.send(x("presence", { xmlns: NS.client, to: `${this.jid}/${this.nick}`, type: "unavailable" }));
    }
    this.away();
  }

  /** The link is gone, and with it our place inside. */
  away() {
    this.#wait(0);
    this.state = "out";
  }

  forget() {
    this.away();
    this.jid = null;
    this.#seen.clear();
    this.nicks.clear();
    this.occupants.clear();
  }

  /** Send a text under its own id; it counts as delivered when the room reflects it (§7.4). */
  say(id, text) {
    if (this.state !== "in") return;
    this.#link.send(x("message", { xmlns: NS.client, type: "groupchat", to: this.jid, id }, x("body", {}, text)));
    const room = this.jid;
    setTimeout(() => this.jid === room && !this.#seen.has(`own ${id}`) && this.#on.onSilent(id), REFLECT_S * 1000);
  }

  /** Whether we are still inside (XEP-0410); reports onRefused when not. */
  async check() {
    if (this.state !== "in") return;
    try {
      await this.#link.iq("get", `${this.jid}/${this.nick}`, x("ping", { xmlns: NS.ping }));
    } catch (error) {
      if (!(error instanceof IqError)) throw error;
      if (error.condition === "not-acceptable" && this.state === "in") this.#refused("not-acceptable");
    }
  }

  /** The nicks of all who are here, without ourselves and the desk. */
  others() {
    return [...this.occupants].filter(([, who]) => !who.owner && !who.self).map(([nick]) => nick);
  }

  /** Take a message or presence; false when it is not the room's. */
  take(stanza) {
    if (!this.jid || bare(stanza.getAttribute("from")) !== this.jid) return false;
    if (stanza.localName === "presence") this.#presence(stanza);
    else this.#message(stanza);
    return true;
  }

  #wait(seconds, then) {
    clearTimeout(this.#timer);
    this.#timer = then ? setTimeout(then, seconds * 1000) : 0;
  }

  #refused(condition) {
    this.away();
    this.#on.onRefused(condition);
  }

  #presence(stanza) {
    const type = stanza.getAttribute("type");
    const nick = resource(stanza.getAttribute("from"));
    if (type === "error") {
      if (this.state === "entering") this.#presenceError(IqError.from(stanza).condition);
      return;
    }
    const info = child(stanza, "x", NS.mucUser);
    const statuses = [...(info?.children ?? [])].filter((e) => e.localName === "status");
    const codes = statuses.map((status) => status.getAttribute("code"));
    const isSelf = codes.includes("110") || (nick === this.nick && this.state !== "entering");
    if (type === "unavailable") {
      this.#gone(nick, isSelf, codes, info);
      return;
    }
    const item = child(info, "item", NS.mucUser);
    const isNew = !this.occupants.has(nick);
    this.occupants.set(nick, { owner: item?.getAttribute("affiliation") === "owner", self: isSelf });
    if (isSelf && this.state === "entering") {
      this.nick = nick; // the service may have changed it (status 210)
      this.nicks.add(nick);
      this.state = "history";
      // The subject ends the history (§7.2.15); a room without one is not waited for.
      this.#wait(HISTORY_S, () => this.#inside());
    } else if (isNew && !isSelf && this.state === "in" && !this.occupants.get(nick).owner) {
      this.#on.onJoined(nick);
    }
    if (this.state !== "entering") this.#on.onPeople();
  }

  #presenceError(condition) {
    if (condition === "conflict" && this.#conflicts < 6) {
      // After a reload our former self may hold the nick for an instant more: the same once again, then others.
      this.#conflicts += 1;
      if (this.#conflicts > 1) this.nick = `${this.nick.replace(/ \(\d+\)$/, "")} (${this.#conflicts})`;
      this.#wait(AGAIN_S, () => this.#knock());
    } else if (condition === "jid-malformed" && this.nick !== FALLBACK_NICK) {
      this.nick = FALLBACK_NICK;
      this.#knock();
    } else {
      this.#refused(condition);
    }
  }

  #gone(nick, isSelf, codes, info) {
    const newNick = child(info, "item", NS.mucUser)?.getAttribute("nick");
    this.occupants.delete(nick);
    if (isSelf && codes.includes("303") && newNick) {
      this.nick = newNick;
      this.nicks.add(newNick);
    } else if (isSelf) {
      const destroy = child(info, "destroy", NS.mucUser);
      const reason = destroy ?? child(info, "item", NS.mucUser);
      this.away();
      this.#on.onOut({ codes, destroyed: destroy !== null, reason: childText(reason, "reason", NS.mucUser) ?? "" });
      return;
    } else if (this.state === "in" && !codes.includes("303") && !this.nicks.has(nick)) {
      this.#on.onLeft(nick);
    }
    this.#on.onPeople();
  }

  #inside() {
    this.#wait(0);
    if (this.state !== "history") return;
    this.state = "in";
    this.#on.onIn();
  }

  #message(stanza) {
    const id = stanza.getAttribute("id");
    const text = childText(stanza, "body");
    const type = stanza.getAttribute("type");
    if (type === "error") {
      this.#on.onBounced(id, IqError.from(stanza).condition);
      return;
    }
    if (type !== "groupchat") return;
    if (text === null) {
      if (child(stanza, "subject")) this.#inside();
      return;
    }
    const nick = resource(stanza.getAttribute("from"));
    const mine = this.nicks.has(nick);
    const stamp = child(stanza, "delay", NS.delay)?.getAttribute("stamp");
    if (mine && id && !this.#seen.has(`own ${id}`)) {
      this.#seen.add(`own ${id}`);
      this.#on.onDelivered(id);
    }
    const key = this.#key(stanza, nick, id, stamp, text);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const at = stamp ? new Date(stamp) : new Date();
    const desk = this.occupants.get(nick)?.owner ?? false;
    this.#on.onMessage({ id: id ?? key, nick, text, at: Number.isNaN(at.getTime()) ? new Date() : at, mine, desk });
  }

  /** The room's own id of a message (XEP-0359), or what comes nearest. */
  #key(stanza, nick, id, stamp, text) {
    const given = [...stanza.children].find(
      (e) => e.localName === "stanza-id" && e.namespaceURI === NS.stanzaId && e.getAttribute("by") === this.jid,
    )?.getAttribute("id");
    if (given) return `room ${given}`;
    return id ? `id ${nick} ${id}` : `text ${nick} ${stamp ?? newId()} ${text}`;
  }
}
