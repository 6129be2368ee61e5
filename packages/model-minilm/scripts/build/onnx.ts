import { ProtobufWriter } from "./protobuf.ts";

/** Values of `onnx.TensorProto.DataType` (onnx.proto3). */
export const tensorType = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;

/** A constant of the graph. */
export interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;
}

/** One operator. Attributes: an integer, `{ float }`, or a list of integers. */
export interface Node {
  readonly op: string;
  readonly domain?: "com.microsoft";
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<
    Record<string, number | { readonly float: number } | readonly number[]>
  >;
}

/** A graph input or output; a name in `dims` is a dimension known at run time. */
export interface Port {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly (number | string)[];
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly tensors: readonly Tensor[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Large constants in a file beside the graph, which a runtime maps instead of copying. */
export interface ExternalData {
  /** The file's name, as the graph refers to it. */
  readonly location: string;
  /** Constants below this stay in the graph. */
  readonly fromBytes: number;
}

/** Placed at multiples of this, so that a mapped constant starts where vector loads want it. */
const alignment = 64;

/** The bytes of an ONNX file (IR 10; field numbers from onnx.proto3), and of the file beside it. */
export function writeOnnx(
  graph: Graph,
  opset: number,
  external?: ExternalData,
): { readonly graph: Uint8Array; readonly data: Uint8Array } {
  const body = new ProtobufWriter();
  const parts: Uint8Array[] = [];
  let offset = 0;
  const place = (bytes: Uint8Array): number => {
    const start = offset;
    const padding = (alignment - (bytes.length % alignment)) % alignment;
    parts.push(bytes, new Uint8Array(padding));
    offset += bytes.length + padding;
    return start;
  };
  graph.nodes.forEach((node, index) => body.message(1, writeNode(node, index)));
  body.text(2, graph.name);
  graph.tensors.forEach((tensor) => body.message(5, writeTensor(tensor, place, external)));
  graph.inputs.forEach((port) => body.message(11, writePort(port)));
  graph.outputs.forEach((port) => body.message(12, writePort(port)));
  const file = new ProtobufWriter()
    .integer(1, 10)
    .text(2, "clawkeep")
    .message(7, body)
    .message(8, new ProtobufWriter().text(1, "").integer(2, opset))
    .message(8, new ProtobufWriter().text(1, "com.microsoft").integer(2, 1))
    .finish();
  return { graph: file, data: Buffer.concat(parts) };
}

function writeNode(node: Node, index: number): ProtobufWriter {
  const writer = new ProtobufWriter();
  node.inputs.forEach((name) => writer.text(1, name));
  node.outputs.forEach((name) => writer.text(2, name));
  writer.text(3, `${node.op}_${index}`).text(4, node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    const attribute = new ProtobufWriter().text(1, name);
    if (typeof value === "number") {
      attribute.integer(3, value).integer(20, 2);
    } else if ("float" in value) {
      attribute.float(2, value.float).integer(20, 1);
    } else {
      value.forEach((item) => attribute.integer(8, item));
      attribute.integer(20, 7);
    }
    writer.message(5, attribute);
  }
  return node.domain === undefined ? writer : writer.text(7, node.domain);
}

function writeTensor(
  tensor: Tensor,
  place: (bytes: Uint8Array) => number,
  external: ExternalData | undefined,
): ProtobufWriter {
  const writer = new ProtobufWriter();
  const expected = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (expected !== tensor.data.length) {
    throw new RangeError(`${tensor.name}: expected ${expected} values, got ${tensor.data.length}`);
  }
  tensor.dims.forEach((dim) => writer.integer(1, dim));
  const { buffer, byteOffset, byteLength } = tensor.data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  writer.integer(2, typeOf(tensor.data)).text(8, tensor.name);
  if (external === undefined || bytes.length < external.fromBytes) {
    return writer.bytes(9, bytes);
  }
  const entry = (key: string, value: string): ProtobufWriter =>
    new ProtobufWriter().text(1, key).text(2, value);
  return writer
    .message(13, entry("location", external.location))
    .message(13, entry("offset", String(place(bytes))))
    .message(13, entry("length", String(bytes.length)))
    .integer(14, 1);
}

function typeOf(data: Tensor["data"]): number {
  if (data instanceof Float32Array) return tensorType.float;
  if (data instanceof Int8Array) return tensorType.int8;
  if (data instanceof Uint8Array) return tensorType.uint8;
  return data instanceof Int32Array ? tensorType.int32 : tensorType.int64;
}

function writePort(port: Port): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dim of port.dims) {
    const size = new ProtobufWriter();
    shape.message(1, typeof dim === "number" ? size.integer(1, dim) : size.text(2, dim));
  }
  const tensor = new ProtobufWriter().integer(1, port.type).message(2, shape);
  return new ProtobufWriter()
    .text(1, port.name)
    .message(2, new ProtobufWriter().message(1, tensor));
}
