//! A chart before it is drawn: marks at places, text with the room that it takes.

use super::font;

/// Colours by what they mean. Safe for the colour-blind: blue and vermilion of Okabe and Ito (2008),
/// "Color Universal Design", beside greys; nothing is said by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// What it stands on.
    Paper,
    /// Text and axes.
    Text,
    /// Text of less weight.
    Quiet,
    /// Lines of a grid.
    Grid,
    /// Within the objective, or on the critical path.
    Good,
    /// Beyond the objective.
    Bad,
    /// Neither.
    Plain,
    /// Parts of a bill, by position.
    Part(usize),
}

/// Colours of parts, dark and light in turn, so that neighbours differ in a grey print.
const PARTS: [(u8, u8, u8); 6] =
    [(0, 114, 178), (240, 190, 70), (0, 128, 96), (225, 160, 190), (90, 90, 90), (150, 205, 240)];

impl Ink {
    /// Red, green, blue on white paper.
    pub(super) fn rgb(self) -> (u8, u8, u8) {
        match self {
            Self::Paper => (255, 255, 255),
            Self::Text => (27, 31, 36),
            Self::Quiet => (87, 96, 106),
            Self::Grid => (216, 222, 228),
            Self::Good => (0, 108, 170),
            Self::Bad => (200, 82, 0),
            Self::Plain => (120, 130, 140),
            Self::Part(n) => PARTS[n % PARTS.len()],
        }
    }

    /// As a document writes it.
    pub(super) fn hex(self) -> String {
        let (r, g, b) = self.rgb();
        format!("#{r:02X}{g:02X}{b:02X}")
    }

    /// What stands in for it on a dark screen, as a document writes it; parts of a bill stay.
    pub(super) fn in_the_dark(self) -> Option<&'static str> {
        match self {
            Self::Paper => Some("#14181D"),
            Self::Text => Some("#E6EAEE"),
            Self::Quiet => Some("#A6B0BA"),
            Self::Grid => Some("#363D45"),
            Self::Good => Some("#56B4E9"),
            Self::Bad => Some("#F08A3C"),
            Self::Plain => Some("#8D99A5"),
            Self::Part(_) => None,
        }
    }

    /// All that change in the dark.
    pub(super) const THEMED: [Self; 7] =
        [Self::Paper, Self::Text, Self::Quiet, Self::Grid, Self::Good, Self::Bad, Self::Plain];
}

/// Which end of a text its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A box: left, top, width, height in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Area {
    pub(super) fn right(self) -> f64 {
        self.x + self.w
    }

    pub(super) fn bottom(self) -> f64 {
        self.y + self.h
    }
}

/// One thing that is drawn. Lengths in pixels, down and right from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    Fill(Area, Ink),
    /// The border alone.
    Frame(Area, Ink),
    /// What is inside these corners.
    Polygon(Vec<(f64, f64)>, Ink),
    Line {
        points: Vec<(f64, f64)>,
        ink: Ink,
        width: u32,
    },
    Dot {
        x: f64,
        y: f64,
        r: f64,
        ink: Ink,
        filled: bool,
    },
    Text {
        x: f64,
        /// Its middle.
        y: f64,
        anchor: Anchor,
        size: f64,
        bold: bool,
        ink: Ink,
        text: String,
    },
}

/// Size of ordinary text in pixels.
pub(super) const SIZE: f64 = 12.0;

/// Size of a chart's heading.
pub(super) const HEADING: f64 = 14.0;

/// A chart that is laid out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) marks: Vec<Mark>,
}

impl Scene {
    /// Of this width; it grows downwards.
    pub(super) fn new(width: f64) -> Self {
        Self { width, height: 0.0, marks: Vec::new() }
    }

    pub(super) fn fill(&mut self, area: Area, ink: Ink) {
        self.marks.push(Mark::Fill(area, ink));
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, width: u32) {
        self.marks.push(Mark::Line { points: vec![from, to], ink, width });
    }

    /// Ordinary text, cut where it does not fit into `room`.
    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, room: f64, text: &str) {
        self.styled((x, y), anchor, room, text, (SIZE, false, Ink::Text));
    }

    /// Text of a size, weight and colour.
    pub(super) fn styled(
        &mut self,
        (x, y): (f64, f64),
        anchor: Anchor,
        room: f64,
        text: &str,
        (size, bold, ink): (f64, bool, Ink),
    ) {
        if !text.is_empty() {
            let text = font::clipped(text, size, bold, room);
            self.marks.push(Mark::Text { x, y, anchor, size, bold, ink, text });
        }
    }

    /// The heading and the lines below it; returns where the chart may begin.
    pub(super) fn heading(&mut self, heading: &str, below: &str) -> f64 {
        let next = self.paragraph((MARGIN, 16.0), heading, (HEADING, true, Ink::Text), 18.0);
        if below.is_empty() {
            return next - 2.0;
        }
        self.note((MARGIN, next + 2.0), below)
    }

    /// Text of less weight, broken into lines where the scene ends; returns where the next would be.
    pub(super) fn note(&mut self, at: (f64, f64), text: &str) -> f64 {
        self.paragraph(at, text, (SIZE, false, Ink::Quiet), 16.0)
    }

    fn paragraph(&mut self, (x, y): (f64, f64), text: &str, look: (f64, bool, Ink), step: f64) -> f64 {
        let room = self.width - x - MARGIN;
        let lines = font::wrapped(text, look.0, look.1, room, MOST_LINES);
        for (n, line) in lines.iter().enumerate() {
            self.styled((x, y + step * n as f64), Anchor::Start, room, line, look);
        }
        y + step * lines.len() as f64
    }
}

/// Lines of a heading or a note at most.
const MOST_LINES: usize = 4;

/// Free space at the sides.
pub(super) const MARGIN: f64 = 8.0;
