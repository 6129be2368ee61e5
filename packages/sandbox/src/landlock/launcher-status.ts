import { CodedError } from "@clawkeep/diagnostics";
import { getSystemErrorName } from "node:util";

/** The host's process id of the program, which leads a process group that nothing inside can leave. */
export function programPid(status: string): number | undefined {
  const pid = /^pid (\d+)\n/mu.exec(status)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** The kernel's Landlock version; 0 when it has none, or the launcher did not get as far. */
export function landlockAbi(status: string): number {
  return Number(/^abi (\d+)\n/mu.exec(status)?.[1] ?? 0);
}

/** True when the program took the launcher's place. */
export function programRan(status: string): boolean {
  return /^exec$/mu.test(status);
}

/** How many processes the program left behind, which were killed. */
export function leftBehind(status: string): number {
  return Number(/^left (\d+)\n/mu.exec(status)?.[1] ?? 0);
}

/** Why the program did not run, in the words of the launcher. */
export function setupFault(status: string): CodedError {
  const [, step = "unknown", errno = "0"] = /^error (\S+) (\d+)$/mu.exec(status) ?? [];
  const why = Number(errno) === 0 ? "" : ` (${getSystemErrorName(-Number(errno))})`;
  return new CodedError({
    code: step === "execute" ? "SANDBOX_SPAWN_FAILED" : "SANDBOX_SETUP_FAILED",
    message: `the program was not run: the launcher failed at its step "${step}"${why}`,
    hint:
      step === "execute"
        ? "the arguments and the environment together may be too long, or the program or its interpreter lies in no root"
        : "the sandbox could not be set up",
  });
}
