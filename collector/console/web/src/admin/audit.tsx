/** What people and programs did, the newest first. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/http";
import type { AuditLine } from "../api/keeping";
import { Table } from "../parts/table";
import { t } from "../texts";
import { deedWords, tadm } from "../texts/admin";
import { moment } from "../texts/formats";
import { explain } from "../texts/problems";

const AT_ONCE = 100;

interface Answer {
  lines: AuditLine[];
  next_before: number | null;
}

export function Audit() {
  const lines = useSignal<AuditLine[]>([]);
  const next = useSignal<number | null>(null);
  const trouble = useSignal("");
  const load = async (before: number | null) => {
    try {
      const answer = await get<Answer>("/audit", { before, limit: AT_ONCE });
      lines.value = [...lines.value, ...answer.lines];
      next.value = answer.next_before;
    } catch (error) {
      trouble.value = explain(error);
    }
  };
  useEffect(() => void load(null), []);
  const words = tadm();
  return (
    <section class="panel">
      {trouble.value && (
        <p class="trouble" role="alert">
          {trouble.value}
        </p>
      )}
      <Table
        class="journal"
        columns={[words.when, words.by, words.deed, words.target, words.before, words.after, words.from]}
      >
        {lines.value.map((line) => (
          <tr key={line.seq}>
            <td class="time">{moment(line.t_ms)}</td>
            <td>{line.by}</td>
            <td>{deedWords(line.deed)}</td>
            <td class="said">{line.target}</td>
            <td class="said">{shown(line.before)}</td>
            <td class="said">{shown(line.after)}</td>
            <td>{line.address}</td>
          </tr>
        ))}
      </Table>
      {next.value !== null && (
        <button type="button" onClick={() => void load(next.value)}>
          {t().more}
        </button>
      )}
    </section>
  );
}

const shown = (value: unknown): string =>
  value === null || value === undefined ? "" : JSON.stringify(value);
