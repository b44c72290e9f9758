//! `drplan plot`: the charts as files.

use super::args::PlotArgs;
use super::folder::Folder;
use super::output::Screen;
use super::report::subject;
use super::{Exit, Stop};
use crate::report::FileNames;
use crate::report::chart::charts;

pub(super) fn run(args: &PlotArgs, screen: &Screen) -> Result<Exit, Stop> {
    let result = subject(&args.subject, (&args.simulation, &args.lifetimes), &args.precision, screen)?;
    let charts = charts(&result);
    let folder = Folder::open(&args.output)?;
    let mut names = FileNames::new(&[]);
    for chart in &charts {
        let words: Vec<&str> = chart.words.iter().map(String::as_str).collect();
        folder.write(&names.give(&words, "svg"), chart.svg("chart").map_err(Stop::failed)?.as_bytes())?;
        folder.write(&names.give(&words, "png"), &chart.png().map_err(Stop::failed)?)?;
    }
    let folder = args.output.display();
    screen.note(&match charts.len() {
        1 => format!("wrote 1 chart to {folder}, as SVG and PNG"),
        n => format!("wrote {n} charts to {folder}, each as SVG and PNG"),
    });
    Ok(Exit::Fine)
}
