/** A form that sends something to the centre: says what went wrong, keeps what was typed, sends once. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { explain } from "../texts/problems";

interface Props {
  send: () => Promise<unknown>;
  button: string;
  children: ComponentChildren;
  disabled?: boolean;
  class?: string;
}

export function Form({ send, button, children, disabled = false, class: name = "" }: Props) {
  const trouble = useSignal("");
  const busy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    trouble.value = "";
    try {
      await send();
    } catch (error) {
      trouble.value = explain(error);
    }
    busy.value = false;
  };
  return (
    <form class={name} onSubmit={submit}>
      {children}
      {trouble.value && (
        <p class="trouble" role="alert">
          {trouble.value}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="main" disabled={busy.value || disabled}>
          {button}
        </button>
      </div>
    </form>
  );
}
