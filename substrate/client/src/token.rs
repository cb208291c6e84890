//! The secret that says who asks. It is read from a file, and shown nowhere.

use crate::ClientError;
use reqwest::header::HeaderValue;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const REMEDY: &str = "Make one with `watchbill token create --role node --name NAME --out FILE`, and let only the node's user read it.";

/// The file that holds the bearer token of this node, alone on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSource(pub PathBuf);

/// A header that is marked as sensitive, so that no layer below prints it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(HeaderValue);

impl Token {
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl TokenSource {
    /// The token as a header.
    pub(crate) fn read(&self) -> Result<Token, ClientError> {
        let place = self.0.display();
        let wrong =
            |what: &str| ClientError::new(format!("the token file {what}"), place.to_string(), REMEDY);
        let text = std::fs::read_to_string(&self.0).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => wrong("does not exist"),
            std::io::ErrorKind::InvalidData => wrong("holds something else than text"),
            _ => wrong(&format!("cannot be read: {error}")),
        })?;
        let token = text.trim();
        if token.is_empty() {
            return Err(wrong("is empty"));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong(
                "holds more than one token: blanks or other characters stand inside",
            ));
        }
        // A parse error of the header could repeat the text, so it is dropped.
        let mut header =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| wrong("holds no token"))?;
        header.set_sensitive(true);
        Ok(Token(header))
    }

    /// Warns if other users of the machine can read the file.
    pub(crate) fn warn_if_others_read(&self) {
        let mode = std::fs::metadata(&self.0)
            .map(|meta| meta.permissions().mode() & 0o077)
            .unwrap_or(0);
        if mode != 0 {
            log::warn!(target: "watchbill", "the token file {} is readable for others; run `chmod 600` on it", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content: &[u8]) -> Result<Token, ClientError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alpha.token");
        std::fs::write(&path, content).unwrap();
        TokenSource(path).read()
    }

    #[test]
    fn a_token_is_read_without_its_newline_and_never_shown() {
        let token = of(b"SECRET-1\n").unwrap();
        assert_eq!(token.header().to_str().unwrap(), "Bearer SECRET-1");
        assert!(!format!("{token:?} {:?}", token.header()).contains("SECRET"));
    }

    #[test]
    fn what_is_no_token_names_the_file_and_the_remedy_and_not_the_content() {
        for content in [
            &b""[..],
            b" \n",
            b"SECRET ONE",
            b"SECRET\nTWO",
            b"SECRET\x01",
            b"SECRET\xff",
            "SECRETé".as_bytes(),
        ] {
            let error = of(content).unwrap_err();
            assert!(error.place.ends_with("alpha.token"), "{error}");
            assert!(error.remedy.contains("watchbill token create"));
            assert!(!error.to_string().contains("SECRET"), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = TokenSource("/nonexistent/alpha.token".into()).read().unwrap_err();
        assert!(error.what.contains("does not exist") && error.place.contains("alpha.token"));
    }
}
