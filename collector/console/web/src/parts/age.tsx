/** How long ago, counted by the centre's clock. */

import { now } from "../state/clock";
import { moment, span } from "../texts/formats";

export function Age({ since }: { since: number }) {
  return (
    <time class="age" dateTime={new Date(since).toISOString()} title={moment(since)}>
      {span(now.value - since)}
    </time>
  );
}
