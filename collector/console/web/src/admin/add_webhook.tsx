/** A new receiver of alarms; a secret that was drawn for it is shown once. */

import { useSignal } from "@preact/signals";
import { post } from "../api/http";
import { Field } from "../parts/field";
import { Form } from "../parts/form";
import { tt } from "../texts/telling";

const PRIORITIES = [1, 2, 3, 4] as const;
const words = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

export function AddWebhook({ done }: { done: () => void }) {
  const url = useSignal("");
  const sites = useSignal("");
  const codes = useSignal("");
  const priority = useSignal(4);
  const secret = useSignal("");
  const drawn = useSignal("");
  const send = async () => {
    drawn.value = "";
    const filter = { sites: words(sites.value), codes: words(codes.value), priority: priority.value };
    const asked = { url: url.value.trim(), secret: secret.value.trim() || null, filter };
    const made = await post<{ drawn: string | null }>("/webhooks", asked);
    drawn.value = made.drawn ?? "";
    for (const field of [url, sites, codes, secret]) field.value = "";
    done();
  };
  return (
    <details>
      <summary>{tt().add}</summary>
      <Form send={send} button={tt().add}>
        <Field label={tt().url} value={url} required />
        <Field label={tt().sites} value={sites} />
        <Field label={tt().codes} value={codes} />
        <label>
          {tt().least}
          <select
            value={priority.value}
            onChange={(event) => (priority.value = Number(event.currentTarget.value))}
          >
            {PRIORITIES.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <Field label={tt().secret} value={secret} autoComplete="off" />
      </Form>
      {drawn.value && (
        <p role="status">
          {tt().drawn} <code>{drawn.value}</code>
        </p>
      )}
    </details>
  );
}
