// The texts of a page in the reader's language. Every text is in texts/<language>/<part>.json; see tests/web/pages/test_texts.py.

import { useEffect, useState } from "../vendor/preact.js";

/** Languages by their own names. */
export const LANGUAGES = { en: "English", vi: "Tiếng Việt" };

const CHOICE = "quizwire.language"; // a plain word, which early.js reads too
let language = "en";
let parts = [];
let texts = {};
let plural = new Intl.PluralRules("en");
const listeners = new Set();

/** Load the texts of `wanted` parts in the reader's language; await it before the first render. */
export async function loadTexts(...wanted) {
  parts = wanted;
  await use(preferred());
}

/** The language in use: `en` or `vi`. */
export function currentLanguage() {
  return language;
}

/** Change the language of the page, and of those to come. */
export async function chooseLanguage(code) {
  try {
    localStorage.setItem(CHOICE, code);
  } catch {
    // For this page only, then.
  }
  await speak(code);
}

// Another tab has chosen.
window.addEventListener("storage", (event) => {
  if (event.key === CHOICE && parts.length > 0) speak(preferred());
});

/** The text `key` with `{name}` replaced from `values`. A text with forms takes the one for `values.count`. */
export function t(key, values = {}) {
  let text = texts[key] ?? key;
  if (typeof text === "object") text = text[plural.select(values.count)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? formatNumber(value) : String(value);
  });
}

/** 12,345 or 12.345. */
export function formatNumber(number) {
  return number.toLocaleString(language);
}

/** For the outermost component: renders everything anew when the language changes. */
export function useLanguage() {
  const [code, setCode] = useState(language);
  useEffect(() => {
    listeners.add(setCode);
    return () => listeners.delete(setCode);
  }, []);
  return code;
}

function preferred() {
  let chosen = null;
  try {
    chosen = localStorage.getItem(CHOICE);
  } catch {
    // Nothing chosen, then.
  }
  const wanted = [chosen, ...(navigator.languages ?? [navigator.language])];
  const known = wanted.map((tag) => (tag ?? "").slice(0, 2).toLowerCase()).find((code) => code in LANGUAGES);
  return known ?? "en";
}

async function speak(code) {
  await use(code);
  for (const listener of listeners) listener(code);
}

async function use(code) {
  const loaded = await Promise.all(parts.map((part) => load(code, part)));
  texts = Object.assign({}, ...loaded);
  language = code;
  plural = new Intl.PluralRules(code);
  document.documentElement.lang = code;
}

async function load(code, part) {
  const reply = await fetch(new URL(`../texts/${code}/${part}.json`, import.meta.url));
  if (!reply.ok) throw new Error(`texts: ${reply.status}`);
  return reply.json();
}
