//! What a datagram is, judged by its first bytes (RFC 7983), before anything is spent on it.

/// Largest datagram taken. Every WebRTC sender stays below an Ethernet MTU.
pub(super) const MAX_DATAGRAM: usize = 1_500;

const STUN_HEADER: usize = 20;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const USERNAME: u16 = 0x0006;
const ICE_CONTROLLED: u16 = 0x8029;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Datagram<'a> {
    /// An ICE connectivity check, not authenticated yet, for the peer whose local ufrag it names.
    Check { local_ufrag: &'a str },
    /// The answer to a check of ours. webrtc 0.21 verifies a nominated pair by one, also as a lite agent.
    CheckAnswer,
    /// A DTLS record.
    Dtls,
    /// SRTP or SRTCP.
    Media,
}

impl<'a> Datagram<'a> {
    /// `None` for everything an ICE-lite receiver has no use for: other STUN, TURN channels, truncated or
    /// oversized datagrams, noise.
    pub fn classify(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > MAX_DATAGRAM {
            return None;
        }
        match *bytes.first()? {
            0..=3 => Self::classify_stun(bytes),
            20..=63 => Some(Self::Dtls),
            128..=191 if bytes.len() >= 12 => Some(Self::Media),
            _ => None,
        }
    }

    fn classify_stun(bytes: &'a [u8]) -> Option<Self> {
        let (header, attributes) = bytes.split_at_checked(STUN_HEADER)?;
        let length = u16::from_be_bytes([header[2], header[3]]);
        if header[4..8] != MAGIC_COOKIE || attributes.len() != usize::from(length) {
            return None;
        }
        match u16::from_be_bytes([header[0], header[1]]) {
            BINDING_REQUEST => local_ufrag(attributes).map(|local_ufrag| Self::Check { local_ufrag }),
            BINDING_SUCCESS => Some(Self::CheckAnswer),
            _ => None,
        }
    }
}

/// The local half of USERNAME (`local:remote`, RFC 8445 §7.2.2) among the attributes of a binding request.
///
/// Requests that claim the controlled role are refused: the peer of a lite agent is controlling (RFC 8445
/// §6.1.1), and webrtc 0.21 would answer a role conflict, and switch roles, before it checks the integrity.
fn local_ufrag(attributes: &[u8]) -> Option<&str> {
    let mut ufrag = None;
    let mut rest = attributes;
    while let [t0, t1, l0, l1, tail @ ..] = rest {
        let kind = u16::from_be_bytes([*t0, *t1]);
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let value = tail.get(..length)?;
        match kind {
            ICE_CONTROLLED => return None,
            USERNAME if ufrag.is_none() => {
                let (local, _remote) = std::str::from_utf8(value).ok()?.split_once(':')?;
                ufrag = Some(local);
            }
            _ => {}
        }
        rest = tail.get(length.next_multiple_of(4)..)?;
    }
    ufrag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stun(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend(kind.to_be_bytes());
            body.extend((value.len() as u16).to_be_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend((body.len() as u16).to_be_bytes());
        bytes.extend(MAGIC_COOKIE);
        bytes.extend([7; 12]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn finds_the_local_ufrag_of_a_check() {
        let check = stun(1, &[(0x8022, b"agent"), (USERNAME, b"local123:remote"), (0x0024, &[0; 4])]);
        assert_eq!(Datagram::classify(&check), Some(Datagram::Check { local_ufrag: "local123" }));
    }

    #[test]
    fn drops_what_a_lite_agent_has_no_use_for() {
        let good = stun(1, &[(USERNAME, b"a:b")]);
        let cases: Vec<(&str, Vec<u8>)> = vec![
            ("empty", vec![]),
            ("error response", stun(0x0111, &[(USERNAME, b"a:b")])),
            ("indication", stun(0x0011, &[(USERNAME, b"a:b")])),
            ("controlled role", stun(1, &[(USERNAME, b"a:b"), (ICE_CONTROLLED, &[0; 8])])),
            ("no username", stun(1, &[(0x0024, &[0; 4])])),
            ("no colon", stun(1, &[(USERNAME, b"abcd")])),
            ("not UTF-8", stun(1, &[(USERNAME, &[0xff, b':', b'x'])])),
            ("truncated", good[..good.len() - 1].to_vec()),
            ("trailing byte", [good.as_slice(), &[0]].concat()),
            ("short media", vec![0x80; 11]),
            ("TURN channel", vec![0x40; 40]),
            ("HTTP", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
            ("oversized", vec![0x80; MAX_DATAGRAM + 1]),
        ];
        for (what, bytes) in cases {
            assert_eq!(Datagram::classify(&bytes), None, "{what}");
        }
    }

    #[test]
    fn tells_the_others_apart() {
        assert_eq!(Datagram::classify(&stun(0x0101, &[])), Some(Datagram::CheckAnswer));
        assert_eq!(Datagram::classify(&[22; 40]), Some(Datagram::Dtls));
        assert_eq!(Datagram::classify(&[0x80; 40]), Some(Datagram::Media));
    }

    #[test]
    fn an_attribute_that_runs_past_the_end_is_refused() {
        let mut bytes = stun(1, &[(USERNAME, b"a:b")]);
        bytes[STUN_HEADER + 3] = 200;
        assert_eq!(Datagram::classify(&bytes), None);
    }
}
