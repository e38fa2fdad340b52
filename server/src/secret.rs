//! Random tokens, their hashes, and the node's key that signs links.

use std::{fs, io, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use viva_core::time::Timestamp;

/// 256 random bits, as text that fits into a link.
pub fn token() -> io::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random()?))
}

pub fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// What the database knows of a token.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Signs links that end by themselves: `{expires}.{signature}` over a purpose and the expiry.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

impl LinkKey {
    /// Reads the key at `path`, or makes it, readable by its owner alone.
    pub fn load_or_create(path: &Path) -> io::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => bytes.try_into().map(Self).map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{} is not a 32 byte key", path.display()))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = random()?;
                let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                file.write_all(&key)?;
                file.sync_all()?;
                Ok(Self(key))
            }
            Err(error) => Err(error),
        }
    }

    pub fn sign(&self, purpose: &str, expires: Timestamp) -> String {
        let signature = URL_SAFE_NO_PAD.encode(self.mac(purpose, expires).finalize().into_bytes());
        format!("{}.{signature}", expires.0)
    }

    /// Whether `access` was made by [`Self::sign`] for `purpose` and is still good.
    pub fn verify(&self, purpose: &str, access: &str, now: Timestamp) -> bool {
        let Some((expires, signature)) = access.split_once('.') else { return false };
        let Ok(expires) = expires.parse().map(Timestamp) else { return false };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        expires > now && self.mac(purpose, expires).verify_slice(&signature).is_ok()
    }

    fn mac(&self, purpose: &str, expires: Timestamp) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(&expires.0.to_be_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_its_purpose_and_time_only() {
        let key = LinkKey([7; 32]);
        let access = key.sign("media:1", Timestamp(1000));
        assert!(key.verify("media:1", &access, Timestamp(999)));
        assert!(!key.verify("media:1", &access, Timestamp(1000)));
        assert!(!key.verify("media:2", &access, Timestamp(0)));
        let later = access.replacen("1000", "2000", 1);
        assert!(!key.verify("media:1", &later, Timestamp(999)));
        for garbage in ["", ".", "1.", "x.y", "1000"] {
            assert!(!key.verify("media:1", garbage, Timestamp(0)));
        }
    }
}
