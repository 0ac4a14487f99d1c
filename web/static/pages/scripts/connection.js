// What the connection is doing, in words, whenever it is not simply there.

import { html, useEffect, useState } from "../vendor/preact.js";
import { useTick } from "./controls.js";
import { t } from "./text.js";

const PATIENCE_MS = 1200; // a reconnect this short is nobody's business

/** A line at the top while there is no connection. */
export function Connection({ status, onRetry }) {
  const away = status.status === "connecting" || status.status === "waiting";
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!away) {
      setLate(false);
      return undefined;
    }
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [away]);
  useTick(1000, away && late);
  const shown = away && (late || status.offline);
  const seconds = Math.max(1, Math.ceil((status.retryAt - Date.now()) / 1000));
  return html`
    <div class="connection" role="status" hidden=${!shown}>
      ${shown &&
      html`
        <span class="connection-dot" aria-hidden="true"></span>
        <span>
          ${status.status === "connecting"
            ? t("common.connecting")
            : status.offline
              ? t("common.offline")
              : t("common.reconnecting", { count: seconds })}
        </span>
        ${status.status === "waiting" && html`<button type="button" class="connection-retry" onClick=${onRetry}>${t("common.retry")}</button>`}
      `}
    </div>
  `;
}
