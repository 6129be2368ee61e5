import { expect, test } from "vitest";

import { Turnstile } from "./turnstile.ts";

type Place = Exclude<Awaited<ReturnType<Turnstile["enter"]>>, string>;
const place = async (entering: ReturnType<Turnstile["enter"]>): Promise<Place> => {
  const entered = await entering;
  if (typeof entered === "string") throw new Error(entered);
  return entered;
};

test("as many are inside as may be, the next waits, and one more than may wait is refused", async () => {
  const turnstile = new Turnstile({ runs: 2, perSkill: 2, queue: 1 });
  const first = await place(turnstile.enter("a"));
  await place(turnstile.enter("b"));
  const third = turnstile.enter("c");
  expect(await turnstile.enter("d")).toBe("full");
  first.leave();
  expect((await place(third)).queueMs).toBeGreaterThanOrEqual(0);
});

test("a skill that has its fill does not keep others out", async () => {
  const turnstile = new Turnstile({ runs: 3, perSkill: 1, queue: 5 });
  const first = await place(turnstile.enter("a"));
  const second = turnstile.enter("a");
  const other = await place(turnstile.enter("b"));
  other.leave();
  first.leave();
  (await place(second)).leave();
  (await place(turnstile.enter("a"))).leave();
});

test("who is cancelled while waiting leaves the queue", async () => {
  const turnstile = new Turnstile({ runs: 1, perSkill: 1, queue: 1 });
  const first = await place(turnstile.enter("a"));
  const controller = new AbortController();
  const waiting = turnstile.enter("a", controller.signal);
  controller.abort();
  expect(await waiting).toBe("cancelled");
  expect(await turnstile.enter("a", AbortSignal.abort())).toBe("cancelled");
  first.leave();
  await place(turnstile.enter("a"));
});
