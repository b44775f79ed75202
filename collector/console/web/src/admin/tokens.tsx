/** Tokens by which programs use the centre; a secret is shown once. */

import { useSignal } from "@preact/signals";
import { get, post, remove } from "../api/http";
import type { GroupRole, Token } from "../api/keeping";
import { Show, useFetched } from "../parts/fetched";
import { Field } from "../parts/field";
import { Form } from "../parts/form";
import { Table } from "../parts/table";
import { t } from "../texts";
import { tadm } from "../texts/admin";
import { te } from "../texts/empty";
import { moment } from "../texts/formats";
import { explain } from "../texts/problems";
import { firstRole, RolesEditor, rolesInWords } from "./roles";

export function Tokens() {
  const answer = useFetched(() => get<{ tokens: Token[] }>("/tokens"), []);
  const secret = useSignal("");
  const trouble = useSignal("");
  const revoke = (id: number) =>
    remove(`/tokens/${id}`).then(answer.reload, (error: unknown) => (trouble.value = explain(error)));
  return (
    <section class="panel">
      {secret.value && (
        <p role="status">
          {tadm().secret} <code>{secret.value}</code>
        </p>
      )}
      {trouble.value && (
        <p class="trouble" role="alert">
          {trouble.value}
        </p>
      )}
      <Show of={answer}>{({ tokens }) => <All tokens={tokens} revoke={revoke} />}</Show>
      <Add
        done={(made) => {
          secret.value = made;
          answer.reload();
        }}
      />
    </section>
  );
}

function All({ tokens, revoke }: { tokens: Token[]; revoke: (id: number) => void }) {
  const words = tadm();
  if (!tokens.length) return <p class="empty">{te().tokens}</p>;
  return (
    <Table columns={[words.title, words.roles, words.made, words.used]} acts={words.revoke}>
      {tokens.map((token) => (
        <tr key={token.id}>
          <td>{token.name}</td>
          <td>{rolesInWords(token.roles)}</td>
          <td class="time">{moment(token.created_ms)}</td>
          <td class="time">{token.used_ms ? moment(token.used_ms) : t().never}</td>
          <td>
            <button type="button" class="link" onClick={() => revoke(token.id)}>
              {words.revoke}
            </button>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Add({ done }: { done: (secret: string) => void }) {
  const name = useSignal("");
  const roles = useSignal<GroupRole[]>([firstRole("viewer")]);
  const send = async () => {
    const made = await post<{ secret: string }>("/tokens", { name: name.value, roles: roles.value });
    name.value = "";
    done(made.secret);
  };
  return (
    <Form send={send} button={tadm().addToken}>
      <Field label={tadm().title} value={name} required />
      <RolesEditor roles={roles} />
    </Form>
  );
}
