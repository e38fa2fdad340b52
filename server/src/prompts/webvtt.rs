//! WebVTT (W3C): whether a file holds captions that a browser shows, and till when they last.

const MOST_CUES: usize = 2000;
const MOST_CHARS: usize = 500;

/// The end of the last cue, in milliseconds.
///
/// # Errors
/// What is wrong, with its line.
pub fn check(content: &[u8]) -> Result<u64, String> {
    let text = std::str::from_utf8(content).map_err(|_| "is not written in UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.lines().collect();
    let head = lines.first().copied().unwrap_or_default();
    if head != "WEBVTT" && !head.starts_with("WEBVTT ") && !head.starts_with("WEBVTT\t") {
        return Err("line 1: does not begin with WEBVTT".into());
    }
    let (mut cues, mut end_ms, mut i) = (0, 0, 1);
    while i < lines.len() {
        let Some((from, to)) = lines[i].split_once("-->") else {
            i += 1;
            continue;
        };
        let line = i + 1;
        let span = time(from.trim()).zip(time(to.split_whitespace().next().unwrap_or_default()));
        let (from, to) =
            span.ok_or_else(|| format!("line {line}: write times as in 00:01.000 --> 00:04.000"))?;
        if to <= from {
            return Err(format!("line {line}: ends before it begins"));
        }
        let said: Vec<_> = lines[i + 1..].iter().take_while(|line| !line.trim().is_empty()).collect();
        let chars: usize = said.iter().map(|line| line.chars().count()).sum();
        if chars == 0 || chars > MOST_CHARS {
            return Err(format!("line {line}: has {chars} characters; a caption has 1 to {MOST_CHARS}"));
        }
        cues += 1;
        end_ms = end_ms.max(to);
        i += said.len() + 1;
    }
    match cues {
        0 => Err("has no captions".into()),
        1..=MOST_CUES => Ok(end_ms),
        _ => Err(format!("has {cues} captions; at most {MOST_CUES}")),
    }
}

/// `[hours:]minutes:seconds.milliseconds`.
fn time(text: &str) -> Option<u64> {
    let (whole, thousandths) = text.split_once('.')?;
    let parts: Vec<u64> = whole.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [minutes, seconds] => (0, minutes, seconds),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let good = thousandths.len() == 3 && minutes < 60 && seconds < 60 && hours < 100;
    good.then_some(())?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_read_as_browsers_read_them() {
        let good = "\u{feff}WEBVTT - a call\n\nNOTE the first\n\n1\n00:00.500 --> 00:02.000 align:start\n喂？总算接通了。\n\n01:00:00.000 --> 01:00:01.250\nHello?\nAnybody?\n";
        assert_eq!(check(good.as_bytes()), Ok(3_601_250));
        for (bad, words) in [
            ("1\n00:00.500 --> 00:02.000\nHello", "begin with WEBVTT"),
            ("WEBVTT\n\n", "no captions"),
            ("WEBVTT\n\n00:02.000 --> 00:01.000\nHello", "line 3: ends before"),
            ("WEBVTT\n\n00:02,000 --> 00:03,000\nHello", "line 3: write times"),
            ("WEBVTT\n\n00:02.000 --> 00:03.000\n\n", "line 3: has 0 characters"),
        ] {
            assert!(check(bad.as_bytes()).is_err_and(|message| message.contains(words)), "{bad}");
        }
        assert!(check(b"WEBVTT\n\xff").is_err());
    }
}
