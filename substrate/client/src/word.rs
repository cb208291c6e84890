//! The service's word about a mark: text that the service reads, and this machine only keeps and sends back.

use serde::{Deserialize, Serialize};

/// The longest word that a claim may carry.
const MAX_BYTES: usize = 512;

/// A word in the form that a claim may carry: 1 to 512 printable ASCII characters without a blank, for example
/// `w1.5ce1.09aa.41.7f30.12/345.prevote.8b1c.12/346.d94c`. The client refuses a reply with a word of another
/// form, because the service would refuse every later claim that carried it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Word(String);

impl TryFrom<String> for Word {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits =
            !text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
        match fits {
            true => Ok(Self(text)),
            false => Err("a word has 1 to 512 printable ASCII characters and no blank"),
        }
    }
}

impl From<Word> for String {
    fn from(word: Word) -> Self {
        word.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_text_that_a_claim_may_carry() {
        for text in [
            "a",
            "!~",
            &"x".repeat(512),
            "w1.l.e.09.aa.41.7f.12/345.prevote.-.d9",
        ] {
            assert_eq!(String::from(Word::try_from(text.to_owned()).unwrap()), *text);
        }
        for text in ["", " ", "a b", "a\n", "\u{7f}", "\u{1f}", "é", &"x".repeat(513)] {
            assert!(Word::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
