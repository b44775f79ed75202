/**
 * The stream of alarm events, resumed by the journal's number after every interruption.
 *
 * Read with `fetch`, not EventSource: the number to resume from is ours to choose, a connection over which no
 * beat comes is given up, and a session that has ended is told from a centre that cannot be reached.
 */

import { EventParser } from "./events";
import { address, untilLoggedIn } from "./http";
import type { FeedEvent, Language } from "./types";

export const SILENT_MS = 25_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

export interface Listener {
  /** The events of one piece of the stream, in order. */
  events(events: FeedEvent[]): void;
  connected(is: boolean): void;
  /** The number of the journal after which events are wanted. */
  after(): number;
}

/** Listen until `stop` is aborted. */
export async function listen(language: Language, listener: Listener, stop: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (!stop.aborted) {
    try {
      await connection(language, listener, stop, () => {
        wait = FIRST_WAIT_MS;
      });
    } catch {
      // An interruption of any kind: told below, and tried again.
    }
    if (stop.aborted) return;
    listener.connected(false);
    await pause(wait * (0.75 + Math.random() / 2), stop);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

async function connection(
  language: Language,
  listener: Listener,
  stop: AbortSignal,
  alive: () => void,
): Promise<void> {
  const cut = new AbortController();
  stop.addEventListener("abort", () => cut.abort(), { once: true });
  let watch = setTimeout(() => cut.abort(), SILENT_MS);
  try {
    const answer = await fetch(address("/stream", { lang: language, after: listener.after() }), {
      headers: { Accept: "text/event-stream", "Last-Event-ID": String(listener.after()) },
      signal: cut.signal,
      cache: "no-store",
    });
    if (answer.status === 401) await untilLoggedIn();
    if (!answer.ok || !answer.body) return;
    listener.connected(true);
    const parser = new EventParser();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      clearTimeout(watch);
      watch = setTimeout(() => cut.abort(), SILENT_MS);
      const events = parser
        .take(value)
        .map((raw) => ({ name: raw.name, data: JSON.parse(raw.data) }) as FeedEvent);
      if (events.length) listener.events(events);
    }
  } finally {
    clearTimeout(watch);
    cut.abort();
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const now = () => {
      clearTimeout(timer);
      resolve();
    };
    stop.addEventListener("abort", now, { once: true });
    addEventListener("online", now, { once: true });
  });
}
