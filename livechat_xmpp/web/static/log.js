// The messages on the screen, in the order in which they came.

import { language, t } from "./texts.js";

// Staff can type commands in the room; they are not meant for the visitor.
const COMMAND = /^!\p{L}/u;
const LINK = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;
const NEAR_END_PX = 80;

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });

const element = (name, className, text = "") => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
};

/** The text with its web addresses as links; everything else stays text. */
function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    if (!URL.canParse(match[0])) continue;
    const link = element("a", "", match[0]);
    link.href = match[0];
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    parts.push(text.slice(end, match.index), link);
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

export class Log {
  #box;
  #newer;
  #mine = new Map(); // id of a message of ours -> its element
  #last = { nick: null, element: null };
  isLive = false; // history is complete: from now on people's coming and going is news

  constructor(box, newer) {
    this.#box = box;
    this.#newer = newer;
    newer.addEventListener("click", () => this.#toEnd());
    box.addEventListener("scroll", () => {
      if (this.#isNearEnd()) this.#newer.hidden = true;
    });
    // A keyboard that opens on a phone makes the box smaller: stay at the end.
    new ResizeObserver(() => this.#newer.hidden && this.#toEnd()).observe(box);
  }

  get isEmpty() {
    return this.#box.childElementCount === 0;
  }

  clear() {
    this.#box.replaceChildren();
    this.#mine.clear();
    this.#last = { nick: null, element: null };
    this.#newer.hidden = true;
    this.isLive = false;
  }

  /** Whether the message was new and is shown now. */
  add({ id, nick, text, at, mine, desk, pending = false }) {
    if (mine && this.#mine.has(id)) return false;
    if (!mine && !desk && COMMAND.test(text)) return false;
    const who = mine ? "mine" : desk ? "desk" : "theirs";
    const message = element("div", `message ${who}`);
    const head = element("p", "who", mine ? t.you : nick);
    const sameAsBefore = this.#last.nick === nick && this.#last.element?.classList.contains(who);
    if (sameAsBefore) head.classList.add("visually-hidden");
    const time = element("time", "", clock.format(at));
    time.dateTime = at.toISOString();
    const body = element("p", "body");
    body.append(...linked(text));
    const foot = element("p", "foot");
    foot.append(time, element("span", "state", pending ? t.pending : ""));
    message.append(head, body, foot);
    message.classList.toggle("pending", pending);
    if (mine) this.#mine.set(id, message);
    this.#last = { nick, element: message };
    this.#append(message, mine && pending);
    return true;
  }

  /** A message of ours has arrived (text ""), or will not (text says so). */
  settle(id, text) {
    const message = this.#mine.get(id);
    if (!message) return;
    message.classList.remove("pending");
    message.classList.toggle("failed", text !== "");
    message.querySelector(".state").textContent = text;
  }

  info(text) {
    if (!this.isLive) return;
    this.#last = { nick: null, element: null };
    this.#append(element("p", "info", text), false);
  }

  #append(what, follow) {
    const atEnd = follow || this.#isNearEnd();
    this.#box.append(what);
    if (atEnd) this.#toEnd();
    else this.#newer.hidden = false;
  }

  #isNearEnd() {
    return this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < NEAR_END_PX;
  }

  #toEnd() {
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#newer.hidden = true;
  }
}
