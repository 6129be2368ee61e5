//! SHA-256 (FIPS 180-4), with the instructions that x86 has for it where it has them. Two blocks go side
//! by side there, because each is a chain of dependent rounds: twice the speed of one.

/// A message in memory that may change meanwhile: the digest is then that of some mixture.
#[derive(Clone, Copy)]
pub struct Message {
    pub start: *const u8,
    pub length: usize,
}

pub type Digest = [u8; 32];

/// Digests of two messages of one length.
///
/// # Safety
/// Both messages must be readable.
///
/// # Panics
/// When they differ in length.
pub unsafe fn digest_two(messages: [Message; 2]) -> [Digest; 2] {
    assert!(messages[0].length == messages[1].length);
    // SAFETY: as promised to this function.
    unsafe { digest_all(messages) }
}

/// Digest of one message.
///
/// # Safety
/// It must be readable.
pub unsafe fn digest(message: Message) -> Digest {
    // SAFETY: as promised to this function.
    let [digest] = unsafe { digest_all([message]) };
    digest
}

const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

type Compress<const N: usize> = unsafe fn(&mut [[u32; 8]; N], [*const u8; N], usize);

unsafe fn digest_all<const N: usize>(messages: [Message; N]) -> [Digest; N] {
    let compress = compression();
    let mut states = [START; N];
    let length = messages[0].length;
    let whole = length / 64;
    // SAFETY: `whole` blocks are inside each message.
    unsafe { compress(&mut states, messages.map(|message| message.start), whole) };
    let rest = length % 64;
    let ends = messages.map(|message| {
        let mut end = [0; 128];
        for (index, byte) in end.iter_mut().take(rest).enumerate() {
            // SAFETY: inside the message.
            *byte = unsafe { message.start.add(whole * 64 + index).read_volatile() };
        }
        end[rest] = 0x80;
        let size = if rest < 56 { 64 } else { 128 };
        end[size - 8..size].copy_from_slice(&(length as u64 * 8).to_be_bytes());
        end
    });
    let blocks = if rest < 56 { 1 } else { 2 };
    let starts = std::array::from_fn(|index| ends[index].as_ptr());
    // SAFETY: `ends` holds two blocks for each message.
    unsafe { compress(&mut states, starts, blocks) };
    states.map(|state| {
        let mut digest = [0; 32];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        digest
    })
}

fn compression<const N: usize>() -> Compress<N> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("sha")
        && is_x86_feature_detected!("sse4.1")
        && is_x86_feature_detected!("ssse3")
    {
        return compress_sha;
    }
    compress_scalar
}

unsafe fn compress_scalar<const N: usize>(
    states: &mut [[u32; 8]; N],
    starts: [*const u8; N],
    blocks: usize,
) {
    for (state, start) in states.iter_mut().zip(starts) {
        for block in 0..blocks {
            let mut words = [0u32; 64];
            for (index, word) in words.iter_mut().take(16).enumerate() {
                // SAFETY: inside the blocks that the caller gives.
                let bytes: [u8; 4] =
                    unsafe { start.add(block * 64 + index * 4).cast::<[u8; 4]>().read() };
                *word = u32::from_be_bytes(bytes);
            }
            for index in 16..64 {
                let (a, b) = (words[index - 15], words[index - 2]);
                let first = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
                let second = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
                words[index] = words[index - 16]
                    .wrapping_add(first)
                    .wrapping_add(words[index - 7])
                    .wrapping_add(second);
            }
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
            for (word, constant) in words.iter().zip(ROUNDS) {
                let sum = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
                let first = h
                    .wrapping_add(sum)
                    .wrapping_add((e & f) ^ (!e & g))
                    .wrapping_add(constant)
                    .wrapping_add(*word);
                let sum = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
                let second = sum.wrapping_add((a & b) ^ (a & c) ^ (b & c));
                (h, g, f, e) = (g, f, e, d.wrapping_add(first));
                (d, c, b, a) = (c, b, a, first.wrapping_add(second));
            }
            for (sum, word) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                *sum = sum.wrapping_add(word);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
unsafe fn compress_sha<const N: usize>(
    states: &mut [[u32; 8]; N],
    starts: [*const u8; N],
    blocks: usize,
) {
    use std::arch::x86_64::*;

    let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let mut halves = states.map(|[a, b, c, d, e, f, g, h]| {
        let set = |w: u32, x: u32, y: u32, z: u32| {
            _mm_set_epi32(
                w.cast_signed(),
                x.cast_signed(),
                y.cast_signed(),
                z.cast_signed(),
            )
        };
        [set(a, b, e, f), set(c, d, g, h)]
    });
    for block in 0..blocks {
        let before = halves;
        let mut words = [[_mm_setzero_si128(); 4]; N];
        // Loops of four with fixed places: all of it stays in registers, and the lanes overlap.
        for at in 0..4 {
            // SAFETY: there are sixteen groups of four constants.
            let constants = unsafe { _mm_loadu_si128(ROUNDS.as_ptr().add(at * 4).cast()) };
            for ((half, words), start) in halves.iter_mut().zip(&mut words).zip(starts) {
                // SAFETY: inside the blocks that the caller gives.
                let bytes = unsafe { _mm_loadu_si128(start.add(block * 64 + at * 16).cast()) };
                words[at] = _mm_shuffle_epi8(bytes, swap);
                four_rounds(half, words[at], constants);
            }
        }
        for turn in 1..4 {
            for at in 0..4 {
                // SAFETY: as above.
                let constants =
                    unsafe { _mm_loadu_si128(ROUNDS.as_ptr().add((turn * 4 + at) * 4).cast()) };
                for (half, words) in halves.iter_mut().zip(&mut words) {
                    let (second, third, last) = (
                        words[(at + 1) % 4],
                        words[(at + 2) % 4],
                        words[(at + 3) % 4],
                    );
                    let mixed = _mm_add_epi32(
                        _mm_sha256msg1_epu32(words[at], second),
                        _mm_alignr_epi8::<4>(last, third),
                    );
                    words[at] = _mm_sha256msg2_epu32(mixed, last);
                    four_rounds(half, words[at], constants);
                }
            }
        }
        for (half, before) in halves.iter_mut().zip(before) {
            half[0] = _mm_add_epi32(half[0], before[0]);
            half[1] = _mm_add_epi32(half[1], before[1]);
        }
    }
    for (state, [first, second]) in states.iter_mut().zip(halves) {
        let (mut abef, mut cdgh) = ([0u32; 4], [0u32; 4]);
        // SAFETY: each array has room for a register.
        unsafe {
            _mm_storeu_si128(abef.as_mut_ptr().cast(), first);
            _mm_storeu_si128(cdgh.as_mut_ptr().cast(), second);
        }
        let ([f, e, b, a], [h, g, d, c]) = (abef, cdgh);
        *state = [a, b, c, d, e, f, g, h];
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
#[inline]
fn four_rounds(
    half: &mut [std::arch::x86_64::__m128i; 2],
    words: std::arch::x86_64::__m128i,
    constants: std::arch::x86_64::__m128i,
) {
    use std::arch::x86_64::*;

    let sum = _mm_add_epi32(words, constants);
    half[1] = _mm_sha256rnds2_epu32(half[1], half[0], sum);
    let upper = _mm_shuffle_epi32::<0b00_00_11_10>(sum);
    half[0] = _mm_sha256rnds2_epu32(half[0], half[1], upper);
}

#[rustfmt::skip]
static ROUNDS: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Message {
        Message {
            start: bytes.as_ptr(),
            length: bytes.len(),
        }
    }

    fn hex(digest: Digest) -> String {
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn gives_the_published_digests() {
        for (text, expected) in [
            (
                "",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ] {
            // SAFETY: a string is readable.
            assert_eq!(hex(unsafe { digest(of(text.as_bytes())) }), expected);
        }
    }

    #[test]
    fn every_way_gives_the_same_for_every_length() {
        let bytes: Vec<u8> = (0..700u32).map(|index| ((index * 31) >> 3) as u8).collect();
        for length in 0..330 {
            let (a, b) = (&bytes[..length], &bytes[300..300 + length]);
            // SAFETY: slices are readable.
            let both = unsafe { digest_two([of(a), of(b)]) };
            // SAFETY: as above.
            assert_eq!(both, unsafe { [digest(of(a)), digest(of(b))] });
            let blocks = length / 64;
            let (mut fast, mut plain) = ([START], [START]);
            // SAFETY: the blocks are inside the slice.
            unsafe {
                compression()(&mut fast, [a.as_ptr()], blocks);
                compress_scalar(&mut plain, [a.as_ptr()], blocks);
            }
            assert_eq!(fast, plain);
        }
    }
}
