//! A TLS handshake by itself, to tell a certificate that is not trusted from a key that is not accepted.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use rustls::{ClientConfig, InvalidMessage, pki_types::ServerName};
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Shakes hands with the certificates that [`Http`](super::Http) trusts too, those of this machine, and says
/// which version was agreed on.
///
/// # Errors
/// Why there is no secure connection, in words.
pub(crate) async fn handshake(host: &str, port: u16) -> Result<String, String> {
    let config = ClientConfig::with_platform_verifier().map_err(|error| error.to_string())?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let stream = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(told)?;
    let version = stream.get_ref().1.protocol_version().and_then(|version| version.as_str());
    Ok(format!("{}, the certificate is trusted", version.unwrap_or("TLS")))
}

#[expect(clippy::needless_pass_by_value, reason = "it is a function for `map_err`")]
fn told(error: io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "it answers, but not with TLS".to_owned()
        }
        Some(rustls::Error::InvalidCertificate(why)) => format!("its certificate is not trusted: {why}"),
        Some(other) => other.to_string(),
        None if error.kind() == ErrorKind::UnexpectedEof => {
            "it ends the connection instead of TLS".to_owned()
        }
        None => error.to_string(),
    }
}
