/*
 * A model of random weights in GGUF, some 100 kB: the real Ollama loads it, and it says nothing that means anything.
 * One layer of the architecture `llama`, with a token for each byte.
 */
const size = 16;
const feedForward = 32;

type Value =
  | { readonly text: string }
  | { readonly uint32: number }
  | { readonly float32: number }
  | { readonly texts: readonly string[] }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] };

/** The bytes of the model; the same ones every time. @param seed Another one has other weights. */
export function tinyModel(seed: number): Buffer {
  const special = ["<unk>", "<s>", "</s>"];
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const tokens = [...special, ...bytes];
  const metadata: readonly (readonly [string, Value])[] = [
    ["general.architecture", { text: "llama" }],
    ["general.name", { text: "random" }],
    ["general.file_type", { uint32: 0 }],
    ["llama.block_count", { uint32: 1 }],
    ["llama.context_length", { uint32: 131_072 }],
    ["llama.embedding_length", { uint32: size }],
    ["llama.feed_forward_length", { uint32: feedForward }],
    ["llama.attention.head_count", { uint32: 1 }],
    ["llama.attention.head_count_kv", { uint32: 1 }],
    ["llama.rope.dimension_count", { uint32: size }],
    ["llama.attention.layer_norm_rms_epsilon", { float32: 1e-5 }],
    ["llama.vocab_size", { uint32: tokens.length }],
    ["tokenizer.ggml.model", { text: "llama" }],
    ["tokenizer.ggml.tokens", { texts: tokens }],
    ["tokenizer.ggml.scores", { floats: tokens.map(() => 0) }],
    // 2 unknown, 3 control, 6 a byte.
    ["tokenizer.ggml.token_type", { ints: tokens.map((_, at) => (at === 0 ? 2 : at < 3 ? 3 : 6)) }],
    ["tokenizer.ggml.bos_token_id", { uint32: 1 }],
    ["tokenizer.ggml.eos_token_id", { uint32: 2 }],
  ];
  const shapes: readonly (readonly [string, readonly number[]])[] = [
    ["token_embd.weight", [size, tokens.length]],
    ["blk.0.attn_norm.weight", [size]],
    ["blk.0.attn_q.weight", [size, size]],
    ["blk.0.attn_k.weight", [size, size]],
    ["blk.0.attn_v.weight", [size, size]],
    ["blk.0.attn_output.weight", [size, size]],
    ["blk.0.ffn_norm.weight", [size]],
    ["blk.0.ffn_gate.weight", [size, feedForward]],
    ["blk.0.ffn_up.weight", [size, feedForward]],
    ["blk.0.ffn_down.weight", [feedForward, size]],
    ["output_norm.weight", [size]],
    ["output.weight", [size, tokens.length]],
  ];
  let offset = 0;
  const infos: Buffer[] = [];
  const data: Buffer[] = [];
  let state = seed;
  for (const [name, dimensions] of shapes) {
    const count = dimensions.reduce((product, one) => product * one, 1);
    const values = new Float32Array(count);
    for (let at = 0; at < count; at += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      values[at] = dimensions.length === 1 ? 1 : state / 2 ** 32 - 0.5;
    }
    infos.push(
      text(name),
      uint32(dimensions.length),
      ...dimensions.map(uint64),
      uint32(0),
      uint64(offset),
    );
    const written = aligned(Buffer.from(values.buffer));
    data.push(written);
    offset += written.length;
  }
  const head = Buffer.concat([
    Buffer.from("GGUF"),
    uint32(3),
    uint64(shapes.length),
    uint64(metadata.length),
    ...metadata.flatMap(([key, value]) => [text(key), encoded(value)]),
    ...infos,
  ]);
  return Buffer.concat([aligned(head), ...data]);
}

function encoded(value: Value): Buffer {
  if ("uint32" in value) return Buffer.concat([uint32(4), uint32(value.uint32)]);
  if ("float32" in value) return Buffer.concat([uint32(6), float32(value.float32)]);
  if ("text" in value) return Buffer.concat([uint32(8), text(value.text)]);
  const list = (type: number, items: readonly Buffer[]): Buffer =>
    Buffer.concat([uint32(9), uint32(type), uint64(items.length), ...items]);
  if ("texts" in value) return list(8, value.texts.map(text));
  if ("floats" in value) return list(6, value.floats.map(float32));
  return list(5, value.ints.map(uint32));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

/** Tensors begin at multiples of 32. */
function aligned(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)]);
}
