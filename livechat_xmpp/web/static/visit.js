// One visit, from looking whether somebody is here to the end of the chat. It shows nothing itself; `view` is told.
//
// phase: connecting -> closed | form -> waiting -> chat -> ended (-> form). The desk decides and this page follows, so
// each answer or message of the desk may lead to any phase.

import { Desk, isNobodyThere } from "./desk.js";
import { Link } from "./link.js";
import { forgetChat, recall, remember } from "./memory.js";
import { Room } from "./room.js";
import { IqError, NS, clean, line, newId, x } from "./stanza.js";

export const MAX_MESSAGE = 4000;
const RETRY_S = [1, 2, 4, 8, 15];
const LOOK_EVERY_S = 30;
const THIS_TAB = newId();

export class Visit {
  #view;
  #link;
  #desk;
  #room;
  #tabs = null;
  #retry = { timer: 0, count: 0 };
  #asking = null; // answers under way
  phase = "connecting";
  place = { position: null, wait: null };

  constructor(config, view) {
    this.#view = view;
    this.#link = new Link(config.websocketUrl, config.anonymousDomain, {
      onUp: () => this.#up(),
      onDown: () => this.#down(),
      onStanza: (stanza) => this.#room.take(stanza) || this.#desk.take(stanza),
    });
    this.#desk = new Desk(this.#link, config.workgroup, this.#deskEvents());
    this.#room = new Room(this.#link, this.#roomEvents());
    if ("BroadcastChannel" in globalThis) {
      this.#tabs = new BroadcastChannel("livechat-visit");
      this.#tabs.onmessage = ({ data }) => this.#otherTab(data);
    }
    setInterval(() => this.#look(), LOOK_EVERY_S * 1000);
  }

  start() {
    this.#view.connecting();
    this.#link.start();
  }

  // -- what the visitor does ------------------------------------------------------------------------------------------

  /** Ask for help with these answers {field name: text}. */
  async ask(answers) {
    if (this.#asking) return;
    this.#asking = answers;
    remember({ answers, name: line(answers.username ?? "", 40) });
    this.#view.asking(true);
    try {
      const { visit, refusal } = await this.#desk.ask(answers);
      if (visit) this.#adopt(visit);
      else this.#view.formError(refusal || "refused");
    } catch (error) {
      if (!(error instanceof IqError)) throw error;
      if (error.condition === "link-lost") return; // asked again after the next login
      this.#askFailed(error);
    }
    this.#asking = null;
    this.#view.asking(false);
  }

  async leaveQueue() {
    await this.#desk.leave();
    this.#end("left");
  }

  async endChat() {
    await this.#desk.leave();
    this.#end("you");
  }

  /** Say something in the room; kept until the room has repeated it. */
  say(text) {
    const body = clean(text).trim();
    if (!body || this.phase !== "chat") return;
    const id = newId();
    remember({ pending: [...recall().pending, { id, text: body }], draft: "" });
    this.#showPending({ id, text: body });
    this.#room.say(id, body);
  }

  /** After the end: back to the form. */
  again() {
    remember({ answers: { ...recall().answers, question: "" } });
    this.#room.forget();
    this.phase = "connecting";
    this.#view.connecting();
    this.#link.start();
  }

  // -- the link -------------------------------------------------------------------------------------------------------

  #up() {
    this.#view.link("up");
    this.#link.send(x("presence", { xmlns: NS.client }));
    this.#desk.greet();
    if (recall().token) this.#resume();
    else if (this.#asking) this.#askAgain();
    else if (["waiting", "chat"].includes(this.phase)) this.#end("expired"); // a new address, and no token for it
  }

  #down() {
    clearTimeout(this.#retry.timer);
    this.#desk.away();
    this.#room.away();
    this.#view.link("lost");
  }

  #askAgain() {
    const answers = this.#asking;
    this.#asking = null;
    this.ask(answers);
  }

  /** Now and then: is the desk there, are we still in the room? */
  #look() {
    if (!this.#link.isUp) return;
    if (this.phase === "chat") this.#room.check();
    else if (this.#desk.state !== "unreachable") this.#desk.greet();
  }

  /** Try again later, later each time; not after the link was lost, as its return begins anew. */
  #later(what) {
    clearTimeout(this.#retry.timer);
    const delay = RETRY_S[Math.min(this.#retry.count, RETRY_S.length - 1)];
    this.#retry.count += 1;
    this.#retry.timer = setTimeout(() => this.#link.isUp && what(), delay * 1000);
  }

  #settled() {
    this.#retry.count = 0;
    this.#view.problem(null);
  }

  // -- the desk -------------------------------------------------------------------------------------------------------

  #deskEvents() {
    return {
      onState: (desk, before) => this.#deskIs(desk, before),
      onPlace: (told) => this.#placeTold(told),
      onInvited: (room) => this.#invited(room),
      onEnded: (chat) => this.#isOurs(chat) && this.#end("desk"),
      onDeparted: (text) => this.#end("queue", text),
      onText: (text) => this.#deskSays(text),
    };
  }

  #deskIs(state, before) {
    this.#view.desk(state);
    if (this.phase === "ended") return;
    if (this.phase === "waiting") this.#view.place(this.place, state);
    if (state === "unreachable") {
      // In the chat people talk with each other; the desk is not needed for it.
      if (this.phase !== "chat") this.#view.problem("service");
      return;
    }
    if (before === "unreachable") {
      this.#settled();
      // What it told us meanwhile is lost.
      if (["waiting", "chat"].includes(this.phase) && recall().token) this.#resume();
    }
    if (this.#asking || !["connecting", "closed", "form"].includes(this.phase) || recall().token) return;
    if (state !== "closed") {
      if (this.phase !== "form" || !this.#desk.hasForm) this.#fetchForm();
    } else if (this.phase !== "form") {
      this.#closed(); // a form that is being filled in is not taken away
    }
  }

  #closed(text = "") {
    this.phase = "closed";
    this.#view.closed(text);
  }

  async #fetchForm() {
    try {
      await this.#desk.form();
      if (this.#asking || !["connecting", "closed", "form"].includes(this.phase)) return;
      this.#settled();
      this.phase = "form";
      this.#view.form(recall().answers);
    } catch (error) {
      if (!(error instanceof IqError)) throw error;
      if (error.condition === "link-lost") return;
      if (isNobodyThere(error)) this.#later(() => this.#fetchForm());
      else if (this.phase !== "form") this.#closed(error.text);
    }
  }

  #askFailed(error) {
    // conflict: our question had arrived, and the answer to it had not. The desk sends the place again by itself.
    if (error.condition === "conflict") this.#wait();
    else if (isNobodyThere(error)) this.#view.formError("noAnswer");
    else this.#view.formError(error.text || "notNow");
  }

  async #resume() {
    clearTimeout(this.#retry.timer);
    try {
      const visit = await this.#desk.resume(recall().token);
      if (this.phase === "ended") return;
      if (visit) this.#adopt(visit);
      else this.#end("expired");
    } catch (error) {
      if (!(error instanceof IqError)) throw error;
      if (error.condition === "link-lost" || this.phase === "ended") return;
      this.#view.problem("service");
      this.#later(() => this.#resume());
    }
  }

  /** The desk knows us: keep the token, and go where it says. */
  #adopt({ chat, token, room, place }) {
    remember({ token: token || recall().token, chat: chat || recall().chat });
    this.#tabs?.postMessage({ tab: THIS_TAB, chat: recall().chat });
    this.place = place;
    if (room && !this.#isIn(room)) {
      this.#enter(room);
      return;
    }
    this.#settled();
    if (!room) this.#wait();
  }

  #wait() {
    if (this.#room.state !== "out") this.#room.leave();
    this.phase = "waiting";
    this.#view.waiting(this.place, this.#desk.state, recall().answers.question ?? "");
  }

  #isOurs(chat) {
    return !chat || !recall().chat || chat === recall().chat;
  }

  #placeTold({ chat, token, room, place }) {
    if (!["waiting", "chat"].includes(this.phase) || !this.#isOurs(chat)) return;
    remember({ chat: chat || recall().chat, token: token || recall().token });
    if (place) this.place = place;
    if (room) this.#invited(room);
    else if (this.phase === "waiting") this.#view.place(this.place, this.#desk.state);
  }

  #deskSays(text) {
    if (this.phase === "waiting") this.#view.note(text);
    else if (this.phase === "chat") this.#view.deskSays(text);
  }

  /** reason: left, you, desk, queue, removed, expired or elsewhere; text: the desk's words, if any. */
  #end(reason, text = "") {
    if (this.phase === "ended") return;
    this.phase = "ended";
    clearTimeout(this.#retry.timer);
    this.#desk.away();
    this.#room.leave();
    this.#asking = null;
    forgetChat();
    this.#settled();
    this.#view.ended(reason, text);
    this.#link.stop();
  }

  #otherTab({ tab, chat }) {
    // A duplicated tab has a copy of our token and has used it.
    if (tab !== THIS_TAB && chat && chat === recall().chat) this.#end("elsewhere");
  }

  // -- the room -------------------------------------------------------------------------------------------------------

  #roomEvents() {
    return {
      onIn: () => this.#inRoom(),
      onMessage: (message) => this.#view.message(message),
      onDelivered: (id) => {
        this.#forgetPending(id);
        this.#view.delivered(id);
      },
      onBounced: (id, condition) => this.#bounced(id, condition),
      onSilent: () => this.#link.check(),
      onPeople: () => this.#view.people(this.#room.others()),
      onJoined: (nick) => this.#view.joined(nick),
      onLeft: (nick) => this.#view.left(nick),
      onRefused: (condition) => this.#refused(condition),
      onOut: (how) => this.#out(how),
    };
  }

  #invited(jid) {
    if (!jid || !["waiting", "chat"].includes(this.phase) || !this.#link.isUp) return;
    if (!this.#isIn(jid)) this.#enter(jid); // each is told twice, by attribute and by invitation
  }

  /** Whether we are in the room, or at its door. */
  #isIn(jid) {
    return this.#room.jid === jid && this.#room.state !== "out";
  }

  #enter(jid) {
    clearTimeout(this.#retry.timer);
    const { room, nicks, name, draft, pending } = recall();
    const formerNicks = room === jid ? nicks : [];
    remember({ room: jid, nicks: formerNicks });
    if (this.phase !== "chat") {
      this.phase = "chat";
      this.#view.chat(draft, { isNew: this.#room.jid !== jid });
      pending.forEach((said) => this.#showPending(said));
    }
    this.#room.enter(jid, formerNicks.at(-1) ?? name, formerNicks);
  }

  #showPending({ id, text }) {
    this.#view.message({ id, nick: this.#room.nick, text, at: new Date(), mine: true, desk: false, pending: true });
  }

  #forgetPending(id) {
    remember({ pending: recall().pending.filter((said) => said.id !== id) });
  }

  #inRoom() {
    remember({ nicks: [...this.#room.nicks] });
    this.#settled();
    this.#view.inRoom();
    this.#view.people(this.#room.others());
    for (const { id, text } of recall().pending) this.#room.say(id, text);
  }

  #bounced(id, condition) {
    if (condition === "not-acceptable") {
      this.#refused(condition); // the room does not count us as inside: enter again, then it is sent again
    } else if (recall().pending.some((said) => said.id === id)) {
      this.#forgetPending(id);
      this.#view.failed(id);
    }
  }

  /** Not let in, or no answer: the desk may have to make us a member first, so ask it where we stand. */
  #refused(condition) {
    if (this.phase !== "chat") return;
    const isHopeless = condition === "forbidden" && this.#retry.count >= RETRY_S.length; // banned, XEP-0045 §7.2.8
    if (isHopeless) {
      this.#end("removed");
      return;
    }
    if (this.#retry.count > 0) this.#view.problem("entering");
    if (condition === "timeout") this.#link.check();
    this.#goBack();
  }

  #goBack() {
    this.#later(() => (recall().token ? this.#resume() : this.#enter(recall().room)));
  }

  #out({ codes, destroyed, reason }) {
    if (destroyed) this.#end("desk", reason);
    else if (codes.includes("301") || codes.includes("307")) this.#end("removed", reason);
    // 321: another login has taken our place, or the desk sets the room right; 332: the service restarts. The desk
    // knows which, and refuses a token that was used elsewhere.
    else this.#goBack();
  }
}
