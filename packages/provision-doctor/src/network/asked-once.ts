import type { Listener } from "./listeners.ts";
import type { Answer, Live } from "./live.ts";

/**
 * The same machine, where each thing is asked once: checks look at one moment, and an address that does not answer
 * costs its time once.
 */
export function askedOnce(live: Live): Live {
  const answers = new Map<string, Promise<Answer>>();
  let table: { readonly listeners: readonly Listener[] | undefined } | undefined;
  return {
    ...live,
    listeners: () => (table ??= { listeners: live.listeners() }).listeners,
    ask: (url, body, waitMs) => {
      const key = JSON.stringify([url, body]);
      const answer = answers.get(key) ?? live.ask(url, body, waitMs);
      answers.set(key, answer);
      return answer;
    },
  };
}
