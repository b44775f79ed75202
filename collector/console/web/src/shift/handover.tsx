/** Handing the shift over: both go through the same items, one by one, and each signs. */

import { type Signal, useSignal } from "@preact/signals";
import { post } from "../api/http";
import type { ItemName, ShiftAnswer } from "../api/keeping";
import { Field, TextArea } from "../parts/field";
import { Form } from "../parts/form";
import { ts } from "../texts/shift";

interface Props {
  answer: ShiftAnswer;
  reload: () => void;
}

const ITEMS: readonly ItemName[] = ["unacknowledged", "shelved", "out_of_service", "incidents", "flagged"];

function count({ open, entries }: ShiftAnswer, item: ItemName): number {
  if (item === "flagged") return entries.filter((entry) => entry.flagged).length;
  return item === "incidents" ? open.incidents.length : open[item];
}

export function HandOver({ answer, reload }: Props) {
  const to = useSignal("");
  const notes = useSignal("");
  const ticked = useSignal<ReadonlySet<ItemName>>(new Set());
  const send = () =>
    post("/shift/handover", { to: to.value, notes: notes.value, ticked: [...ticked.value] }).then(reload);
  return (
    <section class="panel">
      <h2>{ts().handover}</h2>
      <Form
        send={send}
        button={ts().handover}
        disabled={ticked.value.size < ITEMS.length || !to.value.trim()}
      >
        <Items answer={answer} ticked={ticked} />
        <Field label={ts().to} value={to} required />
        <TextArea label={ts().notes} value={notes} />
      </Form>
    </section>
  );
}

export function Accept({ answer, reload }: Props) {
  const ticked = useSignal<ReadonlySet<ItemName>>(new Set());
  const send = () => post("/shift/accept", { ticked: [...ticked.value] }).then(reload);
  return (
    <section class="panel">
      <h2>{ts().accept}</h2>
      {answer.current?.handover?.notes && <p class="said">{answer.current.handover.notes}</p>}
      <Form send={send} button={ts().accept} disabled={ticked.value.size < ITEMS.length}>
        <Items answer={answer} ticked={ticked} />
      </Form>
    </section>
  );
}

function Items({ answer, ticked }: { answer: ShiftAnswer; ticked: Signal<ReadonlySet<ItemName>> }) {
  const toggle = (item: ItemName) => {
    const next = new Set(ticked.value);
    if (!next.delete(item)) next.add(item);
    ticked.value = next;
  };
  return (
    <fieldset class="items">
      <legend>{ts().open}</legend>
      <p class="hint">{ts().tickAll}</p>
      {ITEMS.map((item) => (
        <label key={item} class="check">
          <input type="checkbox" name={item} checked={ticked.value.has(item)} onChange={() => toggle(item)} />
          {ts().items[item]} <b>{count(answer, item)}</b>
        </label>
      ))}
    </fieldset>
  );
}
