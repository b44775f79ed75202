/** The page that is shown: the path of the address, so that a reload and a shared link find it again. */

import { signal } from "@preact/signals";

export const path = signal(location.pathname);
export const query = signal(new URLSearchParams(location.search));

/** Go to an address of this console. */
export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  sync();
  if (!replace) scrollTo(0, 0);
}

function sync(): void {
  path.value = location.pathname;
  query.value = new URLSearchParams(location.search);
}

addEventListener("popstate", sync);

/** A click on a link of ours changes the page without loading it anew. */
addEventListener("click", (event) => {
  const link = (event.target as Element | null)?.closest?.("a[href^='/']");
  if (!(link instanceof HTMLAnchorElement) || link.pathname.startsWith("/api/")) return;
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
