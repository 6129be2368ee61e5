import { describe, expect, test } from "vitest";

import type { Wait } from "./change-gate.ts";
import { changeGate } from "./change-gate.ts";

/** A clock that a test moves: sleepers are woken by hand, or by their signal. */
function handClock(): { readonly wait: Wait; readonly asleep: () => number[]; wake(): void } {
  let sleepers: { readonly ms: number; readonly resolve: () => void }[] = [];
  return {
    wait: (ms, signal) =>
      new Promise((resolve) => {
        sleepers.push({ ms, resolve });
        signal.addEventListener("abort", () => resolve());
      }),
    asleep: () => sleepers.map(({ ms }) => ms),
    wake: () => {
      const woken = sleepers;
      sleepers = [];
      woken.forEach(({ resolve }) => resolve());
    },
  };
}

/** Lets everything go on that can. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const never = new AbortController().signal;

describe("the gate between changes and runs", () => {
  test("stays shut without a change, and opens once for many", async () => {
    const clock = handClock();
    const gate = changeGate(clock.wait);
    let opened = 0;
    const pass = gate.next(never, undefined, 0).then(() => (opened += 1));
    await turn();
    expect([opened, clock.asleep()]).toEqual([0, []]);
    gate.mark();
    gate.mark();
    await turn();
    expect([opened, clock.asleep()]).toEqual([0, [200]]);
    clock.wake();
    await pass;
    void gate.next(never, undefined, 0).then(() => (opened += 1));
    await turn();
    expect([opened, clock.asleep()]).toEqual([1, []]);
  });

  test("waits while changes come, and for ten rounds at most", async () => {
    const clock = handClock();
    const gate = changeGate(clock.wait);
    let opened = false;
    gate.mark();
    void gate.next(never, undefined, 0).then(() => (opened = true));
    let rounds = 0;
    while (!opened && rounds < 100) {
      await turn();
      rounds += clock.asleep().length;
      gate.mark();
      clock.wake();
      await turn();
    }
    expect(rounds).toBe(10);
  });

  test("opens again for what was marked before anybody waited", async () => {
    const clock = handClock();
    const gate = changeGate(clock.wait);
    gate.mark();
    const pass = gate.next(never, undefined, 0);
    await turn();
    clock.wake();
    await expect(pass).resolves.toBeUndefined();
  });

  test("opens without a change when it is told to look now and then", async () => {
    const clock = handClock();
    const gate = changeGate(clock.wait);
    const pass = gate.next(never, 30_000, 0);
    await turn();
    expect(clock.asleep()).toEqual([30_000]);
    clock.wake();
    await expect(pass).resolves.toBeUndefined();
  });

  test("leaves the machine its rest after a run that found nothing", async () => {
    const clock = handClock();
    const gate = changeGate(clock.wait);
    gate.mark();
    const pass = gate.next(never, undefined, 5000);
    await turn();
    expect(clock.asleep()).toEqual([5000]);
    clock.wake();
    await turn();
    expect(clock.asleep()).toEqual([200]);
    clock.wake();
    await expect(pass).resolves.toBeUndefined();
  });

  test("opens at once when it is told to stop, at any moment", async () => {
    for (const marks of [0, 1]) {
      const clock = handClock();
      const gate = changeGate(clock.wait);
      const stop = new AbortController();
      const pass = gate.next(stop.signal, 1000, 5000);
      Array.from({ length: marks }, gate.mark);
      await turn();
      stop.abort();
      await expect(pass).resolves.toBeUndefined();
    }
  });
});
