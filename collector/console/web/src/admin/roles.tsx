/** Roles, one a group of sites: shown in short, and edited. */

import type { Signal } from "@preact/signals";
import type { GroupRole, Role } from "../api/keeping";
import { tadm } from "../texts/admin";

const ROLES: readonly Role[] = ["viewer", "dispatcher", "engineer", "administrator"];

export const rolesInWords = (roles: GroupRole[]): string =>
  roles.map(({ group, role }) => `${tadm().roleNames[role]} (${group || "—"})`).join(", ");

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
            <input
              value={group}
              size={10}
              title={tadm().groupHint}
              onInput={(event) => set(i, { group: event.currentTarget.value })}
            />
          </label>
          <button type="button" onClick={() => (roles.value = roles.value.filter((_, at) => at !== i))}>
            {tadm().removeRole}
          </button>
        </div>
      ))}
      <button type="button" onClick={() => (roles.value = [...roles.value, { group: "*", role: "viewer" }])}>
        {tadm().addRole}
      </button>
      <small>{tadm().groupHint}</small>
    </fieldset>
  );
}
