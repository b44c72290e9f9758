//! Scenes drawn by plotters: as SVG, whose text stays text, and as PNG.

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle, TextStyle};

use super::font;
use super::scene::{Anchor, Area, Ink, Mark, SIZE, Scene};

/// SVG is drawn so many times larger and shown at its size, as plotters knows whole pixels only.
const SVG_SCALE: f64 = 4.0;

/// PNG has so many pixels for each of the document's: sharp on dense screens and on paper.
const PNG_SCALE: f64 = 2.0;

/// The bitmap backend centres a text by the height of its font, not of its letters.
const LOWERED: f64 = 0.13;

/// Draws a scene through a backend, every length times `k`, text lowered by a part of its size.
fn draw<B: DrawingBackend>(scene: &Scene, backend: &mut B, k: f64, lowered: f64) -> Result<(), String> {
    for mark in &scene.marks {
        draw_mark(mark, backend, k, lowered)?;
    }
    backend.present().map_err(in_words)
}

fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn style(ink: Ink, width: u32, k: f64) -> ShapeStyle {
    let (r, g, b) = ink.rgb();
    RGBColor(r, g, b).stroke_width((f64::from(width) * k) as u32)
}

fn draw_mark<B: DrawingBackend>(mark: &Mark, to: &mut B, k: f64, lowered: f64) -> Result<(), String> {
    let at = |x: f64, y: f64| ((x * k).round() as i32, (y * k).round() as i32);
    let corners = |a: &Area| (at(a.x, a.y), at(a.right(), a.bottom()));
    match mark {
        Mark::Fill(area, ink) => {
            let (from, until) = corners(area);
            to.draw_rect(from, until, &style(*ink, 1, k), true).map_err(in_words)
        }
        Mark::Frame(area, ink) => frame(to, corners(area), &style(*ink, 1, k)),
        Mark::Polygon(corners, ink) => {
            let corners: Vec<(i32, i32)> = corners.iter().map(|(x, y)| at(*x, *y)).collect();
            to.fill_polygon(corners, &style(*ink, 1, k)).map_err(in_words)
        }
        Mark::Line { points, ink, width } => {
            let path: Vec<(i32, i32)> = points.iter().map(|(x, y)| at(*x, *y)).collect();
            to.draw_path(path, &style(*ink, *width, k)).map_err(in_words)
        }
        Mark::Dot { x, y, r, ink, filled } => {
            let radius = (r * k).round() as u32;
            to.draw_circle(at(*x, *y), radius, &style(*ink, 2, k), *filled).map_err(in_words)
        }
        Mark::Text { x, y, anchor, size, bold, ink, text } => {
            let h_pos = match anchor {
                Anchor::Start => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::End => HPos::Right,
            };
            let (r, g, b) = ink.rgb();
            let (color, place) = (RGBColor(r, g, b), Pos::new(h_pos, VPos::Center));
            let style = TextStyle::from(font::font(size * k, *bold)).color(&color).pos(place);
            to.draw_text(text, &style, at(*x, y + size * lowered)).map_err(in_words)
        }
    }
}

type Corner = (i32, i32);

/// The border of a box by four lines: a rectangle's stroke width is ignored by the bitmap backend.
fn frame<B: DrawingBackend>(
    to: &mut B,
    ((x0, y0), (x1, y1)): (Corner, Corner),
    style: &ShapeStyle,
) -> Result<(), String> {
    to.draw_path([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], style).map_err(in_words)
}

/// The elements of a scene as SVG, without the tag around them.
fn elements(scene: &Scene) -> Result<String, String> {
    let mut text = String::new();
    let size = ((scene.width * SVG_SCALE) as u32, (scene.height * SVG_SCALE) as u32);
    {
        let mut backend = SVGBackend::with_string(&mut text, size);
        draw(scene, &mut backend, SVG_SCALE, 0.0)?;
    }
    let begin = text.find('>').map_or(0, |at| at + 1);
    let end = text.rfind("</svg>").unwrap_or(text.len());
    let inner = text.get(begin..end).unwrap_or("");
    // The backend opens and closes a text on lines of their own, which would become spaces.
    let mut inner = inner.replace(">\n", ">").replace("\n</text>", "</text>").replace(" \"/>", "\"/>");
    for needless in [" opacity=\"1\"", " stroke=\"none\"", " text-anchor=\"start\"", &said_once()] {
        inner = inner.replace(needless, "");
    }
    for said_once in [format!(" font-size=\"{}\"", SIZE * SVG_SCALE), format!(" stroke-width=\"{SVG_SCALE}\"")] {
        inner = inner.replace(&said_once, "");
    }
    Ok(inner)
}

/// The font of every text, as the backend writes it: it is said of the whole drawing.
fn said_once() -> String {
    format!(" font-family=\"{}\"", font::FAMILY)
}

/// A scene as an SVG document or part of a page.
///
/// # Arguments
/// `id`: unique in the page; `title` and `description`: any text.
pub(super) fn svg(scene: &Scene, id: &str, title: &str, description: &str) -> Result<String, String> {
    let (w, h) = (scene.width.ceil(), scene.height.ceil());
    let (title, description) = (xml(title), xml(description));
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"{} font-size=\"{}\" stroke-width=\"{SVG_SCALE}\" aria-labelledby=\"{id}-t {id}-d\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {} {}\"><title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc><rect width=\"100%\" height=\"100%\" fill=\"{}\"/>{}</svg>",
        said_once(),
        SIZE * SVG_SCALE,
        w * SVG_SCALE,
        h * SVG_SCALE,
        Ink::Paper.hex(),
        elements(scene)?
    ))
}

/// Text for XML: what XML cannot hold at all is spelled out.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in crate::report::escape::terminal(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

/// A scene as a PNG file.
pub(super) fn png(scene: &Scene) -> Result<Vec<u8>, String> {
    let size = ((scene.width.ceil() * PNG_SCALE) as u32, (scene.height.ceil() * PNG_SCALE) as u32);
    let mut pixels = vec![0xFF; size.0 as usize * size.1 as usize * 3];
    {
        let mut backend = BitMapBackend::with_buffer(&mut pixels, size);
        draw(scene, &mut backend, PNG_SCALE, LOWERED)?;
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.0, size.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Default);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(in_words)?;
    writer.write_image_data(&pixels).map_err(in_words)?;
    writer.finish().map_err(in_words)?;
    Ok(bytes)
}
