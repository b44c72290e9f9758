//! A page of headings, paragraphs and tables that knows nothing of its sink.

/// One part of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading; level 1 is the page's.
    Heading(u8, String),
    /// Running text, one paragraph.
    Text(String),
    /// A list of short lines.
    List(Vec<String>),
    /// A table.
    Table(Grid),
    /// A chart of bars on one axis of time.
    Bars(Bars),
}

/// What took place when, on one axis that begins at zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// The end of the axis, in seconds.
    pub until: f64,
    /// One line each.
    pub lines: Vec<Bar>,
}

/// A line of a chart of bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it is.
    pub label: String,
    /// Seconds.
    pub begin: f64,
    /// Seconds.
    pub finish: f64,
    /// Drawn full; otherwise light.
    pub full: bool,
    /// What stands behind it.
    pub text: String,
}

/// Rows under a header; every row has as many cells as the header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// Names of the columns.
    pub header: Vec<String>,
    /// Cells.
    pub rows: Vec<Vec<String>>,
    /// Columns from this one on hold figures and are aligned right.
    pub figures_from: usize,
}

impl Grid {
    /// A table with these columns; those from `figures_from` on hold figures.
    #[must_use]
    pub fn new(header: &[&str], figures_from: usize) -> Self {
        Self { header: header.iter().map(|h| (*h).to_owned()).collect(), rows: Vec::new(), figures_from }
    }

    /// Adds a row; one that is too short is filled up, one that is too long cut.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<String> = cells.into_iter().collect();
        cells.resize(self.header.len(), String::new());
        self.rows.push(cells);
    }

    /// The table without the columns in which every cell is empty.
    #[must_use]
    pub fn without_empty_columns(self) -> Self {
        let keep: Vec<bool> =
            (0..self.header.len()).map(|n| n == 0 || self.rows.iter().any(|row| !row[n].is_empty())).collect();
        let pick = |cells: Vec<String>| -> Vec<String> {
            cells.into_iter().zip(&keep).filter(|(_, keep)| **keep).map(|(cell, _)| cell).collect()
        };
        let figures_from = keep.iter().take(self.figures_from).filter(|k| **k).count();
        Self { header: pick(self.header), rows: self.rows.into_iter().map(pick).collect(), figures_from }
    }
}
