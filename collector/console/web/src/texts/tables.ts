/** A table of texts in all languages: a key that one of them lacks is a type error. */

import type { Language } from "../api/types";

type Same<T> = {
  [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...given: never[]) => string
      ? T[K]
      : Same<T[K]>;
};

export function tables<const T>(ru: T, kk: Same<T>, en: Same<T>): Record<Language, Same<T>> {
  return { ru: ru as Same<T>, kk, en };
}

/** 1 тревога, 2 тревоги, 5 тревог. */
export function russian(n: number, one: string, few: string, many: string): string {
  const tens = n % 100;
  const ones = n % 10;
  if (ones === 1 && tens !== 11) return one;
  return ones >= 2 && ones <= 4 && (tens < 12 || tens > 14) ? few : many;
}
