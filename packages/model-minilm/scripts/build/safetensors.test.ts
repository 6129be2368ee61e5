import { expect, test } from "vitest";

import { readSafetensors } from "./safetensors.ts";

const header = JSON.stringify({ w: { dtype: "F32", shape: [1, 2], data_offsets: [4, 12] } });
const file = Buffer.alloc(8 + header.length + 12);
file.writeBigUInt64LE(BigInt(header.length));
file.write(header, 8);
file.writeFloatLE(1.5, 8 + header.length + 4);
file.writeFloatLE(-2, 8 + header.length + 8);

test("a weight is read by name and shape, at any offset", () => {
  expect(readSafetensors(file)("w", 1, 2).data).toEqual(Float32Array.of(1.5, -2));
});

test("another shape, type or name is refused", () => {
  expect(() => readSafetensors(file)("w", 2, 1)).toThrow(/expected F32 \[2,1\]/u);
  expect(() => readSafetensors(file)("v", 1, 2)).toThrow(/v: expected/u);
});
