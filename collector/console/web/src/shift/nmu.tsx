/** The degree of adverse weather conditions: what is in force, and entering what the weather service announced. */

import { useSignal } from "@preact/signals";
import { get, put } from "../api/http";
import type { NmuAnswer } from "../api/keeping";
import { Show, useFetched } from "../parts/fetched";
import { Field } from "../parts/field";
import { Form } from "../parts/form";
import { MomentField } from "../parts/moment_field";
import { serverNow } from "../state/clock";
import { may } from "../state/session";
import { moment } from "../texts/formats";
import { ts } from "../texts/shift";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const EVERY_MS = 10_000;
const DEGREES = [1, 2, 3, 0] as const;

const fullHour = (): number => Math.floor(serverNow() / HOUR_MS) * HOUR_MS;

export function NmuPanel() {
  const answer = useFetched(() => get<NmuAnswer>("/nmu"), [], EVERY_MS);
  return (
    <section class="panel">
      <h2>{ts().nmu}</h2>
      <Show of={answer}>
        {({ current }) => (
          <>
            <p>{current?.degree ? ts().nmuNow(current.degree, moment(current.to_ms)) : ts().nmuNone}</p>
            {current && <p class="hint">{current.source}</p>}
          </>
        )}
      </Show>
      {may("nmu") && <Enter done={answer.reload} />}
    </section>
  );
}

function Enter({ done }: { done: () => void }) {
  const degree = useSignal(1);
  const from = useSignal(fullHour());
  const to = useSignal(fullHour() + DAY_MS);
  const source = useSignal("");
  const send = async () => {
    const wanted = { degree: degree.value, from_ms: from.value, to_ms: to.value, source: source.value };
    await put("/nmu", wanted);
    source.value = "";
    done();
  };
  return (
    <Form send={send} button={ts().nmuEnter}>
      <fieldset>
        <legend>{ts().nmuDegree}</legend>
        {DEGREES.map((one) => (
          <label key={one} class="chip">
            <input
              type="radio"
              name="degree"
              checked={degree.value === one}
              onChange={() => (degree.value = one)}
            />
            {one || ts().nmuTakeBack}
          </label>
        ))}
      </fieldset>
      <MomentField label={ts().nmuFrom} ms={from.value} set={(ms) => (from.value = ms)} />
      <MomentField label={ts().nmuTo} ms={to.value} set={(ms) => (to.value = ms)} />
      <Field label={ts().nmuSource} value={source} required />
    </Form>
  );
}
