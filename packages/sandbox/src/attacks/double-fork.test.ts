import { vi } from "vitest";

import { attack } from "../../test/attack.ts";
import { processesWith } from "../../test/attacker.ts";
import { findCgroupPlace } from "../limits/cgroup/find-place.ts";

const script = `
import os, sys, time
time.sleep(float(sys.argv[2]))
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for descriptor in range(3):
            os.close(descriptor)
        os.execv("/bin/sleep", ["sleep", sys.argv[1]])
    os._exit(0)
os.wait()
print("tried")`;

// The attacker is root's nobody, or ourselves: who may have been given control groups, which nobody leaves.
const isGrouped = process.getuid?.() !== 0 && "version" in findCgroupPlace();

await attack(
  {
    bubblewrap: "stopped",
    landlock: "stopped",
    none: isGrouped ? "stopped" : "not stopped",
  },
  async ({ run, level }) => {
    // A duration that only this sleep has.
    const token = `20.${process.pid}${Math.round(performance.now() * 1000)}`;
    // Time enough to come into a group.
    await run("python", script, [token, isGrouped ? "0.3" : "0"]);
    if (level !== "none" || isGrouped) {
      await vi.waitFor(
        () => processesWith(token).length === 0 || Promise.reject(new Error("left")),
        20_000,
      );
    }
    const left = processesWith(token);
    for (const pid of left) {
      process.kill(Number(pid), "SIGKILL");
    }
    return left.length > 0;
  },
  true,
);
