//! What software may do with the answers of one interview, now.

use super::{FaceTier, NoticeRule};
use crate::{
    consent::{Purpose, allowed_face_tier},
    interview::Interview,
    position::Notice,
    report::AiMode,
    time::Timestamp,
};

/// Why software keeps its hands off an interview, in words for the report.
pub type Withheld = String;

/// The highest face tier, where software may look at the answers at all.
///
/// # Errors
/// The reason, where no model may run: no consent, the candidate's choice, or a notice that has not been up for
/// long enough.
pub fn analysis_permitted(interview: &Interview, now: Timestamp) -> Result<FaceTier, Withheld> {
    if interview.ai_mode == AiMode::HumanOnly {
        return Err("the candidate chose review by people alone".into());
    }
    let agreed = interview.consents.iter().any(|c| c.purpose == Purpose::Analysis && c.granted);
    if !agreed {
        return Err("the candidate did not agree to analysis by software".into());
    }
    if let Some(rule) = interview.position.profile.rules().notice {
        notice_was_up(rule, interview.position.notice.as_ref(), now)?;
    }
    Ok(allowed_face_tier(&interview.position, &interview.consents))
}

fn notice_was_up(rule: NoticeRule, notice: Option<&Notice>, now: Timestamp) -> Result<(), Withheld> {
    let Some((posted, audited)) = notice.and_then(Notice::dates) else {
        return Err("the position has no notice and no bias audit, which its profile asks for".into());
    };
    let Some(today) = jiff::Timestamp::from_millisecond(now.0).ok().map(|now| {
        let utc = now.to_zoned(jiff::tz::TimeZone::UTC);
        utc.date()
    }) else {
        return Err("the server's clock is not set".into());
    };
    let unlocked = business_days_after(posted, rule.business_days);
    if today <= unlocked {
        return Err(format!(
            "the notice was posted on {posted}; software may score after {} business days, that is after {unlocked}",
            rule.business_days
        ));
    }
    if (today - audited).get_days() > i32::try_from(rule.audit_days).unwrap_or(i32::MAX) {
        return Err(format!("the bias audit of {audited} is more than {} days old", rule.audit_days));
    }
    Ok(())
}

/// The last of `count` days from Monday to Friday that come after `start`.
fn business_days_after(start: jiff::civil::Date, count: u32) -> jiff::civil::Date {
    let mut day = start;
    let mut left = count;
    while left > 0 {
        let Ok(next) = day.tomorrow() else { return day };
        day = next;
        if !matches!(day.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday) {
            left -= 1;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn ten_business_days_take_two_weeks() {
        let rule = NoticeRule { business_days: 10, audit_days: 365 };
        // A Friday.
        let notice = |audit: &str| Notice {
            posted_on: "2026-11-06".into(),
            bias_audit_on: Some(audit.into()),
            bias_audit_url: None,
        };
        let good = notice("2026-05-01");
        let refused = notice_was_up(rule, Some(&good), at("2026-11-20T23:59:59Z")).unwrap_err();
        assert!(refused.contains("after 2026-11-20"), "{refused}");
        assert_eq!(notice_was_up(rule, Some(&good), at("2026-11-21T00:00:00Z")), Ok(()));
        let old = notice_was_up(rule, Some(&notice("2025-11-01")), at("2026-11-21T00:00:00Z")).unwrap_err();
        assert!(old.contains("bias audit of 2025-11-01"), "{old}");
        assert!(notice_was_up(rule, None, at("2026-11-21T00:00:00Z")).is_err());
    }
}
