// The desk, as the page talks with it: at one address, by presence, commands (XEP-0050), messages (XEP-0142 and ours).

import {
  IqError, NS, bare, child, childText, commandStanza, domain, number, readCommand, x,
} from "./stanza.js";

const PRESENCE_S = 6; // its answer to our presence is missed after this time
const PASS_MS = 3000; // the question does not wait longer for a pass
const GREET_AGAIN_S = [1, 2, 4, 8, 15];

// Not the desk has answered, but the server for it, or nobody.
const NOBODY = new Set([
  "timeout", "remote-server-timeout", "remote-server-not-found", "recipient-unavailable", "internal-server-error",
  "item-not-found", "resource-constraint",
]);

/** Whether an IqError says that the desk cannot be reached now, so that trying again may help. */
export const isNobodyThere = (error) => NOBODY.has(error.condition);

export class Desk {
  #link;
  #address;
  #on;
  #timer = 0;
  #misses = 0;
  #session = null; // of the form that was fetched last
  state = "unknown"; // open, away, closed, unreachable

  /**
   * on: onState(state, before), onPlace({chat, token, room, place or null}), onInvited(room), onEnded(chat),
   * onDeparted(text), onText(text). A place is {position, wait}, wait in seconds; either may be null.
   */
  constructor(link, address, on) {
    this.#link = link;
    this.#address = address;
    this.#on = on;
  }

  /** Send directed presence: the server then tells the desk when we go, and the desk tells its state. */
  greet() {
    clearTimeout(this.#timer);
    this.#link.send(x("presence", { xmlns: NS.client, to: this.#address }));
    this.#timer = setTimeout(() => this.#setState("unreachable"), PRESENCE_S * 1000);
  }

  /** The link is gone: nothing is missed, and the session of a form is over. */
  away() {
    clearTimeout(this.#timer);
    this.#misses = 0;
    this.#session = null;
  }

  get hasForm() {
    return this.#session !== null;
  }

  /** Ask for the form, which says that we may ask now. Its fields are in the page's configuration. Throws IqError. */
  async form() {
    this.#session = (await this.#command("ask-for-help")).session;
  }

  /** Ask; {visit} when accepted, else {refusal: text or ""}. Throws IqError. */
  async ask(answers) {
    const session = this.#session;
    this.#session = null;
    const pass = await fetchPass();
    const sent = pass ? { ...answers, pass } : answers;
    let answer;
    try {
      answer = await this.#command("ask-for-help", sent, session);
    } catch (error) {
      // A desk that was restarted may not know the session of this form any more: begin a new one.
      if (!session || !["bad-request", "item-not-found"].includes(error.condition)) throw error;
      answer = await this.#command("ask-for-help", sent, (await this.#command("ask-for-help")).session);
    }
    if (answer.status !== "executing" && (answer.values.chat || answer.values.token)) return { visit: visitOf(answer) };
    this.#session = answer.status === "executing" ? answer.session : null;
    return { refusal: answer.note?.text ?? "" };
  }

  /** Take place or chat over with the token; null when the desk does not know it any more. Throws IqError. */
  async resume(token) {
    const answer = await this.#command("resume", { token });
    return answer.note?.type === "error" || !answer.values.token ? null : visitOf(answer);
  }

  /** Tell that we go. Without an answer the desk notices by our absence. */
  async leave() {
    try {
      await this.#command("leave-queue");
    } catch (error) {
      if (!(error instanceof IqError)) throw error;
    }
  }

  /** Take a message or presence; what others than the desk send is passed over. */
  take(stanza) {
    const from = stanza.getAttribute("from");
    if (domain(from) !== domain(this.#address)) return;
    if (stanza.localName === "message") {
      if (stanza.getAttribute("type") !== "error") this.#message(stanza);
    } else if (bare(from) === this.#address) {
      this.#presence(stanza);
    }
  }

  async #command(node, values = null, session = null) {
    return readCommand(await this.#link.iq("set", this.#address, commandStanza(node, values, session)));
  }

  #presence(stanza) {
    const isAway = ["away", "xa", "dnd"].includes(childText(stanza, "show"));
    const type = stanza.getAttribute("type");
    if (type === "error") this.#setState("unreachable");
    else if (type === "unavailable") this.#setState("closed");
    else if (type === null) this.#setState(isAway ? "away" : "open");
  }

  #setState(state) {
    clearTimeout(this.#timer);
    const before = this.state;
    this.state = state;
    if (state === "unreachable") {
      const delay = GREET_AGAIN_S[Math.min(this.#misses, GREET_AGAIN_S.length - 1)];
      this.#misses += 1;
      this.#timer = setTimeout(() => this.greet(), delay * 1000);
    } else {
      this.#misses = 0;
    }
    this.#on.onState(state, before);
  }

  #message(stanza) {
    const text = childText(stanza, "body") ?? "";
    const ended = child(stanza, "ended", NS.visit);
    const resume = child(stanza, "resume", NS.visit);
    const status = child(stanza, "queue-status", NS.workgroup);
    const invitation = child(stanza, "x", NS.invitation);
    if (ended) {
      this.#on.onEnded(ended.getAttribute("chat"));
    } else if (child(stanza, "depart-queue", NS.workgroup)) {
      this.#on.onDeparted(text);
    } else if (invitation) {
      this.#on.onInvited(invitation.getAttribute("jid"));
    } else if (status || resume) {
      const [position, wait] = ["position", "time"].map((name) => number(childText(status, name, NS.workgroup)));
      this.#on.onPlace({
        chat: resume?.getAttribute("chat") ?? null,
        token: resume?.getAttribute("token") ?? null,
        room: resume?.getAttribute("room") ?? null,
        place: status && { position, wait },
      });
    } else if (text) {
      this.#on.onText(text);
    }
  }
}

/** What proves to the desk's limits which network we are in; "" where the page's server does not know, or is away. */
async function fetchPass() {
  try {
    const answer = await fetch("/pass", { signal: AbortSignal.timeout(PASS_MS) });
    return answer.ok ? (await answer.json()).pass : "";
  } catch {
    return "";
  }
}

/** What a command's result says of our visit: {chat, token, room, place}; texts, "" when missing. */
function visitOf({ values }) {
  return {
    chat: values.chat ?? "",
    token: values.token ?? "",
    room: values.room ?? "",
    place: { position: number(values.position), wait: number(values.wait_s) },
  };
}
