import type { Graph, Node, Tensor } from "./onnx.ts";
import { tensorType } from "./onnx.ts";
import { quantizeRows, transpose } from "./quantize.ts";
import type { Weight } from "./safetensors.ts";

const hidden = 384;
const inner = 1536;
const heads = 12;
const layers = 6;
const vocabulary = 30_522;
const positions = 512;
const maxTokens = 256;
const layerNormEpsilon = 1e-12;
/** See `quantizeRows`: seven bits for weights, eight for the table, which is only looked up. */
const weightLimit = 64;
const tableLimit = 127;

/**
 * all-MiniLM-L6-v2 with mean pooling and L2 normalisation: `input_ids` [1, tokens] int32 in, `vector` [1, 384]
 * float32 out. There is no mask: one text a run, so nothing is padding.
 */
export function buildGraph(
  weight: (name: string, ...shape: number[]) => Weight,
  precision: "int8" | "fp32",
): Graph {
  const nodes: Node[] = [];
  const tensors: Tensor[] = [];
  const node = (op: string, inputs: string[], output: string, rest: Partial<Node> = {}): string => {
    nodes.push({ op, inputs, outputs: [output], ...rest });
    return output;
  };
  const constant = (name: string, dims: number[], data: Tensor["data"]): string => {
    tensors.push({ name, dims, data });
    return name;
  };
  const parameter = (name: string, ...shape: number[]): string =>
    constant(name, shape, weight(name, ...shape).data);

  /** `x · Wᵀ (+ b)`; W as PyTorch stores it: one row an output. */
  const linear = (
    x: string,
    name: string,
    outputs: number,
    inputs: number,
    bias: boolean,
  ): string => {
    const { data } = weight(`${name}.weight`, outputs, inputs);
    const biasInput = bias ? [parameter(`${name}.bias`, outputs)] : [];
    if (precision === "fp32") {
      const matrix = constant(`${name}.weight`, [inputs, outputs], transpose(data, inputs));
      const product = node("MatMul", [x, matrix], `${name}.product`);
      return bias ? node("Add", [product, ...biasInput], `${name}.output`) : product;
    }
    const { values, scales } = quantizeRows(data, inputs, weightLimit);
    const matrix = constant(`${name}.weight`, [inputs, outputs], transpose(values, inputs));
    const scale = constant(`${name}.scale`, [outputs], scales);
    const inputNames = [x, matrix, scale, "", ...biasInput].slice(0, bias ? 5 : 3);
    return node("DynamicQuantizeMatMul", inputNames, `${name}.output`, { domain: "com.microsoft" });
  };
  const normalizedSum = (x: string, skip: string, name: string): string =>
    node(
      "SkipLayerNormalization",
      [x, skip, parameter(`${name}.weight`, hidden), parameter(`${name}.bias`, hidden)],
      `${name}.output`,
      { domain: "com.microsoft", attributes: { epsilon: { float: layerNormEpsilon } } },
    );

  let state = normalizedSum(words(), placesInText(), "embeddings.LayerNorm");
  for (let layer = 0; layer < layers; layer += 1) {
    const name = `encoder.layer.${layer}`;
    const [query, key, value] = ["query", "key", "value"].map((part) =>
      linear(state, `${name}.attention.self.${part}`, hidden, hidden, true),
    ) as [string, string, string];
    const attended = node("MultiHeadAttention", [query, key, value], `${name}.attended`, {
      domain: "com.microsoft",
      attributes: { num_heads: heads },
    });
    const projected = linear(attended, `${name}.attention.output.dense`, hidden, hidden, true);
    state = normalizedSum(projected, state, `${name}.attention.output.LayerNorm`);
    const wide = linear(state, `${name}.intermediate.dense`, inner, hidden, false);
    const bias = parameter(`${name}.intermediate.dense.bias`, inner);
    const active = node("BiasGelu", [wide, bias], `${name}.gelu`, { domain: "com.microsoft" });
    const narrow = linear(active, `${name}.output.dense`, hidden, inner, true);
    state = normalizedSum(narrow, state, `${name}.output.LayerNorm`);
  }
  const axis = constant("axis.tokens", [1], BigInt64Array.of(1n));
  const mean = node("ReduceMean", [state, axis], "mean", { attributes: { keepdims: 0 } });
  node("LpNormalization", [mean], "vector", { attributes: { axis: -1, p: 2 } });
  return {
    name: `all-MiniLM-L6-v2-${precision}`,
    nodes,
    tensors,
    inputs: [{ name: "input_ids", type: tensorType.int32, dims: [1, "tokens"] }],
    outputs: [{ name: "vector", type: tensorType.float, dims: [1, hidden] }],
  };

  function words(): string {
    const name = "embeddings.word_embeddings";
    const { data } = weight(`${name}.weight`, vocabulary, hidden);
    if (precision === "fp32") {
      return node("Gather", [constant(name, [vocabulary, hidden], data), "input_ids"], "words");
    }
    const { values, scales } = quantizeRows(data, hidden, tableLimit);
    const rows = node(
      "Gather",
      [constant(name, [vocabulary, hidden], values), "input_ids"],
      "rows",
    );
    const scale = constant(`${name}.scale`, [vocabulary, 1], scales);
    const factors = node("Gather", [scale, "input_ids"], "row.scales");
    const floats = node("Cast", [rows], "row.floats", { attributes: { to: tensorType.float } });
    return node("Mul", [floats, factors], "words");
  }

  /** Position and token type (always 0) are constants of the place, so they are summed here. */
  function placesInText(): string {
    const place = weight("embeddings.position_embeddings.weight", positions, hidden).data;
    const type = weight("embeddings.token_type_embeddings.weight", 2, hidden).data;
    const sums = Float32Array.from(
      place.subarray(0, maxTokens * hidden),
      (value, index) => value + (type[index % hidden] ?? 0),
    );
    const table = constant("embeddings.places", [1, maxTokens, hidden], sums);
    const shape = node("Shape", ["input_ids"], "tokens", { attributes: { start: 1, end: 2 } });
    const zero = constant("zero", [1], BigInt64Array.of(0n));
    const one = constant("axis.places", [1], BigInt64Array.of(1n));
    return node("Slice", [table, zero, shape, one], "places");
  }
}
