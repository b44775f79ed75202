/** What a person may do to alarms, and how it is asked of the centre. */

import { signal } from "@preact/signals";
import { post } from "../api/http";
import type { Action, Alarm, AlarmState, Refusal } from "../api/types";
import { take } from "../state/board";
import { language } from "../state/preferences";
import { may } from "../state/session";
import { isUrgent } from "./order";

export type Deed = Action | "false";

const ASIDE: ReadonlySet<AlarmState> = new Set(["shelved", "suppressed", "out_of_service"]);
const isAside = (alarm: Alarm): boolean => ASIDE.has(alarm.state);

/** When a deed means something to an alarm. */
const APPLIES: Record<Deed, (alarm: Alarm) => boolean> = {
  acknowledge: isUrgent,
  shelve: (alarm) => !isAside(alarm),
  suppress: (alarm) => !isAside(alarm),
  remove: (alarm) => alarm.state !== "out_of_service",
  release: isAside,
  reset: (alarm) => alarm.state === "latched",
  false: (alarm) => alarm.code === "anomaly" && alarm.false === null,
};

export const DEEDS = Object.keys(APPLIES) as Deed[];

/** The dialog that is open: a deed, and the alarms it is for as they were when it was opened. */
export const asked = signal<{ deed: Deed; alarms: Alarm[] } | null>(null);

export interface Outcome {
  done: number;
  refused: Refusal[];
}

/** What came of the last deed, shown until the next one. */
export const outcome = signal<Outcome | null>(null);

/** Whoever may set aside in some way may ask to bring back; the centre decides by the site. */
export const allowed = (deed: Deed): boolean =>
  deed === "release" ? may("shelve") || may("suppress") || may("remove") : may(deed);

export const fitting = (deed: Deed, alarms: Alarm[]): Alarm[] => alarms.filter(APPLIES[deed]);

export function ask(deed: Deed, alarms: Alarm[]): void {
  const fit = fitting(deed, alarms);
  if (fit.length && allowed(deed)) asked.value = { deed, alarms: fit };
}

export interface Form {
  comment: string;
  until_ms: number;
  permit: string;
}

/** As many as the centre takes in one request. */
const AT_ONCE = 500;

const named = ({ key, occurrence }: Alarm) => ({ key, occurrence });

/** Do it; the answer is shown at once, without waiting for the stream. */
export async function perform(deed: Deed, alarms: Alarm[], form: Form): Promise<Outcome> {
  const outcome: Outcome = { done: 0, refused: [] };
  for (let first = 0; first < alarms.length; first += AT_ONCE) {
    const part = alarms.slice(first, first + AT_ONCE);
    const answer = deed === "false" ? await declareFalse(part, form) : await act(deed, part, form);
    take(answer.done);
    outcome.done += answer.done.length;
    outcome.refused.push(...answer.refused);
  }
  return outcome;
}

interface Answer {
  done: Alarm[];
  refused: Refusal[];
}

const inLanguage = () => ({ lang: language.value });

const act = (action: Action, alarms: Alarm[], form: Form): Promise<Answer> => {
  const wanted = { action, alarms: alarms.map(named), comment: form.comment, until_ms: form.until_ms };
  return post<Answer>("/alarms/actions", { ...wanted, permit: form.permit }, inLanguage());
};

async function declareFalse(alarms: Alarm[], form: Form): Promise<Answer> {
  const done: Alarm[] = [];
  for (const alarm of alarms) {
    const wanted = { ...named(alarm), comment: form.comment };
    done.push(await post<Alarm>("/alarms/false", wanted, inLanguage()));
  }
  return { done, refused: [] };
}
