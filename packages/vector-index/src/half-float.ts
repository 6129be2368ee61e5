const floats: Float32Array = new Float32Array(1);
const bits: Uint32Array = new Uint32Array(floats.buffer);

/** Powers of two that move an exponent from f16's bias to f32's. */
const rebias: number = 2 ** 112;

/**
 * IEEE 754 binary16 nearest to `value` (taken as f32), ties to even. Values that would round past
 * the largest finite one give the bits that an addition of exponents gives; unit vectors have none.
 */
export function toHalf(value: number): number {
  floats[0] = value;
  const source = bits[0] ?? 0;
  const sign = (source >>> 16) & 0x8000;
  const exponent = (source >>> 23) & 0xff;
  const mantissa = source & 0x7f_ffff;
  if (exponent >= 113) {
    const kept = ((exponent - 112) << 10) | (mantissa >>> 13);
    return sign | (kept + roundUp(kept, mantissa & 0x1fff, 0x1000));
  }
  if (exponent < 102) {
    return sign;
  }
  const full = mantissa | 0x80_0000;
  const shift = 126 - exponent;
  const kept = full >>> shift;
  return sign | (kept + roundUp(kept, full & ((1 << shift) - 1), 1 << (shift - 1)));
}

/** The f32 value of a half, by the total rule of `docs/index-format.md` section 3.5. */
export function fromHalf(half: number): number {
  bits[0] = (half & 0x7fff) << 13;
  const magnitude = (floats[0] ?? 0) * rebias;
  return (half & 0x8000) === 0 ? magnitude : -magnitude;
}

function roundUp(kept: number, rest: number, half: number): number {
  return rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
}
