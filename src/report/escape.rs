//! Text of a file made harmless for the sink that it goes to.

use std::borrow::Cow;

/// Whether a character could move the cursor, hide text or reverse it.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// For a terminal: control, bidirectional and invisible characters are spelled out.
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// For running text and table cells of Markdown: nothing starts markup, a tag or a new cell.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in terminal(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            _ => out.push(c),
        }
    }
    out
}

/// For JSON inside a page: nothing ends its element or opens a comment, and no line ends or runs
/// backwards. It stays the same JSON.
#[must_use]
pub fn script(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 16);
    let mut units = [0; 2];
    for c in json.chars() {
        if matches!(c, '<' | '>' | '&') || is_unsafe(c) {
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// For a cell of a spreadsheet: text that would be taken for a formula starts with an apostrophe, what
/// could move a cursor is spelled out.
///
/// # Source
/// OWASP, CSV Injection: cells that begin with `=`, `+`, `-`, `@`, tab or carriage return; the full-width
/// forms of these signs are taken for them by some programs.
#[must_use]
pub fn spreadsheet(text: &str) -> Cow<'_, str> {
    let text = terminal(text);
    if text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{text}"))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_or_hides_is_spelled_out() {
        assert_eq!(terminal("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(terminal("pay\u{202e}lov"), "pay\\u{202e}lov");
        assert_eq!(terminal("größe · 東京"), "größe · 東京");
    }

    #[test]
    fn markup_and_formulas_are_inert() {
        assert_eq!(markdown("a|b <i>_x_"), "a\\|b &lt;i&gt;\\_x\\_");
        assert_eq!(markdown("a\nb"), "a\\\\u{a}b".to_owned());
        assert_eq!(spreadsheet("=1+1"), "'=1+1");
        assert_eq!(spreadsheet("-x"), "'-x");
        assert_eq!(spreadsheet("＝1"), "'＝1");
        assert_eq!(spreadsheet("\t=1"), "\\u{9}=1");
        assert_eq!(spreadsheet("plain=1"), "plain=1");
    }
}
