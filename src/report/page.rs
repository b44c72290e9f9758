//! The result as one self-contained page: no network, no script, everything drawn inside.

use std::borrow::Cow;
use std::collections::BTreeMap;

use data_encoding::BASE64;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::blocks::{Block, Grid};
use super::cells::{ByFailure, time_at};
use super::chart::{Chart, Quantity, WayCharts, bill, dark_rules, distribution, gantts, tradeoff};
use super::comparison::{by_merit, failure_blocks, failures, legend, tier_notes, tier_table};
use super::dependence::{Told, dependence};
use super::escape::{script, terminal};
use super::{details, human, verdict};
use crate::assess::{Assessment, Assumption, IncidentAssessment, Only, TierAssessment};
use crate::stats::Estimate;

const TEMPLATE: &str = include_str!("../../templates/report/page.html");
const STYLE: &str = include_str!("../../templates/report/page.css");

/// What the template is given. Every text in it is escaped there, but for what is marked.
#[derive(Serialize)]
struct Page {
    policy: String,
    /// Not escaped: of this program.
    style: String,
    version: String,
    title: String,
    sections: Vec<Link>,
    verdict: Verdict,
    only: Option<String>,
    tiers: Tiers,
    years: Years,
    costs: Costs,
    failures: Vec<Failure>,
    depends: Vec<Depends>,
    legend: String,
    assumptions: Vec<Group>,
    assumptions_about: String,
    provenance: Vec<(&'static str, String)>,
    /// Not escaped: JSON that cannot end its element.
    result: String,
}

#[derive(Serialize)]
struct Link {
    id: String,
    name: String,
}

#[derive(Serialize)]
struct Verdict {
    headline: String,
    reasons: Vec<String>,
}

#[derive(Serialize)]
struct Tiers {
    table: Table,
    notes: Vec<String>,
    made_of: Table,
}

#[derive(Serialize)]
struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    figures_from: usize,
}

#[derive(Serialize)]
struct Years {
    table: Table,
    tiers: Vec<YearsOfTier>,
}

#[derive(Serialize)]
struct YearsOfTier {
    name: String,
    table: Table,
    chances: Vec<String>,
}

#[derive(Serialize)]
struct Costs {
    charts: Vec<Drawn>,
    bills: Vec<Bill>,
}

#[derive(Serialize)]
struct Bill {
    name: String,
    table: Table,
}

/// A chart, of which a style sheet shows the drawing that suits the screen.
#[derive(Serialize)]
struct Drawn {
    title: String,
    /// Not escaped: drawn by this program, which escapes what it draws.
    wide: String,
    /// Likewise.
    narrow: String,
}

/// What a tier depends on most.
#[derive(Serialize)]
struct Depends {
    name: String,
    /// Whether it is the verdict's.
    first: bool,
    parts: Vec<DependsPart>,
}

#[derive(Serialize)]
struct DependsPart {
    title: &'static str,
    about: String,
    table: Table,
}

#[derive(Serialize)]
struct Failure {
    id: String,
    name: String,
    about: String,
    table: Table,
    distributions: Vec<Drawn>,
    time_lines: Vec<TimeLines>,
}

#[derive(Serialize)]
struct TimeLines {
    name: String,
    open: bool,
    /// The most frequent way to end, with nothing folded away.
    charts: Vec<Drawn>,
    others: Vec<Way>,
    /// What ended incidents too, but is not drawn.
    note: String,
}

#[derive(Serialize)]
struct Way {
    name: String,
    charts: Vec<Drawn>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    sourced: bool,
    rows: Vec<Value>,
}

#[derive(Serialize)]
struct Value {
    path: String,
    value: String,
    from: String,
    source: Vec<Part>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Part {
    text: String,
    link: Option<String>,
}

/// Text of a result, with what could hide or reverse it spelled out.
fn clean(text: &str) -> String {
    terminal(text).into_owned()
}

impl From<Grid> for Table {
    fn from(grid: Grid) -> Self {
        let all = |cells: Vec<String>| cells.iter().map(|cell| clean(cell)).collect();
        Self {
            header: all(grid.header),
            rows: grid.rows.into_iter().map(all).collect(),
            figures_from: grid.figures_from,
        }
    }
}

/// Draws charts with ids of their own.
#[derive(Default)]
struct Pen {
    drawn: usize,
}

impl Pen {
    fn draw(&mut self, chart: &Chart) -> Result<Drawn, String> {
        self.drawn += 1;
        let id = format!("c{}", self.drawn);
        let (wide, narrow) = (chart.svg(&id)?, chart.narrow_svg(&format!("{id}n"))?);
        Ok(Drawn { title: clean(&chart.title), wide, narrow })
    }

    fn all(&mut self, charts: impl IntoIterator<Item = Chart>) -> Result<Vec<Drawn>, String> {
        charts.into_iter().map(|chart| self.draw(&chart)).collect()
    }
}

/// The page as HTML: the same result gives the same bytes.
///
/// # Errors
/// The words of the template engine or of the drawing library; no result leads there.
pub fn page(result: &Assessment) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page", TEMPLATE).map_err(|error| error.to_string())?;
    let template = environment.get_template("page").map_err(|error| error.to_string())?;
    template.render(Serde(view(result)?)).map(|text| text + "\n").map_err(|error| error.to_string())
}

fn view(result: &Assessment) -> Result<Page, String> {
    let style = style();
    let tiers = by_merit(result);
    let mut pen = Pen::default();
    let costs = Costs { charts: pen.all(bill(result))?, bills: tiers.iter().map(|tier| bill_of(tier)).collect() };
    let names = failures(result);
    let incidents = ByFailure::new(&tiers);
    let failures: Vec<Failure> = names
        .iter()
        .enumerate()
        .map(|(n, name)| failure(result, &incidents, n, name, &mut pen))
        .collect::<Result<_, _>>()?;
    let years = years(&tiers);
    let depends = depends(result);
    let assumptions = groups(&result.assumptions);
    let json = serde_json::to_string(result).map_err(|error| error.to_string())?;
    Ok(Page {
        policy: policy(&style),
        version: clean(&result.drplan),
        title: clean(&result.scenario.title),
        sections: sections(&failures, !years.table.rows.is_empty(), !depends.is_empty(), !assumptions.is_empty()),
        verdict: verdict_of(result),
        only: result.only.as_ref().map(partly),
        tiers: Tiers {
            table: tier_table(&tiers).into(),
            notes: lines(tier_notes(result, &tiers)),
            made_of: made_of(&tiers).into(),
        },
        years,
        costs,
        failures,
        depends,
        legend: legend(),
        assumptions_about: assumptions_about(&result.assumptions),
        assumptions,
        provenance: provenance(result),
        result: script(&json),
        style,
    })
}

fn style() -> String {
    // The charts turn dark on dark screens only: paper is white whatever the screen.
    format!("\n{STYLE}@media screen and (prefers-color-scheme: dark) {{\n{}}}\n", dark_rules())
}

/// Nothing is loaded, nothing runs, and the one style sheet is this one.
fn policy(style: &str) -> String {
    let hash = BASE64.encode(&Sha256::digest(style.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

fn sections(failures: &[Failure], years: bool, depends: bool, assumptions: bool) -> Vec<Link> {
    let link = |id: &str, name: &str| Link { id: id.to_owned(), name: name.to_owned() };
    let mut all = vec![link("verdict", "Verdict"), link("tiers", "Tiers")];
    all.extend(years.then(|| link("years", "Years")));
    all.push(link("costs", "Costs"));
    all.extend(failures.iter().map(|f| link(&f.id, &f.name)));
    all.extend(depends.then(|| link("depends", "What it depends on")));
    all.extend(assumptions.then(|| link("assumptions", "Assumptions")));
    all.push(link("provenance", "Provenance"));
    all
}

/// Texts and list entries of blocks.
fn lines(blocks: Vec<Block>) -> Vec<String> {
    let each = blocks.into_iter().flat_map(|block| match block {
        Block::Text(text) | Block::Heading(_, text) => vec![text],
        Block::List(lines) => lines,
        Block::Table(_) | Block::Bars(_) => Vec::new(),
    });
    each.map(|line| clean(&line)).collect()
}

fn verdict_of(result: &Assessment) -> Verdict {
    let mut all = lines(verdict::verdict(result)).into_iter();
    Verdict { headline: all.next().unwrap_or_default(), reasons: all.collect() }
}

fn partly(only: &Only) -> String {
    let parts = [("tier", &only.tier), ("failure", &only.failure), ("member", &only.member)];
    let said: Vec<String> =
        parts.iter().filter_map(|(what, name)| Some(format!("{what} {}", clean(name.as_ref()?)))).collect();
    format!("Only a part of the scenario was assessed: {}.", said.join(", "))
}

fn made_of(tiers: &[&TierAssessment]) -> Grid {
    let mut grid = Grid::new(&["tier", "title", "strategies"], 3);
    for tier in tiers {
        let strategies: Vec<String> = tier.strategies.iter().map(|(service, by)| format!("{service}: {by}")).collect();
        grid.row([tier.id.clone(), tier.title.clone().unwrap_or_default(), strategies.join(", ")]);
    }
    grid.without_empty_columns()
}

/// The figures that lifetimes give; without them an empty table.
fn years(tiers: &[&TierAssessment]) -> Years {
    let header = ["tier", "availability", "outages", "downtime", "data loss", "penalty"];
    let mut grid = Grid::new(&header, 1);
    let say = |estimate: &Option<Estimate>, human: &dyn Fn(f64, f64) -> String| {
        let mean = estimate.as_ref().and_then(|e| Some((e.mean?, e.standard_error.unwrap_or(0.0))));
        mean.map_or_else(String::new, |(mean, error)| human(mean, error))
    };
    let time = |mean: f64, error: f64| {
        let error = if error > 0.0 { format!(" ± {}", human::brief(error)) } else { String::new() };
        format!("{}{error}", human::time(mean))
    };
    for tier in tiers {
        let money = |mean: f64, error: f64| human::money_with_error(mean, error, &tier.cost.currency);
        let availability = tier
            .availability
            .map(|a| format!("{} ({} to {})", human::percent(a.point), human::percent(a.low), human::percent(a.high)));
        let figures = [
            availability.unwrap_or_default(),
            say(&tier.outages_per_year, &human::with_error),
            say(&tier.downtime_per_year, &time),
            say(&tier.data_loss_per_year, &time),
            say(&tier.penalty_per_year, &money),
        ];
        if figures.iter().any(|figure| !figure.is_empty()) {
            grid.row(std::iter::once(tier.id.clone()).chain(figures));
        }
    }
    let of_tier = |tier: &&TierAssessment| {
        let lifetimes = tier.lifetimes.as_ref()?;
        Some(YearsOfTier {
            name: clean(&format!("{}: services, outages, chances", tier.id)),
            table: details::lifetime_table(tier, lifetimes).into(),
            chances: details::chances(lifetimes).iter().map(|line| clean(line)).collect(),
        })
    };
    Years { table: grid.without_empty_columns().into(), tiers: tiers.iter().filter_map(of_tier).collect() }
}

fn bill_of(tier: &TierAssessment) -> Bill {
    let total = super::cells::sum(tier.cost.per_month, tier.cost.known_per_month, &tier.cost.currency);
    Bill {
        name: clean(&format!("{}: {total} a month, item by item", tier.id)),
        table: details::cost_table(tier).into(),
    }
}

fn depends(result: &Assessment) -> Vec<Depends> {
    let part = |told: Told| DependsPart { title: told.title, about: told.about, table: told.grid.into() };
    let all = dependence(result).into_iter().enumerate().map(|(n, (tier, tables))| Depends {
        name: clean(&tier.id),
        first: n == 0,
        parts: tables.into_iter().map(part).collect(),
    });
    all.collect()
}

fn failure(
    result: &Assessment,
    incidents: &ByFailure<'_>,
    n: usize,
    name: &str,
    pen: &mut Pen,
) -> Result<Failure, String> {
    let (mut about, mut table) = (String::new(), Grid::default());
    for block in failure_blocks(incidents, name) {
        match block {
            Block::Heading(_, text) => about = text,
            Block::Table(grid) => table = grid,
            Block::Text(_) | Block::List(_) | Block::Bars(_) => {}
        }
    }
    let distributions =
        Quantity::ALL.into_iter().filter_map(|quantity| distribution(result, incidents, name, quantity));
    let distributions = pen.all(distributions.chain(tradeoff(incidents, name)))?;
    let mut time_lines = Vec::new();
    for (tiers, incident) in alike(incidents, name) {
        let who = tiers.join(", ");
        let mut ways = gantts(&who, incident).into_iter();
        let Some(first) = ways.next() else { continue };
        let open = result.verdict.tier.as_deref().is_some_and(|chosen| tiers.contains(&chosen));
        let charts = pen.all(first.charts)?;
        let way = |way: WayCharts| Ok(Way { name: clean(&way.way), charts: pen.all(way.charts)? });
        let others = ways.map(way).collect::<Result<Vec<_>, String>>()?;
        let (name, note) = (clean(&summary(&who, incident)), clean(&undrawn(incident)));
        time_lines.push(TimeLines { name, open, charts, others, note });
    }
    Ok(Failure {
        id: format!("failure-{}", n + 1),
        name: clean(name),
        about: clean(&about),
        table: table.into(),
        distributions,
        time_lines,
    })
}

/// Tiers of which the same incidents stand for all, in their order: they protect the same way against
/// this failure.
fn alike<'a>(incidents: &ByFailure<'a>, failure: &str) -> Vec<(Vec<&'a str>, &'a IncidentAssessment)> {
    let mut groups: Vec<(Vec<&str>, &IncidentAssessment)> = Vec::new();
    for (tier, incidents) in incidents.of(failure) {
        for incident in incidents.iter().copied() {
            match groups.iter_mut().find(|(_, other)| other.representative == incident.representative) {
                Some((names, _)) => names.push(&tier.id),
                None => groups.push((vec![&tier.id], incident)),
            }
        }
    }
    groups
}

/// What ended incidents as well, but none of those that were looked at one by one.
fn undrawn(incident: &IncidentAssessment) -> String {
    let Some(found) = incident.representative.as_ref() else { return String::new() };
    let mut drawn: Vec<&String> = found.ways.iter().flat_map(|way| &way.plans).collect();
    for line in [&found.median, &found.p95].into_iter().flatten() {
        // Of several services, each plan that ran to its end is seen, whichever was the last.
        drawn.push(&line.plan);
        drawn.extend(line.steps.iter().map(|step| &step.plan));
    }
    let missing =
        incident.plans.iter().filter(|(plan, share)| **share > 0.0 && *plan != "none" && !drawn.contains(plan));
    let said: Vec<String> =
        missing.map(|(plan, share)| format!("{} ({})", label(plan), human::percent(*share))).collect();
    if said.is_empty() { String::new() } else { format!("Too rare to be drawn: {}.", said.join(", ")) }
}

/// What ended an incident, in words.
fn label(plan: &str) -> &str {
    if plan == "wait" { "the end of the outage" } else { plan }
}

fn summary(who: &str, incident: &IncidentAssessment) -> String {
    let ways = incident.representative.as_ref().map_or(0, |found| found.ways.len());
    if ways > 1 {
        return format!("{who}: what happens in the median and in the p95 incident, for each of {ways} ways to end");
    }
    let (time, lost) = (&incident.recovery_time.estimate, &incident.unrecoverable);
    let (p50, p95) = (time_at(time, time.p50, 0.50, lost), time_at(time, time.p95, 0.95, lost));
    format!("{who}: what happens in the median incident ({p50}) and in the p95 incident ({p95})")
}

/// How many values have a source, so that a reader sees what is only assumed.
fn assumptions_about(all: &[Assumption]) -> String {
    let sourced = all.iter().filter(|a| a.source.is_some()).count();
    let defaults = all.iter().filter(|a| a.from.starts_with("default")).count();
    format!(
        "{} values, {sourced} of which the file gives a source for; {defaults} are defaults of the language.",
        all.len()
    )
}

/// Values by the table of the file that they are in.
fn groups(all: &[Assumption]) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Vec<&Assumption>> = BTreeMap::new();
    for assumption in all {
        groups.entry(assumption.path.split('.').next().unwrap_or_default()).or_default().push(assumption);
    }
    let group = |(name, rows): (&str, Vec<&Assumption>)| {
        let sourced = rows.iter().filter(|a| a.source.is_some()).count();
        let with = if sourced > 0 { format!(", {sourced} with a source") } else { String::new() };
        let values = if rows.len() == 1 { "1 value".to_owned() } else { format!("{} values", rows.len()) };
        Group {
            name: format!("{}: {values}{with}", clean(name)),
            sourced: sourced > 0,
            rows: rows.into_iter().map(value).collect(),
        }
    };
    groups.into_iter().map(group).collect()
}

fn value(assumption: &Assumption) -> Value {
    Value {
        path: clean(&assumption.path),
        value: clean(&assumption.value),
        from: clean(&assumption.from),
        source: assumption.source.as_deref().map_or_else(Vec::new, linked),
    }
}

/// A source with its addresses: `http` and `https` become links, nothing else does.
fn linked(source: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for word in source.split_inclusive(char::is_whitespace) {
        let address = word.trim_end().trim_end_matches(['.', ',', ';', ':', ')', '"', '\'']);
        let lower = address.to_ascii_lowercase();
        let plain = address.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\'' | '`' | '\\'));
        if plain && ["http://", "https://"].iter().any(|scheme| lower.starts_with(scheme) && lower.len() > scheme.len())
        {
            parts.push(Part { text: address.to_owned(), link: Some(address.to_owned()) });
            parts.push(Part { text: clean(&word[address.len()..]), link: None });
        } else {
            parts.push(Part { text: clean(word), link: None });
        }
    }
    parts
}

fn provenance(result: &Assessment) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("Program", format!("drplan {}", clean(&result.drplan))),
        ("Scenario", clean(&result.scenario.hash)),
        ("Seed", result.seed.to_string()),
        ("Incidents per tier and failure", human::number(result.trials as f64)),
    ];
    if let (Some(lifetimes), Some(years)) = (result.lifetimes, result.years) {
        let text: Cow<'_, str> =
            format!("{} of {} years", human::number(lifetimes as f64), human::number(years)).into();
        all.push(("Lifetimes", text.into_owned()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_become_links() {
        let links = |text: &str| linked(text).into_iter().filter_map(|p| p.link).collect::<Vec<_>>();
        assert_eq!(links("AWS (https://aws.example/a?b=1), page 3."), ["https://aws.example/a?b=1"; 0]);
        assert_eq!(links("see https://aws.example/a?b=1, page 3."), ["https://aws.example/a?b=1"]);
        assert_eq!(links("HTTP://A.example"), ["HTTP://A.example"]);
        for text in
            ["javascript:alert(1)", "data:text/html,x", "http://", "https://a\"onclick=x", "ftp://a", "//a.example"]
        {
            assert!(links(text).is_empty(), "{text}");
        }
        let whole: String = linked("a https://b.example.\nc").into_iter().map(|p| p.text).collect();
        assert_eq!(whole, "a https://b.example.\\u{a}c");
    }
}
