/** Logging in: as a page, and as a dialog over whatever somebody was typing when the session ended. */

import { useSignal } from "@preact/signals";
import { expired } from "./api/http";
import { LanguageChoice, ThemeChoice } from "./parts/choices";
import { Dialog } from "./parts/dialog";
import { query } from "./state/route";
import { health, logIn, me } from "./state/session";
import { t } from "./texts";
import { explain, explainCode } from "./texts/problems";

export function LoginPage() {
  return (
    <main class="login">
      <h1>{t().product}</h1>
      <LoginForm />
      <div class="choices">
        <LanguageChoice />
        <ThemeChoice />
      </div>
    </main>
  );
}

export function ExpiredDialog() {
  if (!expired.value) return null;
  return (
    <Dialog title={t().login} onClose={null}>
      <p>{t().sessionOver}</p>
      <LoginForm />
    </Dialog>
  );
}

function LoginForm() {
  const name = useSignal(me.value?.name ?? "");
  const password = useSignal("");
  const returned = query.peek().get("problem");
  const trouble = useSignal(returned ? explainCode(returned) : "");
  const busy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await logIn(name.value, password.value);
    } catch (error) {
      trouble.value = explain(error);
      password.value = "";
    }
    busy.value = false;
  };
  return (
    <form class="credentials" onSubmit={submit}>
      <label>
        {t().name}
        <input
          name="name"
          autoComplete="username"
          required
          value={name.value}
          onInput={(e) => (name.value = e.currentTarget.value)}
        />
      </label>
      <label>
        {t().password}
        <input
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password.value}
          onInput={(e) => (password.value = e.currentTarget.value)}
        />
      </label>
      {trouble.value && (
        <p class="trouble" role="alert">
          {trouble.value}
        </p>
      )}
      <button type="submit" class="main" disabled={busy.value}>
        {t().enter}
      </button>
      {health.value?.oidc && <a href="/api/v1/oidc/login">{t().enterBySso}</a>}
    </form>
  );
}
