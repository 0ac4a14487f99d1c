// A session in a component: a socket that stays connected, and what is known by it.

import { useEffect, useRef, useState } from "../vendor/preact.js";
import { SessionSocket } from "./session-socket.js";
import { nothingKnown, reduce } from "./session-state.js";

/**
 * `[state, act, socket]` of the session that `where` leads to (see SessionSocket); a new `key` begins anew.
 * `act(message)` tells the reducer something of the page's own. `seed` comes before the first message: `{asked, pending}`.
 */
export function useSession(key, where, seed = {}) {
  const [, show] = useState(0);
  const held = useRef({ state: nothingKnown(), socket: null });
  const act = (message) => {
    held.current.state = reduce(held.current.state, message);
    show((count) => count + 1);
  };
  useEffect(() => {
    held.current.state = nothingKnown();
    const socket = new SessionSocket({
      where,
      onStatus: (status) => act({ type: "status", ...status }),
      onMessage: (message) => {
        if (message.type === "leaderboard" && !held.current.state.board.apply(message)) socket.sync();
        else act(message);
      },
    });
    held.current.socket = socket;
    act({ type: "recall", asked: seed.asked ?? {} });
    if (seed.pending) {
      const { id, question_id, option } = seed.pending;
      act({ type: "answering", id, question_id, option });
      socket.answer(question_id, option, id);
    }
    socket.start();
    return () => socket.stop();
  }, [key]);
  return [held.current.state, act, held.current.socket];
}

/** Address of the WebSocket as this page may use it: a page that came over TLS stays with it. */
export function socketUrl(wsUrl) {
  return location.protocol === "https:" ? wsUrl.replace(/^ws:/, "wss:") : wsUrl;
}
