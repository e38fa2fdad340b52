//! Offers and answers as text. Pure functions; hostile input is the normal case.
//!
//! The media engine never sees an offer as it came: [`Offer::parse`] takes out the few values that matter,
//! checks each, and [`Offer::reduced`] writes a new offer from them. Candidates, data channels, simulcast,
//! RTX, FEC and unknown attributes do not get that far. [`answer()`] completes what the engine replies.

mod answer;
mod offer;

pub(super) use answer::{AnswerOptions, CandidateAddress, answer};
pub use offer::OfferError;
pub(super) use offer::{MediaOffer, Offer, TRANSPORT_CC_URI};
