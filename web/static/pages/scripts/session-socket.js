// One WebSocket to a session that comes back by itself: see docs/reference/websocket.md for what travels on it.

const SUBPROTOCOL = "quiz.v1";
const STOP = new Set([1002, 1003, 1007, 1009, 4501, 4503, 4504, 4505, 4508]);
const WAITS_MS = [0, 500, 1000, 2000, 4000, 8000, 15_000];
const CONNECT_MS = 10_000; // for the handshake and the welcome
const ANSWER_MS = 5_000; // then an answer without an ack is sent again
const PROBE_MS = 4_000; // for a sign of life after sleep
const EVENTS = new Set(["question", "question_closed", "state", "ended", "kicked", "skip"]);

/**
 * `where()` resolves to `{url, hello}`: the address, and what to say first (`{ticket}` or `{resume_token}`).
 * `onMessage(message)` gets every message in order, events each once.
 * `onStatus({status, …})`: `connecting`, `live`, `waiting` (with `retryAt`, `offline`), `stopped` (with `code`, `reason`).
 */
export class SessionSocket {
  constructor({ where, onMessage, onStatus }) {
    this.where = where;
    this.onMessage = onMessage;
    this.onStatus = onStatus;
    this.pending = new Map(); // answers without an ack, by id
    this.epoch = null;
    this.seq = null;
    this.clockOffsetMs = 0;
    this.attempt = 0;
    this.stopped = false;
    this.reviving = () => this.revive();
    this.losing = () => this.lose();
    window.addEventListener("online", this.reviving);
    window.addEventListener("pageshow", this.reviving);
    window.addEventListener("offline", this.losing);
    document.addEventListener("visibilitychange", this.reviving);
  }

  /** Connect, and stay connected until `stop` or a close that says so. */
  start() {
    this.connect();
  }

  /** Leave for good. */
  stop() {
    this.send({ type: "leave" });
    this.halt(1000, "left");
  }

  /** Server time, in Unix milliseconds, as well as we know it. */
  now() {
    return Date.now() + this.clockOffsetMs;
  }

  /** Give an answer; it is sent again, with the same id, until the server says what became of it. */
  answer(questionId, option, id = newId()) {
    const message = { type: "answer", id, question_id: questionId, option };
    this.pending.set(id, message);
    this.send(message);
    this.watchAnswers();
    return id;
  }

  /** Ask for a snapshot. */
  sync() {
    if (this.syncing) return;
    this.syncing = this.send({ type: "sync" });
  }

  async connect() {
    clearTimeout(this.timer);
    this.dispose();
    this.connecting = true;
    this.tell({ status: "connecting", attempt: this.attempt });
    const turn = (this.turn = {});
    let place;
    try {
      place = await this.where();
    } catch (error) {
      if (turn !== this.turn || this.stopped) return;
      // The server refused: it will not think otherwise by itself.
      if (error.status >= 400 && error.status < 500 && error.status !== 429) this.halt(4501, error.code);
      else this.wait(error.retryAfterS ? error.retryAfterS * 1000 : null);
      return;
    }
    if (turn !== this.turn || this.stopped) return;
    const socket = (this.socket = new WebSocket(place.url, SUBPROTOCOL));
    const resuming = place.hello.resume_token && this.epoch !== null && this.seq !== null;
    const hello = resuming ? { ...place.hello, epoch: this.epoch, seq: this.seq } : place.hello;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", ...hello }));
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = (event) => this.closed(event.code, event.reason);
    this.timer = setTimeout(() => this.lose(), CONNECT_MS);
  }

  receive(message) {
    this.heardAt = Date.now();
    clearTimeout(this.probe);
    if (message.type === "ping") this.send({ type: "pong", t: message.t });
    else if (message.type === "reconnect") this.afterMs = message.after_ms;
    else if (message.type === "welcome") this.welcome(message);
    else if (message.type === "snapshot") this.snapshot(message);
    else if (EVENTS.has(message.type)) this.event(message);
    else {
      if (message.type === "ack") this.pending.delete(message.re);
      if (message.type === "error") this.refused(message);
      this.onMessage(message);
    }
  }

  welcome(message) {
    clearTimeout(this.timer);
    this.connecting = false;
    this.attempt = 0;
    this.syncing = false;
    this.clockOffsetMs = message.server_time - Date.now();
    this.heartbeatMs = message.heartbeat_ms;
    this.onMessage(message);
    this.tell({ status: "live" });
    this.listen();
    if (message.resumed) this.resend();
    else this.waitingForSnapshot = true;
  }

  snapshot(message) {
    this.syncing = false;
    this.waitingForSnapshot = false;
    this.epoch = message.epoch;
    this.seq = message.seq;
    // What it holds is stored; what it does not hold, and we still have, may never have arrived.
    for (const { id } of message.answers ?? []) this.pending.delete(id);
    this.onMessage(message);
    this.resend();
  }

  event(message) {
    const final = message.type === "ended" || message.type === "kicked";
    if (!final && (this.waitingForSnapshot || this.seq === null || message.seq <= this.seq)) return;
    if (!final && message.seq > this.seq + 1) {
      this.sync(); // something is missing, and this would be out of order
      return;
    }
    this.seq = message.seq;
    if (message.type !== "skip") this.onMessage(message);
  }

  refused(message) {
    if (message.re && !message.retryable) this.pending.delete(message.re);
    if (message.retry_after_ms) this.afterMs = message.retry_after_ms;
  }

  resend() {
    for (const message of this.pending.values()) this.send(message);
    this.watchAnswers();
  }

  /** Forget an answer that can no longer count. */
  forget(id) {
    this.pending.delete(id);
  }

  watchAnswers() {
    clearTimeout(this.answerTimer);
    if (this.pending.size) this.answerTimer = setTimeout(() => this.resend(), ANSWER_MS);
  }

  /** Watch that the server is heard of: a dead network closes nothing by itself. */
  listen() {
    clearInterval(this.listening);
    this.listening = setInterval(() => {
      if (Date.now() - this.heardAt > this.heartbeatMs * 2.5) this.lose();
    }, 1000);
  }

  /** The network or the page is back: connect at once, or make sure that the connection still lives. */
  revive() {
    if (this.stopped || document.visibilityState === "hidden") return;
    if (!this.socket) {
      if (!this.connecting) this.connect();
    } else if (!this.connecting && Date.now() - this.heardAt > PROBE_MS) {
      clearTimeout(this.probe);
      this.probe = setTimeout(() => this.lose(), PROBE_MS);
      this.syncing = this.send({ type: "sync" });
    }
  }

  /** Give the connection up without waiting for its close, which may take minutes. */
  lose() {
    if (!this.stopped) this.closed(1006, "lost");
  }

  closed(code, reason) {
    this.dispose();
    if (STOP.has(code) || code === 1000) this.halt(code, reason);
    else this.wait();
  }

  wait(pauseMs = null) {
    this.connecting = false;
    const base = WAITS_MS[Math.min(this.attempt, WAITS_MS.length - 1)];
    this.attempt += 1;
    // Spread out: a whole hall comes back at the same moment.
    const pause = Math.max(pauseMs ?? 0, this.afterMs ?? 0, base) * (0.7 + 0.6 * Math.random()) + 200 * Math.random();
    this.afterMs = null;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), pause);
    this.tell({ status: "waiting", retryAt: Date.now() + pause, offline: navigator.onLine === false });
  }

  halt(code, reason) {
    this.stopped = true;
    this.dispose();
    clearTimeout(this.timer);
    clearTimeout(this.answerTimer);
    window.removeEventListener("online", this.reviving);
    window.removeEventListener("pageshow", this.reviving);
    window.removeEventListener("offline", this.losing);
    document.removeEventListener("visibilitychange", this.reviving);
    this.tell({ status: "stopped", code, reason });
  }

  dispose() {
    clearInterval(this.listening);
    clearTimeout(this.probe);
    this.connecting = false;
    this.turn = null;
    this.waitingForSnapshot = false;
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  tell(status) {
    this.onStatus(status);
  }
}

/** 128 random bits; crypto.randomUUID is missing where a page is served without TLS. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
