//! Copies of data.

use super::document::Node;
use super::keys::COPIES;
use super::names::{Sort, quote};
use super::read::{Entry, Reader, Show};
use super::values::{Listed, filled};
use super::{codes, compute, cron, delays, graph, values};
use crate::diag::{Diagnostic, Path};
use crate::id::{CopyId, DataId, ExternalId, Id, Table};
use crate::model::{AsyncLag, Calendar, Copy, CopyKind, Edge, FailureKind, Schedule, Site, Upstream, WhenShort};
use crate::units::{SECONDS_PER_YEAR, Seconds};

const KINDS: &[&str] = &["primary", "async", "log", "backup", "soft-delete", "derived"];

/// Reads the copies.
pub(super) fn read(cx: &mut Reader<'_>) {
    let names = cx.all_names(Sort::Copy);
    let mut drafts: Vec<Draft> = Vec::new();
    for name in &names {
        match read_one(cx, name) {
            Some(draft) => drafts.push(draft),
            None => cx.broken = true,
        }
    }
    let circular = report_cycle(cx, &names);
    if circular || cx.broken || drafts.len() != names.len() {
        cx.broken = true;
        return;
    }
    resolve_data(cx, &mut drafts);
    resolve_sites(cx, &mut drafts);
    for draft in &drafts {
        check_upstream(cx, draft, &drafts);
    }
    cx.parts.copies = Table::new(drafts.into_iter().map(|d| d.row).collect());
}

/// A copy whose data and sites may still depend on others.
struct Draft {
    row: Copy,
    path: Path,
    /// Whether the file itself says what it holds.
    data: Option<(DataId, Path)>,
    of: Option<Path>,
    /// Whether it says where it lies.
    placed: bool,
}

struct Source(Upstream);

impl Show for Source {}

fn upstream(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Source> {
    let (sort, n) = cx.refer(&[Sort::Copy, Sort::Data, Sort::External], node, path)?;
    Some(Source(match sort {
        Sort::Copy => Upstream::Copy(CopyId::from_index(n)),
        Sort::Data => Upstream::Data(DataId::from_index(n)),
        _ => Upstream::External(ExternalId::from_index(n)),
    }))
}

fn read_one(cx: &mut Reader<'_>, name: &str) -> Option<Draft> {
    let mut entry = cx.entry(Sort::Copy, name, &COPIES)?;
    let Some(word) = entry.kind(cx, KINDS) else {
        read_common(cx, &mut entry);
        return None;
    };
    let data = entry.get(cx, "data", values::data_set).map(|id| (id, entry.at("data")));
    let of = if word == "primary" { None } else { entry.get(cx, "of", upstream).map(|s| s.0) };
    if word != "primary" && of.is_none() {
        cx.broken = true;
    }
    let sites = read_sites(cx, &mut entry, word);
    let kind = match word {
        "primary" => read_primary(cx, &mut entry, sites.len()),
        "async" => read_async(cx, &mut entry)?,
        "log" => read_log(cx, &mut entry, sites.len()),
        "backup" => read_backup(cx, &mut entry)?,
        "soft-delete" => CopyKind::SoftDelete {
            keep: entry.get(cx, "keep", values::span).unwrap_or_default(),
            bypass: entry.get(cx, "bypass", values::share).unwrap_or_default(),
            replicated: entry.get(cx, "replicated", values::boolean).unwrap_or_default(),
        },
        _ => CopyKind::Derived { lag: entry.get(cx, "lag", delays::delay) },
    };
    let edge = if word == "primary" {
        Edge::default()
    } else {
        Edge {
            skips: entry.get(cx, "skips", skips).map(|l| l.0).unwrap_or_default(),
            delay: entry.get(cx, "delay", values::duration),
        }
    };
    let row = Copy {
        name: name.to_owned(),
        title: entry.get(cx, "title", values::text).map(|t| t.0),
        data: data.as_ref().map_or(DataId::from_index(0), |(id, _)| *id),
        of,
        sites,
        kind,
        edge,
        account: entry.get(cx, "account", values::account),
        compression: read_compression(cx, &mut entry),
        read_rate: entry.get(cx, "read_rate", values::pace),
        price_per_gb_month: entry.get(cx, "per_gb_month", values::money),
        source: entry.get(cx, "source", values::text).map(|t| t.0),
    };
    let of = row.of.map(|_| entry.at("of"));
    Some(Draft { row, path: entry.path.clone(), data, of, placed: entry.has("at") })
}

/// Reads what every kind has, for its faults only: the kind itself is one.
fn read_common(cx: &mut Reader<'_>, entry: &mut Entry<'_>) {
    let _ = (entry.get(cx, "data", values::data_set), entry.get(cx, "account", values::account));
    if entry.has("of") {
        let _ = entry.get(cx, "of", upstream);
    }
    let _ = (entry.get(cx, "at", compute::at_places_or_pools), entry.get(cx, "per_gb_month", values::money));
    let _ = (entry.get(cx, "read_rate", values::pace), read_compression(cx, entry));
}

fn read_sites(cx: &mut Reader<'_>, entry: &mut Entry<'_>, word: &str) -> Vec<Site> {
    if !entry.has("at") && !matches!(word, "soft-delete" | "derived") {
        entry.missing(cx, "at");
        cx.broken = true;
        return Vec::new();
    }
    let sites = entry.get(cx, "at", compute::at_places_or_pools);
    if sites.is_none() && entry.has("at") {
        cx.broken = true;
    }
    let sites = sites.map(|at| at.0).unwrap_or_default();
    if cx.count_assets(sites.len(), &entry.at("at")) { sites } else { Vec::new() }
}

fn read_compression(cx: &mut Reader<'_>, entry: &mut Entry<'_>) -> f64 {
    let value = entry.get(cx, "compression", values::number).unwrap_or(1.0);
    if value < 1.0 {
        let message = format!("a compression of {value} would make the data larger");
        cx.push(
            Diagnostic::error(codes::OUT_OF_RANGE, entry.at("compression"), message)
                .help("it is logical bytes per stored byte: 4 stores a quarter"),
        );
        return 1.0;
    }
    value
}

fn when_short(cx: &mut Reader<'_>, entry: &mut Entry<'_>) -> WhenShort {
    match entry.word(cx, "when_short", &["stop", "continue"]) {
        Some("continue") => WhenShort::Continue,
        _ => WhenShort::Stop,
    }
}

/// Checks that there are as many sites as must have a write.
fn check_acks(cx: &mut Reader<'_>, entry: &Entry<'_>, acks: u32, sites: usize) {
    if acks as usize > sites && sites > 0 {
        let name = entry.path.to_string();
        let message = format!("{} asks for {acks} places but lies in {sites}", quote(&name));
        cx.push(
            Diagnostic::error(codes::TOO_MANY_NEEDED, entry.at("acks"), message)
                .label(format!("at most {sites}"))
                .also(entry.at("at"), format!("{sites} here"))
                .help("with more `acks` than places no write could ever succeed"),
        );
    }
}

fn read_primary(cx: &mut Reader<'_>, entry: &mut Entry<'_>, sites: usize) -> CopyKind {
    let acks = entry.get(cx, "acks", values::count);
    if let Some(acks) = acks {
        check_acks(cx, entry, acks, sites);
    } else if !entry.has("acks") {
        if sites > 1 {
            let message = format!(
                "{} lies in {sites} places but does not say how many must have a write",
                quote(&entry.path.to_string())
            );
            cx.push(Diagnostic::error(codes::MISSING_ACKS, entry.at("at"), message).help(match sites {
                2 => "`acks = 2` is synchronous, `acks = 1` lets a write count in one of them".to_owned(),
                _ => format!("`acks = {sites}` is synchronous, `acks = {}` a majority", sites / 2 + 1),
            }));
        } else {
            entry.note(cx, "acks", "1".to_owned(), "it lies in one place");
        }
    }
    CopyKind::Primary {
        acks: acks.unwrap_or(1),
        when_short: when_short(cx, entry),
        lag: entry.get(cx, "lag", delays::delay),
    }
}

fn read_async(cx: &mut Reader<'_>, entry: &mut Entry<'_>) -> Option<CopyKind> {
    entry.needs_one(cx, ["lag", "over"]);
    let law = entry.get(cx, "lag", delays::delay).map(AsyncLag::Law);
    let over = entry.get(cx, "over", values::link).map(AsyncLag::Over);
    let both_ways = entry.get(cx, "both_ways", values::boolean).unwrap_or_default();
    let merges = entry.get(cx, "merges", values::boolean).unwrap_or_default();
    if merges && !both_ways {
        let message = "`merges` means nothing unless `both_ways` is true: there is one side only";
        cx.push(Diagnostic::error(codes::USELESS_KEY, entry.at("merges"), message));
    }
    let window = entry.get(cx, "window", values::span);
    // A stand-in after a reported fault keeps the row, so that other copies can be read.
    let lag = law.or(over).unwrap_or(AsyncLag::Law(crate::model::Delay::constant(Seconds::ZERO)));
    Some(CopyKind::Async { lag, both_ways, merges, window })
}

fn read_log(cx: &mut Reader<'_>, entry: &mut Entry<'_>, sites: usize) -> CopyKind {
    let acks = entry.get(cx, "acks", values::count);
    if let Some(acks) = acks {
        check_acks(cx, entry, acks, sites);
    }
    let keep = entry.get(cx, "keep", values::span).unwrap_or_default();
    let bases = entry.get(cx, "bases", values::copies);
    let bases = if entry.has("bases") {
        filled(cx, bases, &entry.at("bases"), "leave the key out if the log holds all from the start")
    } else {
        Vec::new()
    };
    CopyKind::Log {
        lag: entry.get(cx, "lag", delays::delay),
        bases,
        acks,
        when_short: when_short(cx, entry),
        keep,
        locked: locked(cx, entry, keep),
    }
}

fn locked(cx: &mut Reader<'_>, entry: &mut Entry<'_>, keep: Seconds) -> Option<Seconds> {
    let locked = entry.get(cx, "locked", values::duration)?;
    if locked > keep && !keep.is_zero() {
        let message = "it is locked for longer than it is kept";
        cx.push(
            Diagnostic::error(codes::LOCK_TOO_LONG, entry.at("locked"), message)
                .also(entry.at("keep"), "kept for so long")
                .help("what is locked cannot expire: keep it at least as long"),
        );
    }
    Some(locked)
}

fn read_backup(cx: &mut Reader<'_>, entry: &mut Entry<'_>) -> Option<CopyKind> {
    let schedule = read_schedule(cx, entry);
    let takes = entry.get(cx, "takes", delays::delay);
    let keep = entry.get(cx, "keep", values::span).unwrap_or_default();
    let full_every = entry.get(cx, "full_every", values::span);
    if let (Some(full), Some(schedule)) = (full_every, &schedule)
        && full < schedule.mean_gap()
    {
        let message = "a full backup more often than any backup";
        let every = if entry.has("every") { "every" } else { "cron" };
        cx.push(
            Diagnostic::error(codes::TOO_OFTEN, entry.at("full_every"), message)
                .also(entry.at(every), "any backup")
                .help("leave `full_every` out if every backup is a full one"),
        );
    } else if let (Some(full), Some(schedule)) = (full_every, &schedule) {
        advise_distance(cx, entry, full, schedule);
    }
    let zero = || crate::model::Delay::constant(Seconds::ZERO);
    Some(CopyKind::Backup {
        schedule: schedule.unwrap_or(Schedule::Every { interval: Seconds::literal(SECONDS_PER_YEAR), offset: None }),
        takes: takes.unwrap_or_else(zero),
        travel: entry.get(cx, "travel", delays::delay),
        full_every,
        fails: values::not_always(cx, entry, "fails", "every run fails: there would never be a backup"),
        keep,
        locked: locked(cx, entry, keep),
    })
}

/// Full backups are the n-th of all: one that is due in between comes with the nearest of them.
fn advise_distance(cx: &mut Reader<'_>, entry: &Entry<'_>, full: Seconds, schedule: &Schedule) {
    // The gaps of a calendar are uneven: their mean need not fit to the second.
    let (key, slack) = match schedule {
        Schedule::Every { .. } => ("every", 1e-9),
        Schedule::Cron { .. } => ("cron", 0.1),
    };
    let runs = full.seconds() / schedule.mean_gap().seconds();
    if (runs - runs.round()).abs() <= slack * runs.max(1.0) {
        return;
    }
    let nth = runs.round().max(1.0);
    let real = Seconds::new(nth * schedule.mean_gap().seconds()).unwrap_or_default().human();
    let distance =
        if nth > 1.0 { format!("one backup in {nth} is a full one") } else { "every backup is a full one".to_owned() };
    let message = format!("{} is no multiple of the time between backups: {distance}, {real} apart", full.human());
    cx.push(
        Diagnostic::advice(codes::UNEVEN_FULLS, entry.at("full_every"), message)
            .also(entry.at(key), "from one backup to the next")
            .help("make it a multiple, so that the file says what happens"),
    );
}

fn read_schedule(cx: &mut Reader<'_>, entry: &mut Entry<'_>) -> Option<Schedule> {
    entry.needs_one(cx, ["every", "cron"]);
    for (key, needs) in [("offset", "every"), ("tz", "cron")] {
        let one = entry.has("every") || entry.has("cron");
        if one && entry.has(key) && !entry.has(needs) {
            let message = format!("`{key}` means nothing without `{needs}`");
            cx.push(Diagnostic::error(codes::USELESS_KEY, entry.at(key), message).on_key());
        }
    }
    if entry.has("cron") {
        let expression = entry.get(cx, "cron", values::text)?.0;
        let timezone = entry.get(cx, "tz", values::text)?.0;
        return match cron::cron_starts(&expression, &timezone) {
            Ok(starts) => {
                let starts = Calendar::new(starts, cron::is_weekly(&expression));
                Some(Schedule::Cron { expression, timezone, starts })
            }
            Err(error) => {
                let key = if error.code == codes::BAD_TIME_ZONE { "tz" } else { "cron" };
                values::refuse(cx, &entry.at(key), error);
                None
            }
        };
    }
    let interval = entry.get(cx, "every", interval)?;
    let offset = entry.get(cx, "offset", values::duration);
    if offset.is_some_and(|offset| offset >= interval) {
        let message = "the first start is later than the second";
        cx.push(
            Diagnostic::error(codes::OUT_OF_RANGE, entry.at("offset"), message)
                .also(entry.at("every"), "from one start to the next")
                .help("an offset is shorter than `every`"),
        );
    }
    Some(Schedule::Every { interval, offset })
}

/// A duration above zero; a calendar in its place is told where it belongs.
fn interval(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Seconds> {
    let calendar = node.text().filter(|text| cron::cron_starts(text, "UTC").is_ok());
    let Some(text) = calendar else { return values::span(cx, node, path) };
    let fault = Diagnostic::error(codes::BAD_QUANTITY, path.clone(), format!("{} is a calendar", quote(text)));
    cx.push(fault.help(format!("write `cron = \"{text}\"`; `every` is a duration, such as \"1d\"")));
    None
}

impl Show for FailureKind {}

fn failure_kind(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<FailureKind> {
    let text = values::text(cx, node, path)?.0;
    // An outage damages nothing that could be carried on, a partition carries nothing at all.
    let kinds = [FailureKind::Deletion, FailureKind::Corruption, FailureKind::Compromise];
    let hit = kinds.into_iter().find(|k| k.word() == text);
    if hit.is_none() {
        let words: Vec<&str> = kinds.iter().map(|k| k.word()).collect();
        cx.push(super::read::unknown_word(&text, &words, path.clone()));
    }
    hit
}

fn skips(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Listed<FailureKind>> {
    values::list(cx, node, path, "kinds of failure", failure_kind)
}

/// The copies that are made from one another, read off the file itself: another copy's fault hides none.
fn report_cycle(cx: &mut Reader<'_>, names: &[String]) -> bool {
    let document = cx.document;
    let Some(table) = document.root.item("copies").map(|item| &item.node) else { return false };
    let upstream = |name: &String| {
        let own = &table.item(name)?.node;
        let sibling = own.item("like").and_then(|like| like.node.text());
        let (entry, node) = match own.item("of") {
            Some(item) => (name.as_str(), &item.node),
            None => (sibling?, &table.item(sibling?)?.node.item("of")?.node),
        };
        let of = names.iter().position(|other| node.text() == Some(other))?;
        Some((of, Path::keys(&["copies", entry, "of"])))
    };
    let edges: Vec<Option<(usize, Path)>> = names.iter().map(upstream).collect();
    let next: Vec<Vec<usize>> = edges.iter().map(|edge| edge.iter().map(|(of, _)| *of).collect()).collect();
    let Some(circle) = graph::cycle(&next) else { return false };
    let message = format!("copies are made from one another: {}", graph::describe(&circle, names));
    let at = edges[circle[0]].as_ref().map(|(_, path)| path.clone()).unwrap_or_default();
    cx.push(Diagnostic::error(codes::COPY_CYCLE, at, message));
    cx.broken = true;
    true
}

/// The data set of every copy: what it says, else that of its upstream, else the only one.
fn resolve_data(cx: &mut Reader<'_>, drafts: &mut [Draft]) {
    for n in 0..drafts.len() {
        let mut at = n;
        // No cycle, so at most as many steps as copies.
        let inherited = loop {
            let draft = &drafts[at];
            if let Some((data, _)) = &draft.data {
                break Some(*data);
            }
            match draft.row.of {
                Some(Upstream::Copy(of)) => at = of.index(),
                Some(Upstream::Data(data)) if cx.names.len(Sort::Data) > 1 || draft.row.kind.word() != "derived" => {
                    // What is derived from a data set is mostly another one.
                    break (draft.row.kind.word() != "derived").then_some(data);
                }
                _ => break (cx.names.len(Sort::Data) == 1).then(|| DataId::from_index(0)),
            }
        };
        let name = quote(&drafts[n].path.to_string());
        match inherited {
            Some(data) => {
                drafts[n].row.data = data;
                if drafts[n].data.is_none() {
                    let shown = format!("\"{}\"", cx.parts.data[data].name);
                    let path = drafts[n].path.key("data");
                    let origin = super::Origin::Default { why: "that of `of`, or the only data set".to_owned() };
                    let shown = super::read::Shown { human: shown.clone(), exact: shown };
                    cx.notes.push(super::resolved::Note::new(path, shown, origin, None));
                }
            }
            None => {
                cx.broken = true;
                // Of a chain only the copy that it starts from could say it.
                if at != n
                    || matches!(drafts[n].row.of, Some(Upstream::External(_)) if drafts[n].row.kind.word() != "derived")
                {
                    continue;
                }
                let sets: Vec<String> = cx.all_names(Sort::Data).iter().map(|d| quote(d)).collect();
                let fault = Diagnostic::error(
                    codes::DATA_UNCLEAR,
                    drafts[n].path.clone(),
                    format!("{name} does not say what data it holds"),
                )
                .on_key()
                .help(format!(
                    "add `data =` with one of {}",
                    if sets.is_empty() { "[data], which is empty".to_owned() } else { sets.join(", ") }
                ));
                cx.push(fault);
            }
        }
    }
}

/// A soft-delete without `at` lies with what it is of.
fn resolve_sites(cx: &mut Reader<'_>, drafts: &mut [Draft]) {
    for n in 0..drafts.len() {
        if drafts[n].placed || drafts[n].row.kind.word() != "soft-delete" {
            continue;
        }
        let of = match drafts[n].row.of {
            Some(Upstream::Copy(of)) => Some(of.index()),
            Some(Upstream::Data(data)) => {
                drafts.iter().position(|d| d.row.kind.word() == "primary" && d.row.data == data)
            }
            _ => None,
        };
        if let Some(of) = of {
            drafts[n].row.sites = drafts[of].row.sites.clone();
            let shown = "with what it is of".to_owned();
            let origin =
                super::Origin::Default { why: "a recycle bin is part of the system that it serves".to_owned() };
            let shown = super::read::Shown { human: shown.clone(), exact: shown };
            cx.notes.push(super::resolved::Note::new(drafts[n].path.key("at"), shown, origin, None));
        }
    }
}

fn check_upstream(cx: &mut Reader<'_>, draft: &Draft, all: &[Draft]) {
    let Some(at) = draft.of.clone() else { return };
    let kind = draft.row.kind.word();
    match draft.row.of {
        Some(Upstream::External(_)) if kind != "derived" => {
            let message = format!("an external cannot be what a copy of kind {kind} is made from");
            let fault = Diagnostic::error(codes::BAD_UPSTREAM, at, message);
            cx.push(fault.help("only a derived copy is fed from outside"));
        }
        Some(Upstream::Copy(of)) => {
            let of = &all[of.index()];
            if let (Some((_, said)), true) = (&draft.data, kind != "derived" && of.row.data != draft.row.data) {
                let message = format!(
                    "it says that it holds {}, but what it is made from holds {}",
                    quote(&cx.parts.data[draft.row.data].name),
                    quote(&cx.parts.data[of.row.data].name)
                );
                cx.push(
                    Diagnostic::error(codes::DATA_UNCLEAR, said.clone(), message)
                        .also(at.clone(), "made from this")
                        .help("only a derived copy holds other data than its input"),
                );
            }
            if of.row.kind.word() == "soft-delete" {
                let message = "a soft-delete gives back what was deleted, and nothing to copy";
                cx.push(Diagnostic::error(codes::BAD_UPSTREAM, at, message));
            }
        }
        Some(Upstream::Data(data)) if kind != "derived" && data != draft.row.data => {
            let message = "it says that it holds another data set than the one it is made from";
            let said = draft.data.as_ref().map_or(at.clone(), |(_, path)| path.clone());
            cx.push(Diagnostic::error(codes::DATA_UNCLEAR, said, message).also(at, "made from this"));
        }
        _ => {}
    }
    if let CopyKind::Log { bases, .. } = &draft.row.kind {
        for base in bases {
            let base = &all[base.index()];
            if base.row.data != draft.row.data || matches!(base.row.kind.word(), "log" | "soft-delete") {
                let message = format!("{} cannot be a base of this log", quote(&base.row.name));
                cx.push(
                    Diagnostic::error(codes::BAD_UPSTREAM, draft.path.key("bases"), message)
                        .help("a base is a primary, async or backup copy of the same data set"),
                );
            }
        }
    }
}
