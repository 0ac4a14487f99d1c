// Lists that come page by page.

import { html, useEffect, useState } from "../vendor/preact.js";
import { get } from "./api.js";
import { Button } from "./controls.js";
import { problemText } from "./notices.js";
import { t } from "./text.js";

/**
 * `{items, more, problem, loadMore, reload, change}` of the list at `path` (with its query).
 * `items` is null until the first page is there. `change(how)` edits what is shown.
 */
export function usePages(path) {
  const [list, setList] = useState({ path, items: null, cursor: null, problem: null });
  const [turn, setTurn] = useState(0);
  const load = async (cursor, signal) => {
    const separator = path.includes("?") ? "&" : "?";
    const page = await get(cursor ? `${path}${separator}cursor=${encodeURIComponent(cursor)}` : path, { signal });
    return { items: page.items, cursor: page.next_cursor };
  };
  useEffect(() => {
    const control = new AbortController();
    load(null, control.signal).then(
      (page) => setList({ path, ...page, problem: null }),
      (problem) => problem.name !== "AbortError" && setList((shown) => ({ ...shown, path, problem })),
    );
    return () => control.abort();
  }, [path, turn]);
  const loadMore = async () => {
    try {
      const page = await load(list.cursor);
      setList((shown) => (shown.path === path ? { ...shown, ...page, items: [...shown.items, ...page.items] } : shown));
    } catch (problem) {
      setList((shown) => ({ ...shown, problem }));
    }
  };
  return {
    items: list.items,
    more: list.cursor !== null,
    problem: list.problem,
    loadMore,
    reload: () => setTurn((count) => count + 1),
    change: (how) => setList((shown) => ({ ...shown, items: how(shown.items ?? []) })),
  };
}

/** What stands below such a list: the way to the next page, or why there is none. */
export function ListFoot({ list }) {
  if (list.problem) {
    return html`
      <div class="list-foot" role="alert">
        <p class="field-error">${problemText(list.problem)}</p>
        <${Button} onClick=${list.reload}>${t("common.again")}<//>
      </div>
    `;
  }
  if (list.items === null) return html`<div class="booting" aria-hidden="true"></div>`;
  return list.more && html`<div class="list-foot"><${Button} onClick=${list.loadMore}>${t("common.load_more")}<//></div>`;
}
