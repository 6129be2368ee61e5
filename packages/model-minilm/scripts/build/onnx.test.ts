import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Graph } from "./onnx.ts";
import { tensorType, writeOnnx } from "./onnx.ts";
import { ProtobufWriter } from "./protobuf.ts";

describe("protobuf", () => {
  test("writes the integers of the specification's examples", () => {
    expect([...new ProtobufWriter().integer(1, 150).finish()]).toEqual([8, 150, 1]);
    expect([...new ProtobufWriter().text(2, "testing").finish()]).toEqual([
      18, 7, 116, 101, 115, 116, 105, 110, 103,
    ]);
  });

  test("writes -1 as ten bytes, and every integer so that it reads back", () => {
    expect(new ProtobufWriter().integer(1, -1).finish()).toHaveLength(11);
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        let read = 0n;
        [...new ProtobufWriter().integer(1, value).finish()].slice(1).forEach((byte, index) => {
          read |= BigInt(byte & 127) << BigInt(7 * index);
        });
        expect(BigInt.asIntN(64, read)).toBe(BigInt(value));
      }),
    );
  });

  test("refuses what is no integer", () => {
    expect(() => new ProtobufWriter().integer(1, 0.5)).toThrow(RangeError);
  });
});

describe("an ONNX file", () => {
  const graph = (data: Float32Array): Graph => ({
    name: "g",
    nodes: [{ op: "Add", inputs: ["x", "c"], outputs: ["y"] }],
    tensors: [{ name: "c", dims: [4], data }],
    inputs: [{ name: "x", type: tensorType.float, dims: [4] }],
    outputs: [{ name: "y", type: tensorType.float, dims: [4] }],
  });
  const external = { location: "c.bin", fromBytes: 16 };

  test("keeps small constants, and moves large ones to the file beside it", () => {
    const inside = writeOnnx(graph(Float32Array.of(1, 2, 3, 4)), 21);
    expect(inside.data).toHaveLength(0);
    const outside = writeOnnx(graph(Float32Array.of(1, 2, 3, 4)), 21, external);
    expect(new Float32Array(Uint8Array.from(outside.data.subarray(0, 16)).buffer)).toEqual(
      Float32Array.of(1, 2, 3, 4),
    );
    expect(outside.data.length % 64).toBe(0);
    expect(Buffer.from(outside.graph).includes("c.bin")).toBe(true);
  });

  test("refuses a constant whose shape is not that of its data", () => {
    expect(() => writeOnnx(graph(new Float32Array(3)), 21)).toThrow(RangeError);
  });
});
