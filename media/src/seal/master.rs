//! The node's key, which wraps the keys of interviews.

use std::fmt;
use std::io;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::cipher::{Cipher, RecordCipher, TAG_LEN};
use super::{DataKey, KEY_LEN};

/// Tells master keys apart: 8 bytes derived from the key, which say nothing about it.
pub type MasterKeyId = [u8; ID_LEN];

const ID_LEN: usize = 8;
const VERSION: u8 = 1;
const SALT_LEN: usize = 32;
const SALT_AT: usize = 2 + ID_LEN;
const KEY_AT: usize = SALT_AT + SALT_LEN;

/// Size of a wrapped data key in bytes: {version 1, cipher, master key's id, salt of 32 bytes, sealed key of 32, tag of
/// 16}.
pub const WRAPPED_LEN: usize = KEY_AT + KEY_LEN + TAG_LEN;

/// The key of the node.
#[derive(Clone)]
pub struct MasterKey {
    secret: Zeroizing<[u8; KEY_LEN]>,
    id: MasterKeyId,
}

/// Why a data key does not come out of its wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// It was wrapped by another master key.
    #[error("wrapped by another master key, {}", hex::encode(.0))]
    OtherMasterKey(MasterKeyId),
    /// It was changed, or belongs to another interview.
    #[error("the wrapped key was changed, or belongs to another interview")]
    Damaged,
}

impl MasterKey {
    /// A new random key.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn random() -> io::Result<Self> {
        let mut secret = [0; KEY_LEN];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        Ok(Self::from_bytes(secret))
    }

    /// A key whose bytes are known.
    pub fn from_bytes(secret: [u8; KEY_LEN]) -> Self {
        let secret = Zeroizing::new(secret);
        let mut id = [0; ID_LEN];
        expand(&*secret, &[], &[b"viva master key id"], &mut id);
        Self { secret, id }
    }

    /// Its bytes, for whoever keeps it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; KEY_LEN]> {
        self.secret.clone()
    }

    pub fn id(&self) -> MasterKeyId {
        self.id
    }

    /// Wraps `key` for `owner`, whose name must be given to unwrap it.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn wrap(&self, key: &DataKey, owner: &str) -> io::Result<Vec<u8>> {
        let mut wrapped = vec![VERSION, key.cipher.code()];
        wrapped.extend(self.id);
        let mut salt = [0; SALT_LEN];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        wrapped.extend(salt);
        wrapped.extend_from_slice(&**key.secret);
        let cipher = self.cipher(&wrapped[..KEY_AT], key.cipher, owner);
        let tag = cipher.seal(0, true, &mut wrapped[KEY_AT..]);
        wrapped.extend(tag);
        Ok(wrapped)
    }

    /// The data key of `owner` that [`Self::wrap`] has wrapped.
    pub fn unwrap(&self, wrapped: &[u8], owner: &str) -> Result<DataKey, UnwrapError> {
        let id = wrapper(wrapped).ok_or(UnwrapError::Damaged)?;
        if id != self.id {
            return Err(UnwrapError::OtherMasterKey(id));
        }
        let kind = Cipher::from_code(wrapped[1]).ok_or(UnwrapError::Damaged)?;
        let (head, sealed) = wrapped.split_at(KEY_AT);
        let (sealed, tag) = sealed.split_at(KEY_LEN);
        let mut secret = Zeroizing::new([0; KEY_LEN]);
        secret.copy_from_slice(sealed);
        let tag = <[u8; TAG_LEN]>::try_from(tag).map_err(|_| UnwrapError::Damaged)?;
        let opened = self.cipher(head, kind, owner).open(0, true, &mut *secret, tag);
        opened.map_err(|_| UnwrapError::Damaged)?;
        Ok(DataKey::from_bytes(*secret, kind))
    }

    /// A key of its own for each wrapping, so that no nonce ever meets a key twice.
    fn cipher(&self, head: &[u8], kind: Cipher, owner: &str) -> RecordCipher {
        RecordCipher::new(kind, |key| {
            let (fixed, salt) = head.split_at(SALT_AT);
            expand(&*self.secret, salt, &[b"viva data key", fixed, owner.as_bytes()], key);
        })
    }
}

/// The master key that has wrapped a data key; `None` when it is no wrapped key.
pub(crate) fn wrapper(wrapped: &[u8]) -> Option<MasterKeyId> {
    let fits = wrapped.len() == WRAPPED_LEN && wrapped[0] == VERSION;
    fits.then(|| wrapped[2..].first_chunk().copied()).flatten()
}

fn expand(secret: &[u8], salt: &[u8], info: &[&[u8]], out: &mut [u8]) {
    let derived = Hkdf::<Sha256>::new(Some(salt), secret).expand_multi_info(info, out);
    assert!(derived.is_ok(), "a key is at most 32 bytes long");
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("id", &hex::encode(self.id)).finish_non_exhaustive()
    }
}
