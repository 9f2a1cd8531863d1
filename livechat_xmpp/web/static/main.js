// Start of the visitor's page.

import { remember } from "./memory.js";
import { language, t } from "./texts.js";
import { View } from "./view.js";
import { MAX_MESSAGE, Visit } from "./visit.js";

document.documentElement.lang = language;

async function start() {
  const answer = await fetch("/config.json");
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  const config = await answer.json();
  const view = new View(config.title, config.fields);
  const visit = new Visit(config, view);
  view.bind(
    {
      ask: (answers) => visit.ask(answers),
      leaveQueue: () => visit.leaveQueue(),
      endChat: () => visit.endChat(),
      say: (text) => visit.say(text),
      again: () => visit.again(),
      draft: (draft) => remember({ draft }),
      answers: (answers) => remember({ answers }),
    },
    MAX_MESSAGE,
  );
  visit.start();
}

start().catch((error) => {
  console.error(error);
  const banner = document.getElementById("link");
  banner.textContent = t.broken;
  banner.dataset.tone = "bad";
});
