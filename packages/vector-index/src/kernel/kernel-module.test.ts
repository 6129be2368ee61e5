import { readFileSync } from "node:fs";

import { expect, test } from "vitest";
import openWabt from "wabt";

import { kernelModule } from "./kernel-module.ts";

test("the module is what its source assembles to", async () => {
  const wabt = await openWabt();
  const source = readFileSync(new URL("kernel.wat", import.meta.url), "utf8");
  const { buffer } = wabt.parseWat("kernel.wat", source, { simd: true }).toBinary({});
  expect(kernelModule).toBe(Buffer.from(buffer).toString("base64"));
});
