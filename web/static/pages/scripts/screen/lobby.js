// Before the start: how to come in, and who is there.

import { spaced } from "../codes.js";
import { formatNumber, t } from "../text.js";
import { Countdown } from "../timer.js";
import { html, useLayoutEffect, useRef, useState } from "../../vendor/preact.js";

const NAMES = 60;

export function Lobby({ session, state, socket }) {
  const names = [...state.board.entries.values()];
  const newest = names.slice(-NAMES).reverse();
  const list = useRef(null);
  const fitting = useFitting(list);
  return html`
    <main class="screen-lobby">
      ${!state.locked && html`<h1 class="spoken">${t("screen.code")}</h1>`}
      ${state.locked ? html`<h1>${t("screen.locked")}</h1>` : html`<${Joining} session=${session} />`}
      ${state.nextAt !== null &&
      html`
        <p class="screen-starts">
          ${t("screen.starts_in")} <${Countdown} until=${state.nextAt} now=${() => socket.now()} />
        </p>
      `}
      <section class="screen-people" aria-label=${t("screen.people")}>
        <h2>
          <span class="number">${formatNumber(names.length)}</span> ${t("screen.here", { count: names.length })}
        </h2>
        <ul class="chips" ref=${list}>
          ${newest.map((entry, index) => html`<li class="chip ${index < fitting ? "" : "is-out"}" dir="auto" key=${entry.id}>${entry.nickname}</li>`)}
        </ul>
        <p class="people-more">${names.length > fitting && t("common.more", { count: names.length - fitting })}</p>
      </section>
    </main>
  `;
}

/** The address, the code and the QR code of both. */
export function Joining({ session }) {
  return html`
    <section class="joining">
      <div class="joining-words">
        <p class="joining-where">${t("screen.join_at")} <strong>${location.host}</strong></p>
        <p class="joining-code number" aria-label=${t("screen.code")}>${spaced(session.join_code)}</p>
      </div>
      <img class="joining-qr" src="/sessions/${session.id}/qr.svg" width="300" height="300" alt=${t("screen.qr")} />
    </section>
  `;
}

/** How many elements of a list are in sight as a whole. */
function useFitting(list) {
  const [fitting, setFitting] = useState(0);
  const measure = () => {
    const { children, clientHeight } = list.current;
    const out = [...children].findIndex((child) => child.offsetTop + child.offsetHeight > clientHeight);
    setFitting(out < 0 ? children.length : out);
  };
  useLayoutEffect(measure);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(measure);
    watch.observe(list.current);
    return () => watch.disconnect();
  }, []);
  return fitting;
}
