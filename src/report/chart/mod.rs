//! Charts of a result, as SVG and PNG: everything is drawn from the result alone.
//!
//! Every chart is laid out here, text measured with the font that it is drawn in, so that no label
//! overlaps another or is cut off; plotters draws.

mod axis;
mod bill;
mod distribution;
mod draw;
mod font;
mod gantt;
mod scene;
#[cfg(test)]
mod tests;
mod tradeoff;

pub use bill::bill;
pub use distribution::Quantity;
pub(super) use distribution::distribution;
pub use gantt::{WayCharts, gantts};
pub(super) use tradeoff::tradeoff;

use std::fmt::Write;

use super::cells::ByFailure;
use super::comparison::{by_merit, failures};
use crate::assess::Assessment;
use scene::{Ink, Scene};

/// Tiers that one chart shows at most: more cannot be told apart.
const MOST_TIERS: usize = 40;

/// A chart that is laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows, for the name of its file: names of the scenario among them.
    pub words: Vec<String>,
    /// One line.
    pub title: String,
    /// What it says, for those who cannot see it.
    pub description: String,
    scene: Scene,
    narrow: Scene,
}

/// What a chart is laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A screen, a file or paper.
    Wide,
    /// A phone held upright.
    Narrow,
}

/// Width of narrow charts: what the narrowest phones in use, 360 pixels, leave beside the margins of a
/// page.
const NARROW: f64 = 336.0;

impl Shape {
    const BOTH: [Self; 2] = [Self::Wide, Self::Narrow];

    /// The width, given that of the wide one.
    fn width(self, wide: f64) -> f64 {
        match self {
            Self::Wide => wide,
            Self::Narrow => NARROW,
        }
    }
}

impl Chart {
    /// A chart whose scene is laid out for each shape.
    fn new((words, title, description): (Vec<String>, String, String), lay_out: impl Fn(Shape) -> Scene) -> Self {
        let [scene, narrow] = Shape::BOTH.map(lay_out);
        Self { words, title, description, scene, narrow }
    }

    /// As an SVG document, which may stand in a page too.
    ///
    /// # Arguments
    /// `id`: letters, digits and `-`; unique in the page.
    ///
    /// # Errors
    /// The drawing library's own words; no result leads there.
    pub fn svg(&self, id: &str) -> Result<String, String> {
        draw::svg(&self.scene, id, &self.title, &self.description)
    }

    /// The same for a narrow screen: laid out anew, not made smaller.
    ///
    /// # Errors
    /// The drawing library's own words; no result leads there.
    pub fn narrow_svg(&self, id: &str) -> Result<String, String> {
        draw::svg(&self.narrow, id, &self.title, &self.description)
    }

    /// As a PNG file, two pixels for each of the SVG's.
    ///
    /// # Errors
    /// The libraries' own words; no result leads there.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        draw::png(&self.scene)
    }
}

/// All charts of a result: money first, then failure by failure.
#[must_use]
pub fn charts(result: &Assessment) -> Vec<Chart> {
    let mut all: Vec<Chart> = bill(result).into_iter().collect();
    let by_merit = ByFailure::new(&by_merit(result));
    let as_listed = ByFailure::new(&result.tiers.iter().collect::<Vec<_>>());
    for failure in failures(result) {
        all.extend(tradeoff(&by_merit, &failure));
        all.extend(
            Quantity::ALL.into_iter().filter_map(|quantity| distribution(result, &by_merit, &failure, quantity)),
        );
        for (tier, incidents) in as_listed.of(&failure) {
            let ways = incidents.iter().flat_map(|incident| gantts(&tier.id, incident));
            all.extend(ways.flat_map(|way| way.charts));
        }
    }
    all
}

/// Rules of a style sheet that turn the colours of charts on a dark screen.
#[must_use]
pub fn dark_rules() -> String {
    let mut rules = String::new();
    for ink in Ink::THEMED {
        if let Some(dark) = ink.in_the_dark() {
            let light = ink.hex();
            // Writing to a string cannot fail.
            let _ = writeln!(rules, "svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}");
        }
    }
    rules
}

/// A sentence about what a chart leaves out.
fn left_out(shown: usize, all: usize, things: &str) -> String {
    if all > shown { format!("{} more {things} are not shown", all - shown) } else { String::new() }
}
