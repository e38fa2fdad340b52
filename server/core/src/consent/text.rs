//! The words that a candidate agrees to. Whoever changes one changes [`TEXT_VERSION`] with it.

use super::Purpose;
use crate::{position::Position, retention::DataClass};

/// Names the wording, in every language.
pub const TEXT_VERSION: &str = "2026-11";

/// Said where a rubric asks a language model.
const READ_BY_MODEL_EN: &str = " A language model on the employer's own machines reads your words for some of these criteria. It \
     must quote what you said, and a person checks it.";
const READ_BY_MODEL_ZH: &str =
    "其中部分标准由用人单位自己机器上的语言模型阅读您的话来对照：它必须引用您的原话，并由人核对。";

/// Said where observations are noted.
const OBSERVED_EN: &str = " It also notes for people when nobody or a second person is in the picture, a second voice is heard, \
     this page is left for some seconds, or code is pasted. That never counts towards a score, and you can comment on it.";
const OBSERVED_ZH: &str = "它还会为人工查看而记下：画面里没有人或出现第二个人、出现第二个人的声音、离开本页面数秒、粘贴代码。\
     这些从不计分，您可以作出说明。";

/// What a candidate is asked for one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub title: String,
    /// What happens after a yes.
    pub does: String,
    /// What does not happen all the same.
    pub does_not: String,
}

/// The terms of `purpose` in `language` (ISO 639-1; English where there is no translation).
pub fn terms(purpose: Purpose, position: &Position, language: &str) -> Terms {
    let organisation = position.organisation.as_ref().map(|name| name.in_language(language));
    let days = position.days_kept(DataClass::Recordings);
    let (title, does, does_not) = if language == "zh" {
        chinese(purpose, organisation.unwrap_or("用人单位"), days)
    } else {
        english(purpose, organisation.unwrap_or("the employer"), days)
    };
    let by_model = match (purpose, position.asks_language_model(), language) {
        (Purpose::Analysis, true, "zh") => READ_BY_MODEL_ZH,
        (Purpose::Analysis, true, _) => READ_BY_MODEL_EN,
        _ => "",
    };
    let observed = match (purpose, position.observations, language) {
        (Purpose::Analysis, true, "zh") => OBSERVED_ZH,
        (Purpose::Analysis, true, _) => OBSERVED_EN,
        _ => "",
    };
    Terms { title: title.into(), does: does + by_model + observed, does_not: does_not.into() }
}

/// The whole text as it is kept, hashed and handed to the candidate.
pub fn document(position: &Position, language: &str) -> String {
    let (heading, not) = match language {
        "zh" => ("您同意的事项", "不会做什么"),
        _ => ("What you agree to", "What does not happen"),
    };
    let title = position.title.in_language(language);
    let mut text = format!("{heading} · {title} · {TEXT_VERSION}\n");
    for purpose in Purpose::asked_by(position) {
        let Terms { title, does, does_not } = terms(purpose, position, language);
        text.push_str(&format!("\n{title}\n{does}\n{not}: {does_not}\n"));
    }
    text
}

fn english(purpose: Purpose, organisation: &str, days: u32) -> (&'static str, String, &'static str) {
    match purpose {
        Purpose::Recording => (
            "Record my answers and show them to the hiring team",
            format!(
                "Your picture and voice are recorded while you answer, stored encrypted, shown only to the hiring team of \
                 {organisation}, and deleted after {days} days."
            ),
            "Nothing is recorded while you think, and nothing outside of your answers is kept.",
        ),
        Purpose::Analysis => (
            "Let software write down and measure what I say",
            "Software on the employer's own server writes down your words, measures speaking rate, pauses and loudness, and \
             compares what you said with criteria set for this job. A person sees the result with the quotes it rests on, and \
             decides."
                .into(),
            "It does not guess your feelings, character or origin, and does not compare your voice with anybody's.",
        ),
        Purpose::FaceCues => (
            "Let software note smiles and looking at the camera",
            "Software marks when you smile, blink, turn your head or face the camera. This is an observation, not a judgement \
             of you."
                .into(),
            "Your face is not recognised or compared, and no measurements of your face are stored.",
        ),
        Purpose::Expression => (
            "Let software sort facial expressions into classes",
            "Software sorts your visible expression into seven usual classes over time, such as neutral or happy. Such classes \
             say little about how a person feels."
                .into(),
            "It is shown to a person as an observation and is not identification.",
        ),
    }
}

fn chinese(purpose: Purpose, organisation: &str, days: u32) -> (&'static str, String, &'static str) {
    match purpose {
        Purpose::Recording => (
            "录制我的回答，并提供给招聘团队观看",
            format!("回答时会录制您的画面和声音，加密保存，仅供{organisation}的招聘团队观看，{days} 天后删除。"),
            "思考期间不录制；回答之外的内容不会保存。",
        ),
        Purpose::Analysis => (
            "由软件转写并度量我说的内容",
            "软件在用人单位自己的服务器上把您的话转成文字，度量语速、停顿和音量，并与本岗位设定的标准对照。结果连同所依据的原话交给人查看，由人决定。".into(),
            "不推测您的情绪、性格或出身，也不与任何人比对声纹。",
        ),
        Purpose::FaceCues => (
            "由软件记录微笑和看向镜头的时刻",
            "软件会标出您微笑、眨眼、转头或面向镜头的时刻。这只是观察，不是对您的评判。".into(),
            "不做人脸识别或比对，不保存任何面部测量数据。",
        ),
        Purpose::Expression => (
            "由软件对面部表情分类",
            "软件会按时间把可见表情归入七种常见类别，例如平静、高兴。这类结果很难说明一个人的真实感受。".into(),
            "仅作为观察结果供人参考，不用于识别身份。",
        ),
    }
}
