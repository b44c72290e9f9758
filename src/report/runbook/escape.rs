//! Text of a scenario made harmless in a runbook, wherever a template puts it.

use crate::report::escape;

/// Running text, list items and cells: one line that is text wherever it begins.
///
/// Beyond [`escape::markdown`]: `$` begins a formula on some hosts, `{` a variable, a bare address
/// becomes a link, and what begins a list, a rule or a heading at the start of a line is none.
pub(super) fn inline(text: &str) -> String {
    let line = text.split(|c: char| c.is_whitespace()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let escaped = escape::markdown(&line);
    let mut out = String::with_capacity(escaped.len() + 8);
    let chars: Vec<char> = escaped.chars().collect();
    let digits = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    let letter = |n: Option<usize>| n.and_then(|n| chars.get(n)).is_some_and(|c| c.is_ascii_alphanumeric());
    for (n, c) in chars.iter().copied().enumerate() {
        // `1.` begins a list, `1.5` does not; `a_b` is a name, `_b_` is emphasis.
        let numbers_a_list = n == digits && digits > 0 && matches!(c, '.' | ')') && !letter(Some(n + 1));
        let begins_a_block = n == 0 && matches!(c, '-' | '+' | '=' | ':');
        let within_a_word =
            c == '\\' && chars.get(n + 1) == Some(&'_') && letter(n.checked_sub(1)) && letter(Some(n + 2));
        if matches!(c, '$' | '{' | '}') || numbers_a_list || begins_a_block {
            out.push('\\');
        }
        if !within_a_word {
            out.push(c);
        }
    }
    // No reader of Markdown sees the difference; those who look for bare addresses see none.
    let out = out.replace("://", "\\://").replace("www.", "www\\.");
    out.replace("TODO(owner)", "TODO\\(owner)")
}

/// A name as code if it can be, as text otherwise.
pub(super) fn code(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:#@".contains(c);
    if !name.is_empty() && name.chars().all(plain) { format!("`{name}`") } else { inline(name) }
}

/// A command between fences longer than any run of backticks in it, for a line of its own.
pub(super) fn fence(text: &str, language: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let lines: Vec<String> =
        text.lines().map(|line| escape::terminal(&line.replace('\t', "    ")).into_owned()).collect();
    let body = lines.join("\n");
    format!("{fence}{language}\n{}\n{fence}", body.trim_matches('\n'))
}

/// Where a figure comes from: an address of the web becomes a link, all else is text.
pub(super) fn source(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(address).collect();
    let links = words.iter().any(|word| word.starts_with('<'));
    if links { words.join(" ") } else { inline(text) }
}

fn address(word: &str) -> String {
    let bare = word.trim_end_matches(['.', ',', ';', ')']);
    let safe = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!&'()*+,;=%".contains(c);
    let web = bare.starts_with("https://") || bare.starts_with("http://");
    if web && bare.chars().all(safe) { format!("<{bare}>{}", inline(&word[bare.len()..])) } else { inline(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_a_block_or_a_formula() {
        assert_eq!(inline("1. x"), "1\\. x");
        assert_eq!((inline("1.5 x"), inline("7)")), ("1.5 x".to_owned(), "7\\)".to_owned()));
        assert_eq!(inline("per_gb _x_ __y"), "per_gb \\_x\\_ \\_\\_y");
        assert_eq!(inline("- x\n# y"), "\\- x \\# y");
        assert_eq!(inline("$1,240 {{ x }} ${Y}"), "\\$1,240 \\{\\{ x \\}\\} \\$\\{Y\\}");
        assert_eq!(inline("see https://x.org www.x.org"), "see https\\://x.org www\\.x.org");
        assert_eq!(inline("TODO(owner)"), "TODO\\(owner)");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fence("a", "sh"), "```sh\na\n```");
        assert_eq!(fence("````\nb", "sh"), "`````sh\n````\nb\n`````");
        assert_eq!(fence("a\u{202e}b", "sh"), "```sh\na\\u{202e}b\n```");
    }

    #[test]
    fn only_addresses_of_the_web_become_links() {
        assert_eq!(source("see https://x.org/a_b, page 2"), "see <https://x.org/a_b>, page 2");
        assert_eq!(source("javascript://x <b>"), "javascript\\://x &lt;b&gt;");
        assert_eq!(source("https://x.org/<script>"), "https\\://x.org/&lt;script&gt;");
    }

    #[test]
    fn a_name_is_code_only_if_it_cannot_break_out() {
        assert_eq!(code("steps.load"), "`steps.load`");
        assert_eq!(code("a`b|c"), "a\\`b\\|c");
    }
}
