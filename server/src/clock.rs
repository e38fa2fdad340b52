//! The one place where the server asks what time it is and draws ids.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;
use viva_core::time::Timestamp;

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Any of the id newtypes, fresh.
pub fn id<T: From<Uuid>>() -> T {
    Uuid::now_v7().into()
}
