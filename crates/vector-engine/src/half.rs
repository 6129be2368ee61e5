//! IEEE 754 binary16, with the total decoding of docs/index-format.md section 3.5.

/// The half nearest to `value`, ties to even. What would round past the largest finite one gets the
/// bits that an addition of exponents gives; unit vectors hold none.
#[inline]
pub fn to_half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) & 0x8000;
    let exponent = (bits >> 23) & 0xff;
    let mantissa = bits & 0x7f_ffff;
    if exponent >= 113 {
        let kept = ((exponent - 112) << 10) | (mantissa >> 13);
        return (sign | (kept + round_up(kept, mantissa & 0x1fff, 0x1000))) as u16;
    }
    if exponent < 102 {
        return sign as u16;
    }
    let full = mantissa | 0x80_0000;
    let shift = 126 - exponent;
    let kept = full >> shift;
    (sign | (kept + round_up(kept, full & ((1 << shift) - 1), 1 << (shift - 1)))) as u16
}

/// The value of a half: finite whatever its bits.
#[inline(always)]
pub fn from_half(half: u16) -> f32 {
    let magnitude = f32::from_bits((u32::from(half) & 0x7fff) << 13) * REBIAS;
    if half & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// 2^112: moves an exponent from the bias of f16 to that of f32.
pub const REBIAS: f32 = f32::from_bits((112 + 127) << 23);

fn round_up(kept: u32, rest: u32, half: u32) -> u32 {
    u32::from(rest > half || (rest == half && kept & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_half_comes_back() {
        for half in 0..=u16::MAX {
            if half & 0x7c00 != 0x7c00 {
                assert_eq!(to_half(from_half(half)), half);
            }
            assert!(from_half(half).is_finite());
        }
    }

    #[test]
    fn ties_go_to_the_even_half() {
        assert_eq!(to_half(1.0), 0x3c00);
        assert_eq!(to_half(1.0 + 1.0 / 2048.0), 0x3c00);
        assert_eq!(to_half(1.0 + 3.0 / 2048.0), 0x3c02);
        assert_eq!(to_half(-1.0 - 1.001 / 2048.0), 0xbc01);
        assert_eq!(to_half(2f32.powi(-25)), 0);
        assert_eq!(to_half(2f32.powi(-25) * 1.5), 1);
        assert_eq!(to_half(0.0), 0);
    }
}
