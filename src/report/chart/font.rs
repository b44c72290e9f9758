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
        let huge = clipped(&"x\u{202e}<".repeat(10_000), 12.0, false, 100.0);
        assert!(width(&huge, 12.0, false) <= 100.0 && huge.contains("\\u{202e}"), "{huge}");
    }
}
