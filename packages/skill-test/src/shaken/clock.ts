import { existsSync } from "node:fs";

import { runOnce } from "@clawkeep/sandbox";
import type { SandboxLevel } from "@clawkeep/sandbox";
import type { Shakes } from "@clawkeep/skill-runtime";

/** Where distributions put it; the sandbox shows the same paths inside. */
const candidates: readonly string[] = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
  "/usr/lib/faketime/libfaketimeMT.so.1",
  "/usr/lib64/faketime/libfaketimeMT.so.1",
];

/**
 * Shakes for the clock: three years ahead, by libfaketime, when it is there and a program in the
 * sandbox really sees the other year. Otherwise why not. Timers keep the real clock.
 */
export async function clockShakes(
  level: SandboxLevel | "best",
  libraries: readonly string[] = candidates,
): Promise<Shakes | { readonly why: string }> {
  const library = libraries.find((path) => existsSync(path));
  if (library === undefined) return { why: "libfaketime is not installed" };
  const environment = {
    LD_PRELOAD: library,
    FAKETIME: "+1100d",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  const outcome = await runOnce({
    executable: { path: "/bin/date" },
    argv: ["-u", "+%Y"],
    cwd: "/",
    environment,
    readRoots: [],
    writeRoots: [],
    limits: { timeoutMs: 5000, stdoutBytes: 100, stderrBytes: 10_000 },
    network: "none",
    level,
  });
  const year = Number(Buffer.from(outcome.stdout).toString());
  return year > new Date().getUTCFullYear()
    ? { environment }
    : { why: `${library} has no effect in the sandbox` };
}
