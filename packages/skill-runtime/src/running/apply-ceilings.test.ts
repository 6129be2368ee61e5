import type { Action } from "@clawkeep/skill-format";
import { expect, test } from "vitest";

import { applyCeilings } from "./apply-ceilings.ts";

const action = { timeoutMs: 30_000, retries: { attempts: 3, on: [75] } } as unknown as Action;

test("the owner's ceilings lower what a contract says, and never raise it", () => {
  expect(applyCeilings(action, {})).toEqual(action);
  expect(applyCeilings(action, { timeoutSec: 3600, retries: { attempts: 5 } })).toEqual(action);
  expect(applyCeilings(action, { timeoutSec: 2, retries: { attempts: 1 } })).toMatchObject({
    timeoutMs: 2000,
    retries: { attempts: 1, on: [75] },
  });
});

test("a contract without retries gets none", () => {
  const { retries: _, ...without } = action;
  expect(applyCeilings(without, { retries: { attempts: 5 } })).toEqual(without);
});
