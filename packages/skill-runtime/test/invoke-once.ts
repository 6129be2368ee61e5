/**
 * A child that invokes one action and dies on the way.
 *
 * `invoke-once.ts HOME WORKSPACE ACTION STEP`: at the STEP-th step that changes the disk (from 1) it
 * kills itself. It prints the result when it has one, and how many steps there were.
 */
import { writeSync } from "node:fs";

import { openRuntime } from "../src/index.ts";
import { request } from "./workspace.ts";

const [home = "", workspace = "", action = "", killAt = "0"] = process.argv.slice(2);
let step = 0;
const runtime = await openRuntime({
  home,
  workspace,
  programFolders: [],
  environment: {},
  faults: () => {
    step += 1;
    if (step === Number(killAt)) {
      process.kill(process.pid, "SIGKILL");
    }
  },
});
writeSync(1, "open\n");
const result = await runtime.invoke({ ...request(action), skill: "plain" });
writeSync(1, `${result.kind}\n`);
await runtime.close();
writeSync(1, `steps ${step}\n`);
