/** Changing one's own password; all other sessions of the person end with it. */

import { useSignal } from "@preact/signals";
import { put } from "../api/http";
import type { Me } from "../api/types";
import { renewed } from "../state/session";
import { t } from "../texts";
import { tadm } from "../texts/admin";
import { Dialog } from "./dialog";
import { Field } from "./field";
import { Form } from "./form";

export const LEAST_PASSWORD = 10;

export function MyPassword({ close }: { close: () => void }) {
  const old = useSignal("");
  const next = useSignal("");
  const changed = useSignal(false);
  const send = async () => {
    renewed(await put<Me>("/me", { password: { old: old.value, new: next.value } }));
    old.value = "";
    next.value = "";
    changed.value = true;
  };
  return (
    <Dialog title={tadm().myPassword} onClose={close}>
      <Form send={send} button={t().save}>
        <Field
          label={tadm().oldPassword}
          value={old}
          type="password"
          required
          autoComplete="current-password"
        />
        <Field
          label={tadm().password}
          value={next}
          type="password"
          minLength={LEAST_PASSWORD}
          required
          autoComplete="new-password"
        />
        {changed.value && <p role="status">{tadm().changed}</p>}
        <button type="button" onClick={close}>
          {t().close}
        </button>
      </Form>
    </Dialog>
  );
}
