// What is on the screen. Shows what the visit tells; says what the visitor does by `act`. All text goes in as text,
// never as HTML.

import { Fields } from "./fields.js";
import { Log } from "./log.js";
import { t } from "./texts.js";

const $ = (id) => document.getElementById(id);
const SECTIONS = ["connecting", "closed", "form", "waiting", "chat", "ended"];
const DESK = {
  unknown: t.deskUnknown, open: t.deskOpen, away: t.deskAway, closed: t.deskClosed, unreachable: t.deskUnreachable,
};
const WAITS = { away: t.waitAway, closed: t.waitNobody }; // where no wait can be told
const ENDS = {
  desk: { text: t.endedDesk },
  you: { text: t.endedYou },
  removed: { text: t.endedRemoved },
  queue: { title: t.endedTitleQueue },
  left: { title: t.endedTitleLeft, text: t.endedLeft },
  expired: { title: t.endedTitleExpired, text: t.endedExpired },
  elsewhere: { title: t.endedTitleElsewhere, text: t.endedElsewhere },
};
const BACK_S = 4; // how long "connected again" stays

export class View {
  #act = null;
  #title = document.title;
  #unread = 0;
  #banner = { link: "", problem: "", backTimer: 0, wasLost: false };
  #log = new Log($("log"), $("newer"));
  #fields;
  #onConfirm = null;

  /** fields: of the form, as Fields takes them. */
  constructor(title, fields) {
    this.#fields = new Fields($("fields"), fields);
    if (title) this.#title = title;
    document.title = this.#title;
    $("title").textContent = this.#title;
    for (const element of document.querySelectorAll("[data-t]")) element.textContent = t[element.dataset.t];
    document.addEventListener("visibilitychange", () => document.hidden || this.#read());
    $("text").placeholder = t.message;
    this.desk("unknown");
  }

  /**
   * act: ask(answers), leaveQueue(), endChat(), say(text), again(), draft(text), answers(answers).
   * maxMessage: characters.
   */
  bind(act, maxMessage) {
    this.#act = act;
    this.#bindForm();
    this.#bindComposer(maxMessage);
    $("leave").addEventListener("click", () => this.#confirm("leave", act.leaveQueue));
    $("end").addEventListener("click", () => this.#confirm("end", act.endChat));
    $("again").addEventListener("click", () => act.again());
    $("notify").addEventListener("click", () => this.#allowNotifications());
    $("confirm-no").addEventListener("click", () => $("confirm").close());
    $("confirm-yes").addEventListener("click", () => {
      $("confirm").close();
      this.#onConfirm?.();
    });
  }

  // -- state of desk and connection -----------------------------------------------------------------------------------

  desk(state) {
    $("desk").dataset.state = state;
    $("desk").textContent = DESK[state];
    $("form-note").hidden = state !== "away" && state !== "closed";
    $("form-note").textContent = state === "away" ? t.awayNote : t.closedText;
  }

  /** state: up or lost. */
  link(state) {
    const banner = this.#banner;
    clearTimeout(banner.backTimer);
    banner.link = state === "lost" ? t.lost : banner.wasLost ? t.back : "";
    banner.wasLost = state === "lost";
    if (state === "up") banner.backTimer = setTimeout(() => this.#setBanner({ link: "" }), BACK_S * 1000);
    this.#setBanner({});
  }

  /** key: a text of ours that says what does not work, or null. */
  problem(key) {
    this.#setBanner({ problem: key ? t[key] : "" });
  }

  #setBanner(change) {
    const { link, problem } = Object.assign(this.#banner, change);
    const text = link === t.lost ? link : problem || link;
    if ($("link").textContent === text) return;
    $("link").textContent = text;
    $("link").dataset.tone = text === t.back ? "good" : "bad";
  }

  // -- the phases -----------------------------------------------------------------------------------------------------

  connecting() {
    this.#show("connecting");
  }

  /** text: why the desk refuses, if it has said so. */
  closed(text = "") {
    $("closed-text").textContent = text || t.closedText;
    this.#show("closed");
  }

  /** answers: what was filled in before. */
  form(answers) {
    this.#fields.show(answers);
    $("form-error").textContent = "";
    this.#show("form", { focus: document.body.dataset.phase === "ended" });
  }

  asking(isUnderWay) {
    const button = $("form").querySelector("button[type=submit]");
    button.setAttribute("aria-disabled", String(isUnderWay));
    button.textContent = isUnderWay ? t.asking : t.ask;
    if (isUnderWay) $("form-error").textContent = "";
  }

  /** text: the desk's words or a key of ours. */
  formError(text) {
    $("form-error").textContent = Object.hasOwn(t, text) ? t[text] : text;
  }

  /** desk: open, away, closed, unreachable. */
  waiting(place, desk, question) {
    this.place(place, desk);
    this.note("");
    $("notify").hidden = !("Notification" in globalThis) || Notification.permission !== "default";
    $("waiting-question").hidden = !question;
    $("waiting-question-text").textContent = question;
    this.#show("waiting");
  }

  note(text) {
    $("waiting-note").hidden = !text;
    $("waiting-note").textContent = text;
  }

  place({ position, wait }, desk) {
    $("place-number").textContent = position === null ? "…" : String(position);
    const text = position === null ? t.positionUnknown : position === 1 ? t.next : t.position(position);
    const minutes = Math.round((wait ?? 0) / 60);
    const expected = wait === null ? WAITS[desk] ?? t.waitUnknown : wait < 60 ? t.waitSoon : t.wait(minutes);
    // A status that is set again to the same text may be read out again.
    if ($("place-text").textContent !== text) $("place-text").textContent = text;
    if ($("place-wait").textContent !== expected) $("place-wait").textContent = expected;
  }

  /** isNew: not the room that was shown before. */
  chat(draft, { isNew }) {
    if (isNew) this.#log.clear();
    this.people([]);
    this.#show("chat", { focus: false });
    $("text").value = draft;
    this.#grow();
    $("text").focus();
    this.#notice(t.helperComes);
  }

  ended(reason, text) {
    const end = ENDS[reason];
    $("ended").querySelector("h2").textContent = end.title ?? t.ended;
    $("ended-text").textContent = text || end.text || "";
    $("confirm").close();
    this.#fields.reset();
    // What was said stays readable above the end.
    this.#show("ended", { keep: this.#log.isEmpty ? null : "chat" });
    if (reason === "desk" || reason === "removed") this.#notice(end.title ?? t.ended);
  }

  /** Show one section, and lead the keyboard and screen readers to its heading. keep: another that stays visible. */
  #show(name, { focus = true, keep = null } = {}) {
    const before = document.body.dataset.phase;
    document.body.dataset.phase = name;
    for (const section of SECTIONS) $(section).hidden = section !== name && section !== keep;
    $("chat").classList.toggle("over", keep === "chat");
    if (before === name) return;
    scrollTo(0, 0);
    if (before && focus) $(name).querySelector("h2").focus({ preventScroll: keep === null });
  }

  // -- the chat -------------------------------------------------------------------------------------------------------

  /** message: {id, nick, text, at, mine, desk, pending?}; one of ours that is shown already is not shown twice. */
  message(message) {
    if (!this.#log.add(message) || message.mine) return;
    this.#notice(`${message.nick}: ${message.text}`);
  }

  /** The desk has something to say, to us alone. */
  deskSays(text) {
    this.message({ id: text, nick: t.desk, text, at: new Date(), mine: false, desk: true });
  }

  delivered(id) {
    this.#log.settle(id, "");
  }

  failed(id) {
    this.#log.settle(id, t.notDelivered);
  }

  inRoom() {
    this.#log.isLive = true;
  }

  people(names) {
    $("people").textContent = names.length ? t.people(names.join(", ")) : t.peopleNone;
  }

  joined(name) {
    this.#log.info(t.joined(name));
  }

  left(name) {
    this.#log.info(t.left(name));
  }

  /** Something came while the visitor looked elsewhere: count it in the title, and notify who allowed it. */
  #notice(text) {
    if (!document.hidden) return;
    this.#unread += 1;
    document.title = t.titleNew(this.#unread, this.#title);
    if ("Notification" in globalThis && Notification.permission === "granted") {
      const notification = new Notification(this.#title, { body: text.slice(0, 200), tag: "livechat" });
      notification.onclick = () => globalThis.focus();
    }
  }

  #read() {
    this.#unread = 0;
    document.title = this.#title;
  }

  async #allowNotifications() {
    const answer = await Notification.requestPermission();
    $("notify").hidden = true;
    if (answer === "granted") this.note(t.notifyOn);
  }

  // -- what the visitor does ------------------------------------------------------------------------------------------

  #bindForm() {
    const form = $("form").querySelector("form");
    form.addEventListener("input", () => this.#act.answers(this.#fields.answers()));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.querySelector("button[type=submit]").getAttribute("aria-disabled") === "true") return;
      if (this.#fields.validate()) this.#act.ask(this.#fields.answers());
    });
  }

  #bindComposer(maxMessage) {
    const text = $("text");
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      const characters = [...text.value];
      if (text.value.trim()) this.#act.say(characters.slice(0, maxMessage).join(""));
      text.value = characters.slice(maxMessage).join("");
      this.#act.draft(text.value);
      this.#grow();
      text.focus();
    });
    text.addEventListener("input", () => {
      this.#act.draft(text.value);
      this.#grow();
    });
    text.addEventListener("keydown", (event) => {
      // isComposing: Enter takes a suggestion of an input method.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        $("composer").requestSubmit();
      }
    });
  }

  /** As many rows as the text has lines, up to six. */
  #grow() {
    const text = $("text");
    text.rows = 1;
    while (text.rows < 6 && text.scrollHeight > text.clientHeight) text.rows += 1;
  }

  /** what: leave or end. */
  #confirm(what, then) {
    $("confirm-text").textContent = t[`${what}Sure`];
    $("confirm-yes").textContent = t[`${what}Yes`];
    $("confirm-no").textContent = t[`${what}No`];
    this.#onConfirm = then;
    $("confirm").showModal();
  }
}
