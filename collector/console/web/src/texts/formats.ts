/** Numbers, times and ages as people of a language write them. */

import type { Language } from "../api/types";
import { language } from "../state/preferences";
import { zone } from "../state/session";
import { SYMBOLS } from "./units";

/**
 * Kazakh figures look like Russian ones (12 345,6 and 29.11.2026 in CLDR); browsers claim to know Kazakh, yet
 * Chromium ships no data for it and would write a decimal point.
 */
const LOCALES: Record<Language, string> = { ru: "ru-KZ", kk: "ru-KZ", en: "en-GB" };
const UNITS: Record<Language, { second: string; minute: string; hour: string; day: string }> = {
  ru: { second: "с", minute: "мин", hour: "ч", day: "сут" },
  kk: { second: "с", minute: "мин", hour: "сағ", day: "тәул" },
  en: { second: "s", minute: "min", hour: "h", day: "d" },
};
const locale = (): string => LOCALES[language.value];

const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function maker<T extends Intl.DateTimeFormat | Intl.NumberFormat>(
  name: string,
  make: (locale: string) => T,
): T {
  const key = `${name} ${locale()} ${zone()}`;
  let found = made.get(key);
  if (!found) {
    found = make(locale());
    made.set(key, found);
  }
  return found as T;
}

const figures = { hour12: false, hour: "2-digit", minute: "2-digit" } as const;
const day = { day: "2-digit", month: "2-digit", year: "numeric" } as const;

const dates = (name: string, options: Intl.DateTimeFormatOptions) =>
  maker(name, (locale) => new Intl.DateTimeFormat(locale, { ...options, timeZone: zone() }));

export const clock = (ms: number): string => dates("clock", { ...figures, second: "2-digit" }).format(ms);
export const hours = (ms: number): string => dates("hours", figures).format(ms);
/** English texts have ISO dates: whether 03/04 is in March or in April depends on who reads it. */
export const date = (ms: number): string =>
  language.value === "en"
    ? dates("parts", day)
        .formatToParts(ms)
        .filter(({ type }) => type !== "literal")
        .map(({ value }) => value)
        .reverse()
        .join("-")
    : dates("date", day).format(ms);
export const moment = (ms: number): string => `${date(ms)} ${clock(ms)}`;

const DAY_MS = 86_400_000;

/** The time of what was lately, the date of what was longer ago. */
export const began = (ms: number, nowMs: number): string => (nowMs - ms < DAY_MS ? clock(ms) : date(ms));

/** Four significant digits, as the texts of alarms have them. */
export function number(value: number): string {
  const whole = Math.abs(value) >= 1000;
  const options = whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 };
  return maker(`number ${whole}`, (locale) => new Intl.NumberFormat(locale, options)).format(value);
}

export const percent = (share: number): string =>
  maker(
    "percent",
    (locale) => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }),
  ).format(share);

export const symbol = (unit: string | null): string =>
  unit ? (SYMBOLS[unit]?.[language.value] ?? unit) : "";

export function withUnit(value: number | string | null, unit: string | null): string {
  if (value === null) return "—";
  const shown = typeof value === "number" ? number(value) : value;
  return unit ? `${shown}\u00a0${symbol(unit)}` : shown;
}

const SPANS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

/** The two largest units of a span, as in `2 h 5 min`. */
export function span(ms: number): string {
  let left = Math.max(0, Math.floor(ms / 1000));
  const words = UNITS[language.value];
  const parts: string[] = [];
  for (const [size, name] of SPANS) {
    const n = Math.floor(left / size);
    left -= n * size;
    if (n || (size === 1 && !parts.length)) parts.push(`${n}\u00a0${words[name]}`);
    else if (parts.length) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}
