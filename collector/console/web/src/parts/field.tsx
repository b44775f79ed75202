/** A labelled field bound to a signal. */

import type { Signal } from "@preact/signals";

interface Props {
  label: string;
  value: Signal<string>;
  type?: "password";
  required?: boolean;
  minLength?: number;
  autoComplete?: string;
}

export function Field({ label, value, ...rest }: Props) {
  return (
    <label>
      {label}
      <input {...rest} value={value.value} onInput={(event) => (value.value = event.currentTarget.value)} />
    </label>
  );
}

export function TextArea({ label, value, required = false }: Pick<Props, "label" | "value" | "required">) {
  return (
    <label>
      {label}
      <textarea
        rows={3}
        maxLength={2000}
        required={required}
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
    </label>
  );
}
