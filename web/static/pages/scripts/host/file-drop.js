// A place for a file: dropped, or chosen.

import { html, useRef, useState } from "../../vendor/preact.js";

/** `onFile(file)` for each file that comes; `children` is what is there already. */
export function FileDrop({ accept, text, onFile, busy = false, children = null, class: name = "" }) {
  const input = useRef(null);
  const [over, setOver] = useState(false);
  const take = (files) => {
    if (files.length > 0 && !busy) onFile(files[0]);
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  const hover = (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setOver(true);
  };
  const choose = (event) => {
    take(event.target.files);
    event.target.value = ""; // so that the same one can be chosen again
  };
  return html`
    <div
      class="file-drop ${over ? "is-over" : ""} ${name}"
      onDragOver=${hover}
      onDragLeave=${() => setOver(false)}
      onDrop=${drop}
    >
      ${children}
      <input type="file" class="spoken" tabindex="-1" aria-hidden="true" accept=${accept} ref=${input} onChange=${choose} />
      <button type="button" class="file-drop-button" aria-busy=${busy ? "true" : null} onClick=${() => input.current.click()}>
        ${busy && html`<span class="booting booting-small" aria-hidden="true"></span>`}
        <span>${text}</span>
      </button>
    </div>
  `;
}
