//! gzip as RFC 1952 has it, with blocks that are stored as they are: enough to meet a client that never asked for it.

/// Magic number, deflate, no flags, no time, no hint, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// As many bytes as the length of a stored block can say (RFC 1951, 3.2.4).
const BLOCK: usize = 0xffff;

/// These bytes as a gzip file.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = HEAD.to_vec();
    let mut blocks = bytes.chunks(BLOCK).peekable();
    if blocks.peek().is_none() {
        block(&mut out, &[], true);
    }
    while let Some(part) = blocks.next() {
        block(&mut out, part, blocks.peek().is_none());
    }
    out.extend(crc32(bytes).to_le_bytes());
    // The size is kept modulo 2^32.
    out.extend((bytes.len() as u64).to_le_bytes().into_iter().take(4));
    out
}

fn block(out: &mut Vec<u8>, part: &[u8], last: bool) {
    let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
    out.push(u8::from(last));
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(part);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_long_body_is_several_blocks_of_which_the_last_says_so() {
        let packed = gzip(&vec![7; BLOCK + 2]);
        let second = HEAD.len() + 5 + BLOCK;
        assert_eq!((packed[HEAD.len()], packed[second]), (0, 1));
        assert_eq!(packed[second + 1..second + 7], [2, 0, 0xfd, 0xff, 7, 7]);
        assert_eq!(packed.len(), second + 7 + 8);
    }
}
