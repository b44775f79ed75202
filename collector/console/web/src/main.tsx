/** START READING HERE: who is logged in decides what is shown, the path of the address which page. */

import { render } from "preact";
import { AlarmsPage } from "./alarms/page";
import { ExpiredDialog, LoginPage } from "./login";
import { Shell } from "./shell";
import { language } from "./state/preferences";
import { path } from "./state/route";
import { resume, standing } from "./state/session";
import "./style/main.css";
import { t } from "./texts";

function Console() {
  document.title = t().product;
  document.documentElement.lang = language.value;
  if (standing.value === "unknown") return <p class="empty">{t().loading}</p>;
  if (standing.value === "out") return <LoginPage />;
  return (
    <>
      <Shell>
        <Page path={path.value} />
      </Shell>
      <ExpiredDialog />
    </>
  );
}

function Page({ path }: { path: string }) {
  if (path === "/") return <AlarmsPage />;
  return <p class="empty">{t().notFound}</p>;
}

async function start(): Promise<void> {
  render(<Console />, document.body);
  for (;;) {
    try {
      return await resume();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000)); // the centre is not there yet
    }
  }
}

void start();
