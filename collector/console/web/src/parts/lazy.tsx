/** A page whose code is fetched when it is first looked at: charts and maps are not needed to see alarms. */

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../texts";

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let here: ComponentType<P> | null = null;
  return function Lazy(given: P) {
    const state = useSignal(here ? "here" : "loading");
    useEffect(() => {
      if (here) return;
      load().then(
        (found) => {
          here = found;
          state.value = "here";
        },
        () => {
          state.value = "failed";
        },
      );
    }, []);
    const Found = here;
    if (state.value === "here" && Found) return <Found {...given} />;
    const failed = state.value === "failed";
    return <p class={failed ? "empty" : "empty loading"}>{failed ? t().failed : t().loading}</p>;
  };
}
