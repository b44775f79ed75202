/** What a page has asked the centre for: loading, here, or why not. */

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../texts";
import { explain } from "../texts/problems";

export interface Fetched<T> {
  data: T | null;
  trouble: string;
  reload: () => void;
}

/**
 * Fetch when something it depends on changes, and again every `everyMs`.
 *
 * What is here stays on the page while it is fetched again, and also when that fails.
 */
export function useFetched<T>(load: () => Promise<T>, depends: unknown[], everyMs = 0): Fetched<T> {
  const data: Signal<T | null> = useSignal<T | null>(null);
  const trouble = useSignal("");
  const round = useSignal(0);
  useEffect(() => {
    let wanted = true;
    const fetchNow = () =>
      load().then(
        (found) => {
          if (!wanted) return;
          data.value = found;
          trouble.value = "";
        },
        (error: unknown) => {
          if (wanted) trouble.value = explain(error);
        },
      );
    void fetchNow();
    const timer = everyMs ? setInterval(fetchNow, everyMs) : 0;
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [...depends, round.value]);
  return { data: data.value, trouble: trouble.value, reload: () => round.value++ };
}

/** The content once it is here; before that, that it is loading or could not be loaded. */
export function Show<T>({ of, children }: { of: Fetched<T>; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {of.trouble && (
        <p class="trouble" role="alert">
          {of.data ? "" : t().failed} {of.trouble}{" "}
          <button type="button" onClick={of.reload}>
            {t().retry}
          </button>
        </p>
      )}
      {of.data ? children(of.data) : !of.trouble && <p class="empty loading">{t().loading}</p>}
    </>
  );
}
