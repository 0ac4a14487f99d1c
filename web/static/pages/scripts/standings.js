// The leaderboard as people see it: rows that move as ranks change. However many there are, few are in the page.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Button } from "./controls.js";
import { formatNumber, t } from "./text.js";

const ROW_PX = 52;
const GAP_PX = 14; // where others are left out
const OVERSCAN = 4;

/** The best `top` with whoever is `me` in view, and a way to see everybody. Rows are `rowPx` apart. */
export function Standings({ entries, me = null, top = 5, expandable = true, rowPx = ROW_PX }) {
  const [all, setAll] = useState(false);
  if (all) return html`<${AllStandings} entries=${entries} me=${me} rowPx=${rowPx} onLess=${() => setAll(false)} />`;
  const rows = excerpt(entries, me, top);
  return html`
    <${Rows} rows=${rows} me=${me} rowPx=${rowPx} />
    ${expandable &&
    entries.length > rows.length &&
    html`<${Button} kind="quiet" onClick=${() => setAll(true)}>${t("common.all_standings", { count: entries.length })}<//>`}
  `;
}

/** Entries to show, each with the place where it stands: the best, and around `me` if that is further down. */
function excerpt(entries, me, top) {
  const own = entries.findIndex((entry) => entry.id === me);
  if (own < top + 2) return entries.slice(0, Math.max(top, own + 1));
  const around = entries.slice(Math.max(top - 1, own - 1), own + 2);
  return [...entries.slice(0, top - 1), ...around];
}

function Rows({ rows, me, rowPx }) {
  let shift = 0;
  const placed = rows.map((entry, index) => {
    if (index > 0 && isApart(rows[index - 1], entry)) shift += GAP_PX;
    return { entry, y: index * rowPx + shift };
  });
  return html`
    <ol class="standings" style=${{ height: `${rows.length * rowPx + shift}px`, "--row": `${rowPx}px` }}>
      ${placed.map(({ entry, y }) => html`<${Row} key=${entry.id} entry=${entry} y=${y} mine=${entry.id === me} />`)}
    </ol>
  `;
}

/** Everybody, in a list of its own that scrolls; only the rows in sight are there. */
function AllStandings({ entries, me, rowPx, onLess }) {
  const list = useRef(null);
  const [scroll, setScroll] = useState({ top: 0, height: 400 });
  useEffect(() => {
    const element = list.current;
    const own = entries.findIndex((entry) => entry.id === me);
    if (own >= 0) element.scrollTop = Math.max(0, own * rowPx - element.clientHeight / 2);
    const look = () => setScroll({ top: element.scrollTop, height: element.clientHeight });
    look();
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, []);
  const first = Math.max(0, Math.floor(scroll.top / rowPx) - OVERSCAN);
  const last = Math.ceil((scroll.top + scroll.height) / rowPx) + OVERSCAN;
  return html`
    <div class="standings-all" ref=${list} tabindex="0" role="region" aria-label=${t("common.standings")}>
      <ol class="standings" style=${{ height: `${entries.length * rowPx}px`, "--row": `${rowPx}px` }}>
        ${entries
          .slice(first, last)
          .map((entry, index) => html`<${Row} key=${entry.id} entry=${entry} y=${(first + index) * rowPx} mine=${entry.id === me} />`)}
      </ol>
    </div>
    <${Button} kind="quiet" onClick=${onLess}>${t("common.fewer_standings")}<//>
  `;
}

function Row({ entry, y, mine }) {
  return html`
    <li class="standing ${mine ? "standing-mine" : ""}" style=${{ transform: `translateY(${y}px)` }}>
      <span class="standing-rank number rank-${Math.min(entry.rank, 4)}">${entry.rank}</span>
      <span class="standing-name" dir="auto">${entry.nickname}</span>
      ${mine && html`<span class="standing-you">${t("common.you")}</span>`}
      <span class="standing-score number">${formatNumber(entry.score)}</span>
    </li>
  `;
}

/** Whether there are others between the two. */
function isApart(before, after) {
  return after.place - before.place > 1;
}
