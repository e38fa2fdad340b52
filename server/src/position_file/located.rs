//! YAML as a tree in which every value knows its line.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use serde_saphyr::Spanned;

/// A value and the line where it begins, from 1.
pub struct Located {
    line: u64,
    node: Node,
}

enum Node {
    /// Key, the key's line, value.
    Map(Vec<(String, u64, Located)>),
    List(Vec<Located>),
    Scalar(Value),
}

impl Located {
    /// The items of the list under `key`; none where there is no such list.
    pub fn items(&self, key: &str) -> impl Iterator<Item = &Located> {
        let list = match &self.node {
            Node::Map(entries) => {
                entries.iter().find(|(name, ..)| name == key).map(|(.., value)| &value.node)
            }
            _ => None,
        };
        match list {
            Some(Node::List(items)) => items.as_slice(),
            _ => &[],
        }
        .iter()
    }

    pub fn value(&self) -> Value {
        match &self.node {
            Node::Map(entries) => {
                entries.iter().map(|(key, _, value)| (key.clone(), value.value())).collect()
            }
            Node::List(items) => items.iter().map(Self::value).collect(),
            Node::Scalar(value) => value.clone(),
        }
    }

    /// The line of a field as in `questions[1].takes`, or of the nearest thing around it that is there.
    pub fn line_of(&self, path: &str) -> u64 {
        let (mut here, mut line) = (self, self.line);
        for step in steps(path) {
            let Some(found) = here.child(step) else { break };
            (line, here) = found;
        }
        line
    }

    /// The value of a field, as words; none where it is absent or no single value.
    pub fn scalar_at(&self, path: &str) -> Option<String> {
        let mut here = self;
        for step in steps(path) {
            here = here.child(step)?.1;
        }
        match &here.node {
            Node::Scalar(Value::String(text)) => Some(text.clone()),
            Node::Scalar(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// What stands under a key or a number, with its line.
    fn child(&self, step: &str) -> Option<(u64, &Self)> {
        match &self.node {
            Node::Map(entries) => {
                entries.iter().find(|(key, ..)| key == step).map(|(_, line, value)| (*line, value))
            }
            Node::List(items) => items.get(step.parse::<usize>().ok()?).map(|item| (item.line, item)),
            Node::Scalar(_) => None,
        }
    }

    /// The path of what stands in `line`: of several the one that `message` names, or else the deepest.
    pub fn path_at(&self, line: u64, message: &str) -> String {
        let mut found = Vec::new();
        self.paths("", &mut |path, here, value| {
            if here == line {
                found.push((path.to_owned(), value.is_some_and(|value| names(message, value))));
            }
        });
        let key = |path: &String| path.rsplit(['.', '[']).next().unwrap_or_default().to_owned();
        let named =
            found.iter().rfind(|(path, value)| *value || message.contains(&format!("`{}`", key(path))));
        named.or(found.last()).map(|(path, _)| path.clone()).unwrap_or_default()
    }

    /// The line and the key of the field that a message without a place speaks of: it names the key or the value.
    /// The line of the whole, and no key, where it speaks of none of them.
    pub fn blamed(&self, message: &str) -> (u64, String) {
        let Node::Map(entries) = &self.node else { return (self.line, String::new()) };
        let first = entries.iter().map(|(_, line, _)| *line).next().unwrap_or(self.line);
        let by_key = entries.iter().find(|(key, ..)| {
            message.starts_with(&format!("{key}: ")) || message.contains(&format!("field `{key}`"))
        });
        // From the end: what comes first is mostly a name, which may be the same word.
        let by_value = || {
            entries.iter().rfind(|(.., value)| {
                let mut named = false;
                value.paths("", &mut |_, _, value| {
                    named |= value.is_some_and(|value| names(message, value));
                });
                named
            })
        };
        match by_key.filter(|_| !message.starts_with("missing")).or_else(by_value) {
            Some((key, line, _)) => (*line, key.clone()),
            None => (first, String::new()),
        }
    }

    /// Every place under this one, with its line, and its value where it is a scalar.
    fn paths(&self, path: &str, visit: &mut impl FnMut(&str, u64, Option<&Value>)) {
        match &self.node {
            Node::Map(entries) => {
                for (key, line, value) in entries {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    visit(&path, *line, None);
                    value.paths(&path, visit);
                }
            }
            Node::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    item.paths(&format!("{path}[{i}]"), visit);
                }
            }
            Node::Scalar(value) => visit(path, self.line, Some(value)),
        }
    }
}

/// The keys and numbers of `questions[1].takes`.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty())
}

/// Whether a parser's message quotes a value: `invalid type: string "soon"`, "unknown variant `astrology`".
fn names(message: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => {
            message.contains(&format!("\"{text}\"")) || message.contains(&format!("variant `{text}`"))
        }
        Value::Number(number) => message.contains(&format!("`{number}`")),
        Value::Bool(flag) => message.contains(&format!("boolean `{flag}`")),
        _ => false,
    }
}

impl<'de> Deserialize<'de> for Located {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Node>::deserialize(deserializer)?;
        Ok(Self { line: spanned.referenced.line(), node: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Located>()? {
            entries.push((key.value, key.referenced.line(), value));
        }
        Ok(Node::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }
}
