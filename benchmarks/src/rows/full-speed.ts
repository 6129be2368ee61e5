import { runProgram } from "../measure/run-program.ts";

/**
 * The flags with which `local-rag index` uses the whole machine, as the peers do: by default it leaves
 * half of it to others. None for a build that has no such flag.
 */
export async function fullSpeed(localRag: string): Promise<readonly string[]> {
  const { stdout } = await runProgram(process.execPath, [localRag, "index", "--help"]);
  return /--cpu\b/u.test(stdout) ? ["--cpu", "100%"] : [];
}
