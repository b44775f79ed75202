/** `t()` gives the texts in the language of the moment; a component that reads it follows a change. */

import { language } from "../state/preferences";
import { alarms } from "./alarms";
import { common } from "./common";

export const t = () => common[language.value];
export const ta = () => alarms[language.value];
