/** Who was told of which alarms by which channel, and whether it took the message. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/http";
import type { DeliveryState, Sent } from "../api/telling";
import { Table } from "../parts/table";
import { t } from "../texts";
import { moment } from "../texts/formats";
import { explain } from "../texts/problems";
import { tt } from "../texts/telling";
import { StateChoice } from "./deliveries";

const STATES: readonly (DeliveryState | "")[] = ["", "dead", "waiting", "done"];
const AT_ONCE = 100;

interface Answer {
  sent: Sent[];
  next_before: number | null;
}

export function SentMessages() {
  const only = useSignal<DeliveryState | "">("");
  const found = useSignal<Sent[] | null>(null);
  const next = useSignal<number | null>(null);
  const trouble = useSignal("");
  const load = async (before: number | null, wanted: () => boolean) => {
    try {
      const answer = await get<Answer>("/notify/sent", { state: only.value, before, limit: AT_ONCE });
      if (!wanted()) return;
      found.value = before === null ? answer.sent : [...(found.value ?? []), ...answer.sent];
      next.value = answer.next_before;
      trouble.value = "";
    } catch (error) {
      if (wanted()) trouble.value = explain(error);
    }
  };
  useEffect(() => {
    let wanted = true;
    void load(null, () => wanted);
    return () => {
      wanted = false;
    };
  }, [only.value]);
  return (
    <section class="panel">
      <StateChoice value={only.value} states={STATES} choose={(state) => (only.value = state)} />
      {trouble.value && (
        <p class="trouble" role="alert">
          {trouble.value}
        </p>
      )}
      {found.value ? <Messages found={found.value} /> : <p class="empty loading">{t().loading}</p>}
      {next.value !== null && (
        <button type="button" onClick={() => void load(next.value, () => true)}>
          {t().more}
        </button>
      )}
    </section>
  );
}

function Messages({ found }: { found: Sent[] }) {
  if (!found.length) return <p class="empty">{t().nothing}</p>;
  const columns = [tt().when, tt().person, tt().channel, tt().message, tt().outcome];
  return (
    <Table class="journal" columns={columns}>
      {found.map((one) => (
        <tr key={one.id}>
          <td class="time">{moment(one.decided_ms)}</td>
          <td>{one.person}</td>
          <td>{one.channel}</td>
          <td class="said">
            <details>
              <summary>{one.title}</summary>
              <p class="letter">{one.body}</p>
              <p class="hint">{one.alarms.join(", ")}</p>
            </details>
          </td>
          <td class={one.state === "dead" ? "said trouble" : "said"}>{outcome(one)}</td>
        </tr>
      ))}
    </Table>
  );
}

function outcome(one: Sent): string {
  const at = one.done_ms ?? one.next_ms;
  const when = at === null ? "" : ` ${moment(at)}`;
  const failed = one.attempts ? `; ${tt().attempts}: ${one.attempts}` : "";
  const said = one.state !== "done" && one.said ? `: ${one.said}` : "";
  return `${tt().deliveryStates[one.state]}${when}${failed}${said}`;
}
