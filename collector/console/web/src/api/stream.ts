/**
 * The stream of alarm events, resumed by the journal's number after every interruption.
 *
 * Read with `fetch`, not EventSource: the number to resume from is ours to choose, a connection over which no
 * beat comes is given up, and a session that has ended is told from a centre that cannot be reached. A tab that
 * was put to sleep hears no more of a connection that it had (Chromium 156) and begins another one when it wakes up.
 */

import { EventParser } from "./events";
import { address, untilLoggedIn } from "./http";
import type { FeedEvent, Language } from "./types";

export const SILENT_MS = 25_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** There is a beat every ten seconds. */
const OVERDUE_MS = 15_000;

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
  let renewed = false;
  const alive = () => {
    wait = FIRST_WAIT_MS;
  };
  const renew = () => {
    renewed = true;
  };
  while (!stop.aborted) {
    renewed = false;
    try {
      await connection(language, listener, stop, { alive, renew });
    } catch {
      // An interruption of any kind: told below, and tried again.
    }
    if (stop.aborted) return;
    if (renewed) continue;
    listener.connected(false);
    await pause(wait * (0.75 + Math.random() / 2), stop);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

interface Told {
  /** Something has come. */
  alive(): void;
  /** This connection ends only to make room for another one. */
  renew(): void;
}

async function connection(
  language: Language,
  listener: Listener,
  stop: AbortSignal,
  told: Told,
): Promise<void> {
  const cut = new AbortController();
  stop.addEventListener("abort", () => cut.abort(), { once: true });
  let heardMs = Date.now();
  onAwaking(cut.signal, (wasAsleep) => {
    if (!wasAsleep && Date.now() - heardMs < OVERDUE_MS) return;
    told.renew();
    cut.abort();
  });
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
      told.alive();
      heardMs = Date.now();
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

/** Not every browser says that a page was asleep; all say that it is looked at again. */
function onAwaking(until: AbortSignal, then: (wasAsleep: boolean) => void): void {
  document.addEventListener("resume", () => then(true), { signal: until });
  document.addEventListener("visibilitychange", () => document.hidden || then(false), { signal: until });
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
