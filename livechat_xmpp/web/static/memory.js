// What survives a reload: kept for this tab only, and gone when the tab is closed.

const KEY = "livechat-visit";

const EMPTY = Object.freeze({
  token: "", // takes this visitor's place or chat over after a new login; a new one at each use
  chat: "",
  name: "",
  room: "",
  nicks: [],
  pending: [], // [{id, text}]: said, and not known to have arrived
  draft: "",
  answers: {}, // what was filled in
});

let fallback = null; // where the browser forbids storage, a reload starts anew

export function recall() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY));
    return { ...EMPTY, ...stored };
  } catch {
    return { ...EMPTY, ...fallback };
  }
}

export function remember(changes) {
  const all = { ...recall(), ...changes };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    fallback = all;
  }
}

/** Forget the chat; what was filled in stays, so that nobody has to type it twice. */
export function forgetChat() {
  const { answers, name } = recall();
  remember({ ...EMPTY, answers, name });
}
