// What participants see: where they come in, and where they play.

import { openPage } from "../page.js";
import { html, useEffect, useState } from "../../vendor/preact.js";
import { Join } from "./join.js";
import { membershipOf, plainCode } from "./membership.js";
import { Play } from "./play.js";

/** Addresses of this page; the server shows it at every other one too that leads nowhere. */
const HERE = /^\/(play\/?|play\/[^/]+\/?)?$/;

function Participant() {
  const [code, setCode] = useState(codeOfPath);
  const [membership, setMembership] = useState(() => code && membershipOf(code));
  useEffect(() => {
    const look = () => {
      setCode(codeOfPath());
      setMembership(membershipOf(codeOfPath()));
    };
    window.addEventListener("popstate", look);
    return () => window.removeEventListener("popstate", look);
  }, []);
  const enter = (joined) => {
    history.pushState(null, "", `/play/${joined.code}`);
    setCode(joined.code);
    setMembership(joined);
  };
  if (membership) return html`<${Play} key=${membership.participantId} membership=${membership} onGone=${() => setMembership(null)} />`;
  const given = code || plainCode(new URLSearchParams(location.search).get("code") ?? "");
  return html`<${Join} code=${given} lost=${!HERE.test(location.pathname)} onJoined=${enter} />`;
}

function codeOfPath() {
  const found = /^\/play\/([^/]+)/.exec(location.pathname);
  return found ? plainCode(decodeURIComponent(found[1])) : "";
}

openPage(Participant, "participant");
