/** The keys of the alarm list. */

import { signal } from "@preact/signals";
import { silence } from "../state/sound";
import { ask } from "./actions";
import { atCursor, clearSelection, cursor, move, opened, select, targets, toggle } from "./list_state";

/** Whether the help is shown. */
export const help = signal(false);

const KEYS: Record<string, (event: KeyboardEvent) => void> = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  PageDown: () => move(10),
  PageUp: () => move(-10),
  x: () => mark(false),
  X: () => mark(true),
  a: () => ask("acknowledge", targets()),
  s: () => ask("shelve", targets()),
  Enter: openRow,
  o: openRow,
  m: silence,
  Escape: close,
  "/": () => document.querySelector<HTMLInputElement>("input[type=search]")?.focus(),
  "?": () => {
    help.value = true;
  },
};

/** Keys by where they are, so that they work while the keyboard is set to Russian or Kazakh. */
const BY_PLACE: Record<string, string> = {
  KeyJ: "j",
  KeyK: "k",
  KeyX: "x",
  KeyA: "a",
  KeyS: "s",
  KeyO: "o",
  KeyM: "m",
  Slash: "/",
};

function named(event: KeyboardEvent): string {
  if (KEYS[event.key]) return event.key;
  const key = BY_PLACE[event.code] ?? event.key;
  if (key === "/" && event.shiftKey) return "?";
  return event.shiftKey && key === "x" ? "X" : key;
}

export function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (target.closest("input:not([type=checkbox]), textarea, select")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (event.key === "Enter" && target.closest("button, a, summary")) return;
  const act = KEYS[named(event)];
  if (!act) return;
  event.preventDefault();
  act(event);
}

function mark(range: boolean): void {
  const row = atCursor();
  if (row) select(row, range);
}

function openRow(): void {
  const row = atCursor();
  if (row?.kind === "incident") toggle(row.id);
  else opened.value = cursor.value;
}

function close(): void {
  if (opened.value) opened.value = "";
  else clearSelection();
}
