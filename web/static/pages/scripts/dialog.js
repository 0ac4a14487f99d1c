// A dialog over the page: the browser keeps the focus in it and closes it with Escape.

import { html, useLayoutEffect, useRef } from "../vendor/preact.js";
import { t } from "./text.js";

let dialogs = 0;

/** `onClose` is called by Escape and by the cross; whoever shows the dialog takes it away then. */
export function Dialog({ title, onClose, class: name = "", children }) {
  const element = useRef(null);
  const id = useRef(`dialog-${++dialogs}`).current;
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`
    <dialog class="dialog ${name}" ref=${element} aria-labelledby=${id} onCancel=${cancel} onClose=${onClose}>
      <header class="dialog-head">
        <h2 id=${id} dir="auto">${title}</h2>
        <button type="button" class="icon-button" aria-label=${t("common.close")} onClick=${onClose}><span aria-hidden="true">×</span></button>
      </header>
      ${children}
    </dialog>
  `;
}
