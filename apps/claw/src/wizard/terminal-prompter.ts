import { isCancel, multiselect, select, text } from "@clack/prompts";

import type { Prompter, Said } from "./ask-answers.ts";
import type { Choice } from "./choices.ts";

const back = "\0back";
const goBack: Choice = { value: back, label: "← back" };

/** Asks at the terminal. Everywhere `← back`, or `<` where something is typed; Ctrl-C stops. */
export const terminalPrompter: Prompter = {
  text: async (message, initialValue, problem) => {
    const said = await text({
      message: `${message} (< goes back)`,
      initialValue,
      validate: (value) => (value === "<" ? undefined : problem(value ?? "")),
    });
    return said === "<" ? "back" : saidOf(said);
  },
  choose: async (message, choices, initialValue) => {
    const said = await select({ message, options: [...choices, goBack], initialValue });
    return said === back ? "back" : saidOf(said);
  },
  several: async (message, choices) => {
    const options = [...choices, goBack];
    const said = await multiselect({ message, options, required: false });
    return Array.isArray(said) && said.includes(back) ? "back" : saidOf(said);
  },
};

function saidOf<T>(said: T): Said<Exclude<T, symbol>> {
  return isCancel(said) ? "cancel" : { value: said as Exclude<T, symbol> };
}
