// The picture of a question: dropped, pasted or chosen. It is sent when the quiz is saved.

import { notify } from "../notices.js";
import { t } from "../text.js";
import { html, useEffect, useRef } from "../../vendor/preact.js";
import { FileDrop } from "./file-drop.js";

const TYPES = ["image/jpeg", "image/png", "image/webp"];
const MAX_BYTES = 5 * 1024 * 1024;

export function PictureField({ question, onChange }) {
  const take = (file) => {
    if (!TYPES.includes(file.type)) notify(t("host.no_picture"), "error");
    else if (file.size > MAX_BYTES) notify(t("host.too_large"), "error");
    else onChange({ file, image_url: URL.createObjectURL(file) });
  };
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const paste = (event) => {
      const file = [...event.clipboardData.files].find(({ type }) => type.startsWith("image/"));
      if (!file || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      latest.current(file);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, []);
  const has = question.image_url !== null;
  return html`
    <${FileDrop} accept=${TYPES.join(",")} text=${has ? t("host.other_picture") : t("host.picture_drop")} class="picture-field ${has ? "has-picture" : ""}" onFile=${take}>
      ${has &&
      html`
        <img class="picture-shown" src=${question.image_url} alt=${t("common.picture")} />
        <button type="button" class="icon-button picture-remove" aria-label=${t("host.remove_picture")} title=${t("host.remove_picture")} onClick=${() => onChange({ file: null, image_url: null })}>
          <span aria-hidden="true">×</span>
        </button>
      `}
    <//>
  `;
}
