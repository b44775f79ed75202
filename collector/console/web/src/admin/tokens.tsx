/** Tokens by which programs use the centre; a secret is shown once. */

import { useSignal } from "@preact/signals";
import { get, post, remove } from "../api/http";
import type { GroupRole, Token } from "../api/keeping";
import { Show, useFetched } from "../parts/fetched";
import { Field } from "../parts/field";
import { Form } from "../parts/form";
import { t } from "../texts";
import { tadm } from "../texts/admin";
import { moment } from "../texts/formats";
import { explain } from "../texts/problems";
import { RolesEditor, rolesInWords } from "./roles";

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
      <Show of={answer}>{({ tokens }) => <Table tokens={tokens} revoke={revoke} />}</Show>
      <Add
        done={(made) => {
          secret.value = made;
          answer.reload();
        }}
      />
    </section>
  );
}

function Table({ tokens, revoke }: { tokens: Token[]; revoke: (id: number) => void }) {
  if (!tokens.length) return <p class="empty">{t().nothing}</p>;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{tadm().title}</th>
            <th scope="col">{tadm().roles}</th>
            <th scope="col">{tadm().made}</th>
            <th scope="col">{tadm().used}</th>
            <th scope="col" aria-label={tadm().revoke} />
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td>{token.name}</td>
              <td>{rolesInWords(token.roles)}</td>
              <td class="time">{moment(token.created_ms)}</td>
              <td class="time">{token.used_ms ? moment(token.used_ms) : t().never}</td>
              <td>
                <button type="button" class="link" onClick={() => revoke(token.id)}>
                  {tadm().revoke}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Add({ done }: { done: (secret: string) => void }) {
  const name = useSignal("");
  const roles = useSignal<GroupRole[]>([{ group: "*", role: "viewer" }]);
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
