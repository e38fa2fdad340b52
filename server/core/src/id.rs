//! Identifiers: one newtype per thing, so that a take's id cannot be passed where an interview's is wanted.
//!
//! All are UUIDv7 (RFC 9562), made at the edge of the server; this crate only carries them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", self.0) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> { text.parse().map(Self) }
        }
        impl From<Uuid> for $name {
            fn from(value: Uuid) -> Self { Self(value) }
        }
    )*};
}

ids! {
    /// A position: a job being hired for.
    PositionId,
    /// One candidate's run through a position.
    InterviewId,
    /// One attempt at a video question.
    TakeId,
    /// A webhook endpoint of the customer.
    EndpointId,
    /// One event; also the `webhook-id` of Standard Webhooks.
    EventId,
    /// One event on its way to one endpoint.
    DeliveryId,
    /// A unit of background work.
    JobId,
}
