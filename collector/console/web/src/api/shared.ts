/**
 * One stream for all tabs of a browser: HTTP/1.1 allows six connections to one origin.
 *
 * The tab whose turn it is listens and tells the others; when it closes, or the system has put it to sleep, the next
 * one resumes from the newest number it has. Without Web Locks (plain http in a network) each tab listens for itself.
 */

import { type Listener, listen, SILENT_MS } from "./stream";
import { Turn } from "./turn";
import type { FeedEvent, Language } from "./types";

type Told = { events: FeedEvent[] } | { connected: boolean } | { ask: true };

/** A tab that listens says at least that it cannot: one that says nothing at all is asleep. */
const ASLEEP_MS = SILENT_MS + 5_000;

/**
 * Be told at once, or listen as soon as `ready`, until `stop` is aborted.
 *
 * A tab that is told must hear before it fetches the alarms, one that listens must know the number to resume
 * from: so nothing falls between the two.
 */
export function share(language: Language, listener: Listener, ready: Promise<void>, stop: AbortSignal): void {
  if (!navigator.locks) {
    void ready.then(() => listen(language, listener, stop));
    return;
  }
  const name = `ulba-stream-${language}`;
  const channel = new BroadcastChannel(name);
  let leads = false;
  let connected = false;
  const leader: Listener = {
    after: listener.after,
    events(events) {
      channel.postMessage({ events } satisfies Told);
      listener.events(events);
    },
    connected(is) {
      connected = is;
      channel.postMessage({ connected: is } satisfies Told);
      listener.connected(is);
    },
  };
  const lead = (over: AbortSignal) => {
    leads = true;
    return ready.then(() => listen(language, leader, over));
  };
  const wakeUp = () => {
    leads = false;
    listener.events([{ name: "reload", data: {} }]); // what the others were told meanwhile
  };
  const turn = new Turn(name, lead, wakeUp, stop);
  const heard = silenceWatch(() => {
    if (leads) return;
    listener.connected(false);
    turn.seize();
  }, stop);
  channel.onmessage = ({ data }: MessageEvent<Told>) => {
    if ("ask" in data) {
      if (leads) channel.postMessage({ connected } satisfies Told);
      return;
    }
    heard();
    if ("events" in data) listener.events(data.events);
    else listener.connected(data.connected);
  };
  channel.postMessage({ ask: true } satisfies Told);
  stop.addEventListener("abort", () => channel.close(), { once: true });
  turn.wait();
}

/** Calls `silent` when nothing has been heard of the tab that listens. */
function silenceWatch(silent: () => void, stop: AbortSignal): () => void {
  let timer = setTimeout(silent, ASLEEP_MS);
  stop.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return () => {
    clearTimeout(timer);
    if (!stop.aborted) timer = setTimeout(silent, ASLEEP_MS);
  };
}
