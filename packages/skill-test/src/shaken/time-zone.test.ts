import fc from "fast-check";
import { expect, test } from "vitest";

import { otherDateZone } from "./time-zone.ts";

test("it is another date there, whenever it is", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date("2001-01-01"), max: new Date("2099-01-01"), noInvalidDate: true }),
      (now) => {
        const timeZone = otherDateZone(now, () => true);
        const there = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(
          now,
        );
        expect(there).not.toBe(now.toISOString().slice(0, 10));
      },
    ),
  );
});

test("the rule itself is written where there is no table", () => {
  expect(otherDateZone(new Date("2026-01-01T12:00:00Z"), () => false)).toBe("<+14>-14");
  expect(otherDateZone(new Date("2026-01-01T01:00:00Z"), () => false)).toBe("<-12>12");
});
