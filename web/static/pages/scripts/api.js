// The REST API: JSON in and out, problems as errors, and a login that renews itself.

import { recall, remember } from "./storage.js";

const LOGIN = "login";
const RENEW_EARLY_MS = 30_000;
const listeners = new Set();
let renewing = null;

/** A refusal by the server (RFC 9457), or `code` "network" when there was no answer at all. */
export class Problem extends Error {
  constructor(status, document, retryAfterS = null) {
    super(document.detail ?? document.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = document.code ?? "internal";
    this.retryable = document.retryable ?? false;
    this.errors = document.errors ?? [];
    this.retryAfterS = retryAfterS;
  }
}

/** Ask the server. `body` is sent as JSON, or as it is when it is a form. Replies with what the server says; throws Problem. */
export async function ask(method, path, { body, headers = {}, signal, as = "json", guest = false } = {}) {
  const login = guest ? null : await freshLogin();
  const options = { method, signal, headers: { Accept: "application/json", ...headers } };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let reply = await send(path, options, login);
  if (reply.status === 401 && login) {
    const renewed = await renew(login);
    if (renewed) reply = await send(path, options, renewed);
    if (reply.status === 401) forgetLogin();
  }
  if (!reply.ok) throw await problemOf(reply);
  if (as === "reply") return reply;
  if (as === "blob") return reply.blob();
  return reply.status === 204 ? null : reply.json();
}

export const get = (path, options) => ask("GET", path, options);
export const post = (path, body, options) => ask("POST", path, { body, ...options });
export const put = (path, body, options) => ask("PUT", path, { body, ...options });
export const remove = (path, options) => ask("DELETE", path, options);

/** Log in and remember it. */
export async function logIn(email, password) {
  keep(await ask("POST", "/users/login", { body: { email, password }, guest: true }));
}

/** Log out, here and on the server. */
export async function logOut() {
  const login = recall(LOGIN);
  forgetLogin();
  if (login) await send("/users/logout", { method: "POST", headers: {} }, login).catch(() => null);
}

/** Whether somebody is logged in here, as far as we know. */
export function isLoggedIn() {
  return recall(LOGIN) !== null;
}

/** Call `listener` whenever somebody logged in or out, in this tab or another; returns how to stop that. */
export function onLogin(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

window.addEventListener("storage", (event) => {
  if (event.key === `quizwire.${LOGIN}`) tell();
});

function tell() {
  for (const listener of listeners) listener(isLoggedIn());
}

function keep(tokens) {
  const { access_token, refresh_token, expires_in } = tokens;
  const login = { access_token, refresh_token, renew_at: Date.now() + expires_in * 1000 - RENEW_EARLY_MS };
  const isNew = !isLoggedIn();
  remember(LOGIN, login);
  if (isNew) tell();
  return login;
}

function forgetLogin() {
  if (!isLoggedIn()) return;
  remember(LOGIN, null);
  tell();
}

async function freshLogin() {
  const login = recall(LOGIN);
  return login && login.renew_at <= Date.now() ? ((await renew(login)) ?? login) : login;
}

/** A new pair of tokens, or null when the login is over. One request however many ask; another tab may have been faster. */
function renew(stale) {
  const known = recall(LOGIN);
  if (known && known.refresh_token !== stale.refresh_token) return Promise.resolve(known);
  renewing ??= (async () => {
    try {
      const body = JSON.stringify({ refresh_token: stale.refresh_token });
      const headers = { Accept: "application/json", "Content-Type": "application/json" };
      const reply = await send("/users/refresh-token", { method: "POST", body, headers }, null);
      if (reply.ok) return keep(await reply.json());
      if (reply.status === 401) forgetLogin();
      return null;
    } finally {
      renewing = null;
    }
  })();
  return renewing;
}

async function send(path, options, login) {
  const headers = login ? { ...options.headers, Authorization: `Bearer ${login.access_token}` } : options.headers;
  try {
    return await fetch(path, { ...options, headers, credentials: "omit", cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { code: "network", title: "No connection", retryable: true });
  }
}

async function problemOf(reply) {
  const retryAfter = Number(reply.headers.get("Retry-After")) || null;
  const document = await reply.json().catch(() => ({}));
  return new Problem(reply.status, document, retryAfter);
}
