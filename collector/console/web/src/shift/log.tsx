/** The entries of the log: nothing is erased, a correction is a new entry. */

import { useSignal } from "@preact/signals";
import { post } from "../api/http";
import type { ShiftAnswer, ShiftEntry } from "../api/keeping";
import { TextArea } from "../parts/field";
import { Form } from "../parts/form";
import { Table } from "../parts/table";
import { may } from "../state/session";
import { t, ta } from "../texts";
import { te } from "../texts/empty";
import { moment } from "../texts/formats";
import { tj } from "../texts/journal";
import { ts } from "../texts/shift";

interface Props {
  answer: ShiftAnswer;
  reload: () => void;
}

export function Log({ answer, reload }: Props) {
  const text = useSignal("");
  const flagged = useSignal(false);
  const corrects = useSignal<number | null>(null);
  const send = async () => {
    const correction = corrects.value === null ? {} : { corrects: corrects.value };
    await post("/shift/entries", { text: text.value, flagged: flagged.value, ...correction });
    text.value = "";
    flagged.value = false;
    corrects.value = null;
    reload();
  };
  const canWrite = may("shift") && answer.current !== null;
  return (
    <section class="panel">
      <h2>{ts().log}</h2>
      {canWrite && (
        <Form send={send} button={ts().write} disabled={!text.value.trim()}>
          {corrects.value !== null && (
            <p class="hint">
              {ts().correcting(corrects.value)}{" "}
              <button type="button" class="link" onClick={() => (corrects.value = null)}>
                {t().cancel}
              </button>
            </p>
          )}
          <TextArea label={ts().entry} value={text} required />
          <label class="check">
            <input
              type="checkbox"
              checked={flagged.value}
              onChange={(event) => (flagged.value = event.currentTarget.checked)}
            />
            {ts().flag}
          </label>
        </Form>
      )}
      <Table class="journal" columns={[ts().number, tj().time, ts().entry, tj().who]} acts={ta().action}>
        {answer.entries.map((entry) => (
          <Entry key={entry.seq} of={entry} correct={canWrite ? (seq) => (corrects.value = seq) : null} />
        ))}
      </Table>
      {!answer.entries.length && <p class="empty">{te().log}</p>}
    </section>
  );
}

interface EntryProps {
  of: ShiftEntry;
  correct: ((seq: number) => void) | null;
}

function Entry({ of: entry, correct }: EntryProps) {
  return (
    <tr>
      <td class="figure">{entry.seq}</td>
      <td class="time">{moment(entry.t_ms)}</td>
      <td class="said">
        {entry.kind !== "note" && <b>{ts().kinds[entry.kind] ?? entry.kind}</b>} {entry.of}{" "}
        {entry.to && `→ ${entry.to}`} {entry.text} {entry.flagged && <em class="flag">{ts().flagged}</em>}
        {entry.corrects !== null && <small>{ts().corrects(entry.corrects)}</small>}
      </td>
      <td>{entry.by}</td>
      <td>
        {correct && entry.kind === "note" && (
          <button type="button" class="link" onClick={() => correct(entry.seq)}>
            {ts().correct}
          </button>
        )}
      </td>
    </tr>
  );
}
