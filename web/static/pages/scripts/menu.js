// A few more things to do, behind a button.

import { html, useEffect, useRef } from "../vendor/preact.js";

/** `items` are `[text, onClick, isDanger?]`. */
export function Menu({ label, items, children = "⋯" }) {
  const element = useRef(null);
  useEffect(() => {
    const close = (event) => {
      if (element.current?.open && !element.current.contains(event.target)) element.current.open = false;
    };
    document.addEventListener("click", close);
    return () => document.removeEventListener("click", close);
  }, []);
  const leave = (event) => {
    if (event.key !== "Escape" || !element.current.open) return;
    element.current.open = false;
    element.current.firstElementChild.focus();
  };
  const choose = (onClick) => {
    element.current.open = false;
    onClick();
  };
  return html`
    <details class="menu" ref=${element} onKeyDown=${leave}>
      <summary class="icon-button" aria-label=${label} title=${label}><span aria-hidden="true">${children}</span></summary>
      <div class="menu-items">
        ${items.map(
          ([text, onClick, isDanger]) =>
            html`<button type="button" class="menu-item ${isDanger ? "menu-danger" : ""}" key=${text} onClick=${() => choose(onClick)}>${text}</button>`,
        )}
      </div>
    </details>
  `;
}
