// Files that need a login to be fetched, saved as the browser saves any other.

import { get } from "./api.js";

const KEPT_MS = 60_000; // some browsers begin late

/** Fetch `path` and save it under the name that the server gives it, or `fallback`. */
export async function saveFile(path, fallback) {
  const reply = await get(path, { as: "reply" });
  const url = URL.createObjectURL(await reply.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = nameIn(reply.headers.get("Content-Disposition")) ?? fallback;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

function nameIn(disposition) {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? "");
  if (encoded) return decodeURIComponent(encoded[1]);
  return /filename="([^"]+)"/.exec(disposition ?? "")?.[1] ?? null;
}
