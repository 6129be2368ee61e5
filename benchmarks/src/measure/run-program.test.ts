import { expect, test } from "vitest";

import { runProgram } from "./run-program.ts";

test("a program that succeeds gives its output and times", async () => {
  const run = await runProgram(process.execPath, ["-e", "console.log('hello')"]);
  expect(run.stdout).toBe("hello\n");
  expect(run.seconds).toBeGreaterThan(0);
});

test("with resources, processor time is that of the program", async () => {
  const run = await runProgram(process.execPath, ["-e", "console.log(1)"], { resources: true });
  expect(run.stdout).toBe("1\n");
  expect(run.cpuSeconds).toBeGreaterThan(0);
});

test("a program that fails is an error with its own words", async () => {
  const failing = runProgram(process.execPath, ["-e", "console.error('why'); process.exit(3)"]);
  await expect(failing).rejects.toThrow(/ended with 3: why/u);
});

test("a program that is not there is an error", async () => {
  await expect(runProgram("/no/such/program", [])).rejects.toThrow("ENOENT");
});
