/** Who sits here and what they may do. */

import { signal } from "@preact/signals";
import { csrf, getOnce, loggedIn, Problem, postOnce, put } from "../api/http";
import type { Health, Language, Me } from "../api/types";
import { setClock } from "./clock";
import { language } from "./preferences";

export type Standing = "unknown" | "out" | "in";

export const me = signal<Me | null>(null);
export const standing = signal<Standing>("unknown");
export const health = signal<Health | null>(null);

export const may = (action: string): boolean => me.value?.actions.includes(action) ?? false;
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
    welcome(await getOnce<Me>("/me"), sent);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    standing.value = "out";
  }
}

export async function logIn(name: string, password: string): Promise<void> {
  const sent = Date.now();
  welcome(await postOnce<Me>("/login", { name, password }), sent);
}

export async function logOut(): Promise<void> {
  await postOnce("/logout", {}).catch(() => undefined); // a session that has ended already is as good
  me.value = null;
  csrf.value = "";
  standing.value = "out";
}

export async function choose(wanted: Language): Promise<void> {
  language.value = wanted;
  if (me.value) me.value = await put<Me>("/me", { language: wanted });
}

function welcome(person: Me, sent: number): void {
  setClock(person.server_ms, sent);
  if (standing.value !== "in") language.value = person.language;
  me.value = person;
  standing.value = "in";
  loggedIn(person.csrf);
}
