/** Who may log in, and as what. */

import { useSignal } from "@preact/signals";
import { get, patch, post } from "../api/http";
import type { GroupRole, User } from "../api/keeping";
import type { Language } from "../api/types";
import { LANGUAGES } from "../parts/choices";
import { Dialog } from "../parts/dialog";
import { Show, useFetched } from "../parts/fetched";
import { Field } from "../parts/field";
import { Form } from "../parts/form";
import { LEAST_PASSWORD } from "../parts/my_password";
import { Table } from "../parts/table";
import { t } from "../texts";
import { tadm } from "../texts/admin";
import { firstRole, RolesEditor, rolesInWords } from "./roles";

export function People() {
  const answer = useFetched(() => get<{ users: User[] }>("/users"), []);
  const edited = useSignal<User | "new" | null>(null);
  const done = () => {
    edited.value = null;
    answer.reload();
  };
  return (
    <section class="panel">
      <div class="buttons">
        <button type="button" onClick={() => (edited.value = "new")}>
          {tadm().addPerson}
        </button>
      </div>
      <Show of={answer}>
        {({ users }) => <Everybody users={users} edit={(user) => (edited.value = user)} />}
      </Show>
      {edited.value && (
        <Edit
          person={edited.value === "new" ? null : edited.value}
          done={done}
          close={() => (edited.value = null)}
        />
      )}
    </section>
  );
}

function Everybody({ users, edit }: { users: User[]; edit: (user: User) => void }) {
  const words = tadm();
  return (
    <Table columns={[words.name, words.title, words.roles, t().language, words.active]} acts={words.edit}>
      {users.map((user) => (
        <tr key={user.name}>
          <td>{user.name}</td>
          <td>{user.title}</td>
          <td>{rolesInWords(user.roles)}</td>
          <td>{LANGUAGES[user.language]}</td>
          <td>{user.disabled ? words.disabled : words.active}</td>
          <td>
            <button type="button" class="link" onClick={() => edit(user)}>
              {words.edit}
            </button>
          </td>
        </tr>
      ))}
    </Table>
  );
}

interface EditProps {
  person: User | null;
  done: () => void;
  close: () => void;
}

function Edit({ person, done, close }: EditProps) {
  const name = useSignal(person?.name ?? "");
  const title = useSignal(person?.title ?? "");
  const password = useSignal("");
  const language = useSignal<Language>(person?.language ?? "ru");
  const disabled = useSignal(person?.disabled ?? false);
  const roles = useSignal<GroupRole[]>(person?.roles ?? [firstRole("dispatcher")]);
  const send = async () => {
    const wanted = { title: title.value, language: language.value, roles: roles.value };
    const secret = password.value ? { password: password.value } : {};
    if (person)
      await patch(`/users/${encodeURIComponent(person.name)}`, {
        ...wanted,
        ...secret,
        disabled: disabled.value,
      });
    else await post("/users", { name: name.value, ...wanted, ...secret });
    done();
  };
  return (
    <Dialog title={person ? person.name : tadm().addPerson} onClose={close}>
      <Form send={send} button={t().save}>
        {!person && <Field label={tadm().name} value={name} required autoComplete="off" />}
        <Field label={tadm().title} value={title} />
        <Field
          label={person ? tadm().newPassword : tadm().password}
          value={password}
          type="password"
          minLength={LEAST_PASSWORD}
          required={!person}
          autoComplete="new-password"
        />
        <label>
          {t().language}
          <select
            value={language.value}
            onChange={(event) => (language.value = event.currentTarget.value as Language)}
          >
            {Object.entries(LANGUAGES).map(([code, own]) => (
              <option key={code} value={code}>
                {own}
              </option>
            ))}
          </select>
        </label>
        <RolesEditor roles={roles} />
        {person && (
          <label class="check">
            <input
              type="checkbox"
              checked={disabled.value}
              onChange={(event) => (disabled.value = event.currentTarget.checked)}
            />
            {tadm().disabled}
          </label>
        )}
        <button type="button" onClick={close}>
          {t().cancel}
        </button>
      </Form>
    </Dialog>
  );
}
