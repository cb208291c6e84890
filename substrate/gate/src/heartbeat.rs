//! The heartbeat of pallet-im-online: SCALE of block number, session, authority index and number of validators, each
//! of 32 bits, read exactly.

use watchbill_client::{Claim, Duty, Part, Unit};

const LENGTH: usize = 16;

/// The claim for the heartbeat in `message`, or a sentence why it is none.
pub(crate) fn claim(key: &[u8], message: &[u8]) -> Result<Claim, String> {
    let wrong = || format!("{} bytes; a heartbeat has {LENGTH}", message.len());
    let bytes = <[u8; LENGTH]>::try_from(message).map_err(|_| wrong())?;
    let [_, _, _, _, a, b, c, d, ..] = bytes;
    let session = u32::from_le_bytes([a, b, c, d]);
    let (duty, part, unit) = (Duty::ImOnline, Part::Heartbeat, Unit::Session(session));
    Ok(Claim {
        key: key.to_vec(),
        duty,
        unit,
        part,
        digest: None,
        term: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;

    #[test]
    fn the_session_is_read() {
        let claim = claim(&[1; 32], &(7u32, 0x0102_0304_u32, 9u32, 10u32).encode()).expect("a heartbeat");
        assert_eq!(
            (claim.duty, claim.part, claim.unit),
            (Duty::ImOnline, Part::Heartbeat, Unit::Session(0x0102_0304))
        );
        assert_eq!((claim.key, claim.digest, claim.term), (vec![1; 32], None, None));
    }

    #[test]
    fn every_other_length_is_refused() {
        for length in (0..64).filter(|l| *l != LENGTH) {
            assert!(claim(&[1; 32], &vec![0; length]).is_err());
        }
    }
}
