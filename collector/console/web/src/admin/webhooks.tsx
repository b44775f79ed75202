/** Programs that are told of alarms: how each does, and what can be done about it. */

import { useSignal } from "@preact/signals";
import { get, post, remove } from "../api/http";
import type { Delivery, Webhook } from "../api/telling";
import { Dialog } from "../parts/dialog";
import { Show, useFetched } from "../parts/fetched";
import { Form } from "../parts/form";
import { t } from "../texts";
import { moment } from "../texts/formats";
import { explain } from "../texts/problems";
import { tt } from "../texts/telling";
import { AddWebhook } from "./add_webhook";
import { Deliveries } from "./deliveries";

const EVERY_MS = 2_000;
const TEST_LOOKS = 60;
const TEST_LOOK_MS = 500;

export function Webhooks() {
  const answer = useFetched(() => get<{ webhooks: Webhook[] }>("/webhooks"), [], EVERY_MS);
  const told = useSignal("");
  const trouble = useSignal("");
  const removed = useSignal<Webhook | null>(null);
  const act = async (does: () => Promise<string>) => {
    told.value = "";
    trouble.value = "";
    try {
      told.value = await does();
    } catch (error) {
      trouble.value = explain(error);
    }
    answer.reload();
  };
  const ask = (path: string, body: unknown = {}) => act(() => post(path, body).then(() => ""));
  const test = (one: Webhook) =>
    act(async () => {
      const { number } = await post<{ number: string }>(`/webhooks/${one.id}/test`);
      told.value = tt().testing;
      return outcome(number);
    });
  return (
    <>
      <section class="panel">
        {told.value && <p role="status">{told.value}</p>}
        {trouble.value && (
          <p class="trouble" role="alert">
            {trouble.value}
          </p>
        )}
        <Show of={answer}>
          {({ webhooks }) => (
            <Table webhooks={webhooks} test={test} ask={ask} removeOne={(one) => (removed.value = one)} />
          )}
        </Show>
        <AddWebhook done={answer.reload} />
      </section>
      <Deliveries />
      {removed.value && (
        <Remove
          one={removed.value}
          close={() => {
            removed.value = null;
            answer.reload();
          }}
        />
      )}
    </>
  );
}

/** What came of a test, once it is known. */
async function outcome(number: string): Promise<string> {
  for (let looks = 0; looks < TEST_LOOKS; looks++) {
    const { deliveries } = await get<{ deliveries: Delivery[] }>("/webhooks/deliveries", { limit: 500 });
    const found = deliveries.find((one) => one.number === number);
    if (found?.state === "done") return `${tt().testDone}: ${found.said}`;
    if (found?.attempts || found?.state === "dead") return `${tt().testFailed}: ${found.said}`;
    await new Promise((resolve) => setTimeout(resolve, TEST_LOOK_MS));
  }
  return tt().testing;
}

interface TableProps {
  webhooks: Webhook[];
  test: (one: Webhook) => void;
  ask: (path: string, body?: unknown) => void;
  removeOne: (one: Webhook) => void;
}

function Table({ webhooks, ...does }: TableProps) {
  if (!webhooks.length) return <p class="empty">{t().nothing}</p>;
  return (
    <div class="scroll">
      <table class="webhooks">
        <thead>
          <tr>
            <th scope="col">{tt().url}</th>
            <th scope="col">{tt().what}</th>
            <th scope="col">{tt().how}</th>
            <th scope="col" class="figure">
              {tt().waiting}
            </th>
            <th scope="col" class="figure">
              {tt().dead}
            </th>
            <th scope="col" aria-label={tt().test} />
          </tr>
        </thead>
        <tbody>
          {webhooks.map((one) => (
            <Row key={one.id} one={one} {...does} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ one, test, ask, removeOne }: Omit<TableProps, "webhooks"> & { one: Webhook }) {
  const buttons: [string, boolean, () => void][] = [
    [tt().test, one.state !== "disabled", () => test(one)],
    [tt().enableAll, one.state === "disabled", () => ask(`/webhooks/${one.id}/enable`)],
    [tt().enableNow, one.state === "disabled", () => ask(`/webhooks/${one.id}/enable`, { from_now: true })],
    [tt().retryAll, one.state !== "disabled" && one.dead > 0, () => ask(`/webhooks/${one.id}/retry`)],
    [tt().remove, true, () => removeOne(one)],
  ];
  return (
    <tr>
      <td class="said">{`${one.id}. ${one.url}`}</td>
      <td>{about(one)}</td>
      <td class={one.state === "failing" || one.state === "disabled" ? "trouble" : ""}>{how(one)}</td>
      <td class="figure">{one.waiting}</td>
      <td class="figure">{one.dead}</td>
      <td>
        {buttons
          .filter(([, shown]) => shown)
          .map(([name, , does]) => (
            <button key={name} type="button" class="link" onClick={does}>
              {name}
            </button>
          ))}
      </td>
    </tr>
  );
}

function how(one: Webhook): string {
  if (one.state === "failing") return tt().failing(moment(one.failing_ms ?? 0), one.said);
  if (one.state === "disabled") return tt().disabled(one.disabled);
  return tt().states[one.state];
}

function about({ filter }: Webhook): string {
  const only = [...filter.sites, ...filter.codes];
  if (filter.priority < 4) only.push(tt().upTo(filter.priority));
  return only.join(", ") || tt().everything;
}

function Remove({ one, close }: { one: Webhook; close: () => void }) {
  return (
    <Dialog title={tt().remove} onClose={close}>
      <p>{tt().removeSure(one.url)}</p>
      <Form send={() => remove(`/webhooks/${one.id}`).then(close)} button={tt().remove}>
        <button type="button" onClick={close}>
          {t().cancel}
        </button>
      </Form>
    </Dialog>
  );
}
