// Searching while somebody types, but not at every letter.

import { useEffect, useState } from "../vendor/preact.js";

const LATER_MS = 250;

/** `value`, once it has stood still for a moment. */
export function useLater(value) {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), LATER_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return later;
}
