//! `drplan runbook`: the plans of a tier as Markdown, one file each, and their list.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::args::RunbookArgs;
use super::campaign::{self, Names, TimeLines};
use super::folder::Folder;
use super::output::Screen;
use super::{Exit, Stop, input};
use crate::assess::plan_times;
use crate::id::TierId;
use crate::report::runbook::{Runbooks, TEMPLATE_BYTES, TEMPLATES, Templates};

pub(super) fn run(args: &RunbookArgs, screen: &Screen) -> Result<Exit, Stop> {
    let loaded = input::load(&args.file, screen)?;
    let scenario = &loaded.scenario;
    let replaced = args.template.as_deref().map(read_templates).transpose()?.unwrap_or_default();
    let templates = Templates::new(replaced).map_err(Stop::invalid)?;
    let tiers: Vec<TierId> = match (args.tier.as_slice(), scenario.chosen) {
        ([], Some(chosen)) => vec![chosen],
        ([], None) => scenario.tiers.ids().collect(),
        (names, _) => {
            let mut tiers: Vec<TierId> =
                names.iter().map(|name| campaign::tier(scenario, name)).collect::<Result<_, _>>()?;
            tiers.sort_unstable();
            tiers.dedup();
            tiers
        }
    };
    let only = match tiers.as_slice() {
        [one] => Some(scenario.tiers[*one].name.as_str()),
        _ => None,
    };
    let result = campaign::run(
        scenario,
        &args.simulation,
        Names { tier: only, ..Names::default() },
        (None, TimeLines::Wanted),
        screen,
    )?;
    let (seed, trials) = (args.simulation.seed, args.simulation.trials());
    let times: Vec<_> = tiers.iter().map(|tier| (*tier, plan_times(scenario, *tier, seed, trials))).collect();
    let runbooks = Runbooks::new(&loaded, &result, &times).ok_or_else(|| Stop::failed("there is no tier"))?;
    // All of them first: a template that fails for the last leaves nothing behind.
    let files = runbooks.render(&templates).map_err(Stop::invalid)?;
    let folder = Folder::open(&args.output)?;
    // The list of them comes last: it names no file that is not there.
    for (name, text) in files[1..].iter().chain(&files[..1]) {
        folder.write(name, text.as_bytes())?;
    }
    let begin = args.output.join(&files[0].0);
    screen.note(&match files.len() {
        1 => format!("there is no plan to write a runbook of; wrote {}", begin.display()),
        2 => format!("wrote 1 runbook; begin at {}", begin.display()),
        n => format!("wrote {} runbooks; begin at {}", n - 1, begin.display()),
    });
    Ok(Exit::Fine)
}

/// The templates of a folder: its files that end in `.md`, none of which lies elsewhere.
fn read_templates(folder: &Path) -> Result<BTreeMap<String, String>, Stop> {
    let cannot = |what: &dyn std::fmt::Display, why: &dyn std::fmt::Display| {
        Stop::invalid(format_args!("cannot read the template {what}: {why}"))
    };
    let entries = fs::read_dir(folder).map_err(|error| cannot(&folder.display(), &error))?;
    let mut templates = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(|error| cannot(&folder.display(), &error))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".md") {
            continue;
        }
        let meta = fs::symlink_metadata(&path).map_err(|error| cannot(&path.display(), &error))?;
        if !meta.is_file() {
            return Err(cannot(&path.display(), &"it is no plain file"));
        }
        if meta.len() > TEMPLATE_BYTES as u64 || templates.len() == TEMPLATES {
            let limit = format!("{TEMPLATES} templates of {} KiB are the most", TEMPLATE_BYTES >> 10);
            return Err(cannot(&path.display(), &limit));
        }
        let text = fs::read_to_string(&path).map_err(|error| cannot(&path.display(), &error))?;
        templates.insert(name, text);
    }
    if templates.is_empty() {
        return Err(cannot(&folder.display(), &"it holds no file that ends in .md"));
    }
    Ok(templates)
}
