//! The font of the charts: DejaVu Sans, which travels with the program, and how wide its text is.

use std::borrow::Cow;
use std::sync::OnceLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

use crate::report::escape;

/// What SVG asks for: the font of the program first, then one that is as wide, then any.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Plotters counts a font's size with the space between its lines, documents without: 1.24 is its
/// constant.
pub(super) const LINE: f64 = 1.24;

/// Text is measured this much larger, as widths are whole pixels.
const FINE: f64 = 16.0;

/// Makes the font known; whether that worked.
fn is_there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular()).is_ok()
            && register_font(FAMILY, FontStyle::Bold, dejavu::sans::bold()).is_ok()
    })
}

/// The font at a size in pixels of a document.
pub(super) fn font(size: f64, bold: bool) -> FontDesc<'static> {
    is_there();
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size * LINE, style)
}

/// Width of a line of text in pixels, never less than what is drawn.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let measured = font(size * FINE, bold).layout_box(text).map_or(0.0, |((x0, _), (x1, _))| f64::from(x1 - x0) / FINE);
    // The font lacks the scripts that begin here; what stands in for them is as wide as it is high.
    let lacking = text.chars().filter(|c| *c >= '\u{1100}').count() as f64;
    measured.max(text.chars().count() as f64 * size * 0.2) + lacking * size
}

/// A name on one line: what could disturb it spelled out, cut to this width with an ellipsis.
pub(super) fn clipped(text: &str, size: f64, bold: bool, room: f64) -> String {
    // No glyph is narrower than a fifth of the font's size: what is beyond never fits.
    let most = (room / (size * 0.2)).max(1.0) as usize;
    let long = text.chars().nth(most).is_some();
    let shown: Cow<'_, str> = if long { text.chars().take(most).collect::<String>().into() } else { text.into() };
    let clean = escape::terminal(&shown).into_owned();
    if !long && width(&clean, size, bold) <= room {
        return clean;
    }
    let letters: Vec<char> = clean.chars().collect();
    let fits = |n: usize| {
        let text: String = letters[..n].iter().collect();
        let text = format!("{}…", text.trim_end());
        (width(&text, size, bold) <= room).then_some(text)
    };
    let (mut low, mut high) = (0, letters.len());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle).is_some() { low = middle } else { high = middle }
    }
    fits(low).unwrap_or_else(|| "…".to_owned())
}

/// Text on several lines, broken between words; what does not fit on the last one is cut.
pub(super) fn wrapped(text: &str, size: f64, bold: bool, room: f64, most: usize) -> Vec<String> {
    // What cannot fit on that many lines, however narrow its letters, is not looked at.
    let letters = (room / (size * 0.2)).max(1.0) as usize * most + 1;
    let text = text.char_indices().nth(letters).map_or(text, |(end, _)| &text[..end]);
    let mut lines: Vec<String> = Vec::new();
    let mut rest = text.split(' ');
    let mut line = rest.next().unwrap_or_default().to_owned();
    while let Some(word) = rest.next() {
        let longer = format!("{line} {word}");
        if lines.len() + 1 == most || width(&longer, size, bold) > room {
            if lines.len() + 1 == most {
                let end: Vec<&str> = std::iter::once(word).chain(rest.by_ref()).collect();
                line = format!("{line} {}", end.join(" "));
                break;
            }
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line = longer;
        }
    }
    lines.push(line);
    lines.iter().map(|line| clipped(line, size, bold, room)).collect()
}

/// Pieces on as few lines as they fit on, none broken.
pub(super) fn joined(pieces: &[String], between: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if width(&format!("{line}{between}{piece}"), size, false) <= room => {
                line.push_str(between);
                line.push_str(piece);
            }
            _ => lines.push(piece.clone()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_measured_and_cut() {
        assert!(is_there());
        let wide = width("recovery", 12.0, false);
        // DejaVu's letters are about 0.6 em wide.
        assert!((40.0..70.0).contains(&wide), "{wide}");
        assert!(width("recovery", 12.0, true) > wide && width("recovery", 24.0, false) > 1.9 * wide);
        assert_eq!(clipped("recovery", 12.0, false, wide + 1.0), "recovery");
        let cut = clipped("recovery", 12.0, false, wide - 1.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0, false) <= wide - 1.0, "{cut}");
        assert_eq!(clipped("recovery", 12.0, false, 0.0), "…");
        assert_eq!(wrapped("recovery time of", 12.0, false, wide + 1.0, 3), ["recovery", "time of"]);
        let cut = wrapped("recovery time of everything", 12.0, false, wide + 1.0, 2);
        assert!(cut.len() == 2 && cut[1].starts_with("time") && cut[1].ends_with('…'), "{cut:?}");
        assert_eq!(wrapped("", 12.0, false, wide, 2), [""]);
        let pieces = ["recovery", "a b", "c"].map(str::to_owned);
        assert_eq!(joined(&pieces, " · ", 12.0, wide + 1.0), ["recovery", "a b · c"]);
        let huge = clipped(&"x\u{202e}<".repeat(10_000), 12.0, false, 100.0);
        assert!(width(&huge, 12.0, false) <= 100.0 && huge.contains("\\u{202e}"), "{huge}");
    }
}
