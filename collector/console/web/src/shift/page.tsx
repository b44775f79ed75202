/** The shift: who has it, what was written down, and handing it over. */

import { get, post } from "../api/http";
import type { ShiftAnswer } from "../api/keeping";
import { Show, useFetched } from "../parts/fetched";
import { Form } from "../parts/form";
import { language } from "../state/preferences";
import { may, mayEverywhere, me } from "../state/session";
import { turnOn } from "../state/sound";
import { t } from "../texts";
import { moment } from "../texts/formats";
import { ts } from "../texts/shift";
import { End } from "./end";
import { Accept, HandOver } from "./handover";
import { Log } from "./log";
import { NmuPanel } from "./nmu";

const EVERY_MS = 10_000;

export function ShiftPage() {
  const answer = useFetched(
    () => get<ShiftAnswer>("/shift", { lang: language.value }),
    [language.value],
    EVERY_MS,
  );
  return (
    <div class="page">
      <h1>{t().shift}</h1>
      <Show of={answer}>{(found) => <Found answer={found} reload={answer.reload} />}</Show>
    </div>
  );
}

interface Props {
  answer: ShiftAnswer;
  reload: () => void;
}

function Found({ answer, reload }: Props) {
  const { current } = answer;
  const mine = current?.by === me.value?.name;
  const forMe = current?.handover?.to === me.value?.name;
  const start = () => {
    void turnOn(); // within the click, or the browser keeps silent
    return post("/shift/start").then(reload);
  };
  return (
    <>
      <section class="panel">
        <p class="on-shift">{current ? ts().since(current.by, moment(current.since_ms)) : ts().none}</p>
        {current?.handover && <p>{ts().handed(current.by, current.handover.to)}</p>}
        {current?.handover && mine && <p class="hint">{ts().waiting}</p>}
        {!current && may("shift") && (
          <Form send={start} button={ts().start}>
            <p class="hint">{ts().startHint}</p>
          </Form>
        )}
        {current && !mine && mayEverywhere("end_shift") && (
          <End key={current.by} shift={current} reload={reload} />
        )}
      </section>
      <div class="columns wide-first">
        <Log answer={answer} reload={reload} />
        {may("shift") && forMe && <Accept answer={answer} reload={reload} />}
        {may("shift") && current && !current.handover && mine && <HandOver answer={answer} reload={reload} />}
        <NmuPanel />
      </div>
    </>
  );
}
