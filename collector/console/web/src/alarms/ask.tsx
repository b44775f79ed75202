/** The dialog in which a person says why, until when and by which permit. */

import { useSignal } from "@preact/signals";
import { Dialog } from "../parts/dialog";
import { PriorityMark } from "../parts/priority";
import { now } from "../state/clock";
import { t, ta } from "../texts";
import { hours, span } from "../texts/formats";
import { explain } from "../texts/problems";
import { asked, type Deed, outcome, perform } from "./actions";
import { clearSelection } from "./list_state";

const HOUR = 3_600_000;
const PRESETS = [HOUR / 2, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR];
const NEEDS_REASON: ReadonlySet<Deed> = new Set(["shelve", "suppress", "remove", "false"]);
const SHOWN = 5;

export const deedName = (deed: Deed): string =>
  ({
    acknowledge: ta().acknowledge,
    shelve: ta().shelve,
    suppress: ta().suppress,
    remove: ta().outOfService,
    release: ta().release,
    reset: ta().reset,
    false: ta().confirmFalse,
  })[deed];

const explained = (deed: Deed): string =>
  (
    ({ suppress: ta().suppressExplained, remove: ta().outExplained, false: ta().falseExplained }) as Partial<
      Record<Deed, string>
    >
  )[deed] ?? "";

export function AskDialog() {
  return asked.value && <Ask key={asked.value.deed} deed={asked.value.deed} />;
}

function Ask({ deed }: { deed: Deed }) {
  const comment = useSignal("");
  const permit = useSignal("");
  const shelved = useSignal(HOUR);
  const trouble = useSignal("");
  const busy = useSignal(false);
  const alarms = asked.value?.alarms ?? [];
  const close = () => {
    asked.value = null;
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    trouble.value = missing(deed, comment.value, permit.value);
    if (trouble.value || busy.value) return;
    busy.value = true;
    try {
      const until_ms = deed === "shelve" ? Math.round(now.value) + shelved.value : 0;
      outcome.value = await perform(deed, alarms, { comment: comment.value, until_ms, permit: permit.value });
      clearSelection();
      close();
    } catch (error) {
      trouble.value = explain(error);
    }
    busy.value = false;
  };
  return (
    <Dialog title={deedName(deed)} onClose={close}>
      <form onSubmit={submit}>
        <ul class="targets">
          {alarms.slice(0, SHOWN).map((alarm) => (
            <li key={alarm.key}>
              <PriorityMark priority={alarm.priority} /> <b>{alarm.site_title || alarm.site}</b> {alarm.title}
            </li>
          ))}
          {alarms.length > SHOWN && <li>{ta().selected(alarms.length)}</li>}
        </ul>
        {explained(deed) && <p class="hint">{explained(deed)}</p>}
        {deed === "shelve" && (
          <fieldset>
            <legend>{ta().shelveFor}</legend>
            {PRESETS.map((ms) => (
              <label key={ms} class="chip">
                <input
                  type="radio"
                  name="for"
                  checked={shelved.value === ms}
                  onChange={() => (shelved.value = ms)}
                />
                {span(ms)}
              </label>
            ))}
            <output>{ta().till(hours(now.value + shelved.value))}</output>
          </fieldset>
        )}
        {deed === "remove" && (
          <label>
            {ta().permit}
            <input
              name="permit"
              value={permit.value}
              onInput={(e) => (permit.value = e.currentTarget.value)}
            />
          </label>
        )}
        <label>
          {NEEDS_REASON.has(deed) ? ta().reason : ta().comment}
          <textarea
            name="comment"
            rows={3}
            maxLength={1000}
            autoFocus
            value={comment.value}
            onInput={(e) => (comment.value = e.currentTarget.value)}
            onKeyDown={(e) => e.key === "Enter" && !e.shiftKey && !e.isComposing && submit(e)}
          />
        </label>
        {trouble.value && (
          <p class="trouble" role="alert">
            {trouble.value}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={close}>
            {t().cancel}
          </button>
          <button type="submit" class="main" disabled={busy.value}>
            {deedName(deed)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function missing(deed: Deed, comment: string, permit: string): string {
  if (deed === "remove" && !permit.trim()) return ta().needsPermit;
  return NEEDS_REASON.has(deed) && !comment.trim() ? ta().needsReason : "";
}
