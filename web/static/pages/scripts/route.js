// Where in a page one is: the part of the address after `#`, so that back, reload and links work.

import { useEffect, useState } from "../vendor/preact.js";

let guard = null;
let here = location.hash;

/** Go to `path`, as in `/quizzes/ID`. */
export function go(path) {
  location.hash = `#${path}`;
}

/** What is shown has this address from now on: nothing is rendered anew, and back does not lead to the old one. */
export function rename(path) {
  history.replaceState(null, "", `#${path}`);
  here = location.hash;
}

/** Until `null` is given: `ask()` resolves to whether one may leave, whenever one is about to. */
export function guardLeaving(ask) {
  guard = ask;
}

/** The parts of the path: `["quizzes", "ID"]`. */
export function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const change = async () => {
      const wanted = location.hash;
      if (wanted !== here && guard !== null) {
        history.replaceState(null, "", here || "#/");
        if (!(await guard())) return;
        guard = null;
        history.replaceState(null, "", wanted);
      }
      here = wanted;
      setHash(wanted);
      window.scrollTo(0, 0);
    };
    window.addEventListener("hashchange", change);
    return () => window.removeEventListener("hashchange", change);
  }, []);
  return hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}
