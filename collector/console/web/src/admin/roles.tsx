/** Roles, one a group of sites: shown in short, and edited. */

import type { Signal } from "@preact/signals";
import type { GroupRole, Role } from "../api/keeping";
import { mayEverywhere, me } from "../state/session";
import { tadm } from "../texts/admin";

const ROLES: readonly Role[] = ["viewer", "dispatcher", "engineer", "administrator"];

export const rolesInWords = (roles: GroupRole[]): string =>
  roles.map(({ group, role }) => `${tadm().roleNames[role]} (${group || "—"})`).join(", ");

/** The groups in which whoever sits here gives roles; null: any. */
const ownGroups = (): string[] | null =>
  mayEverywhere("administer")
    ? null
    : (me.value?.roles ?? []).filter(({ role }) => role === "administrator").map(({ group }) => group);

/** What a new person or token begins with. */
export const firstRole = (role: Role): GroupRole => ({ group: ownGroups()?.[0] ?? "*", role });

function GroupChoice({ group, set }: { group: string; set: (group: string) => void }) {
  const own = ownGroups();
  if (own === null)
    return (
      <input
        value={group}
        size={10}
        title={tadm().groupHint}
        onInput={(event) => set(event.currentTarget.value)}
      />
    );
  return (
    <select value={group} onChange={(event) => set(event.currentTarget.value)}>
      {own.map((one) => (
        <option key={one} value={one}>
          {one || "—"}
        </option>
      ))}
    </select>
  );
}

export function RolesEditor({ roles }: { roles: Signal<GroupRole[]> }) {
  const set = (at: number, change: Partial<GroupRole>) => {
    roles.value = roles.value.map((one, i) => (i === at ? { ...one, ...change } : one));
  };
  return (
    <fieldset>
      <legend>{tadm().roles}</legend>
      {roles.value.map(({ group, role }, i) => (
        <div key={i} class="role">
          <label>
            {tadm().role}
            <select value={role} onChange={(event) => set(i, { role: event.currentTarget.value as Role })}>
              {ROLES.map((name) => (
                <option key={name} value={name}>
                  {tadm().roleNames[name]}
                </option>
              ))}
            </select>
          </label>
          <label>
            {tadm().group}
            <GroupChoice group={group} set={(wanted) => set(i, { group: wanted })} />
          </label>
          <button type="button" onClick={() => (roles.value = roles.value.filter((_, at) => at !== i))}>
            {tadm().removeRole}
          </button>
        </div>
      ))}
      <button type="button" onClick={() => (roles.value = [...roles.value, firstRole("viewer")])}>
        {tadm().addRole}
      </button>
      {mayEverywhere("administer") && <small>{tadm().groupHint}</small>}
    </fieldset>
  );
}
