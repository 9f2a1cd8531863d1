// The connection: log in anonymously over a WebSocket (RFC 7395), notice when it is dead, connect again.
//
// SASL ANONYMOUS gives a new address at every login, so nothing of the old stream can be taken up again (XEP-0198
// fails); who uses the link has to say again who they are, in onUp.

import { IqError, NS, Strophe, child, newId, x } from "./stanza.js";
import { tag } from "./texts.js";

const DELAYS_S = [0.5, 1, 2, 4, 8]; // before the 1st, 2nd ... try; the last one repeats
const LOGIN_S = 10;
const IQ_S = 10;
const PING_EVERY_S = 20;
const PING_S = 8;

export class Link {
  #url;
  #domain;
  #connection = null;
  #number = 0; // which login; what an earlier one still reports is passed over
  #tries = 0;
  #timer = 0;
  #asked = new Map(); // id of an IQ on its way -> {to, resolve, reject, timer}
  #checking = null;
  #stopped = true;
  isUp = false;

  /** handlers: onUp(); onDown() once for each loss and failed first try; onStanza(element), a message or presence. */
  constructor(url, domainName, handlers) {
    this.#url = url;
    this.#domain = domainName;
    this.handlers = handlers;
    addEventListener("online", () => this.nudge());
    document.addEventListener("visibilitychange", () => document.hidden || this.nudge());
    setInterval(() => this.check(), PING_EVERY_S * 1000);
  }

  start() {
    this.#stopped = false;
    this.#connect();
  }

  /** Log out; nothing is tried any more until start(). */
  stop() {
    this.#stopped = true;
    this.#close();
  }

  /** Something may have changed (network, tab): try now if we are waiting to, else ask whether the link lives. */
  nudge() {
    if (this.#stopped) return;
    if (this.isUp) {
      this.check();
    } else if (this.#timer) {
      this.#tries = 0;
      this.#connect();
    }
  }

  send(stanza) {
    if (this.isUp) this.#write(stanza);
  }

  /** Send with the page's language (RFC 6120 §8.1.5), as the desk answers in it. */
  #write(stanza) {
    stanza.setAttributeNS("http://www.w3.org/XML/1998/namespace", "xml:lang", tag);
    this.#connection.send(stanza);
  }

  /** Send an IQ and wait for its result. Throws IqError. */
  iq(type, to, payload, seconds = IQ_S) {
    if (!this.isUp) return Promise.reject(new IqError("link-lost"));
    return new Promise((resolve, reject) => {
      const id = newId();
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        reject(new IqError("timeout"));
      }, seconds * 1000);
      this.#asked.set(id, { to, resolve, reject, timer });
      this.#write(x("iq", { xmlns: NS.client, type, to, id }, payload));
    });
  }

  /** Ask the server for a sign of life; without one the link counts as lost. */
  check() {
    if (!this.isUp || this.#checking) return;
    const number = this.#number;
    this.#checking = this.iq("get", this.#domain, x("ping", { xmlns: NS.ping }), PING_S)
      .catch((error) => {
        // Any answer is a sign of life, an error too.
        if (error.condition === "timeout" && number === this.#number) this.#lost();
      })
      .finally(() => {
        this.#checking = null;
      });
  }

  #connect() {
    this.#close();
    const number = ++this.#number;
    const connection = new Strophe.Connection(this.#url, { mechanisms: [Strophe.SASLAnonymous] });
    this.#connection = connection;
    this.#timer = 0;
    const patience = setTimeout(() => number === this.#number && this.#lost(), LOGIN_S * 1000);
    const { CONNECTED, DISCONNECTED, CONNFAIL, AUTHFAIL, ERROR, CONNTIMEOUT } = Strophe.Status;
    connection.connect(this.#domain, null, (status) => {
      if (number !== this.#number) return;
      if (status === CONNECTED) {
        clearTimeout(patience);
        this.#tries = 0;
        this.isUp = true;
        connection.addHandler((stanza) => {
          if (number === this.#number) this.#receive(stanza);
          return true; // keep this handler
        });
        this.handlers.onUp();
      } else if ([DISCONNECTED, CONNFAIL, AUTHFAIL, ERROR, CONNTIMEOUT].includes(status)) {
        clearTimeout(patience);
        this.#lost();
      }
    });
  }

  #receive(stanza) {
    if (stanza.localName !== "iq") {
      this.handlers.onStanza(stanza);
      return;
    }
    const type = stanza.getAttribute("type");
    const from = stanza.getAttribute("from");
    const id = stanza.getAttribute("id");
    if (type === "get" || type === "set") {
      this.#answer(stanza, from, id);
      return;
    }
    const asked = this.#asked.get(id);
    // Only who was asked may answer (RFC 6120 §8.1.2.1); the own server may leave `from` out.
    if (!asked || (from !== null && from !== asked.to)) return;
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    if (type === "result") asked.resolve(stanza);
    else asked.reject(IqError.from(stanza));
  }

  #answer(stanza, from, id) {
    const isPing = stanza.getAttribute("type") === "get" && child(stanza, "ping", NS.ping);
    if (isPing) {
      this.send(x("iq", { xmlns: NS.client, type: "result", to: from, id }));
      return;
    }
    const condition = x("service-unavailable", { xmlns: NS.stanzaError });
    this.send(x("iq", { xmlns: NS.client, type: "error", to: from, id }, x("error", { type: "cancel" }, condition)));
  }

  #lost() {
    const wasUp = this.isUp;
    this.#close();
    if (this.#stopped) return;
    const delay = DELAYS_S[Math.min(this.#tries, DELAYS_S.length - 1)] * (0.85 + Math.random() * 0.3);
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#connect(), delay * 1000);
    if (wasUp || this.#tries === 1) this.handlers.onDown();
  }

  /** Give up the present connection, whatever state it is in. */
  #close() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#number += 1;
    this.isUp = false;
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(new IqError("link-lost"));
    }
    this.#asked.clear();
    const old = this.#connection;
    this.#connection = null;
    try {
      old?.disconnect("");
    } catch {
      // Strophe may be half-way into a login; its socket goes with the object.
    }
  }
}
