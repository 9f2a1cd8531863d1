// One visit, from looking whether somebody is here to the end of the chat: what is said to the desk, and what follows
// from its answers. It shows nothing itself; `view` is told.
//
// phase: connecting -> closed | form -> waiting -> chat -> ended (-> form). The desk decides; this page only follows, so
// each answer or message of the desk may lead to any phase.

import { Link } from "./link.js";
import { forgetChat, recall, remember } from "./memory.js";
import { Room } from "./room.js";
import { IqError, NS, bare, child, childText, clean, commandStanza, domain, line, newId, number, readCommand, x } from "./stanza.js";

export const MAX_MESSAGE = 4000;
const RETRY_S = [1, 2, 4, 8, 15];
const PRESENCE_S = 6; // the desk's presence is missed after this time
const LOOK_EVERY_S = 30;
const OUR_TAB = newId();

// The desk itself did not answer: the server did for it, or nobody.
const NO_DESK = new Set([
  "timeout", "remote-server-timeout", "remote-server-not-found", "recipient-unavailable", "internal-server-error", "item-not-found",
]);

export class Visit {
  #config;
  #view;
  #link;
  #room;
  #tabs = null;
  #retry = { timer: 0, count: 0 };
  #deskTimer = 0;
  #session = null; // of the form that is shown
  #asking = null; // answers under way
  phase = "connecting";
  desk = { state: "unknown", text: "" };
  place = { position: null, wait: null };

  constructor(config, view) {
    this.#config = config;
    this.#view = view;
    this.#link = new Link(config.websocketUrl, config.anonymousDomain, {
      onUp: () => this.#up(),
      onDown: () => this.#down(),
      onStanza: (stanza) => this.#take(stanza),
    });
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
    const name = line(answers.username ?? "", 40);
    remember({ answers, name });
    this.#view.asking(true);
    try {
      await this.#submit(answers);
    } catch (error) {
      if (!(error instanceof IqError)) throw error;
      if (error.condition === "link-lost") return; // asked again after the next login
      this.#askFailed(error);
    }
    this.#asking = null;
    this.#view.asking(false);
  }

  async leaveQueue() {
    await this.#tellLeaving();
    this.#end("left");
  }

  async endChat() {
    await this.#tellLeaving();
    this.#end("you");
  }

  say(text) {
    const body = clean(text).trim();
    if (!body || this.phase !== "chat") return;
    const id = newId();
    remember({ pending: [...recall().pending, { id, text: body }], draft: "" });
    this.#view.message({ id, nick: this.#room.nick, text: body, at: new Date(), mine: true, desk: false, pending: true });
    this.#room.say(id, body);
  }

  /** After the end: back to the form. */
  again() {
    forgetChat();
    remember({ answers: { ...recall().answers, question: "" } });
    this.#room.forget();
    this.phase = "connecting";
    this.#view.connecting();
    if (this.#link.isUp) this.#beThere();
    else this.#link.start();
  }

  // -- the link -------------------------------------------------------------------------------------------------------

  #up() {
    this.#view.link("up");
    if (this.phase === "ended") {
      this.#link.stop();
      return;
    }
    this.#link.send(x("presence", { xmlns: NS.client }));
    this.#beThere();
  }

  #down() {
    clearTimeout(this.#deskTimer);
    clearTimeout(this.#retry.timer);
    this.#session = null;
    this.#room.away();
    if (this.phase !== "ended") this.#view.link("lost");
  }

  /** Send directed presence, so that our going is noticed and the desk's state is told; then go on where we were. */
  #beThere() {
    this.#greet();
    if (recall().token) this.#resume();
    else if (this.#asking) this.#askAgain();
    else if (this.phase === "waiting" || this.phase === "chat") this.#end("expired"); // no token, new address
    else this.#deskChanged();
  }

  #greet() {
    clearTimeout(this.#deskTimer);
    this.#link.send(x("presence", { xmlns: NS.client, to: this.#config.workgroup }));
    this.#deskTimer = setTimeout(() => this.#setDesk("unreachable"), PRESENCE_S * 1000);
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
    else if (this.phase !== "ended") this.#greet();
  }

  /** Try again later, later each time; `what` is not called after the link was lost. */
  #later(what) {
    clearTimeout(this.#retry.timer);
    const delay = RETRY_S[Math.min(this.#retry.count, RETRY_S.length - 1)];
    this.#retry.count += 1;
    this.#retry.timer = setTimeout(() => this.#link.isUp && what(), delay * 1000);
  }

  // -- the desk -------------------------------------------------------------------------------------------------------

  async #command(node, values = null, session = null) {
    return readCommand(await this.#link.iq("set", this.#config.workgroup, commandStanza(node, values, session)));
  }

  async #fetchForm() {
    try {
      const answer = await this.#command("ask-for-help");
      if (!["closed", "connecting", "form"].includes(this.phase) || this.#asking) return;
      this.#session = answer.session;
      this.#retry.count = 0;
      this.#showForm(answer.fields);
    } catch (error) {
      if (!(error instanceof IqError)) throw error;
      if (error.condition === "link-lost") return;
      if (NO_DESK.has(error.condition)) this.#later(() => this.#deskChanged());
      else this.#view.closed(error.text);
    }
  }

  #showForm(fields) {
    this.phase = "form";
    this.#view.form(fields, recall().answers);
  }

  async #submit(answers) {
    let answer;
    try {
      answer = await this.#command("ask-for-help", answers, this.#session);
    } catch (error) {
      // The desk was restarted and does not know the session of this form any more: begin a new one.
      if (!["bad-request", "item-not-found"].includes(error.condition) || !this.#session) throw error;
      answer = await this.#command("ask-for-help", answers, (await this.#command("ask-for-help")).session);
    }
    if (answer.status === "executing") {
      this.#session = answer.session;
      this.#view.formError(answer.note?.text ?? "refused", answer.fields);
    } else if (answer.values.chat || answer.values.token) {
      this.#adopt(answer);
    } else {
      this.#session = null;
      this.#view.formError(answer.note?.text ?? "refused");
    }
  }

  #askFailed(error) {
    this.#session = null;
    if (error.condition === "conflict") {
      // Our question arrived before, and the answer to it did not: the desk sends the place again by itself.
      this.#wait({});
    } else if (NO_DESK.has(error.condition)) {
      this.#view.formError("noAnswer");
    } else {
      this.#view.formError(error.text || "notNow");
    }
  }

  async #resume() {
    try {
      const answer = await this.#command("resume", { token: recall().token });
      if (answer.note?.type === "error" || !answer.values.token) {
        this.#end("expired");
        return;
      }
      this.#retry.count = 0;
      this.#view.problem(null);
      this.#adopt(answer);
    } catch (error) {
      if (!(error instanceof IqError)) throw error;
      if (error.condition === "link-lost") return;
      this.#view.problem("service");
      this.#later(() => this.#resume());
    }
  }

  /** The desk knows us: keep the token, and go where it says. */
  #adopt({ values, note }) {
    remember({ token: values.token ?? recall().token, chat: values.chat ?? recall().chat });
    this.#tabs?.postMessage({ tab: OUR_TAB, chat: recall().chat });
    this.place = { position: number(values.position), wait: number(values.wait_s) };
    if (values.room) {
      this.#enter(values.room);
    } else {
      this.#wait({ note: note?.text });
    }
  }

  #wait({ note }) {
    if (this.#room.state !== "out") this.#room.leave();
    this.phase = "waiting";
    this.#view.waiting(this.place, note ?? "", recall().answers.question ?? "");
  }

  /** Tell the desk that we go; without an answer it notices by our absence. */
  async #tellLeaving() {
    try {
      await this.#command("leave-queue");
    } catch (error) {
      if (!(error instanceof IqError)) throw error;
    }
  }

  /** reason: left, you, desk, queue, removed, expired or elsewhere; text: the desk's words, if any. */
  #end(reason, text = "") {
    if (this.phase === "ended") return;
    this.phase = "ended";
    clearTimeout(this.#retry.timer);
    clearTimeout(this.#deskTimer);
    this.#room.leave();
    this.#asking = null;
    forgetChat();
    this.#view.problem(null);
    this.#view.ended(reason, text);
    this.#link.stop();
  }

  #otherTab({ tab, chat }) {
    // A duplicated tab has a copy of our token and has used it.
    if (tab !== OUR_TAB && chat && chat === recall().chat) this.#end("elsewhere");
  }

  // -- what comes in --------------------------------------------------------------------------------------------------

  #take(stanza) {
    if (this.#room.take(stanza)) return;
    const from = stanza.getAttribute("from");
    if (domain(from) !== domain(this.#config.workgroup)) return; // nobody else has anything to tell us
    if (stanza.localName === "presence") this.#presence(stanza, from);
    else if (stanza.getAttribute("type") !== "error") this.#message(stanza);
  }

  #presence(stanza, from) {
    if (bare(from) !== this.#config.workgroup) return;
    const type = stanza.getAttribute("type");
    const text = childText(stanza, "status") ?? "";
    if (type === "error") this.#setDesk("unreachable");
    else if (type === "unavailable") this.#setDesk("closed", text);
    else if (type === null) this.#setDesk(["away", "xa", "dnd"].includes(childText(stanza, "show")) ? "away" : "open", text);
  }

  #setDesk(state, text = "") {
    clearTimeout(this.#deskTimer);
    const before = this.desk.state;
    this.desk = { state, text };
    this.#view.desk(this.desk);
    if (state === "unreachable") {
      if (this.phase !== "chat") this.#view.problem("service");
      this.#later(() => this.#greet());
      return;
    }
    if (before === "unreachable") {
      this.#retry.count = 0;
      this.#view.problem(null);
    }
    if (this.#link.isUp) this.#deskChanged();
  }

  #deskChanged() {
    if (!["connecting", "closed", "form"].includes(this.phase) || this.#asking) return;
    if (this.desk.state === "closed") {
      // A form that is being filled in is not taken away.
      if (this.phase !== "form") {
        this.phase = "closed";
        this.#view.closed(this.desk.text);
      }
    } else if (this.desk.state !== "unknown" && (this.phase !== "form" || !this.#session)) {
      this.#fetchForm();
    }
  }

  #message(stanza) {
    const ended = child(stanza, "ended", NS.visit);
    const resume = child(stanza, "resume", NS.visit);
    const status = child(stanza, "queue-status", NS.workgroup);
    const invitation = child(stanza, "x", NS.invitation);
    const text = childText(stanza, "body") ?? "";
    if (ended) {
      if (this.#isOurs(ended)) this.#end("desk");
    } else if (child(stanza, "depart-queue", NS.workgroup)) {
      this.#end("queue", text);
    } else if (invitation) {
      this.#invited(invitation.getAttribute("jid"));
    } else if (status || resume) {
      this.#placeTold(status, resume);
    } else if (text && this.phase === "waiting") {
      this.#view.waiting(this.place, text, recall().answers.question ?? "");
    }
  }

  #isOurs(element) {
    const chat = element.getAttribute("chat");
    return !chat || !recall().chat || chat === recall().chat;
  }

  #placeTold(status, resume) {
    if (!["waiting", "chat"].includes(this.phase) || (resume && !this.#isOurs(resume))) return;
    if (resume) {
      const token = resume.getAttribute("token");
      remember({ chat: resume.getAttribute("chat") ?? recall().chat, ...(token ? { token } : {}) });
    }
    if (status) {
      this.place = {
        position: number(childText(status, "position", NS.workgroup)),
        wait: number(childText(status, "time", NS.workgroup)),
      };
    }
    const room = resume?.getAttribute("room");
    if (room) this.#invited(room);
    else if (this.phase === "waiting") this.#view.place(this.place);
    else if (this.#room.state === "out") this.#wait({});
  }

  // -- the room -------------------------------------------------------------------------------------------------------

  #invited(jid) {
    if (!jid || !["waiting", "chat"].includes(this.phase) || !this.#link.isUp) return;
    if (this.#room.jid === jid && this.#room.state !== "out") return; // invited by attribute and by invitation
    this.#enter(jid);
  }

  #enter(jid) {
    clearTimeout(this.#retry.timer);
    const known = recall();
    const isReturn = known.room === jid;
    const nick = isReturn ? known.nicks.at(-1) ?? known.name : known.name;
    remember({ room: jid });
    if (this.phase !== "chat") {
      this.phase = "chat";
      this.#view.chat(known.draft);
      for (const { id, text } of known.pending) {
        this.#view.message({ id, nick, text, at: new Date(), mine: true, desk: false, pending: true });
      }
    }
    this.#room.enter(jid, nick, isReturn ? known.nicks : []);
  }

  #roomEvents() {
    return {
      onIn: () => this.#inRoom(),
      onMessage: (message) => this.#view.message(message),
      onDelivered: (id) => {
        remember({ pending: recall().pending.filter((said) => said.id !== id) });
        this.#view.delivered(id);
      },
      onBounced: (id, condition) => this.#bounced(id, condition),
      onSilent: () => this.#link.check(),
      onPeople: () => this.#people(),
      onJoined: (nick) => this.#view.joined(nick),
      onLeft: (nick) => this.#view.left(nick),
      onRefused: (condition) => this.#refused(condition),
      onOut: (how) => this.#out(how),
    };
  }

  #people() {
    const others = [...this.#room.occupants].filter(([, who]) => !who.owner && !who.self);
    this.#view.people(others.map(([nick]) => nick));
  }

  #inRoom() {
    this.#retry.count = 0;
    remember({ nicks: [...this.#room.nicks] });
    this.#view.problem(null);
    this.#view.inRoom(this.#room.nick);
    this.#people();
    for (const { id, text } of recall().pending) this.#room.say(id, text);
  }

  #bounced(id, condition) {
    if (condition === "not-acceptable") {
      this.#refused(condition); // the room does not count us as inside: enter again, then it is sent again
    } else if (recall().pending.some((said) => said.id === id)) {
      remember({ pending: recall().pending.filter((said) => said.id !== id) });
      this.#view.failed(id);
    }
  }

  /** Not let in, or no answer: the desk may have to make us a member first, so ask it where we stand. */
  #refused(condition) {
    if (this.phase !== "chat") return;
    if (condition === "forbidden") {
      this.#end("removed"); // XEP-0045 §7.2.8: banned
      return;
    }
    if (this.#retry.count > 0) this.#view.problem("entering");
    if (condition === "timeout") this.#link.check();
    this.#later(() => (recall().token ? this.#resume() : this.#enter(recall().room)));
  }

  #out({ codes, destroyed, reason }) {
    if (destroyed) {
      this.#end("desk", reason);
    } else if (codes.includes("301") || codes.includes("307")) {
      this.#end("removed", reason);
    } else if (recall().token) {
      // 321: another login has taken our place, or the desk sets the room right; 332: the service restarts.
      // The desk knows which; a token that was used elsewhere is refused.
      this.#later(() => this.#resume());
    } else {
      this.#later(() => this.#enter(recall().room));
    }
  }
}
