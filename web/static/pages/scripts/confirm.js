// "Are you sure?", as a promise.

import { html, useEffect, useState } from "../vendor/preact.js";
import { Button } from "./controls.js";
import { Dialog } from "./dialog.js";
import { t } from "./text.js";

let show = () => {};

/** Whether whoever is asked says yes. `action` is what the button for that says. */
export function confirmed({ title, text, action, danger = false }) {
  return new Promise((settle) => show({ title, text, action, danger, settle }));
}

/** Put once into each page that asks. */
export function Confirmations() {
  const [asked, setAsked] = useState(null);
  useEffect(() => {
    show = setAsked;
    return () => {
      show = () => {};
    };
  }, []);
  if (asked === null) return null;
  const answer = (yes) => {
    setAsked(null);
    asked.settle(yes);
  };
  return html`
    <${Dialog} title=${asked.title} class="dialog-small" onClose=${() => answer(false)}>
      <p dir="auto">${asked.text}</p>
      <div class="dialog-foot">
        <${Button} onClick=${() => answer(false)}>${t("common.cancel")}<//>
        <${Button} kind=${asked.danger ? "danger" : "primary"} onClick=${() => answer(true)}>${asked.action}<//>
      </div>
    <//>
  `;
}
