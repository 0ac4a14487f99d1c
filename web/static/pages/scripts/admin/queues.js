// The work queues as they stand, looked at again and again.

import { get } from "../api.js";
import { problemText } from "../notices.js";
import { formatNumber, t } from "../text.js";
import { html, useEffect, useState } from "../../vendor/preact.js";

const AGAIN_MS = 3000;

export function Queues() {
  const [queues, setQueues] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    let timer = null;
    let gone = false;
    const look = async () => {
      try {
        setQueues((await get("/admin/queues")).items);
        setProblem(null);
      } catch (refused) {
        setProblem(refused);
      }
      if (!gone) timer = setTimeout(look, AGAIN_MS);
    };
    look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, []);
  return html`
    <main class="desk">
      <div class="desk-head">
        <h1>${t("admin.queues")}</h1>
        <p class="muted">${t("admin.queues_text", { count: AGAIN_MS / 1000 })}</p>
      </div>
      ${problem && html`<p class="field-error" role="alert">${problemText(problem)}</p>`}
      ${queues === null && !problem && html`<div class="booting"></div>`}
      <ul class="rows queues">
        ${(queues ?? []).map((queue) => html`<${QueueCard} key=${queue.name} queue=${queue} />`)}
      </ul>
    </main>
  `;
}

function QueueCard({ queue }) {
  const numbers = [
    [t("admin.depth"), queue.depth],
    [t("admin.in_flight"), queue.in_flight],
    [t("admin.redelivered"), queue.redelivered],
    [t("admin.suspects"), queue.suspects],
  ];
  return html`
    <li class="card stack queue">
      <div class="quiz-card-head">
        <h2>${queue.name}</h2>
        ${queue.paused && html`<span class="tag tag-warn">${t("admin.paused")}</span>`}
      </div>
      <dl class="queue-numbers">
        ${numbers.map(([text, number]) => html`<div key=${text}><dt>${text}</dt><dd class="number">${formatNumber(number)}</dd></div>`)}
      </dl>
      <p class="facts">
        <span>${queue.oldest_age_s === null ? t("admin.nothing_waits") : t("admin.oldest", { seconds: Math.round(queue.oldest_age_s * 10) / 10 })}</span>
        ${queue.dead_letters > 0 && html`<a href="#/dead-letters/${queue.name}">${t("admin.letters", { count: queue.dead_letters })}</a>`}
      </p>
    </li>
  `;
}
