/** Ending the shift of a dispatcher who has gone without handing it over; the reason stays in the log. */

import { useSignal } from "@preact/signals";
import { post } from "../api/http";
import type { Shift } from "../api/keeping";
import { TextArea } from "../parts/field";
import { Form } from "../parts/form";
import { ts } from "../texts/shift";

export function End({ shift, reload }: { shift: Shift; reload: () => void }) {
  const reason = useSignal("");
  const send = () => post("/shift/end", { of: shift.by, reason: reason.value }).then(reload);
  return (
    <details>
      <summary>{ts().end}</summary>
      <Form send={send} button={ts().endOf(shift.by)} disabled={!reason.value.trim()}>
        <p class="hint">{ts().endHint}</p>
        <TextArea label={ts().endReason} value={reason} required />
      </Form>
    </details>
  );
}
