import { mkdirSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { Place } from "./command.ts";

const contract = `contract: 1
program: {file: wait.sh, interpreter: sh}
actions:
  wait:
    description: Wait for ever, and say so in a file.
    argv: ["{{root.out}}"]
    roots: {out: {access: write, default: out}}
    effects: writes
`;

test("Ctrl-C ends the run, leaves an end record, and ends the command by its signal", async () => {
  const place = new Place();
  const folder = join(place.folder, "skills", "waiter");
  const out = join(place.folder, "out");
  mkdirSync(folder, { recursive: true });
  mkdirSync(out);
  writeFileSync(join(folder, "exec.yaml"), contract);
  writeFileSync(join(folder, "SKILL.md"), "---\nname: waiter\ndescription: Waits.\n---\n");
  writeFileSync(join(folder, "wait.sh"), '#!/bin/sh\n: >"$1/began"\nexec sleep 600\n');
  expect((await place.run(["lock"])).code).toBe(0);

  const ended = await place.run(["run", "waiter"], {
    onStart: (child) => {
      const watcher = watch(out, () => {
        watcher.close();
        child.kill("SIGINT");
      });
    },
  });
  expect([ended.code, ended.signal]).toEqual([null, "SIGINT"]);
  const { ok, executions } = await place.json(["audit", "show"]);
  expect(ok).toBe(true);
  expect(executions).toMatchObject([{ status: "ended", end: { ended: "cancelled" } }]);
  place.remove();
});
