/** The centre's time: ages are told by it, whatever the clock of this machine says. */

import { signal } from "@preact/signals";

let offset = 0;

/** The centre's time now, Unix ms; renewed every second. */
export const now = signal(Date.now());

export const serverNow = (): number => Date.now() + offset;

/** Take the centre's word; `sent` is when it was asked, by this machine's clock. */
export function setClock(serverMs: number, sent = Date.now()): void {
  offset = serverMs - (sent + Date.now()) / 2;
  now.value = serverNow();
}

setInterval(() => {
  now.value = serverNow();
}, 1000);
