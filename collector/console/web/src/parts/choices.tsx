/** The choice of language and theme. */

import type { Language } from "../api/types";
import { language, type Theme, theme } from "../state/preferences";
import { choose } from "../state/session";
import { t } from "../texts";

/** Each language by its own name, so that it is found by those who read no other. */
export const LANGUAGES: Record<Language, string> = { kk: "Қазақша", ru: "Русский", en: "English" };
const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function LanguageChoice() {
  return (
    <label>
      {t().language}
      <select
        name="language"
        value={language.value}
        onChange={(e) => void choose(e.currentTarget.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function ThemeChoice() {
  return (
    <label>
      {t().theme.label}
      <select
        name="theme"
        value={theme.value}
        onChange={(e) => (theme.value = e.currentTarget.value as Theme)}
      >
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {t().theme[one]}
          </option>
        ))}
      </select>
    </label>
  );
}
