//! What is said to candidates, in their language.

use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};
use viva_core::{interview::Interview, time::Timestamp};

/// Why a candidate is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    Invitation,
    Reminder,
    Receipt,
    Result,
}

impl Occasion {
    /// The occasion that a webhook event is; the invitation is none, since its link is known only when it is made.
    pub fn of_event(kind: &str) -> Option<Self> {
        match kind {
            "interview.expiring" => Some(Self::Reminder),
            "interview.submitted" => Some(Self::Receipt),
            "decision.recorded" => Some(Self::Result),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reminder => "reminder",
            Self::Receipt => "receipt",
            Self::Result => "result",
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub subject: String,
    /// Plain text: nothing is loaded, and nobody sees whether it was read.
    pub body: String,
    /// The same in one or two sentences, for short messages.
    pub short: String,
}

const BEIJING_HOURS: i8 = 8;

impl Words {
    pub fn new(occasion: Occasion, interview: &Interview, link: &str) -> Self {
        let position = &interview.position;
        let chinese = interview.locale == "zh";
        let in_language = |text: &viva_core::position::Text| one_line(text.in_language(&interview.locale));
        let facts = Facts {
            name: interview.candidate.name.as_deref().map(one_line),
            title: in_language(&position.title),
            organisation: position.organisation.as_ref().map(in_language),
            deadline: deadline(interview.expires_at, chinese),
            questions: position.questions.len(),
            reference: interview.id.to_string(),
            link,
        };
        if chinese { facts.chinese(occasion) } else { facts.english(occasion) }
    }
}

struct Facts<'a> {
    name: Option<String>,
    title: String,
    organisation: Option<String>,
    deadline: String,
    questions: usize,
    reference: String,
    link: &'a str,
}

impl Facts<'_> {
    fn english(&self, occasion: Occasion) -> Words {
        let Self { title, deadline, link, questions, reference, .. } = self;
        let who = self.organisation.as_deref().unwrap_or("The hiring team");
        let hello = self.name.as_ref().map_or("Hello,".to_owned(), |name| format!("Hello {name},"));
        let (subject, text, short) = match occasion {
            Occasion::Invitation => (
                format!("Your interview: {title}"),
                format!(
                    "{who} would like to get to know you better and invites you to a recorded interview for the position \
                     \"{title}\": {questions} questions, answered when it suits you.\n\nPlease answer by {deadline}. You need no \
                     account; this link is yours alone, please do not pass it on:\n{link}\n\nYou can pause between questions, \
                     change the conditions, and ask for a conversation with a person at any time. A person looks at every \
                     interview and decides."
                ),
                format!("{who} invites you to a recorded interview ({title}), until {deadline}: {link}"),
            ),
            Occasion::Reminder => (
                format!("Your interview ends soon: {title}"),
                format!(
                    "your interview for \"{title}\" can be answered until {deadline}. What you have recorded so far is \
                     safe; you go on where you were:\n{link}\n\nIf you need more time or would rather talk to a person, say \
                     so under \"Help\" on the page. It is never held against you."
                ),
                format!("Your interview ({title}) can be answered until {deadline}: {link}"),
            ),
            Occasion::Receipt => (
                format!("We have your answers: {title}"),
                format!(
                    "thank you. Your answers for \"{title}\" are here and complete. {who} will look at them and get in \
                     touch with you.\n\nYour reference: {reference}\n\nWhat is stored, how far it is, your data to take along \
                     and their deletion:\n{link}"
                ),
                format!("Thank you. Your answers for {title} are here. Reference: {reference}"),
            ),
            Occasion::Result => (
                format!("News about your interview: {title}"),
                format!(
                    "a person has looked at your interview for \"{title}\" and decided. {who} will get in touch with you. You \
                     can see and download what is stored, and ask for a conversation with a person, here:\n{link}"
                ),
                format!(
                    "A person has decided about your interview ({title}). {who} will get in touch: {link}"
                ),
            ),
        };
        let why = "You get this message because of your application. It was sent automatically.";
        Words { subject, body: format!("{hello}\n\n{text}\n\n--\n{who}\n{why}\n"), short }
    }

    fn chinese(&self, occasion: Occasion) -> Words {
        let Self { title, deadline, link, questions, reference, .. } = self;
        let who = self.organisation.as_deref().unwrap_or("招聘团队");
        let hello = self.name.as_ref().map_or("您好：".to_owned(), |name| format!("{name}，您好："));
        let (subject, text, short) = match occasion {
            Occasion::Invitation => (
                format!("视频面试邀请：{title}"),
                format!(
                    "{who}希望进一步了解您，邀请您参加“{title}”的视频面试，共 {questions} 道题，时间由您安排。\n\n\
                     请在{deadline}之前完成。无需注册；以下链接仅供您本人使用，请勿转发：\n{link}\n\n\
                     题目之间可以暂停，作答条件可以调整，也可以随时申请与人面谈。每一场面试都由人查看并作出决定。"
                ),
                format!("{who}邀请您参加“{title}”视频面试，请在{deadline}之前完成：{link}"),
            ),
            Occasion::Reminder => (
                format!("面试即将截止：{title}"),
                format!(
                    "“{title}”的视频面试将于{deadline}截止。已录制的内容都已保存，您可以从上次的位置继续：\n{link}\n\n\
                     如果需要更多时间，或者希望与人面谈，请在页面的“帮助”中提出，绝不会对您不利。"
                ),
                format!("“{title}”视频面试将于{deadline}截止：{link}"),
            ),
            Occasion::Receipt => (
                format!("已收到您的回答：{title}"),
                format!(
                    "谢谢您。“{title}”的全部回答已完整收到，{who}查看后会与您联系。\n\n编号：{reference}\n\n\
                     查看保存的内容和进度、下载或删除您的数据：\n{link}"
                ),
                format!("谢谢您，“{title}”的回答已完整收到。编号：{reference}"),
            ),
            Occasion::Result => (
                format!("面试进展：{title}"),
                format!(
                    "“{title}”的视频面试已由人查看并作出决定，{who}会与您联系。您可以在这里查看和下载保存的内容，\
                     或申请与人面谈：\n{link}"
                ),
                format!("“{title}”视频面试已由人作出决定，{who}会与您联系：{link}"),
            ),
        };
        let why = "您收到此邮件，是因为您提交了求职申请。本邮件由系统自动发送。";
        Words { subject, body: format!("{hello}\n\n{text}\n\n--\n{who}\n{why}\n"), short }
    }
}

/// Names come from others: none may begin a new line, or a new header.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Where the candidate is, nobody knows: the zone is said.
fn deadline(at: Timestamp, chinese: bool) -> String {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.0) else { return String::new() };
    if chinese {
        let beijing = at.to_zoned(TimeZone::fixed(Offset::constant(BEIJING_HOURS)));
        beijing.strftime("北京时间 %Y-%m-%d %H:%M").to_string()
    } else {
        at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;
    use viva_core::interview::{Candidate, Invitation};

    use super::*;

    const ALL: [Occasion; 4] =
        [Occasion::Invitation, Occasion::Reminder, Occasion::Receipt, Occasion::Result];

    fn interview(locale: &str) -> Interview {
        let position = json!({
            "id": "p", "title": { "en": "Nurse", "zh": "护士" }, "languages": ["en", "zh"],
            "organisation": "Lantern\r\nBcc: all@example.org", "dimensions": [],
            "questions": [{ "id": "q", "text": "Q?" }]
        });
        let invitation = Invitation {
            id: viva_core::id::InterviewId(Uuid::from_u128(1)),
            position_id: Uuid::from_u128(2).into(),
            position: serde_json::from_value(position).unwrap(),
            external_id: None,
            candidate: Candidate { name: Some("Ana\nLi".into()), ..Candidate::default() },
            locale: Some(locale.into()),
            channel: None,
            expires_at: Some(Timestamp(1_795_000_000_000)),
        };
        Interview::invite(invitation, Timestamp(0))
    }

    #[test]
    fn every_occasion_is_said_in_both_languages_with_what_matters() {
        for occasion in ALL {
            for (locale, title, name) in [("en", "Nurse", "Hello Ana Li,"), ("zh", "护士", "Ana Li，您好：")]
            {
                let words = Words::new(occasion, &interview(locale), "https://example.org/i/t");
                assert!(words.subject.contains(title) && !words.subject.contains('\n'), "{words:?}");
                assert!(words.body.starts_with(name) && words.body.contains("https://example.org/i/t"));
                assert!(words.body.contains("\nLantern Bcc: all@example.org\n"), "{}", words.body);
                let dated = matches!(occasion, Occasion::Invitation | Occasion::Reminder);
                assert_eq!(words.short.contains("2026-11-1"), dated, "{}", words.short);
            }
        }
    }

    #[test]
    fn a_deadline_names_its_zone() {
        assert_eq!(deadline(Timestamp(1_795_000_000_000), false), "2026-11-18 11:06 UTC");
        assert_eq!(deadline(Timestamp(1_795_000_000_000), true), "北京时间 2026-11-18 19:06");
    }
}
