/** Every alarm that is not normal, kept up to date by the stream. */

import { batch, effect, signal, untracked } from "@preact/signals";
import { get } from "../api/http";
import { share } from "../api/shared";
import type { Alarm, AlarmsAnswer, FeedEvent, Flood, Incident, Language } from "../api/types";
import { now, setClock } from "./clock";
import { language } from "./preferences";
import { standing } from "./session";

const known = new Map<string, Alarm>();
const listeners = new Set<(alarm: Alarm, before: Alarm | undefined) => void>();
let seq = 0;

/** Counts up with every change of `alarms()`. */
export const version = signal(0);
export const loaded = signal(false);
export const connected = signal(true);
/** When the connection was lost, Unix ms; 0 while it stands. */
export const lostSince = signal(0);
export const incidents = signal<ReadonlyMap<number, Incident>>(new Map());
export const flood = signal<Flood | null>(null);

/** The alarms as they are; read it in a component and it follows. */
export function alarms(): Iterable<Alarm> {
  version.value;
  return known.values();
}

export function alarm(key: string): Alarm | undefined {
  version.value;
  return known.get(key);
}

/** Be told of every change the moment it arrives, also in a hidden tab. */
export function onChange(listener: (alarm: Alarm, before: Alarm | undefined) => void): void {
  listeners.add(listener);
}

/** Take what an answer or the stream says; an older word about an alarm is passed over. */
export function take(given: Iterable<Alarm>, news = true): void {
  for (const one of given) {
    const before = known.get(one.key);
    if (before && before.seq > one.seq) continue;
    if (one.state === "normal") known.delete(one.key);
    else known.set(one.key, one);
    if (news) for (const listener of listeners) listener(one, before);
  }
  version.value++;
}

/** The time has changed what an alarm is called; nothing happened to it, so nobody is alerted. */
function flag({ key, ...flags }: { key: string; chattering: boolean; standing: boolean }): void {
  const one = known.get(key);
  if (!one) return;
  known.set(key, { ...one, ...flags });
  version.value++;
}

function hear(events: FeedEvent[], reload: () => Promise<void>): void {
  const changed: Alarm[] = [];
  for (const event of events) {
    if (event.name === "alarm") {
      changed.push(event.data.alarm);
      seq = Math.max(seq, event.data.seq);
    } else if (event.name === "flags") {
      // What came before it in the stream is older.
      take(changed.splice(0));
      flag(event.data);
    } else if (event.name === "incident") {
      incidents.value = new Map(incidents.value).set(event.data.id, event.data);
    } else if (event.name === "flood") flood.value = event.data;
    else if (event.name === "beat") setClock(event.data.server_ms);
    else if (event.name === "reload") void reload();
  }
  if (changed.length) take(changed);
}

/** Fetch all anew; what the stream brought meanwhile is newer and stays. */
async function load(wanted: Language, stop: AbortSignal): Promise<void> {
  const sent = Date.now();
  const answer = await get<AlarmsAnswer>("/alarms", { lang: wanted, aside: 1 });
  if (stop.aborted) return;
  batch(() => {
    setClock(answer.server_ms, sent);
    for (const [key, one] of known) if (one.seq <= answer.seq) known.delete(key);
    take(answer.alarms, false);
    incidents.value = new Map(answer.incidents.map((one) => [one.id, one]));
    flood.value = answer.flood;
    seq = Math.max(seq, answer.seq);
    loaded.value = true;
  });
}

function setConnected(is: boolean): void {
  if (is) lostSince.value = 0;
  else if (connected.value) lostSince.value = now.peek();
  connected.value = is;
}

/** While somebody is logged in: all alarms once, then the stream; anew in another language. */
effect(() => {
  if (standing.value !== "in") return;
  const wanted = language.value;
  const stop = new AbortController();
  const reload = () => reloaded(wanted, stop.signal);
  const listener = {
    events: (events: FeedEvent[]) => hear(events, reload),
    connected: setConnected,
    after: () => seq,
  };
  untracked(() => share(wanted, listener, reload(), stop.signal));
  return () => stop.abort();
});

/** Load until it succeeds. */
async function reloaded(wanted: Language, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      return await load(wanted, stop);
    } catch {
      setConnected(false);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}
