//! One key's records: AES-256-GCM (NIST SP 800-38D) or SM4-GCM (GB/T 32907, RFC 8998).

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, AesGcm};
use sm4::Sm4;
use zeroize::Zeroizing;

use super::{BrokenSeal, KEY_LEN};

/// Size of the tag behind each record, in bytes.
pub(super) const TAG_LEN: usize = 16;
const NONCE_LEN: usize = 12;

/// Which cipher seals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cipher {
    /// AES-256-GCM.
    #[default]
    Aes256Gcm,
    /// SM4-GCM, with keys of 128 bits: where Chinese commercial cryptography is required.
    Sm4Gcm,
}

impl Cipher {
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
            Self::Sm4Gcm => 2,
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Aes256Gcm),
            2 => Some(Self::Sm4Gcm),
            _ => None,
        }
    }

    fn key_len(self) -> usize {
        match self {
            Self::Aes256Gcm => 32,
            Self::Sm4Gcm => 16,
        }
    }
}

type Sm4Gcm = AesGcm<Sm4, U12>;

/// Seals and opens records under one key. A number is never used twice for sealing.
pub(super) enum RecordCipher {
    Aes256Gcm(Box<Aes256Gcm>),
    Sm4Gcm(Box<Sm4Gcm>),
}

impl RecordCipher {
    /// `derive` fills in the key.
    pub(super) fn new(cipher: Cipher, derive: impl FnOnce(&mut [u8])) -> Self {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        let key = &mut key[..cipher.key_len()];
        derive(key);
        match cipher {
            Cipher::Aes256Gcm => Self::Aes256Gcm(Box::new(sized(Aes256Gcm::new_from_slice(key)))),
            Cipher::Sm4Gcm => Self::Sm4Gcm(Box::new(sized(Sm4Gcm::new_from_slice(key)))),
        }
    }

    /// Encrypts `record` in place and returns its tag.
    pub(super) fn seal(&self, number: u64, is_last: bool, record: &mut [u8]) -> [u8; TAG_LEN] {
        let nonce = nonce(number, is_last);
        let sealed = match self {
            Self::Aes256Gcm(cipher) => cipher.encrypt_inout_detached(&nonce.into(), &[], record.into()),
            Self::Sm4Gcm(cipher) => cipher.encrypt_inout_detached(&nonce.into(), &[], record.into()),
        };
        let Ok(tag) = sealed else { unreachable!("GCM takes up to 64 GiB, a record is far below") };
        tag.into()
    }

    /// Decrypts `record` in place.
    pub(super) fn open(
        &self,
        number: u64,
        is_last: bool,
        record: &mut [u8],
        tag: [u8; TAG_LEN],
    ) -> Result<(), BrokenSeal> {
        let (nonce, tag) = (nonce(number, is_last).into(), tag.into());
        let opened = match self {
            Self::Aes256Gcm(cipher) => cipher.decrypt_inout_detached(&nonce, &[], record.into(), &tag),
            Self::Sm4Gcm(cipher) => cipher.decrypt_inout_detached(&nonce, &[], record.into(), &tag),
        };
        opened.map_err(|_| BrokenSeal)
    }
}

fn sized<T, E>(keyed: Result<T, E>) -> T {
    let Ok(cipher) = keyed else { unreachable!("the key has the cipher's length") };
    cipher
}

fn nonce(number: u64, is_last: bool) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(is_last);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8998, appendix A.1.
    #[test]
    fn sm4_gcm_is_the_standard_one() {
        let key = hex::decode("0123456789ABCDEFFEDCBA9876543210").unwrap();
        let nonce: [u8; 12] = hex::decode("00001234567800000000ABCD").unwrap().try_into().unwrap();
        let associated = hex::decode("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2").unwrap();
        let mut text = hex::decode(concat!(
            "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD",
            "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
        ))
        .unwrap();
        let cipher = Sm4Gcm::new_from_slice(&key).unwrap();
        let tag =
            cipher.encrypt_inout_detached(&nonce.into(), &associated, text.as_mut_slice().into()).unwrap();
        assert_eq!(
            hex::encode_upper(&text),
            concat!(
                "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735",
                "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
            )
        );
        assert_eq!(hex::encode_upper(tag), "83DE3541E4C2B58177E065A9BF7B62EC");
    }

    #[test]
    fn a_record_opens_in_its_place_only() {
        for kind in [Cipher::Aes256Gcm, Cipher::Sm4Gcm] {
            let cipher = RecordCipher::new(kind, |key| key.fill(7));
            let mut record = *b"what was said";
            let tag = cipher.seal(5, false, &mut record);
            for (number, is_last) in [(4, false), (6, false), (5, true), (5 << 32, false)] {
                assert_eq!(cipher.open(number, is_last, &mut record.clone(), tag), Err(BrokenSeal));
            }
            cipher.open(5, false, &mut record, tag).unwrap();
            assert_eq!(&record, b"what was said");
        }
    }
}
