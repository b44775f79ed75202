/**
 * One stream for all tabs of a browser: HTTP/1.1 allows six connections to one origin.
 *
 * The tab that holds the lock listens and tells the others; when it closes, the lock passes on and the next one
 * resumes from the newest number it has. Without Web Locks (plain http in a network) each tab listens for itself.
 */

import { type Listener, listen, SILENT_MS } from "./stream";
import type { FeedEvent, Language } from "./types";

type Told = { events: FeedEvent[] } | { connected: boolean } | { ask: true };

/**
 * Be told at once, or listen as soon as `ready`, until `stop` is aborted.
 *
 * A tab that is told must hear before it fetches the alarms, one that listens must know the number to resume
 * from: so nothing falls between the two.
 */
export function share(language: Language, listener: Listener, ready: Promise<void>, stop: AbortSignal): void {
  const lead = (as: Listener) => ready.then(() => listen(language, as, stop));
  if (!navigator.locks) {
    void lead(listener);
    return;
  }
  const channel = new BroadcastChannel(`ulba-stream-${language}`);
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
  const heard = silenceWatch(() => !leads && listener.connected(false), stop);
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
  navigator.locks
    .request(`ulba-stream-${language}`, { signal: stop }, () => {
      leads = true;
      return lead(leader);
    })
    .catch(() => undefined); // asked for in vain: this tab stops before its turn came
}

/** Calls `silent` when nothing has been heard for as long as a dead connection is silent. */
function silenceWatch(silent: () => void, stop: AbortSignal): () => void {
  let timer = setTimeout(silent, SILENT_MS);
  stop.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return () => {
    clearTimeout(timer);
    if (!stop.aborted) timer = setTimeout(silent, SILENT_MS);
  };
}
