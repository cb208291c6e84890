//! Where a mark stands in the ledger.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The highest entry of a mark that was told: the ledger's epoch, the entry's number and its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub epoch: String,
    #[serde(serialize_with = "to_decimal", deserialize_with = "from_decimal")]
    pub seq: u64,
    pub hash: String,
}

impl Head {
    /// True where the texts have the form that the service documents.
    pub(crate) fn is_well_formed(&self) -> bool {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        is_id(&self.epoch) && self.hash.len() == 64 && self.hash.bytes().all(hex)
    }

    /// True where both are of one number and not the same entry.
    pub(crate) fn differs_at_one_number(&self, other: &Head) -> bool {
        self.seq == other.seq && self.hash != other.hash
    }
}

/// True for a ledger id or an epoch: 1 to 64 letters, digits, underscores and dashes.
pub(crate) fn is_id(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(inner)
}

/// Reads a u64 in decimal without leading zeros and signs.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text.len() <= 20 && (text == "0" || !text.starts_with('0'));
    (canonical && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// For serde: 64 bits travel as decimal text.
pub(crate) fn to_decimal<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.to_string())
}

/// For serde: the reverse.
pub(crate) fn from_decimal<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    decimal(&text).ok_or_else(|| serde::de::Error::custom("not a decimal number of 64 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(epoch: &str, seq: u64, hash: char) -> Head {
        Head {
            epoch: epoch.into(),
            seq,
            hash: hash.to_string().repeat(64),
        }
    }

    #[test]
    fn forms_are_those_of_the_service() {
        assert!(head("e", 1, 'f').is_well_formed());
        assert!(!head("", 1, 'f').is_well_formed());
        assert!(!head("e e", 1, 'f').is_well_formed());
        assert!(!head("e", 1, 'F').is_well_formed());
        assert!(!Head {
            hash: "aa".into(),
            ..head("e", 1, 'a')
        }
        .is_well_formed());
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for wrong in [
            "",
            "01",
            "+1",
            "-1",
            "1 ",
            "18446744073709551616",
            "99999999999999999999999",
        ] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
        assert!(serde_json::from_str::<Head>(r#"{"epoch":"e","seq":1,"hash":"a"}"#).is_err());
    }
}
