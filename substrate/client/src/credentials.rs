//! The files that show this node to a service, and a service to this node.

use crate::error::why;
use crate::token::Token;
use crate::{ClientError, TokenSource};
use reqwest::Certificate;
use std::path::{Path, PathBuf};

/// Which files there are. They are read at start, and again when a service no longer accepts what they held.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub token: Option<TokenSource>,
    pub ca_file: Option<PathBuf>,
}

/// What the files held when they were read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub token: Option<Token>,
    pub authorities: Option<Authorities>,
}

impl Files {
    /// # Errors
    /// If a file cannot be read, or holds something else.
    pub(crate) fn read(&self) -> Result<Credentials, ClientError> {
        let authorities = self.ca_file.as_deref().map(Authorities::read).transpose()?;
        Ok(Credentials {
            token: self.token.as_ref().map(TokenSource::read).transpose()?,
            authorities,
        })
    }

    /// Warns if other users of the machine can read the secret.
    pub(crate) fn warn_if_others_read(&self) {
        if let Some(token) = &self.token {
            token.warn_if_others_read();
        }
    }

    /// Whether a change of these files could end the doubt.
    pub(crate) fn bear_on(&self, doubt: Doubt) -> bool {
        match doubt {
            Doubt::Token => self.token.is_some(),
            Doubt::Authority => self.ca_file.is_some(),
        }
    }
}

/// What a failed request casts doubt on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    Token,
    Authority,
}

/// Certificates that a service's certificate must descend from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Authorities {
    file: PathBuf,
    pem: Vec<u8>,
}

impl Authorities {
    fn read(file: &Path) -> Result<Self, ClientError> {
        let pem = std::fs::read(file)
            .map_err(|error| unfit(file, format!("the file of the authority cannot be read: {error}")))?;
        let file = file.to_owned();
        Ok(Self { file, pem })
    }

    /// # Errors
    /// If there is none, or one cannot be parsed.
    pub(crate) fn certificates(&self) -> Result<Vec<Certificate>, ClientError> {
        match Certificate::from_pem_bundle(&self.pem) {
            Ok(found) if !found.is_empty() => Ok(found),
            Ok(_) => Err(unfit(
                &self.file,
                "the file of the authority holds no certificate".into(),
            )),
            Err(error) => Err(unfit(
                &self.file,
                format!("the file of the authority cannot be used: {}", why(error)),
            )),
        }
    }
}

fn unfit(file: &Path, what: String) -> ClientError {
    let remedy = "Name the file of the authority in PEM, tls/ca.pem of `watchbill init --tls`.";
    ClientError::new(what, file.display(), remedy)
}
