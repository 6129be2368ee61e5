import { expect, test } from "vitest";

import { limiter } from "./limiter.ts";

test.each([1, 2, 3, 0])(
  "at most %i tasks run at a time, in order, also when one fails",
  async (most) => {
    const limit = limiter(most);
    const began: number[] = [];
    let running = 0;
    let peak = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 7 }, async (_, index) =>
        limit(async () => {
          began.push(index);
          running += 1;
          peak = Math.max(peak, running);
          await Promise.resolve();
          running -= 1;
          if (index === 2) throw new Error("two");
          return index;
        }),
      ),
    );
    expect(began).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(peak).toBe(Math.max(1, most));
    expect(results.map((one) => (one.status === "fulfilled" ? one.value : "failed"))).toEqual([
      ...[0, 1, "failed", 3, 4, 5, 6],
    ]);
  },
);
