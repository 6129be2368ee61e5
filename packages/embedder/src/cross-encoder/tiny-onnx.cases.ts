/*
 * A stand-in for a cross-encoder: an ONNX graph of some hundred bytes with fixed pseudo-random weights.
 * It shows the wiring, and says nothing about quality. Written by hand, field by field, because no
 * library here writes ONNX (fields: onnx.proto3 of ONNX 1.16).
 */

const int64 = 7;
const float32 = 1;
const width = 4;

/** What {@link tinyCrossEncoder} makes. */
export interface TinyOptions {
  /** Names of the inputs. Default those of BERT. */
  readonly inputs?: readonly string[];
  /** Put the weights into another file. Default none: they are inside. */
  readonly externalPath?: string;
}

/** `sum over tokens of weight(id) * (1 + type)`, as a graph: Gather, ReduceSum, MatMul. */
export function tinyCrossEncoder(vocabulary: number, options: TinyOptions = {}): Uint8Array {
  const inputs = options.inputs ?? ["input_ids", "attention_mask", "token_type_ids"];
  const table = Float32Array.from({ length: vocabulary * width }, (_, index) => noise(index));
  const head = Float32Array.from({ length: width }, (_, index) => noise(index + 7919));
  const nodes = [
    node("Gather", ["table", inputs[0] ?? ""], ["vectors"]),
    node(
      "ReduceMean",
      ["vectors"],
      ["pooled"],
      [intsAttribute("axes", [1]), intAttribute("keepdims", 0)],
    ),
    node("MatMul", ["pooled", "head"], ["logits"]),
  ];
  const graph = [
    ...nodes.map((each) => bytes(1, each)),
    text(2, "tiny"),
    bytes(5, tensor("table", [vocabulary, width], table, options.externalPath)),
    bytes(5, tensor("head", [width, 1], head)),
    ...inputs.map((name) => bytes(11, valueInfo(name, int64, 2))),
    bytes(12, valueInfo("logits", float32, 2)),
  ];
  return Buffer.concat([
    varint(1, 8),
    text(2, "clawkeep stand-in"),
    bytes(7, Buffer.concat(graph)),
    bytes(8, Buffer.concat([text(1, ""), varint(2, 17)])),
  ]);
}

function noise(index: number): number {
  return Math.sin(index * 12.9898 + 78.233) * 2;
}

function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Buffer[] = [],
): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...attributes.map((attribute) => bytes(5, attribute)),
  ]);
}

function intAttribute(name: string, value: number): Buffer {
  return Buffer.concat([text(1, name), varint(3, value), varint(20, 2)]);
}

function intsAttribute(name: string, values: readonly number[]): Buffer {
  return Buffer.concat([text(1, name), ...values.map((value) => varint(8, value)), varint(20, 7)]);
}

function tensor(
  name: string,
  dims: readonly number[],
  values: Float32Array,
  externalPath?: string,
): Buffer {
  const shape = [...dims.map((size) => varint(1, size)), varint(2, float32), text(8, name)];
  return externalPath === undefined
    ? Buffer.concat([...shape, bytes(9, Buffer.from(values.buffer))])
    : Buffer.concat([
        ...shape,
        bytes(13, Buffer.concat([text(1, "location"), text(2, externalPath)])),
        varint(14, 1),
      ]);
}

function valueInfo(name: string, type: number, dimensions: number): Buffer {
  const free = Array.from({ length: dimensions }, (_, index) => bytes(1, text(2, `d${index}`)));
  const tensorType = Buffer.concat([varint(1, type), bytes(2, Buffer.concat(free))]);
  return Buffer.concat([text(1, name), bytes(2, bytes(1, tensorType))]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value, "utf8"));
}

function bytes(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([base128(field * 8 + 2), base128(value.length), value]);
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([base128(field * 8), base128(value)]);
}

function base128(value: number): Buffer {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      return Buffer.from([...out, rest]);
    }
    out.push((rest % 128) + 128);
  }
}
