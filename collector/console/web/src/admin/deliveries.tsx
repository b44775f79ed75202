/** What was or is to be delivered to webhooks; what nobody took in the end is shown first. */

import { useSignal } from "@preact/signals";
import { get, post } from "../api/http";
import type { Delivery, DeliveryState } from "../api/telling";
import { Show, useFetched } from "../parts/fetched";
import { t } from "../texts";
import { moment } from "../texts/formats";
import { explain } from "../texts/problems";
import { tt } from "../texts/telling";

const EVERY_MS = 2_000;
const STATES: readonly DeliveryState[] = ["dead", "waiting", "done"];

export function Deliveries() {
  const only = useSignal<DeliveryState>("dead");
  const trouble = useSignal("");
  const answer = useFetched(
    () => get<{ deliveries: Delivery[] }>("/webhooks/deliveries", { state: only.value }),
    [only.value],
    EVERY_MS,
  );
  const retry = (id: number) =>
    post(`/webhooks/deliveries/${id}/retry`).then(
      answer.reload,
      (error: unknown) => (trouble.value = explain(error)),
    );
  return (
    <section class="panel">
      <h2>{tt().deliveries}</h2>
      <StateChoice value={only.value} states={STATES} choose={(state) => (only.value = state)} />
      {trouble.value && (
        <p class="trouble" role="alert">
          {trouble.value}
        </p>
      )}
      <Show of={answer}>{({ deliveries }) => <Table deliveries={deliveries} retry={retry} />}</Show>
    </section>
  );
}

interface ChoiceProps<T extends DeliveryState | ""> {
  value: T;
  states: readonly T[];
  choose: (state: T) => void;
}

export function StateChoice<T extends DeliveryState | "">({ value, states, choose }: ChoiceProps<T>) {
  return (
    <div class="tabs" role="group" aria-label={tt().how}>
      {states.map((state) => (
        <button key={state} type="button" aria-pressed={value === state} onClick={() => choose(state)}>
          {state === "" ? tt().allStates : tt().deliveryStates[state]}
        </button>
      ))}
    </div>
  );
}

function Table({ deliveries, retry }: { deliveries: Delivery[]; retry: (id: number) => void }) {
  if (!deliveries.length) return <p class="empty">{t().nothing}</p>;
  return (
    <div class="scroll">
      <table class="journal">
        <thead>
          <tr>
            <th scope="col">{tt().when}</th>
            <th scope="col">{tt().webhooks}</th>
            <th scope="col">{tt().alarm}</th>
            <th scope="col" class="figure">
              {tt().attempts}
            </th>
            <th scope="col">{tt().said}</th>
            <th scope="col">{tt().next}</th>
            <th scope="col" aria-label={tt().retry} />
          </tr>
        </thead>
        <tbody>
          {deliveries.map((one) => (
            <tr key={one.id}>
              <td class="time">{moment(one.created_ms)}</td>
              <td>{one.webhook}</td>
              <td class="said">{one.subject}</td>
              <td class="figure">{one.attempts}</td>
              <td class="said">{one.said}</td>
              <td class="time">{one.state === "waiting" ? moment(one.next_ms) : ""}</td>
              <td>
                {one.state === "dead" && (
                  <button type="button" class="link" onClick={() => retry(one.id)}>
                    {tt().retry}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
