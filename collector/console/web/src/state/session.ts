/** Who sits here and what they may do. */

import { signal } from "@preact/signals";
import { csrf, expired, getOnce, loggedIn, Problem, postOnce, put } from "../api/http";
import type { Health, Language, Me } from "../api/types";
import { setClock } from "./clock";
import { forgetLanguage, isLanguageChosen, language } from "./preferences";

export type Standing = "unknown" | "out" | "in";

export const me = signal<Me | null>(null);
export const standing = signal<Standing>("unknown");
export const health = signal<Health | null>(null);

export const may = (action: string): boolean => me.value?.actions.includes(action) ?? false;
/** In all groups of sites, also those that are yet to come. */
export const mayEverywhere = (action: string): boolean => me.value?.everywhere.includes(action) ?? false;
export const zone = (): string => me.value?.zone || "Asia/Almaty";

/** Look whether this browser is still logged in. */
export async function resume(): Promise<void> {
  void getOnce<Health>("/health").then(
    (answer) => {
      health.value = answer;
    },
    () => undefined,
  ); // only what the log-in page offers depends on it
  const sent = Date.now();
  try {
    const person = await getOnce<Me>("/me");
    if (me.value && me.value.name !== person.name) location.reload();
    const overtaken = isLanguageChosen() && person.language !== language.value;
    if (!overtaken) language.value = person.language;
    welcome(person, sent);
    if (overtaken) await choose(language.value); // by a reload, on its way to the centre
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    standing.value = "out";
  }
}

export async function logIn(name: string, password: string): Promise<void> {
  const sent = Date.now();
  const person = await postOnce<Me>("/login", { name, password });
  if (standing.value !== "in") language.value = person.language;
  welcome(person, sent);
  otherTabs.postMessage("logged in");
}

/** Tabs share the session: one that waits for somebody to log in goes on when that was done in another. */
const otherTabs = new BroadcastChannel("ulba-session");
otherTabs.onmessage = () => {
  if (expired.peek()) void resume();
};

export async function logOut(): Promise<void> {
  await postOnce("/logout", {}).catch(() => undefined); // a session that has ended already is as good
  me.value = null;
  forgetLanguage();
  csrf.value = "";
  standing.value = "out";
}

/** The session goes on under a new token, as after a change of password. */
export function renewed(person: Me): void {
  me.value = person;
  csrf.value = person.csrf;
}

export async function choose(wanted: Language): Promise<void> {
  language.value = wanted;
  if (me.value) me.value = await put<Me>("/me", { language: wanted });
}

function welcome(person: Me, sent: number): void {
  setClock(person.server_ms, sent);
  me.value = person;
  standing.value = "in";
  loggedIn(person.csrf, person.name);
}
