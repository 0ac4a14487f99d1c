// Somebody else was faster: theirs, or mine?

import { Button } from "../controls.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";

export function Conflict({ onTheirs, onMine }) {
  return html`
    <section class="note-box" role="alert">
      <h2>${t("host.conflict")}</h2>
      <p>${t("host.conflict_text")}</p>
      <div class="row">
        <${Button} focused onClick=${onTheirs}>${t("host.take_theirs")}<//>
        <${Button} kind="danger" onClick=${onMine}>${t("host.keep_mine")}<//>
      </div>
    </section>
  `;
}
