import type { ServicePort } from "../ports/service-port.ts";
import type { RunTool } from "./run-tool.ts";
import { mustRun, runTool } from "./run-tool.ts";

/** A project of Docker compose. */
export interface ComposeProject {
  readonly name: string;
  /** Absolute paths, later ones over earlier ones. */
  readonly files: readonly string[];
  /** Seconds until a container must be healthy. Default 300. */
  readonly waitSeconds?: number;
  /** Seconds that containers get to end by themselves. */
  readonly stopSeconds: number;
}

/** All containers of a deployment as one service: compose knows their order, and waits until all are healthy. */
export function composeService(
  { name, files, stopSeconds, waitSeconds = 300 }: ComposeProject,
  run: RunTool = runTool,
): ServicePort {
  const compose = (...args: readonly string[]): readonly string[] => [
    "docker",
    "compose",
    "--project-name",
    name,
    ...files.flatMap((file) => ["--file", file]),
    ...args,
  ];
  return {
    name: `compose project ${name}`,
    isRunning: async () => {
      // By the project's name alone: its files may be gone.
      const asked = ["docker", "compose", "--project-name", name, "ps", "--quiet"];
      const { code, stdout } = await run([...asked, "--status", "running"]);
      return code === 0 && stdout.trim() !== "";
    },
    start: async () => {
      await mustRun(
        run,
        compose(
          "up",
          "--detach",
          "--wait",
          "--wait-timeout",
          String(waitSeconds),
          "--remove-orphans",
        ),
        { timeoutMs: (waitSeconds + 60) * 1000 },
      );
    },
    stop: async () => {
      const { stdout } = await run([
        ...["docker", "compose", "--project-name", name, "ps", "--all", "--quiet"],
      ]);
      if (stdout.trim() === "") return;
      // Volumes stay: they are the deployment's state.
      const down = ["docker", "compose", "--project-name", name, "down", "--timeout"];
      await mustRun(run, [...down, String(stopSeconds)], { timeoutMs: (stopSeconds + 60) * 1000 });
    },
  };
}
