/** What stands around every page: navigation, sound, language, theme, and the banner of a lost connection. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isUrgent } from "./alarms/order";
import { LanguageChoice, ThemeChoice } from "./parts/choices";
import { MyPassword } from "./parts/my_password";
import { alarms, connected, lostSince } from "./state/board";
import { now } from "./state/clock";
import { path } from "./state/route";
import { logOut, may, me } from "./state/session";
import { silence, sounding, soundOn, turnOff, turnOn } from "./state/sound";
import { t } from "./texts";
import { tadm } from "./texts/admin";
import { clock } from "./texts/formats";

export function Shell({ children }: { children: ComponentChildren }) {
  const menu = useSignal(false);
  return (
    <div class="shell">
      <a class="skip" href="#content">
        {t().skip}
      </a>
      <header class="top">
        <a class="brand" href="/">
          {t().product}
        </a>
        <button
          type="button"
          class="menu"
          aria-expanded={menu.value}
          onClick={() => (menu.value = !menu.value)}
        >
          {t().menu}
        </button>
        <nav class={menu.value ? "open" : ""} aria-label={t().menu} onClick={() => (menu.value = false)}>
          <Pages />
        </nav>
        <div class="tools">
          <time class="clock">{clock(now.value)}</time>
          <Sound />
          <Person />
        </div>
      </header>
      <Lost />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Person() {
  const password = useSignal(false);
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const inside = event.target instanceof Node && box.current?.contains(event.target);
      if (box.current && (!inside || (event as KeyboardEvent).key === "Escape")) box.current.open = false;
    };
    addEventListener("click", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("click", close);
      removeEventListener("keydown", close);
    };
  }, []);
  return (
    <>
      <details class="person" ref={box}>
        <summary>{me.value?.title || me.value?.name}</summary>
        <div class="drop">
          <LanguageChoice />
          <ThemeChoice />
          <button type="button" onClick={() => (password.value = true)}>
            {tadm().myPassword}
          </button>
          <button type="button" onClick={() => void logOut()}>
            {t().leave}
          </button>
        </div>
      </details>
      {password.value && <MyPassword close={() => (password.value = false)} />}
    </>
  );
}

function Pages() {
  const urgent = [...alarms()].filter(isUrgent).length;
  const pages: [string, string, boolean][] = [
    ["/", t().alarms, true],
    ["/overview", t().overview, true],
    ["/journal", t().journal, true],
    ["/health", t().health, true],
    ["/shift", t().shift, true],
    ["/administration", t().administration, may("administer")],
  ];
  return (
    <>
      {pages
        .filter(([, , shown]) => shown)
        .map(([to, name]) => (
          <a key={to} href={to} aria-current={path.value === to ? "page" : undefined}>
            {name}
            {to === "/" && urgent > 0 && <b class="badge">{urgent}</b>}
          </a>
        ))}
    </>
  );
}

function Sound() {
  if (!soundOn.value) {
    return (
      <button type="button" class="sound-off" title={t().sound.turnOn} onClick={() => void turnOn()}>
        {t().sound.off}
      </button>
    );
  }
  if (sounding.value) {
    return (
      <button type="button" class="sounding" title={t().sound.silenceHint} onClick={silence}>
        {t().sound.silence}
      </button>
    );
  }
  return (
    <button type="button" class="quiet" title={t().sound.turnOff} onClick={turnOff}>
      {t().sound.on}
    </button>
  );
}

function Lost() {
  if (connected.value) return null;
  return (
    <p class="lost" role="alert">
      {t().lost(clock(lostSince.value))}
    </p>
  );
}
