import { expect, test } from "vitest";

import { askedOnce } from "./asked-once.ts";
import type { Live } from "./live.ts";

/** A machine that counts what it is asked. */
function counting(): { readonly live: Live; readonly asked: string[] } {
  const asked: string[] = [];
  const live: Live = {
    listeners: () => {
      asked.push("listeners");
      return undefined;
    },
    ask: (url) => {
      asked.push(url);
      return Promise.resolve({ status: 0, json: undefined, error: "ECONNREFUSED" });
    },
    origin: () => Promise.resolve("unknown"),
    connects: () => Promise.resolve(false),
    output: () => undefined,
  };
  return { live, asked };
}

test("an address and a body are asked once, also where nothing came; another body again", async () => {
  const { live, asked } = counting();
  const once = askedOnce(live);
  const answers = await Promise.all([once.ask("a"), once.ask("a"), once.ask("a", { model: "x" })]);
  expect(answers.map(({ error }) => error)).toEqual(answers.map(() => "ECONNREFUSED"));
  await once.ask("a", { model: "y" });
  await once.ask("a", { model: "x" });
  expect(asked).toEqual(["a", "a", "a"]);
});

test("the table of listeners is read once, also where there is none", () => {
  const { live, asked } = counting();
  const once = askedOnce(live);
  expect([once.listeners(), once.listeners()]).toEqual([undefined, undefined]);
  expect(asked).toEqual(["listeners"]);
});
