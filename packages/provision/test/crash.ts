/** A child that applies version 2, or rolls back, and kills itself at the step whose number it is told. */
import type { FaultHook } from "@clawkeep/durable-files";

import { applyDeployment } from "../src/apply/apply.ts";
import { rollbackDeployment } from "../src/apply/rollback.ts";
import { statefulOf } from "../src/deployments.cases.ts";

const [action = "", base = "", at = "0"] = process.argv.slice(2);
let step = 0;
// What a kill between these leaves is what one at `replace:create` or `replace:rename` leaves.
const same = new Set(["replace:write", "replace:sync", "replace:done"]);
const faults: FaultHook = (name) => {
  if (same.has(name)) return;
  step += 1;
  if (step === Number(at)) process.kill(process.pid, "SIGKILL");
};

const desired = statefulOf(base, 2);
if (action === "apply") await applyDeployment(`${base}/state`, desired, { faults });
else await rollbackDeployment(`${base}/state`, desired, { faults });
process.stdout.write(String(step));
