// The settings of a session, as a form.

import { Choice, Field } from "../controls.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";
import { pacingText } from "./session-words.js";

/** Values as the form has them; numbers are texts. */
export const DEFAULTS = {
  pacing: "host",
  scoring: "speed",
  streak_bonus: false,
  penalty_percent: "0",
  question_order: "authored",
  option_order: "authored",
  late_join: "allow",
  late_join_until: "1",
  nickname_filter: "normal",
  latency_allowance_ms: "0",
  early_close: false,
  answer_s: "20",
  reveal_s: "5",
  leaderboard_s: "5",
  countdown_s: "3",
  lobby_s: "",
};

/** The body of the start. */
export function bodyOfSettings(settings) {
  const { pacing } = settings;
  const body = {
    pacing,
    scoring: settings.scoring,
    streak_bonus: settings.streak_bonus,
    penalty_percent: Number(settings.penalty_percent),
    question_order: pacing === "self" || settings.question_order !== "participant" ? settings.question_order : "session",
    option_order: settings.option_order,
    nickname_filter: settings.nickname_filter,
    latency_allowance_ms: Number(settings.latency_allowance_ms),
  };
  if (pacing !== "self") {
    body.late_join = settings.late_join === "until" ? Number(settings.late_join_until) : settings.late_join;
    body.early_close = settings.early_close;
  }
  if (pacing === "timed") {
    body.timing = {
      answer_s: Number(settings.answer_s),
      reveal_s: Number(settings.reveal_s),
      leaderboard_s: Number(settings.leaderboard_s),
      countdown_s: Number(settings.countdown_s),
      lobby_s: settings.lobby_s === "" ? null : Number(settings.lobby_s),
    };
  }
  return body;
}

export function Settings({ settings, count, onChange }) {
  const { pacing } = settings;
  const set = (name) => (value) => onChange({ [name]: value });
  const order = [["authored", t("host.order_authored")], ["session", t("host.order_session")]];
  const own = ["participant", t("host.order_participant")];
  return html`
    <fieldset class="pacings">
      <legend>${t("host.pacing")}</legend>
      ${["host", "timed", "self"].map(
        (value) => html`
          <label class="pacing ${pacing === value ? "is-chosen" : ""}" key=${value}>
            <input type="radio" name="pacing" value=${value} checked=${pacing === value} onChange=${() => onChange({ pacing: value, early_close: value === "timed" })} />
            <span><strong>${pacingText(value)}</strong><span class="muted">${pacingHint(value)}</span></span>
          </label>
        `,
      )}
    </fieldset>
    ${pacing === "timed" && html`<${Timing} settings=${settings} set=${set} />`}
    <div class="form-grid">
      <${Choice}
        label=${t("host.scoring")}
        value=${settings.scoring}
        onInput=${set("scoring")}
        options=${[["speed", t("host.scoring_speed")], ["linear", t("host.scoring_linear")], ["flat", t("host.scoring_flat")]]}
      />
      ${pacing !== "self" &&
      html`
        <${Choice}
          label=${t("host.late_join")}
          value=${settings.late_join}
          onInput=${set("late_join")}
          options=${[["allow", t("host.late_allow")], ["deny", t("host.late_deny")], ["until", t("host.late_until")]]}
        />
      `}
      ${pacing !== "self" &&
      settings.late_join === "until" &&
      html`<${Field} label=${t("host.late_number")} type="number" min="1" max=${count} required value=${settings.late_join_until} onInput=${set("late_join_until")} />`}
    </div>
    <${Check} label=${t("host.streak")} checked=${settings.streak_bonus} onChange=${set("streak_bonus")} />
    ${pacing !== "self" && html`<${Check} label=${t("host.early_close")} checked=${settings.early_close} onChange=${set("early_close")} />`}
    <details class="more">
      <summary>${t("host.more_settings")}</summary>
      <div class="form-grid">
        <${Choice}
          label=${t("host.question_order")}
          value=${pacing !== "self" && settings.question_order === "participant" ? "session" : settings.question_order}
          onInput=${set("question_order")}
          options=${pacing === "self" ? [...order, own] : order}
        />
        <${Choice} label=${t("host.option_order")} value=${settings.option_order} onInput=${set("option_order")} options=${[...order, own]} />
        <${Choice}
          label=${t("host.nickname_filter")}
          value=${settings.nickname_filter}
          onInput=${set("nickname_filter")}
          options=${[["off", t("host.filter_off")], ["normal", t("host.filter_normal")], ["strict", t("host.filter_strict")]]}
        />
        <${Field}
          label=${t("host.penalty")}
          type="number"
          min="0"
          max="100"
          required
          value=${settings.penalty_percent}
          onInput=${set("penalty_percent")}
          hint=${t("host.penalty_hint")}
        />
        <${Field}
          label=${t("host.latency")}
          type="number"
          min="0"
          max="500"
          required
          value=${settings.latency_allowance_ms}
          onInput=${set("latency_allowance_ms")}
          hint=${t("host.latency_hint")}
        />
      </div>
    </details>
  `;
}

function Timing({ settings, set }) {
  const seconds = (label, name, min, max) =>
    html`<${Field} label=${label} type="number" min=${min} max=${max} required value=${settings[name]} onInput=${set(name)} />`;
  return html`
    <fieldset class="timing">
      <legend>${t("host.timing")}</legend>
      <div class="form-grid form-grid-small">
        ${seconds(t("host.answer_s"), "answer_s", 5, 300)} ${seconds(t("host.reveal_s"), "reveal_s", 0, 60)}
        ${seconds(t("host.leaderboard_s"), "leaderboard_s", 0, 60)} ${seconds(t("host.countdown_s"), "countdown_s", 0, 60)}
        <${Field} label=${t("host.lobby_s")} type="number" min="0" max="86400" value=${settings.lobby_s} onInput=${set("lobby_s")} hint=${t("host.lobby_hint")} />
      </div>
    </fieldset>
  `;
}

function Check({ label, checked, onChange }) {
  return html`
    <label class="check">
      <input type="checkbox" checked=${checked} onChange=${(event) => onChange(event.target.checked)} />
      <span>${label}</span>
    </label>
  `;
}

function pacingHint(pacing) {
  return { host: t("host.pacing_host_hint"), timed: t("host.pacing_timed_hint"), self: t("host.pacing_self_hint") }[pacing];
}
