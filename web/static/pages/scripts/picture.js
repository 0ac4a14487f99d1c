// The picture of a question, in the size that fits.

import { html } from "../vendor/preact.js";
import { t } from "./text.js";

const LARGE = "-1280.webp";

/** Nothing, when there is no `url`. */
export function Picture({ url, sizes = "(max-width: 640px) 92vw, 600px" }) {
  if (!url) return null;
  const small = url.endsWith(LARGE) ? url.replace(LARGE, "-320.webp") : null;
  return html`
    <div class="picture">
      <img src=${url} srcset=${small && `${small} 320w, ${url} 1280w`} sizes=${small && sizes} alt=${t("common.picture")} decoding="async" />
    </div>
  `;
}
