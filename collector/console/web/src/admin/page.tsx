/** Administration: people, tokens of programs; of all groups of sites: webhooks, calls to people, the audit. */

import { useSignal } from "@preact/signals";
import { mayEverywhere } from "../state/session";
import { t } from "../texts";
import { tadm } from "../texts/admin";
import { tt } from "../texts/telling";
import { Audit } from "./audit";
import { People } from "./people";
import { SentMessages } from "./sent";
import { Tokens } from "./tokens";
import { Webhooks } from "./webhooks";

const PARTS = {
  people: People,
  tokens: Tokens,
  webhooks: Webhooks,
  sent: SentMessages,
  audit: Audit,
} as const;
type PartName = keyof typeof PARTS;
const ALL = Object.keys(PARTS) as PartName[];
const OF_A_GROUP: readonly PartName[] = ["people", "tokens"];

export function AdministrationPage() {
  const part = useSignal<PartName>("people");
  const shown = mayEverywhere("administer") ? ALL : OF_A_GROUP;
  const Part = PARTS[part.value];
  return (
    <div class="page">
      <h1>{t().administration}</h1>
      <div class="tabs" role="group" aria-label={t().administration}>
        {shown.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={part.value === name}
            onClick={() => (part.value = name)}
          >
            {name === "webhooks" || name === "sent" ? tt()[name] : tadm()[name]}
          </button>
        ))}
      </div>
      <Part />
    </div>
  );
}
