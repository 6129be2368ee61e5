import { attack } from "../../test/attack.ts";

const script = `
import ctypes, os, sys
libc = ctypes.CDLL(None)
# PTRACE_SEIZE does not stop its target.
print("tried", libc.ptrace(0x4206, int(sys.argv[1]), None, None))`;

await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ attacker, run }) =>
    (await run("python", script, [String(attacker.pid)])).includes("tried 0"),
  true,
);
