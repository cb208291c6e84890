//! What a client needs to know.

use crate::{ClientError, Endpoint, TokenSource};
use std::path::PathBuf;
use std::time::Duration;

/// Which protocol the services are asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// `POST /v1/claims`: payloads are bound, replies may be lost, readiness is reported.
    Claims,
    /// `PUT BASE/authorize/…` of the original project: binds no payload, reports nothing, a lost reply is a lost unit.
    Original,
}

/// How long things may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Longest try at one service where it is the only one.
    pub attempt: Duration,
    /// Longest try at one service where there are others to turn to; never more than half of what is left.
    pub attempt_of_several: Duration,
    /// Time between two reports.
    pub report_every: Duration,
    /// Longest wait for the node's own facts, and for the answer to one report.
    pub report: Duration,
    /// Age beyond which the last heard watch no longer counts.
    pub watch_age: Duration,
    /// Longest wait for the comparison of keys and policies.
    pub check: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(5),
            attempt_of_several: Duration::from_secs(2),
            report_every: Duration::from_secs(1),
            report: Duration::from_secs(1),
            watch_age: Duration::from_secs(5),
            check: Duration::from_secs(5),
        }
    }
}

/// Settings of a client. Holds names of secret files, no secrets, apart from base URLs, which are not shown.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Services of one ledger in order of preference. With [`Wire::Original`] the base URLs.
    pub services: Vec<Endpoint>,
    /// File of the bearer token. Needed with [`Wire::Claims`], unused otherwise.
    pub token: Option<TokenSource>,
    /// Authority that signed the certificates of the services, in PEM. Without it those of the web count.
    pub ca_file: Option<PathBuf>,
    /// Genesis hash of the chain.
    pub chain: [u8; 32],
    /// Name of this node in the rosters, the one that its token was made for. No route tells a node its own name.
    pub node: String,
    /// File that keeps what this machine was told last; its folder must exist. One for each node, on a local disk.
    pub state_file: PathBuf,
    /// Protocol of the services.
    pub mode: Wire,
    /// How many services must grant a claim before it counts as granted; 1 trusts each service. A heartbeat needs one,
    /// because it is granted once.
    pub grants: usize,
    /// How long things may take.
    pub deadlines: Deadlines,
}

impl ClientConfig {
    /// Finds what is missing before anything is opened.
    pub(crate) fn validate(&self) -> Result<(), ClientError> {
        if self.services.is_empty() {
            let remedy = "Name at least one, for example unix:/run/watchbill.sock.";
            return Err(ClientError::new("no service is named", "services", remedy));
        }
        if self.mode == Wire::Claims && self.token.is_none() {
            let remedy = "Make one with `watchbill token create --role node --name NAME --out FILE` and name the file.";
            return Err(ClientError::new("no token file is named", "token", remedy));
        }
        if self.mode == Wire::Claims && !is_name(&self.node) {
            let remedy = "Use the name in the roster: 1 to 63 lower-case letters, digits, dots, dashes and underscores.";
            return Err(ClientError::new(
                "the name of the node is not one",
                format!("node {:?}", self.node),
                remedy,
            ));
        }
        if self.grants == 0
            || self.grants > self.services.len()
            || self.mode == Wire::Original && self.grants > 1
        {
            let what = format!(
                "{} services cannot give {} grants",
                self.services.len(),
                self.grants
            );
            let remedy = "Name more services of the ledger, or ask for fewer grants. The original wire protocol has one.";
            return Err(ClientError::new(what, "grants", remedy));
        }
        if let Some(twice) = self.named_twice().filter(|_| self.grants > 1) {
            let what = format!("{twice} is named twice, so its two answers would count as two grants");
            return Err(ClientError::new(
                what,
                "services",
                "Name each service of the ledger once.",
            ));
        }
        if self.mode == Wire::Claims && self.services.iter().any(|service| service.key().is_some()) {
            let remedy = "Leave 0xKEY= out; it is for base URLs of the original wire protocol.";
            return Err(ClientError::new(
                "a service is bound to a key",
                "services",
                remedy,
            ));
        }
        Ok(())
    }

    fn named_twice(&self) -> Option<&Endpoint> {
        let mut named = self.services.iter().enumerate();
        named.find_map(|(at, one)| self.services[..at].contains(one).then_some(one))
    }
}

fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let first = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    first && text.len() <= 63 && text.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ClientConfig {
        ClientConfig {
            services: vec!["unix:/run/w.sock".parse().unwrap()],
            token: Some(TokenSource("/alpha.token".into())),
            ca_file: None,
            chain: [1; 32],
            node: "alpha".into(),
            state_file: "/state".into(),
            mode: Wire::Claims,
            grants: 1,
            deadlines: Deadlines::default(),
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(config().validate(), Ok(()));
        let place = |config: ClientConfig| config.validate().unwrap_err().place;
        assert_eq!(
            place(ClientConfig {
                services: vec![],
                ..config()
            }),
            "services"
        );
        assert_eq!(
            place(ClientConfig {
                token: None,
                ..config()
            }),
            "token"
        );
        assert_eq!(
            place(ClientConfig {
                node: "Alpha".into(),
                ..config()
            }),
            "node \"Alpha\""
        );
        assert_eq!(
            place(ClientConfig {
                node: String::new(),
                ..config()
            }),
            "node \"\""
        );
        for (grants, mode) in [(0, Wire::Claims), (2, Wire::Claims), (2, Wire::Original)] {
            let asked = ClientConfig {
                grants,
                mode,
                ..config()
            };
            assert_eq!(place(asked), "grants", "{grants} {mode:?}");
        }
        let twice = [
            "https://one.example",
            "unix:/run/w.sock",
            "https://one.example:443/",
        ];
        let services: Vec<Endpoint> = twice.iter().map(|url| url.parse().unwrap()).collect();
        let asking = |grants| ClientConfig {
            services: services.clone(),
            grants,
            ..config()
        };
        assert_eq!(asking(1).validate(), Ok(()));
        assert_eq!(place(asking(2)), "services");
        let bound = format!("0x{}=https://w.example", "ab".repeat(32))
            .parse()
            .unwrap();
        assert_eq!(
            place(ClientConfig {
                services: vec![bound],
                ..config()
            }),
            "services"
        );
    }

    #[test]
    fn the_original_wire_needs_no_token() {
        let original = ClientConfig {
            token: None,
            node: String::new(),
            mode: Wire::Original,
            ..config()
        };
        assert_eq!(original.validate(), Ok(()));
    }
}
