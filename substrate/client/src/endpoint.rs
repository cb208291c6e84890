//! Where a service is. The path of a base URL of the original wire protocol is a secret and is never shown.

use crate::ClientError;
use reqwest::Url;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const FORMS: &str =
    "Write unix:/path.sock, https://host[:port], or http://127.0.0.1:port for this machine alone.";

/// Address of one service.
///
/// Text forms: `unix:/path.sock` or `unix:///path.sock`, with `#/base` after it where the service has a base path;
/// `https://host[:port][/base]`; `http://…` for loopback addresses only. Before it may stand `0xKEY=`: a base URL of
/// the original wire protocol belongs to one key.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    reach: Reach,
    /// Path before the routes, without a slash at its end.
    base: String,
    key: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Eq)]
enum Reach {
    Unix(PathBuf),
    Web(Url),
}

impl Endpoint {
    /// The endpoints of a file, one a line; empty lines and lines that begin with `#` are passed over. Meant for base
    /// URLs of the original wire protocol, which are secrets: `watchbill token create --original … --out FILE`.
    ///
    /// # Errors
    /// Where the file cannot be read, holds none, or a line is not an endpoint. The line is told by its number.
    pub fn from_file(path: &Path) -> Result<Vec<Self>, ClientError> {
        let remedy =
            "Make a base URL with `watchbill token create --role node --name NAME --original --out FILE`.";
        let text = std::fs::read_to_string(path).map_err(|error| {
            ClientError::new(
                format!("the file of base URLs cannot be read: {error}"),
                path.display(),
                remedy,
            )
        })?;
        let mut found = Vec::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let place = format!("{}, line {}", path.display(), index + 1);
            found.push(
                line.parse::<Self>()
                    .map_err(|error| ClientError { place, ..error })?,
            );
        }
        match found.is_empty() {
            true => Err(ClientError::new(
                "the file of base URLs is empty",
                path.display(),
                remedy,
            )),
            false => Ok(found),
        }
    }

    /// The key that this base URL belongs to; none where it serves every key.
    pub fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    /// The socket file, where there is one.
    pub(crate) fn socket(&self) -> Option<&Path> {
        match &self.reach {
            Reach::Unix(path) => Some(path),
            Reach::Web(_) => None,
        }
    }

    /// The whole address of a route, with the base path. A secret where the base is one.
    pub(crate) fn address(&self, route: &str) -> String {
        match &self.reach {
            Reach::Unix(_) => format!("http://localhost{}{route}", self.base),
            Reach::Web(url) => format!("{}{}{route}", url.origin().ascii_serialization(), self.base),
        }
    }
}

/// Without the base path, which may be a secret.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reach {
            Reach::Unix(path) => write!(f, "unix:{}", path.display())?,
            Reach::Web(url) => f.write_str(&url.origin().ascii_serialization())?,
        }
        f.write_str(if self.base.is_empty() { "" } else { "/…" })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

impl FromStr for Endpoint {
    type Err = ClientError;

    fn from_str(text: &str) -> Result<Self, ClientError> {
        let (key, address) = split_key(text.trim())?;
        match address.strip_prefix("unix:") {
            Some(rest) => unix(rest, key),
            None => web(address, key),
        }
    }
}

fn split_key(text: &str) -> Result<(Option<Vec<u8>>, &str), ClientError> {
    let Some((before, after)) = text.strip_prefix("0x").and_then(|rest| rest.split_once('=')) else {
        return Ok((None, text));
    };
    match hex::decode(before) {
        Ok(key) if key.len() == 32 || key.len() == 33 => Ok((Some(key), after)),
        _ => Err(ClientError::new(
            "the key before an address is not a public key",
            "endpoint",
            "Write 0x and 64 hex digits (66 for an ecdsa key), then =.",
        )),
    }
}

fn unix(rest: &str, key: Option<Vec<u8>>) -> Result<Endpoint, ClientError> {
    let (path, base) = rest.split_once('#').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    if !path.starts_with('/') {
        return Err(ClientError::new(
            "a unix socket needs an absolute path",
            format!("unix:{path}"),
            FORMS,
        ));
    }
    Ok(Endpoint {
        reach: Reach::Unix(PathBuf::from(path)),
        base: clean_base(base),
        key,
    })
}

fn web(address: &str, key: Option<Vec<u8>>) -> Result<Endpoint, ClientError> {
    // The text itself may hold a secret, so an unreadable one is not repeated.
    let url = Url::parse(address).map_err(|error| {
        ClientError::new(format!("the address cannot be read: {error}"), "endpoint", FORMS)
    })?;
    let place = format!("{}://{}", url.scheme(), url.host_str().unwrap_or(""));
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        let what = "an address holds a user, a password, a query or a fragment";
        return Err(ClientError::new(
            what,
            place,
            "Leave them out; the identity is the token.",
        ));
    }
    match url.scheme() {
        "https" if url.host().is_some() => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            let what = "plain http would send the token over the network";
            return Err(ClientError::new(
                what,
                place,
                "Use https, or a loopback address or unix socket of this machine.",
            ));
        }
        _ => {
            return Err(ClientError::new(
                "the address has another scheme than unix, https and http",
                place,
                FORMS,
            ))
        }
    }
    let base = clean_base(url.path());
    Ok(Endpoint {
        reach: Reach::Web(url),
        base,
        key,
    })
}

fn clean_base(path: &str) -> String {
    path.trim_end_matches('/').to_owned()
}

fn is_loopback(url: &Url) -> bool {
    let host = url
        .host_str()
        .unwrap_or("")
        .trim_start_matches('[')
        .trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    fn refused(text: &str) -> ClientError {
        text.parse::<Endpoint>().unwrap_err()
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(
            parsed("unix:/run/w.sock").socket(),
            Some(Path::new("/run/w.sock"))
        );
        assert_eq!(parsed("unix:///run/w.sock"), parsed("unix:/run/w.sock"));
        assert_eq!(
            parsed("unix:/w.sock#/original/S").address("/authorize/slot/1"),
            "http://localhost/original/S/authorize/slot/1"
        );
        assert_eq!(
            parsed("https://w.example").address("/v1/claims"),
            "https://w.example/v1/claims"
        );
        assert_eq!(
            parsed("https://w.example:8450/x/").address("/v1/claims"),
            "https://w.example:8450/x/v1/claims"
        );
        for host in ["127.0.0.1", "127.1.2.3", "[::1]", "localhost"] {
            assert_eq!(
                parsed(&format!("http://{host}:8450")).address("/a"),
                format!("http://{host}:8450/a")
            );
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for host in [
            "10.0.0.1",
            "w.example",
            "localhost.example",
            "128.0.0.1",
            "[2001:db8::1]",
            "0.0.0.0",
        ] {
            let error = refused(&format!("http://{host}:8450"));
            assert!(error.what.contains("plain http"), "{host}: {error}");
            assert!(error.remedy.contains("https"));
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_forms() {
        for text in [
            "",
            "w.example:8450",
            "ftp://w.example",
            "unix:w.sock",
            "unix:",
            "https://",
            "/run/w.sock",
        ] {
            assert!(refused(text).remedy.contains("unix:/path.sock"), "{text}");
        }
        for text in [
            "https://u@w.example",
            "https://u:p@w.example",
            "https://w.example/?a=b",
            "https://w.example/#a",
        ] {
            assert!(refused(text).what.contains("user"), "{text}");
        }
    }

    #[test]
    fn a_base_path_is_never_shown() {
        let endpoint = parsed("http://127.0.0.1:8450/original/SECRET");
        assert_eq!(endpoint.to_string(), "http://127.0.0.1:8450/…");
        assert!(!format!("{endpoint:?}").contains("SECRET"));
        assert!(!format!("{:?}", parsed("unix:/a.sock#/SECRET")).contains("SECRET"));
        for text in [
            "http://10.0.0.1/original/SECRET",
            "http://[/original/SECRET",
            "https://u@h/SECRET",
        ] {
            assert!(!refused(text).to_string().contains("SECRET"), "{text}");
        }
    }

    #[test]
    fn a_base_url_may_belong_to_a_key() {
        let key = "ab".repeat(32);
        let endpoint = parsed(&format!("0x{key}=http://127.0.0.1:8450/original/S"));
        assert_eq!(endpoint.key(), Some(&[0xab; 32][..]));
        assert!(refused("0xab=http://127.0.0.1:8450").what.contains("public key"));
    }

    #[test]
    fn a_file_holds_one_a_line_and_a_wrong_line_is_told_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bases.url");
        assert!(Endpoint::from_file(&path)
            .unwrap_err()
            .place
            .contains("bases.url"));
        std::fs::write(&path, "\n# none\n").unwrap();
        assert!(Endpoint::from_file(&path).unwrap_err().what.contains("empty"));
        std::fs::write(
            &path,
            "# two\nhttp://127.0.0.1:1/original/A\n\nhttps://w.example/original/B\n",
        )
        .unwrap();
        assert_eq!(Endpoint::from_file(&path).unwrap().len(), 2);
        std::fs::write(&path, "http://127.0.0.1:1/A\nhttp://10.0.0.1/SECRET").unwrap();
        let error = Endpoint::from_file(&path).unwrap_err();
        assert!(
            error.place.ends_with("line 2") && !error.to_string().contains("SECRET"),
            "{error}"
        );
    }
}
