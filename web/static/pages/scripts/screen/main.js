// The screen: what everybody in the room looks at.

import { get, isLoggedIn, logIn, onLogin } from "../api.js";
import { Brand } from "../brand.js";
import { Button, Field } from "../controls.js";
import { problemText } from "../notices.js";
import { openPage } from "../page.js";
import { Preferences } from "../preferences.js";
import { t } from "../text.js";
import { html, useEffect, useState } from "../../vendor/preact.js";
import { Stage } from "./stage.js";

const AGAIN_MS = 3000;

function Screen() {
  const sessionId = decodeURIComponent(location.pathname.split("/")[2] ?? "");
  const [loggedIn, setLoggedIn] = useState(isLoggedIn());
  const [session, setSession] = useState(null);
  const [missing, setMissing] = useState(false);
  useEffect(() => onLogin(setLoggedIn), []);
  useEffect(() => {
    let timer = null;
    const load = () =>
      get(`/sessions/${encodeURIComponent(sessionId)}`).then(setSession, (problem) => {
        if (problem.status === 404) setMissing(true);
        else timer = setTimeout(load, AGAIN_MS);
      });
    load();
    return () => clearTimeout(timer);
  }, [sessionId]);
  if (missing) return html`<${Frame}><h1>${t("screen.missing")}</h1><//>`;
  if (session === null) return html`<div class="booting"></div>`;
  if (!loggedIn) return html`<${Frame}><${LogIn} /><//>`;
  return html`<${Stage} session=${session} />`;
}

function Frame({ children }) {
  return html`
    <header class="bar"><${Brand} href="/host" /><${Preferences} /></header>
    <main class="centre">${children}</main>
  `;
}

/** A projector's computer is often not the host's own. */
function LogIn() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    await logIn(email, password).catch((refusal) => {
      setProblem(refusal.status === 401 ? t("screen.login_wrong") : problemText(refusal));
    });
  };
  return html`
    <h1>${t("screen.login")}</h1>
    <form class="card stack screen-login" onSubmit=${submit}>
      <${Field} label=${t("screen.email")} type="email" value=${email} onInput=${setEmail} autocomplete="username" required />
      <${Field} label=${t("screen.password")} type="password" value=${password} onInput=${setPassword} error=${problem} autocomplete="current-password" required />
      <${Button} kind="primary" type="submit" class="button-wide">${t("screen.login_submit")}<//>
    </form>
  `;
}

openPage(Screen, "screen");
