/** What a person has chosen on this machine: language, theme, sound volume. */

import { effect, type Signal, signal } from "@preact/signals";
import type { Language } from "../api/types";

export type Theme = "light" | "dark" | "system";

const LANGUAGES: readonly Language[] = ["ru", "kk", "en"];
const THEMES: readonly Theme[] = ["light", "dark", "system"];

export const language = kept<Language>("ulba-language", LANGUAGES, "ru");
export const theme = kept<Theme>("ulba-theme", THEMES, "system");

function kept<T extends string>(name: string, allowed: readonly T[], otherwise: T): Signal<T> {
  const read = () => allowed.find((one) => one === localStorage.getItem(name)) ?? otherwise;
  const value = signal(read());
  effect(() => localStorage.setItem(name, value.value));
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
