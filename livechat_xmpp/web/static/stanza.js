// Building and reading stanzas. Everything that is sent goes through x(), so everything sent is well-formed XML.

import "/vendor/strophe.js/dist/strophe.umd.min.js";

export const { Strophe } = globalThis; // its build for browsers has no exports

export const NS = {
  client: "jabber:client",
  command: "http://jabber.org/protocol/commands", // XEP-0050
  form: "jabber:x:data", // XEP-0004
  ping: "urn:xmpp:ping", // XEP-0199
  stanzaError: "urn:ietf:params:xml:ns:xmpp-stanzas",
  muc: "http://jabber.org/protocol/muc", // XEP-0045
  mucUser: "http://jabber.org/protocol/muc#user",
  invitation: "jabber:x:conference", // XEP-0249
  delay: "urn:xmpp:delay", // XEP-0203
  stanzaId: "urn:xmpp:sid:0", // XEP-0359
  workgroup: "http://jabber.org/protocol/workgroup", // XEP-0142
  visit: "urn:livechat-xmpp:visit:0",
};

// What XML 1.0 §2.2 does not allow: one such character, and the server ends the whole stream.
const ILLEGAL = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** Text without characters that XML cannot carry, and with \n for line ends. */
export const clean = (text) => String(text).replace(/\r\n?/g, "\n").replace(ILLEGAL, "");

/** Text of one line, trimmed, at most `max` characters. */
export const line = (text, max) => [...clean(text).replace(/\s+/g, " ").trim()].slice(0, max).join("").trim();

/** An element; attributes that are null or undefined are left out; children are elements or text. */
export function x(name, attributes = {}, ...children) {
  const element = Strophe.xmlElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, clean(value));
  }
  for (const child of children.flat()) {
    element.appendChild(typeof child === "string" ? Strophe.xmlTextNode(clean(child)) : child);
  }
  return element;
}

/** The first child element of that name and namespace, or null. */
export function child(element, name, namespace = NS.client) {
  return [...(element?.children ?? [])].find((e) => e.localName === name && e.namespaceURI === namespace) ?? null;
}

export const childText = (element, name, namespace) => child(element, name, namespace)?.textContent ?? null;

export const bare = (jid) => Strophe.getBareJidFromJid(jid ?? "") ?? "";
export const domain = (jid) => Strophe.getDomainFromJid(jid ?? "") ?? "";
export const resource = (jid) => Strophe.getResourceFromJid(jid ?? "") ?? "";

/** A number from a text, or null. */
export function number(text) {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/** 96 random bits. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Why an IQ had no result. condition: RFC 6120 §8.3.3, `timeout` or `link-lost`; text: the words with it, or "". */
export class IqError extends Error {
  constructor(condition, text = "") {
    super(condition);
    this.condition = condition;
    this.text = text;
  }

  static from(stanza) {
    const error = child(stanza, "error");
    const parts = [...(error?.children ?? [])].filter((e) => e.namespaceURI === NS.stanzaError);
    const condition = parts.find((e) => e.localName !== "text")?.localName ?? "undefined-condition";
    return new IqError(condition, parts.find((e) => e.localName === "text")?.textContent ?? "");
  }
}

/** A command's stage (XEP-0050 §2.4): values null only asks for the form. */
export function commandStanza(node, values = null, session = null) {
  const fields = Object.entries(values ?? {}).map(([name, value]) =>
    x("field", { var: name }, clean(value).split("\n").map((text) => x("value", {}, text))));
  const form = values && x("x", { xmlns: NS.form, type: "submit" }, fields);
  const action = session ? "complete" : "execute";
  return x("command", { xmlns: NS.command, node, sessionid: session, action }, form ?? []);
}

/** What a command answered: status, session, note {type, text} or null, values of its form or result. */
export function readCommand(iq) {
  const command = child(iq, "command", NS.command);
  const form = child(command, "x", NS.form);
  const note = child(command, "note", NS.command);
  const elements = [...(form?.children ?? [])].filter((e) => e.localName === "field");
  const values = (field) => [...field.children].filter((e) => e.localName === "value").map((e) => e.textContent);
  return {
    status: command?.getAttribute("status") ?? "",
    session: command?.getAttribute("sessionid") ?? null,
    note: note && { type: note.getAttribute("type") ?? "info", text: note.textContent },
    values: Object.fromEntries(elements.map((field) => [field.getAttribute("var"), values(field).join("\n")])),
  };
}
