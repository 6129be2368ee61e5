import { expect, test } from "vitest";

import { watchProcess } from "./watch-process.ts";

test.runIf(process.platform === "linux")(
  "a process is seen with its memory and its work",
  async () => {
    const program = `
    const held = Buffer.alloc(100e6, 1);
    const until = process.cpuUsage().user + 300_000;
    while (process.cpuUsage().user < until);
    process.stdout.write(String(held.length));`;
    const taken = await watchProcess(["-e", program], {});
    expect(taken.stdout).toBe("100000000");
    expect(taken.peakBytes).toBeGreaterThan(100e6);
    expect(taken.peakBytes).toBeLessThan(250e6);
    expect(taken.cpuSeconds).toBeGreaterThan(0.2);
  },
);

test("a process that fails is an error that says what it printed", async () => {
  const args = ["-e", "process.stderr.write('no room'); process.exit(3)"];
  await expect(watchProcess(args, {})).rejects.toThrow("ended with 3: no room");
});
