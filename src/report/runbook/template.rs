//! Runbooks from their templates: strict, of limited work, with nothing to reach outside.
//!
//! Every text that a template puts out is made harmless on the way, unless a filter has done so
//! already. Templates choose, repeat and place what is there; they compute nothing, so that no template
//! can grow a text beyond what the limits on instructions and bytes see.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use super::escape;

/// Instructions of one document: a plan of as many steps as the language allows takes a hundredth.
const MOST_INSTRUCTIONS: u64 = 5_000_000;

/// Bytes of one document: thousands of pages.
const MOST_BYTES: usize = 8 << 20;

/// Bytes of one template.
pub const TEMPLATE_BYTES: usize = 256 << 10;

/// Templates of a folder.
pub const TEMPLATES: usize = 64;

/// How deep templates may include one another; a level counts ten times in the engine.
const RECURSION: usize = 100;

/// The templates of the program. `plan.md` makes a runbook, `index.md` their list.
const OWN: [(&str, &str); 3] = [
    ("index.md", include_str!("../../../templates/runbook/index.md")),
    ("plan.md", include_str!("../../../templates/runbook/plan.md")),
    ("steps.md", include_str!("../../../templates/runbook/steps.md")),
];

/// The statements that a template may use.
const STATEMENTS: [&str; 9] = ["if", "elif", "else", "endif", "for", "endfor", "include", "break", "continue"];

/// Why there are no runbooks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateError {
    /// A template uses what templates cannot use.
    Forbidden {
        /// The template.
        name: String,
        /// Line, from 1.
        line: usize,
        /// What it uses.
        what: String,
    },
    /// A template cannot be read or carried out.
    Failed {
        /// The template.
        name: String,
        /// Why.
        why: String,
    },
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden { name, line, what } => {
                write!(f, "template {name}, line {line}: {what} is not for templates, which choose, repeat and place")
            }
            Self::Failed { name, why } => write!(f, "template {name}: {why}"),
        }
    }
}

impl std::error::Error for TemplateError {}

/// Templates, ready for use.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// The program's templates, of which those of the same name are replaced; further ones can be
    /// included by name.
    ///
    /// # Errors
    /// The first template that is too long, uses what templates cannot, or cannot be read.
    pub fn new(replaced: BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let mut environment = Environment::empty();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
        let syntax =
            syntax.map_err(|error| TemplateError::Failed { name: "any".to_owned(), why: error.to_string() })?;
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(MOST_INSTRUCTIONS));
        environment.set_recursion_limit(RECURSION);
        environment.set_syntax(syntax);
        environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
        environment.set_formatter(|out, _, value| Ok(out.write_str(&harmless(value)?)?));
        environment.add_filter("code", |value: &Value| Ok::<_, Error>(made(value, escape::code)));
        environment
            .add_filter("command", |value: &Value| Ok::<_, Error>(made(value, |text| escape::fence(text, "sh"))));
        environment
            .add_filter("drawing", |value: &Value| Ok::<_, Error>(made(value, |text| escape::fence(text, "text"))));
        environment.add_filter("table", table);
        environment.add_filter("file", file);
        let own = OWN.iter().filter(|(name, _)| !replaced.contains_key(*name));
        let own = own.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        for (name, text) in own.chain(replaced.clone()) {
            let failed = |why: String| TemplateError::Failed { name: name.clone(), why };
            if text.len() > TEMPLATE_BYTES {
                return Err(failed(format!("it is longer than {} KiB", TEMPLATE_BYTES >> 10)));
            }
            if let Some((line, what)) = forbidden(&text) {
                return Err(TemplateError::Forbidden { name, line, what });
            }
            environment.add_template_owned(name.clone(), text).map_err(|error| failed(error.to_string()))?;
        }
        Ok(Self { environment })
    }

    /// What a template makes of a value.
    ///
    /// # Errors
    /// Why it cannot be carried out: something that is not there, too much work, too long.
    pub fn render(&self, name: &str, view: &impl Serialize) -> Result<String, TemplateError> {
        let mut text = Limited(Vec::new());
        let template = self.environment.get_template(name);
        let done = template.and_then(|t| t.render_captured_to(Value::from(Serde(view)), &mut text).map(drop));
        let failed = |why: String| TemplateError::Failed { name: name.to_owned(), why };
        done.map_err(|error| match error.kind() {
            ErrorKind::OutOfFuel => failed("it takes too much work: does a loop feed itself?".to_owned()),
            ErrorKind::WriteFailure => failed(format!("its text is longer than {} MiB", MOST_BYTES >> 20)),
            _ => failed(error.to_string()),
        })?;
        String::from_utf8(text.0).map_err(|error| failed(error.to_string()))
    }
}

/// Text up to the limit.
struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value as text that starts no markup: what is missing becomes a mark.
fn harmless(value: &Value) -> Result<String, Error> {
    if let (Some(text), true) = (value.as_str(), value.is_safe()) {
        return Ok(text.to_owned());
    }
    match value.kind() {
        ValueKind::String | ValueKind::Number => Ok(escape::inline(&value.to_string())),
        ValueKind::Map => {
            let (missing, source) = (value.get_attr("todo")?, value.get_attr("source")?);
            match (missing.as_str(), source.as_str()) {
                (Some(""), _) => Ok("**TODO(owner)**".to_owned()),
                (Some(missing), _) => Ok(format!("**TODO(owner)** {}", escape::inline(missing))),
                (None, Some(source)) => Ok(escape::source(source)),
                (None, None) => Err(Error::new(ErrorKind::InvalidOperation, "a table of values is no text")),
            }
        }
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        kind => Err(Error::new(ErrorKind::InvalidOperation, format!("a {kind} is no text"))),
    }
}

/// Text made safe in this way; what is missing, or safe already, stays.
fn made(value: &Value, how: impl Fn(&str) -> String) -> Value {
    match value.as_str() {
        Some(text) if !value.is_safe() => Value::from_safe_string(how(text)),
        _ => value.clone(),
    }
}

/// A sheet as a table, with an empty column of this name at its end if one is given.
fn table(sheet: &Value, blank: Option<String>) -> Result<Value, Error> {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let text = |cell: Value| harmless(&cell).map(|text| if text.is_empty() { "–".to_owned() } else { text });
    let texts = |row: Value| row.try_iter()?.map(text).collect::<Result<Vec<String>, Error>>();
    let mut columns = texts(sheet.get_attr("columns")?)?;
    columns.extend(blank.iter().map(|name| escape::inline(name)));
    let rule = columns.iter().map(|_| "---".to_owned()).collect();
    let mut lines = vec![line(columns), line(rule)];
    for row in sheet.get_attr("rows")?.try_iter()? {
        let mut cells = texts(row)?;
        cells.extend(blank.iter().map(|_| "______".to_owned()));
        lines.push(line(cells));
    }
    Ok(Value::from_safe_string(lines.join("\n")))
}

/// The name of a file of the folder, for the target of a link.
fn file(value: &Value) -> Result<Value, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match value.as_str() {
        Some(name) if name.chars().all(plain) => Ok(Value::from_safe_string(name.to_owned())),
        _ => Err(Error::new(ErrorKind::InvalidOperation, "this is no name of a file")),
    }
}

/// The first thing of a template that templates cannot use, with its line.
fn forbidden(text: &str) -> Option<(usize, String)> {
    let mut rest = text;
    while let Some(start) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let (open, inside) = rest[start..].split_at(2);
        let line = text[..text.len() - inside.len()].lines().count();
        if open == "{#" {
            rest = inside.find("#}").map_or("", |end| &inside[end + 2..]);
            continue;
        }
        let close = if open == "{{" { "}}" } else { "%}" };
        let (length, found) = scan(inside, close);
        if let Some(found) = found {
            return Some((line, found));
        }
        let words = inside[..length].trim_start_matches('-');
        let first = words.split_whitespace().next().unwrap_or_default().trim_end_matches('-');
        if open == "{%" && !STATEMENTS.contains(&first) {
            return Some((line, format!("`{first}`")));
        }
        rest = inside.get(length + 2..).unwrap_or_default();
    }
    None
}

/// The length of what is inside a tag, and what it must not hold.
fn scan(inside: &str, close: &str) -> (usize, Option<String>) {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if inside[at..].starts_with(close) => {
                let recursive =
                    inside[..at].split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == "recursive");
                return (at, recursive.then(|| "`recursive`".to_owned()));
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None if "~*+{}".contains(c) => return (at, Some(format!("`{c}`"))),
            None => {}
        }
    }
    (inside.len(), None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn rendered(template: &str) -> Result<String, TemplateError> {
        let templates = Templates::new(BTreeMap::from([("index.md".to_owned(), template.to_owned())]))?;
        templates.render("index.md", &BTreeMap::from([("x", "a|b"), ("long", &"y".repeat(1000))]))
    }

    #[test]
    fn text_is_made_harmless_and_templates_are_strict() {
        assert_eq!(rendered("{{ x }} {{ x|code }}").unwrap(), "a\\|b a\\|b");
        assert!(rendered("{{ y }}").is_err(), "what is not there is no empty text");
        assert!(rendered("{{ x.y }}").is_err());
    }

    #[test]
    fn hostile_templates_are_refused() {
        let nested = "{% for a in [1,2,3,4,5,6,7,8,9,10] %}".repeat(9) + "{{ long }}" + &"{% endfor %}".repeat(9);
        for (what, template) in [
            ("a text doubled", "{% set y = x ~ x %}{{ y }}"),
            ("a text repeated", "{{ x * 1000000000 }}"),
            ("a macro", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
            ("a file outside", "{% include '../../../etc/passwd' %}"),
            ("a file by its full path", "{% include '/etc/passwd' %}"),
            ("itself", "{% include 'index.md' %}"),
            ("an import", "{% from 'plan.md' import x %}"),
            ("an import of all", "{% import 'plan.md' as x %}"),
            ("a parent", "{% extends 'plan.md' %}"),
            ("a function", "{{ range(1000000000) }}"),
            ("the engine's state", "{{ debug() }}"),
            ("a filter that is not there", "{{ x|replace('a', 'b') }}"),
            ("a recursive loop", "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}"),
            ("a map that hides an operator", "{{ {'a': {'b': 1}} ~ x }}"),
            ("work without end", nested.as_str()),
            ("half a tag", "{{ x"),
            ("a whole value", "{{ [x, x] }}"),
        ] {
            let result = rendered(template);
            assert!(result.is_err(), "{what} makes {} bytes", result.unwrap_or_default().len());
        }
        let deep = format!("{{{{ {}x{} }}}}", "(".repeat(50_000), ")".repeat(50_000));
        assert!(rendered(&deep).is_err());
        assert!(rendered(&"x".repeat(TEMPLATE_BYTES + 1)).is_err());
    }

    #[test]
    fn what_is_allowed_is_seen_as_such() {
        for fine in ["{# ~ * + #}{{ '~*+{' }}", "{%- if x -%}\ny\n{%- else -%}{%- endif -%}", "a ~ b * c {x}"] {
            assert!(rendered(fine).is_ok(), "{fine}: {:?}", rendered(fine));
        }
        assert_eq!(forbidden("a\nb {% set x = 1 %}"), Some((2, "`set`".to_owned())));
    }
}
