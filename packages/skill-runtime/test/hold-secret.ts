/**
 * A child that runs the action `canary` of the skill `probe`, which waits, and is killed meanwhile:
 * `hold-secret.ts HOME WORKSPACE LEVEL`. Its variables hold the secrets.
 */
import type { SandboxLevel } from "@clawkeep/sandbox";

import { openRuntime } from "../src/index.ts";
import { request } from "./workspace.ts";

const [home = "", workspace = "", level = ""] = process.argv.slice(2);
const runtime = await openRuntime({
  home,
  workspace,
  programFolders: [],
  configuration: {
    secrets: {
      environment: ["CANARY_NAMED"],
      commands: { told: { argv: ["/bin/echo", "canary-of-a-command"] } },
    },
  },
});
await runtime.invoke(request("canary", { text: "x" }, { level: level as SandboxLevel }));
