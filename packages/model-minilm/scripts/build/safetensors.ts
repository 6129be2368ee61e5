/** A float32 weight: row-major values and their shape. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Reads float32 tensors of a safetensors file: u64 header length, JSON header, then the data. */
export function readSafetensors(file: Uint8Array): (name: string, ...shape: number[]) => Weight {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  const header: unknown = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)));
  const entries = new Map(Object.entries(header as Record<string, unknown>));
  return (name, ...shape) => {
    const entry = entries.get(name) as
      | { dtype: string; shape: number[]; data_offsets: [number, number] }
      | undefined;
    if (entry?.dtype !== "F32" || entry.shape.join() !== shape.join()) {
      throw new Error(`${name}: expected F32 [${shape.join()}], got ${JSON.stringify(entry)}`);
    }
    const [start, end] = entry.data_offsets;
    // Copied, because a Float32Array needs an offset that is a multiple of four.
    const bytes = Uint8Array.from(file.subarray(8 + headerBytes + start, 8 + headerBytes + end));
    return { shape, data: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4) };
  };
}
