/** START READING HERE: who is logged in decides what is shown, the path of the address which page. */

import { type ComponentType, render } from "preact";
import { AlarmsPage } from "./alarms/page";
import { HealthPage } from "./health/page";
import { JournalPage } from "./journal/page";
import { ExpiredDialog, LoginPage } from "./login";
import { lazy } from "./parts/lazy";
import { Shell } from "./shell";
import { ShiftPage } from "./shift/page";
import { language } from "./state/preferences";
import { path } from "./state/route";
import { resume, standing } from "./state/session";
import "./style/main.css";
import { t } from "./texts";

function Console() {
  document.title = t().product;
  document.documentElement.lang = language.value;
  if (standing.value === "unknown") return <p class="empty loading">{t().loading}</p>;
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

const OverviewPage = lazy(() => import("./overview/page").then((module) => module.OverviewPage));
const AdministrationPage = lazy(() => import("./admin/page").then((module) => module.AdministrationPage));
const SitePage = lazy(() => import("./site/page").then((module) => module.SitePage));

const PAGES: Record<string, ComponentType> = {
  "/": AlarmsPage,
  "/overview": OverviewPage,
  "/journal": JournalPage,
  "/health": HealthPage,
  "/shift": ShiftPage,
  "/administration": AdministrationPage,
};

function Page({ path }: { path: string }) {
  const site = /^\/sites\/([^/]+)$/.exec(path)?.[1];
  if (site) return <SitePage key={site} site={decodeURIComponent(site)} />;
  const Found = PAGES[path];
  if (Found) return <Found />;
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
