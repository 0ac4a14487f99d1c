// Titles of quizzes, for lists that know only their ids.

import { get } from "../api.js";
import { useEffect, useState } from "../../vendor/preact.js";

const PAGES = 5;

/** Title by quiz id, as far as the quizzes of these sessions are still there. */
export function useTitles(sessions) {
  const [titles, setTitles] = useState(new Map());
  const wanted = [...new Set(sessions.map(({ quiz_id }) => quiz_id))].join();
  useEffect(() => {
    if (!wanted) return undefined;
    let gone = false;
    const load = async () => {
      const found = new Map();
      let cursor = "";
      for (let page = 0; page < PAGES; page++) {
        const { items, next_cursor } = await get(`/quizzes?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        for (const { id, title } of items) found.set(id, title);
        if (gone) return;
        setTitles(new Map(found));
        if (!next_cursor || wanted.split(",").every((id) => found.has(id))) return;
        cursor = next_cursor;
      }
    };
    load().catch(() => null); // then the sessions are told apart by their codes
    return () => (gone = true);
  }, [wanted]);
  return titles;
}
