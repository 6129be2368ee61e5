import type { ServicePort } from "../ports/service-port.ts";
import type { RunTool } from "./run-tool.ts";
import { mustRun, runTool } from "./run-tool.ts";

/** A unit that apply has written where its manager looks. */
export interface SystemdUnit {
  /** With `.service` at its end. */
  readonly unit: string;
  /** The system's manager, or that of the user who applies. */
  readonly scope: "system" | "user";
}

/** Where units of a scope lie. */
export function unitFolder(scope: SystemdUnit["scope"], home: string): string {
  return scope === "system" ? "/etc/systemd/system" : `${home}/.config/systemd/user`;
}

/**
 * A unit of systemd. Its start reads the files again, since they may have changed or gone back, and lets it start with
 * the machine; its stop takes that back, so that what is rolled back to nothing starts nothing.
 */
export function systemdService({ unit, scope }: SystemdUnit, run: RunTool = runTool): ServicePort {
  const systemctl = (...args: readonly string[]): readonly string[] => [
    "systemctl",
    ...(scope === "user" ? ["--user"] : []),
    "--no-ask-password",
    ...args,
  ];
  return {
    name: unit,
    isRunning: async () => {
      const { stdout } = await run(systemctl("is-active", unit));
      // `activating` between two restarts is running too: its manager keeps it.
      return /^(?:active|activating|reloading)$/u.test(stdout.trim());
    },
    start: async () => {
      await mustRun(run, systemctl("daemon-reload"));
      await mustRun(run, systemctl("enable", unit));
      await mustRun(run, systemctl("start", unit));
    },
    stop: async () => {
      const { stdout } = await run(systemctl("is-active", unit));
      if (!/^(?:inactive|unknown)?$/u.test(stdout.trim())) {
        await mustRun(run, systemctl("stop", unit));
      }
      // A unit whose file is not there is not enabled either.
      await run(systemctl("disable", unit));
    },
  };
}
