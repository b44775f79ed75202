/** What a person has chosen on this machine: language, theme, sound volume. */

import { effect, type Signal, signal } from "@preact/signals";
import type { Language } from "../api/types";

export type Theme = "light" | "dark" | "system";

const LANGUAGES: readonly Language[] = ["ru", "kk", "en"];
const THEMES: readonly Theme[] = ["light", "dark", "system"];

export const language = kept<Language>("ulba-language", LANGUAGES, "ru");
export const theme = kept<Theme>("ulba-theme", THEMES, "system");

/** Whether a language was chosen here since somebody last logged out. */
export const isLanguageChosen = (): boolean => localStorage.getItem("ulba-language") !== null;

export const forgetLanguage = (): void => localStorage.removeItem("ulba-language");

function kept<T extends string>(name: string, allowed: readonly T[], otherwise: T): Signal<T> {
  const read = () => allowed.find((one) => one === localStorage.getItem(name)) ?? otherwise;
  const value = signal(read());
  let first = true;
  value.subscribe((now) => {
    if (!first) localStorage.setItem(name, now);
    first = false;
  });
  addEventListener("storage", (event) => {
    if (event.key === name) value.value = read();
  });
  return value;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const system = signal(dark.matches);
dark.addEventListener("change", () => {
  system.value = dark.matches;
});

export const isDark = (): boolean => (theme.value === "system" ? system.value : theme.value === "dark");

effect(() => {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  document.documentElement.lang = language.value;
});
