// What to do about somebody, asked for.

import { Button, Field } from "../controls.js";
import { Dialog } from "../dialog.js";
import { t } from "../text.js";
import { html, useState } from "../../vendor/preact.js";
import { refusal } from "./attempt.js";

const NICKNAME_MAX = 40;

/** `onRename(nickname)` may be refused; then the dialog says why. */
export function RenameDialog({ nickname, onRename, onDone, onClose }) {
  const [name, setName] = useState(nickname);
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    try {
      await onRename(name.trim());
      onClose();
      onDone();
    } catch (refused) {
      setProblem(refusal(refused));
    }
  };
  return html`
    <${Dialog} title=${t("host.rename_title", { nickname })} class="dialog-small" onClose=${onClose}>
      <form class="stack" onSubmit=${submit}>
        <${Field} label=${t("host.nickname")} value=${name} onInput=${setName} error=${problem} maxlength=${NICKNAME_MAX} required autofocus />
        <div class="dialog-foot">
          <${Button} onClick=${onClose}>${t("common.cancel")}<//>
          <${Button} kind="primary" type="submit">${t("host.rename")}<//>
        </div>
      </form>
    <//>
  `;
}

/** `onBan(address)`: with whether the whole network is kept out. */
export function BanDialog({ nickname, onBan, onClose }) {
  const [address, setAddress] = useState(false);
  return html`
    <${Dialog} title=${t("host.ban_title", { nickname })} class="dialog-small" onClose=${onClose}>
      <p>${t("host.ban_text")}</p>
      <label class="check">
        <input type="checkbox" checked=${address} onChange=${(event) => setAddress(event.target.checked)} />
        <span>${t("host.ban_network")}</span>
      </label>
      <div class="dialog-foot">
        <${Button} onClick=${onClose}>${t("common.cancel")}<//>
        <${Button} kind="danger" onClick=${() => onBan(address)}>${t("host.ban")}<//>
      </div>
    <//>
  `;
}
