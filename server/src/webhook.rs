//! Webhooks by Standard Webhooks 1.0.0: signed, retried on a published schedule, never to a private address
//! that nobody allowed.

pub mod body;
pub mod deliver;
pub mod sign;
pub mod target;
