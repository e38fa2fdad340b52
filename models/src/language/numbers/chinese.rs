//! Chinese numbers, in digits and in characters.

use viva_core::cue::Comparison;

use super::{Found, Unit, is_calendar_year, is_one};

use Comparison::{AtLeast, AtMost, LessThan, MoreThan};

/// Longest first, so that 个月 is not read as 个.
const UNITS: &[(&str, Unit)] = &[
    ("个百分点", "percent"),
    ("百分点", "percent"),
    ("%", "percent"),
    ("％", "percent"),
    ("个小时", "hours"),
    ("小时", "hours"),
    ("分钟", "minutes"),
    ("个星期", "weeks"),
    ("个礼拜", "weeks"),
    ("星期", "weeks"),
    ("礼拜", "weeks"),
    ("周", "weeks"),
    ("个月", "months"),
    ("年", "years"),
    ("天", "days"),
    ("倍", "times"),
    ("块钱", "currency"),
    ("美元", "currency"),
    ("美金", "currency"),
    ("欧元", "currency"),
    ("元", "currency"),
    ("块", "currency"),
];
const PEOPLE: &[&str] = &[
    "人",
    "同事",
    "员工",
    "工程师",
    "成员",
    "下属",
    "学生",
    "实习生",
    "设计师",
    "开发",
    "销售",
    "老师",
    "护士",
    "志愿者",
];
const CUSTOMERS: &[&str] = &["客户", "用户", "顾客", "客人", "企业客户", "大客户", "新客户", "老客户"];
const CLASSIFIERS: &[char] =
    &['个', '家', '位', '名', '条', '项', '次', '种', '步', '件', '份', '款', '场', '台', '套', '只'];
/// What stands before a number and tells how the true one lies, longest first: 不超过 is not 超过.
const BEFORE: &[(&str, Comparison)] = &[
    ("不超过", AtMost),
    ("不少于", AtLeast),
    ("不低于", AtLeast),
    ("不止", MoreThan),
    ("超过了", MoreThan),
    ("超过", MoreThan),
    ("超出", MoreThan),
    ("突破了", MoreThan),
    ("突破", MoreThan),
    ("多于", MoreThan),
    ("大于", MoreThan),
    ("至少", AtLeast),
    ("起码", AtLeast),
    ("最多", AtMost),
    ("至多", AtMost),
    ("不到", LessThan),
    ("不足", LessThan),
    ("将近", LessThan),
    ("接近", LessThan),
    ("少于", LessThan),
    ("低于", LessThan),
    ("近", LessThan),
];
const AFTER: &[(&str, Comparison)] = &[("以上", AtLeast), ("以下", LessThan), ("以内", AtMost)];
/// What may stand between what is counted and its number: 客户有五十个, 客户达到五十个.
const LINKS: &[&str] = &["有", "达到", "到", "是", "大概", "大约", "约", "共", "一共", "总共", "了"];
/// Numbers said in round: so many at least.
const ROUND: &[(&str, f64)] = &[
    ("几十", 20.0),
    ("数十", 20.0),
    ("上百", 100.0),
    ("几百", 200.0),
    ("数百", 200.0),
    ("上千", 1000.0),
    ("几千", 2000.0),
    ("数千", 2000.0),
    ("上万", 1e4),
    ("几万", 2e4),
    ("数万", 2e4),
];

/// The quantities of a Chinese text.
pub fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match quantity(text, at) {
            Some((next, number)) => {
                found.extend(number);
                at = next.max(at + c.len_utf8());
            }
            None => at += c.len_utf8(),
        }
    }
    found
}

/// A number at `at`: where to go on, and the quantity if it is one.
fn quantity(text: &str, at: usize) -> Option<(usize, Option<Found>)> {
    let rest = &text[at..];
    if let Some(fraction) = rest.strip_prefix("百分之") {
        let (length, value) = numeral(fraction)?;
        let end = at + "百分之".len() + length;
        let comparison = comparison(text, at, end, false);
        return Some((end, Some(Found { range: at..end, value, unit: "percent", comparison })));
    }
    if let Some((length, value, unit)) = multiple(rest) {
        return Some((at + length, Some(Found { range: at..at + length, value, unit, comparison: None })));
    }
    // "十分" and "十足" mean "very".
    if (rest.starts_with("十分") && !rest.starts_with("十分钟")) || rest.starts_with("十足") {
        return Some((at + "十分".len(), None));
    }
    let round =
        ROUND.iter().find(|(name, _)| rest.starts_with(name)).map(|(name, value)| (name.len(), *value));
    let (length, mut value) = round.or_else(|| half(rest)).or_else(|| numeral(rest))?;
    let mut end = at + length;
    let mut about = false;
    let before = text[..at].chars().next_back();
    let ordinal = matches!(before, Some('第' | '周' | '期' | '拜' | '初'));
    // "三十多个", "十几个人": about that many, and at least.
    for word in ["多", "几", "来"] {
        if text[end..].starts_with(word) && value >= 10.0 {
            end += word.len();
            about |= word != "来";
        }
    }
    if text[end..].starts_with(' ') && unit(&text[end + 1..]).1 > 0 {
        end += 1;
    }
    let (mut unit, unit_length, counted) = unit(&text[end..]);
    end += unit_length;
    if let Some(length) =
        ["半月", "半小时"].iter().find(|half| unit.is_empty() && text[end..].starts_with(**half))
    {
        (unit, value) = (if length.ends_with('月') { "months" } else { "hours" }, value + 0.5);
        end += length.len();
    }
    if unit == "tenths" {
        (unit, value) = ("percent", value * 10.0);
        // 两成五
        if let Some((c, ones)) = text[end..].chars().next().and_then(|c| Some((c, digit(c)?))) {
            value += f64::from(ones);
            end += c.len_utf8();
        }
    }
    if unit.is_empty() && counted {
        unit = counted_before(&text[..at]);
    }
    if matches!(unit, "years" | "months") && text[end..].starts_with('半') {
        value += 0.5;
        end += '半'.len_utf8();
    }
    let next = text[end..].chars().next();
    let written = rest.starts_with(|c: char| c.is_ascii_digit());
    let date = (unit == "years" && is_calendar_year(value))
        || (unit.is_empty() && !counted && matches!(next, Some('月' | '号' | '日' | '点')))
        || (unit.is_empty() && !counted && is_calendar_year(value));
    // "一" is mostly no quantity: 一个, 一天 (one day), 一下.
    let article = !written && is_one(value) && !matches!(unit, "years" | "months" | "percent" | "times");
    let loose = unit.is_empty() && !counted && !written && length <= '一'.len_utf8();
    let counts = !(ordinal || date || article || loose);
    let comparison = if round.is_some() { Some(AtLeast) } else { comparison(text, at, end, about) };
    Some((end, counts.then_some(Found { range: at..end, value, unit, comparison })))
}

fn comparison(text: &str, start: usize, end: usize, about: bool) -> Option<Comparison> {
    let before = BEFORE.iter().find(|(word, _)| text[..start].ends_with(word));
    let after = || AFTER.iter().find(|(word, _)| text[end..].starts_with(word));
    // "三十多个": more than that.
    before.or_else(after).map(|(_, comparison)| *comparison).or(about.then_some(MoreThan))
}

/// The unit of a number that comes after what is counted: 成交的客户不到五十个.
fn counted_before(before: &str) -> Unit {
    let mut before = before;
    while let Some(rest) =
        BEFORE.iter().map(|(word, _)| *word).chain(LINKS.iter().copied()).find_map(|w| before.strip_suffix(w))
    {
        before = rest;
    }
    let ends = |names: &[&str]| names.iter().any(|name| before.ends_with(name));
    if ends(CUSTOMERS) {
        "customers"
    } else if ends(PEOPLE) {
        "people"
    } else {
        ""
    }
}

/// Growth that is a word of its own: 翻番, 翻了两番, 翻倍, 一半.
fn multiple(rest: &str) -> Option<(usize, f64, Unit)> {
    if rest.starts_with("一半") {
        return Some(("一半".len(), 50.0, "percent"));
    }
    let after = rest.strip_prefix('翻')?;
    let after = after.strip_prefix('了').unwrap_or(after);
    let (times, after) = match after.chars().next().and_then(|c| Some((digit(c)?, c))) {
        Some((times, c)) => (i32::from(times), &after[c.len_utf8()..]),
        None => (1, after),
    };
    let (value, after) = match after.strip_prefix('番') {
        Some(after) => (2.0_f64.powi(times), after),
        None => (1.0 + f64::from(times), after.strip_prefix('倍')?),
    };
    Some((rest.len() - after.len(), value, "times"))
}

/// "半年", "半个月": the half comes before its unit.
fn half(rest: &str) -> Option<(usize, f64)> {
    let after = rest.strip_prefix('半')?;
    matches!(unit(after).0, "years" | "months").then_some(('半'.len_utf8(), 0.5))
}

/// The unit at the start of `rest`, its length, and whether a classifier shows that something is counted.
fn unit(rest: &str) -> (Unit, usize, bool) {
    if let Some((name, unit)) = UNITS.iter().find(|(name, _)| rest.starts_with(name)) {
        return (unit, name.len(), true);
    }
    if rest.starts_with('成')
        && !["成功", "成员", "成为", "成立", "成本", "成长", "成绩", "成果"]
            .iter()
            .any(|w| rest.starts_with(w))
    {
        return ("tenths", '成'.len_utf8(), true);
    }
    let classifier = rest.chars().next().filter(|c| CLASSIFIERS.contains(c)).map_or(0, char::len_utf8);
    let noun = &rest[classifier..];
    if let Some(name) = CUSTOMERS.iter().find(|name| noun.starts_with(**name)) {
        return ("customers", classifier + name.len(), true);
    }
    if let Some(name) = PEOPLE.iter().find(|name| noun.starts_with(**name)) {
        return ("people", classifier + name.len(), true);
    }
    if rest.starts_with(['位', '名']) {
        return ("people", classifier, true);
    }
    ("", classifier, classifier > 0)
}

/// A numeral in digits ("1,200", "1.5万") or characters ("三十五", "两百", "一千二"), with its length in bytes.
fn numeral(rest: &str) -> Option<(usize, f64)> {
    let written = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(rest.len());
    let (mut length, mut value) = if rest.starts_with(|c: char| c.is_ascii_digit()) {
        let digits = rest[..written].trim_end_matches(['.', ',']);
        (digits.len(), digits.replace(',', "").parse().ok()?)
    } else {
        characters(rest)?
    };
    for (scale, factor) in [('百', 1e2), ('千', 1e3), ('万', 1e4), ('亿', 1e8)] {
        if length == written && rest[length..].starts_with(scale) {
            value *= factor;
            length += scale.len_utf8();
        }
    }
    Some((length, value))
}

fn digit(c: char) -> Option<u8> {
    Some(match c {
        '零' | '〇' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn scale(c: char) -> Option<f64> {
    Some(match c {
        '十' => 1e1,
        '百' => 1e2,
        '千' => 1e3,
        '万' => 1e4,
        '亿' => 1e8,
        _ => return None,
    })
}

fn characters(rest: &str) -> Option<(usize, f64)> {
    let length = rest.find(|c| digit(c).is_none() && scale(c).is_none()).unwrap_or(rest.len());
    let mut numeral = &rest[..length];
    let digits: Vec<_> = numeral.chars().map_while(digit).collect();
    if digits.len() == numeral.chars().count() {
        let value = match digits[..] {
            [] => return None,
            // "三四个", "七八年": three or four. The lower one is what was certainly said.
            [low, high] if high == low + 1 => f64::from(low),
            _ => digits.iter().fold(0.0, |value, digit| value * 10.0 + f64::from(*digit)),
        };
        return Some(with_fraction(rest, length, value));
    }
    if numeral.starts_with(['百', '千', '万', '亿']) {
        return None;
    }
    let (mut total, mut group, mut last) = (0.0, 0.0, 1.0);
    let mut pending: Option<u8> = None;
    while let Some(c) = numeral.chars().next() {
        if let Some(digit) = digit(c) {
            // "二三十": twenty or thirty.
            pending = pending.filter(|low| *low > 0 && digit == low + 1).or(Some(digit));
            last = if digit == 0 { 10.0 } else { last };
        } else if let Some(factor) = scale(c) {
            let section = group + f64::from(pending.take().unwrap_or(0));
            match c {
                '万' => total += section * factor,
                '亿' => total = (total + section) * factor,
                // "十五" leaves out its one.
                _ => group += if section > group { (section - group) * factor } else { factor },
            }
            group = if factor < 1e4 { group } else { 0.0 };
            last = factor;
        }
        numeral = &numeral[c.len_utf8()..];
    }
    // "一千二" is 1200: a last digit without a place takes the next smaller one.
    let tail = pending.map_or(0.0, |digit| f64::from(digit) * (last / 10.0_f64).max(1.0));
    Some(with_fraction(rest, length, total + group + tail))
}

/// Adds "点五" when digits follow the point; without them 点 tells the time of day.
fn with_fraction(rest: &str, length: usize, value: f64) -> (usize, f64) {
    let Some(after) = rest[length..].strip_prefix('点') else { return (length, value) };
    let (mut end, mut place, mut value) = (length + '点'.len_utf8(), 0.1, value);
    let start = end;
    for c in after.chars() {
        let Some(digit) = digit(c) else { break };
        value += f64::from(digit) * place;
        place /= 10.0;
        end += c.len_utf8();
    }
    if end == start { (length, value) } else { (end, value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantities(text: &str) -> Vec<(f64, Unit)> {
        find(text).into_iter().map(|found| ((found.value * 1000.0).round() / 1000.0, found.unit)).collect()
    }

    #[test]
    fn numbers_and_units() {
        for (text, wanted) in [
            ("带过8个人", vec![(8.0, "people")]),
            ("带着一个八个人的团队", vec![(8.0, "people")]),
            ("续约率提高了百分之三十五", vec![(35.0, "percent")]),
            ("提高了百分之三点五", vec![(3.5, "percent")]),
            ("增长三十五%", vec![(35.0, "percent")]),
            ("增长35%", vec![(35.0, "percent")]),
            ("提高了5个百分点", vec![(5.0, "percent")]),
            ("提升了三成", vec![(30.0, "percent")]),
            ("已经六年了", vec![(6.0, "years")]),
            ("做了两年半", vec![(2.5, "years")]),
            ("半年", vec![(0.5, "years")]),
            ("三个半月", vec![(3.5, "months")]),
            ("一年", vec![(1.0, "years")]),
            ("五个国家的两百家客户", vec![(5.0, ""), (200.0, "customers")]),
            ("两百零五家客户", vec![(205.0, "customers")]),
            ("一千二百个用户", vec![(1200.0, "customers")]),
            ("一千二", vec![(1200.0, "")]),
            ("1.5万元", vec![(15_000.0, "currency")]),
            ("三百五十万块钱", vec![(3_500_000.0, "currency")]),
            ("1,200名员工", vec![(1200.0, "people")]),
            ("十几个人", vec![(10.0, "people")]),
            ("三十多个同事", vec![(30.0, "people")]),
            ("七八个人", vec![(7.0, "people")]),
            ("四个星期内", vec![(4.0, "weeks")]),
            ("从两天缩短到四个小时", vec![(2.0, "days"), (4.0, "hours")]),
            ("三倍", vec![(3.0, "times")]),
            ("分三步的计划", vec![(3.0, "")]),
            ("四十个没有解决的问题，只有三个人", vec![(40.0, ""), (3.0, "people")]),
            ("十分钟", vec![(10.0, "minutes")]),
            ("提高了两成五", vec![(25.0, "percent")]),
            ("业绩翻了一番", vec![(2.0, "times")]),
            ("翻倍了", vec![(2.0, "times")]),
            ("成本降了一半", vec![(50.0, "percent")]),
            ("几十个客户", vec![(20.0, "customers")]),
            ("上百家客户", vec![(100.0, "customers")]),
            ("新客户有五十个", vec![(50.0, "customers")]),
            ("成交的客户不到五十个", vec![(50.0, "customers")]),
            ("两百万", vec![(2_000_000.0, "")]),
            ("一亿两千万用户", vec![(120_000_000.0, "customers")]),
        ] {
            assert_eq!(quantities(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity() {
        for text in [
            "2021年",
            "二零二一年",
            "三月份",
            "3月5号",
            "第一步",
            "星期一",
            "一个客户",
            "有一天",
            "一起努力",
            "十分感谢",
            "千万别忘",
            "万一失败",
            "统一安排",
            "我们",
            "八点开会",
            "",
        ] {
            assert_eq!(quantities(text), [], "{text}");
        }
    }

    #[test]
    fn how_the_true_number_lies() {
        for (text, wanted) in [
            ("五十多个客户", Some(MoreThan)),
            ("超过五十个客户", Some(MoreThan)),
            ("不超过五十个客户", Some(AtMost)),
            ("至少八个人", Some(AtLeast)),
            ("百分之二十以上", Some(AtLeast)),
            ("不到五十个客户", Some(LessThan)),
            ("近五十家客户", Some(LessThan)),
            ("上百家客户", Some(AtLeast)),
            ("五十个客户", None),
        ] {
            let found = find(text);
            assert_eq!((found.len(), found[0].comparison), (1, wanted), "{text}");
        }
    }
}
