// How every page begins: its texts, then its outermost component.

import { html, render, useErrorBoundary } from "../vendor/preact.js";
import { Notices } from "./notices.js";
import { loadTexts, t, useLanguage } from "./text.js";

const TEXTS_AGAIN_MS = 2000;

/** Show `component` as the page, with the texts of `parts`. */
export async function openPage(component, ...parts) {
  while (!(await loaded(parts))) await new Promise((again) => setTimeout(again, TEXTS_AGAIN_MS));
  const root = document.getElementById("app");
  root.textContent = "";
  render(html`<${Page} component=${component} />`, root);
}

/** Whether the texts are here; without a network the page waits for it, as it does later on. */
function loaded(parts) {
  return loadTexts("common", ...parts).then(
    () => true,
    () => false,
  );
}

function Page({ component }) {
  useLanguage();
  const [error] = useErrorBoundary((broken) => console.error(broken));
  if (error) return html`<${Broken} />`;
  return html`<${component} /><${Notices} />`;
}

function Broken() {
  return html`
    <main class="centre">
      <h1>${t("common.broken")}</h1>
      <button type="button" class="button button-primary" onClick=${() => location.reload()}>${t("common.reload")}</button>
    </main>
  `;
}
