// Language and theme, as the reader wants them, and the switches for both.

import { html, useEffect, useState } from "../vendor/preact.js";
import { LANGUAGES, chooseLanguage, currentLanguage, t } from "./text.js";

const THEME = "quizwire.theme"; // a plain word, which early.js reads too

/** `light` or `dark`, for this browser from now on. */
function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME, theme);
  } catch {
    // For this page only, then.
  }
}

/** A small choice of language, each by its own name. */
export function LanguageSwitch() {
  return html`
    <select class="switch" aria-label=${t("common.language")} value=${currentLanguage()} onChange=${(event) => chooseLanguage(event.target.value)}>
      ${Object.entries(LANGUAGES).map(
        ([code, name]) => html`<option value=${code} lang=${code} selected=${code === currentLanguage()}>${name}</option>`,
      )}
    </select>
  `;
}

/** A button between light and dark. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme);
  useEffect(() => {
    // The device may change it, and so may another tab: see early.js.
    const observer = new MutationObserver(() => setTheme(document.documentElement.dataset.theme));
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  const dark = theme === "dark";
  const change = () => chooseTheme(dark ? "light" : "dark");
  return html`
    <button type="button" class="switch switch-icon" aria-label=${dark ? t("common.light") : t("common.dark")} title=${dark ? t("common.light") : t("common.dark")} onClick=${change}>
      <svg viewBox="0 0 24 24" aria-hidden="true" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
        ${dark
          ? html`<circle cx="12" cy="12" r="4" /><path d="M12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4" />`
          : html`<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.500z" />`}
      </svg>
    </button>
  `;
}

/** Both, beside each other. */
export function Preferences() {
  return html`<div class="preferences"><${LanguageSwitch} /><${ThemeSwitch} /></div>`;
}
