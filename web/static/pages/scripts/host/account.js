// Who is logged in, and the way in.

import { get, isLoggedIn, logIn, logOut, onLogin, post } from "../api.js";
import { Button, Field } from "../controls.js";
import { problemText } from "../notices.js";
import { Shapes } from "../shapes.js";
import { t } from "../text.js";
import { html, useEffect, useState } from "../../vendor/preact.js";

const AGAIN_MS = 3000;
const PASSWORD_MIN = 8;

/** `{user, leave}`: the profile, null for nobody, undefined while that is not known. */
export function useAccount() {
  const [loggedIn, setLoggedIn] = useState(isLoggedIn());
  const [user, setUser] = useState(undefined);
  useEffect(() => onLogin(setLoggedIn), []);
  useEffect(() => {
    let timer = null;
    const load = () =>
      get("/users/profile").then(setUser, (problem) => {
        if (problem.status === 401) setUser(null);
        else timer = setTimeout(load, AGAIN_MS);
      });
    if (loggedIn) load();
    else setUser(null);
    return () => clearTimeout(timer);
  }, [loggedIn]);
  return { user: loggedIn ? (user === null ? undefined : user) : null, leave: logOut };
}

/** Log in, or make an account first. `canRegister`: whether the latter is offered. */
export function Welcome({ canRegister = true }) {
  const [isNew, setIsNew] = useState(false);
  return html`
    <main class="welcome">
      <section class="welcome-words">
        <${Shapes} />
        <h1>${t("host.welcome")}</h1>
        <p class="muted">${t("host.welcome_text")}</p>
      </section>
      <section class="card stack welcome-form">
        <h2>${isNew ? t("host.register") : t("host.login")}</h2>
        <${AccountForm} key=${isNew} isNew=${isNew} />
        ${canRegister &&
        html`<button type="button" class="link" onClick=${() => setIsNew(!isNew)}>${isNew ? t("host.have_account") : t("host.no_account")}</button>`}
      </section>
    </main>
  `;
}

function AccountForm({ isNew }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState({});
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setProblem({});
    setBusy(true);
    try {
      if (isNew) await post("/users/register", { email: email.trim(), password, display_name: name.trim() }, { guest: true });
      await logIn(email.trim(), password);
    } catch (refusal) {
      setProblem(explain(refusal));
      setBusy(false);
    }
  };
  return html`
    <form class="stack" onSubmit=${submit}>
      ${isNew &&
      html`<${Field} label=${t("host.name")} value=${name} onInput=${setName} error=${problem.name} hint=${t("host.name_hint")} autocomplete="name" maxlength="64" required />`}
      <${Field} label=${t("host.email")} type="email" value=${email} onInput=${setEmail} error=${problem.email} autocomplete="username" dir="ltr" required />
      <${Field}
        label=${t("host.password")}
        type="password"
        value=${password}
        onInput=${setPassword}
        error=${problem.password}
        hint=${isNew ? t("host.password_hint", { count: PASSWORD_MIN }) : null}
        autocomplete=${isNew ? "new-password" : "current-password"}
        minlength=${isNew ? PASSWORD_MIN : null}
        required
      />
      ${problem.other && html`<p class="field-error" role="alert">${problem.other}</p>`}
      <${Button} kind="primary" type="submit" class="button-wide button-big" busy=${busy}>${isNew ? t("host.register_submit") : t("host.login_submit")}<//>
    </form>
  `;
}

function explain(problem) {
  switch (problem.code) {
    case "invalid_credentials":
      return { password: t("host.login_wrong") };
    case "email_taken":
      return { email: t("host.email_taken") };
    case "account_banned":
      return { other: t("host.account_banned") };
    case "validation_failed":
      return { [FIELDS[problem.errors[0]?.field] ?? "other"]: problem.errors[0]?.message ?? problem.message };
    default:
      return { other: problemText(problem) };
  }
}

const FIELDS = { email: "email", password: "password", display_name: "name" };
