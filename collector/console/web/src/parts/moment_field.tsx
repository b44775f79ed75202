/** A time as people write it; what makes no sense goes back to what was there. */

import { fromWritten, toWritten } from "../texts/zoned";

interface Props {
  label: string;
  ms: number;
  set: (ms: number) => void;
}

export function MomentField({ label, ms, set }: Props) {
  const written = toWritten(ms);
  return (
    <label>
      {label}
      <input
        class="moment"
        size={15}
        inputMode="numeric"
        placeholder={toWritten(0)}
        value={written}
        onChange={(event) => {
          const found = fromWritten(event.currentTarget.value);
          if (found === null) event.currentTarget.value = written;
          else set(found);
        }}
      />
    </label>
  );
}
