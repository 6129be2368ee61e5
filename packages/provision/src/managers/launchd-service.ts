import type { ServicePort } from "../ports/service-port.ts";
import type { RunTool } from "./run-tool.ts";
import { mustRun, runTool } from "./run-tool.ts";

/** An agent of a user under launchd. */
export interface LaunchdAgent {
  /** Its `Label`. */
  readonly label: string;
  /** Absolute path of its property list, in the user's `Library/LaunchAgents`. */
  readonly plist: string;
  readonly uid: number;
}

/** An agent of launchd: loaded is running, since ours are kept alive. */
export function launchdService(
  { label, plist, uid }: LaunchdAgent,
  run: RunTool = runTool,
): ServicePort {
  const domain = `gui/${uid}`;
  const isRunning = async (): Promise<boolean> =>
    (await run(["launchctl", "print", `${domain}/${label}`])).code === 0;
  return {
    name: label,
    isRunning,
    start: async () => {
      // One that is loaded keeps its old list.
      if (await isRunning()) await mustRun(run, ["launchctl", "bootout", `${domain}/${label}`]);
      await mustRun(run, ["launchctl", "enable", `${domain}/${label}`]);
      await mustRun(run, ["launchctl", "bootstrap", domain, plist]);
    },
    stop: async () => {
      if (await isRunning()) await mustRun(run, ["launchctl", "bootout", `${domain}/${label}`]);
    },
  };
}
