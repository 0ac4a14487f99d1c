// What the page tells by itself: short notices that go away, and sentences for screen readers.

import { html, useEffect, useState } from "../vendor/preact.js";
import { t } from "./text.js";

const SHOWN_MS = 6000;
let show = () => {};
let said = () => {};
let number = 0;

/** Show a notice for a few seconds; `kind` is `info`, `success` or `error`. Errors stay until they are closed. */
export function notify(text, kind = "info") {
  show({ text, kind, key: ++number });
}

/** Have screen readers say `text`; `urgent` interrupts them. */
export function announce(text, urgent = false) {
  said({ text, urgent, key: ++number });
}

/** Put once into each page: notices at the edge, and the live regions. */
export function Notices() {
  const [notices, setNotices] = useState([]);
  const [spoken, setSpoken] = useState({ text: "", urgent: false, key: 0 });
  useEffect(() => {
    show = (notice) => {
      setNotices((shown) => [...shown.filter((other) => other.text !== notice.text), notice].slice(-3));
      if (notice.kind !== "error") setTimeout(() => dismiss(notice.key), SHOWN_MS);
    };
    said = setSpoken;
    return () => {
      show = said = () => {};
    };
  }, []);
  const dismiss = (key) => setNotices((shown) => shown.filter((notice) => notice.key !== key));
  return html`
    <div class="notices" role="status">
      ${notices.map(
        (notice) => html`
          <div class="notice notice-${notice.kind}" key=${notice.key}>
            <span dir="auto">${notice.text}</span>
            <button type="button" class="notice-close" aria-label=${t("common.dismiss")} onClick=${() => dismiss(notice.key)}>
              <span aria-hidden="true">×</span>
            </button>
          </div>
        `,
      )}
    </div>
    <div class="spoken" role="log" aria-live="polite" aria-atomic="true">
      ${spoken.urgent ? "" : html`<p key=${spoken.key}>${spoken.text}</p>`}
    </div>
    <div class="spoken" role="alert" aria-live="assertive">
      ${spoken.urgent ? html`<p key=${spoken.key}>${spoken.text}</p>` : ""}
    </div>
  `;
}

/** A problem of the API in the reader's words; what we have none for, in the server's. */
export function problemText(problem) {
  const known = {
    network: t("problem.network"),
    rate_limited: t("problem.rate_limited"),
    session_ended: t("problem.session_ended"),
    session_busy: t("problem.session_busy"),
    internal: t("problem.internal"),
  };
  return known[problem.code] ?? problem.message;
}
