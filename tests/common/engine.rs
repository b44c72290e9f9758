//! A small scenario, the engine's answer to it, and the comparison with the truth.

use drplan::id::{FailureId, Id, TierId};
use drplan::model::Scenario;
use drplan::sim::{CampaignResult, CampaignSettings, Filter, IncidentTally, Outcome, Random, Simulator, run_incidents};
use drplan::stats::Tally;

/// The three seeds on which every closed form must hold; nothing is special about them.
pub(crate) const SEEDS: [u64; 3] = [1, 20_260, 987_654_321];

/// Standard errors that an estimate may be off: 4.5 are exceeded by chance once in 150,000 checks.
pub(crate) const ERRORS: f64 = 4.5;

/// Largest standard error as a share of the truth: a check that cannot see 1% is no check.
pub(crate) const PRECISION: f64 = 0.01;

/// Outcomes are rounded to whole milliseconds (or bytes): at most half of one each.
pub(crate) const ROUNDING: f64 = 0.5;

/// A small scenario with one service `s`, one strategy `only` and a primary `db` at `here`.
pub(crate) struct Case {
    parts: Vec<(&'static str, String)>,
}

impl Case {
    /// Places, data, a primary, a step `go` that takes no time; the rest is up to the test.
    pub(crate) fn new() -> Self {
        let parts = vec![
            ("places", "here = []\nthere = []".to_owned()),
            ("data", r#"d = { size = "100 GB", writes = "10 GB/day" }"#.to_owned()),
            ("copies", r#"db = { kind = "primary", at = "here" }"#.to_owned()),
            ("steps", r#"go = { phase = "redirect", takes = "0s" }"#.to_owned()),
            ("service", "data = \"d\"\ncopies = [\"db\"]".to_owned()),
        ];
        Self { parts }
    }

    /// Adds rows to a table, to `service`, `strategy` or the `head` of the file.
    pub(crate) fn with(mut self, part: &'static str, rows: impl Into<String>) -> Self {
        self.parts.push((part, rows.into()));
        self
    }

    /// Takes out what a table held so far and puts in these rows.
    pub(crate) fn only(mut self, part: &'static str, rows: impl Into<String>) -> Self {
        self.parts.retain(|(p, _)| *p != part);
        self.with(part, rows)
    }

    /// A plan `back` from this copy for the only failure, which strategy `only` has.
    pub(crate) fn back(self, failure: &str, source: &str, steps: &str) -> Self {
        self.with("service", r#"plans = ["back"]"#)
            .with("strategy", format!("copies = [\"{source}\"]"))
            .with("plans", format!(r#"back = {{ for = ["{failure}"], from = ["{source}"], steps = {steps} }}"#))
    }

    /// As a scenario file.
    pub(crate) fn text(&self) -> String {
        let rows = |part: &str| -> String {
            self.parts.iter().filter(|(p, _)| *p == part).map(|(_, rows)| format!("{rows}\n")).collect()
        };
        let mut out = format!("title = \"Closed form\"\n{}", rows("head"));
        for name in ["places", "links", "data", "externals", "compute", "copies", "failures", "plans", "steps"] {
            out.push_str(&format!("\n[{name}]\n{}", rows(name)));
        }
        out.push_str(&format!("\n[services.s]\n{}\n[strategies.only]\n{}", rows("service"), rows("strategy")));
        out
    }
}

/// The scenario of a text that has no fault.
pub(crate) fn load(text: &str) -> Scenario {
    match drplan::spec::load(text) {
        Ok(loaded) => loaded.scenario,
        Err((diagnostics, _)) => {
            let errors = diagnostics.all().iter().filter(|d| d.severity == drplan::diag::Severity::Error);
            panic!("{:#?}\n{text}", errors.map(|d| (d.code, &d.message)).collect::<Vec<_>>())
        }
    }
}

/// A campaign on two threads.
pub(crate) fn campaign(scenario: &Scenario, trials: u64, seed: u64) -> CampaignResult {
    run_incidents(scenario, &CampaignSettings { trials, seed, threads: 2, truncate: false }, &Filter::default())
}

/// The tally of a failure in the first tier, of the service of this name or else of the application.
pub(crate) fn tally<'a>(
    scenario: &Scenario,
    result: &'a CampaignResult,
    failure: &str,
    service: Option<&str>,
) -> &'a IncidentTally {
    let first = TierId::from_index(0);
    let tier = result.tiers.iter().find(|t| t.tier == first).expect("a tier");
    let named = |i: &&IncidentTally| {
        scenario.failures[i.failure].name == failure && i.service.map(|s| scenario.services[s].name.as_str()) == service
    };
    // With one service its figures are the application's, and only one of the two is there.
    let any = |i: &&IncidentTally| scenario.failures[i.failure].name == failure;
    tier.incidents.iter().find(named).or_else(|| tier.incidents.iter().find(any)).expect("an incident")
}

/// Whether the mean of a tally is `truth` (in seconds or bytes, `scale` of them per recorded unit).
pub(crate) fn mean_holds(what: &str, tally: &Tally, scale: f64, truth: f64) {
    let (mean, error) =
        (tally.mean().expect("finite outcomes") * scale, tally.standard_error().expect("two outcomes") * scale);
    assert!(
        error <= PRECISION * truth.abs() || error == 0.0,
        "{what}: standard error {error} of {truth} shows nothing"
    );
    let off = (mean - truth).abs();
    assert!(
        off < ERRORS * error + ROUNDING * scale,
        "{what}: {mean} instead of {truth}, {:.1} standard errors",
        off / error
    );
}

/// Whether `events` of `n` agree with a chance of `truth`.
pub(crate) fn share_holds(what: &str, events: u64, n: u64, truth: f64) {
    let share = events as f64 / n as f64;
    let error = (truth * (1.0 - truth) / n as f64).sqrt();
    assert!(error <= PRECISION * truth, "{what}: standard error {error} of {truth} shows nothing");
    let off = (share - truth).abs();
    assert!(off < ERRORS * error, "{what}: {share} instead of {truth}, {:.1} standard errors", off / error);
}

/// Milliseconds in seconds.
pub(crate) const MS: f64 = 1e-3;

/// Runs `check` on the tally of `failure` for each seed.
pub(crate) fn on_each_seed(text: &str, trials: u64, failure: &str, check: impl Fn(&IncidentTally)) {
    let scenario = load(text);
    for seed in SEEDS {
        let result = campaign(&scenario, trials, seed);
        check(tally(&scenario, &result, failure, None));
    }
}

/// Share of incidents that a plan ended, by its label.
pub(crate) fn plan_share(scenario: &Scenario, incident: &IncidentTally, plan: &str) -> u64 {
    let name = |label: &drplan::sim::PlanLabel| match label {
        drplan::sim::PlanLabel::Plan(id) => scenario.plans[*id].name.clone(),
        drplan::sim::PlanLabel::Wait => "wait".to_owned(),
        drplan::sim::PlanLabel::None => "none".to_owned(),
    };
    incident.plans.iter().filter(|(label, _)| name(label) == plan).map(|(_, n)| n).sum()
}

/// The application's outcome of the first `n` incidents of a failure in the first tier.
pub(crate) fn outcomes(scenario: &Scenario, failure: &str, n: u64, seed: u64) -> Vec<Outcome> {
    let id = scenario.failures.iter().find(|(_, f)| f.name == failure).expect("a failure").0;
    let tier = TierId::from_index(0);
    let only = Filter { tier: Some(tier), failure: Some(id), member: None };
    incidents(&Simulator::new(scenario, seed, false, &only), tier, id, n)
}

/// The application's outcome of the first `n` incidents of each failure in each tier, in the order of
/// tiers and failures; of an untouched tier where the failure holds nothing of it.
pub(crate) fn all_outcomes(scenario: &Scenario, n: u64) -> Vec<(TierId, FailureId, Vec<Outcome>)> {
    let simulator = Simulator::new(scenario, 7, false, &Filter::default());
    let pairs = scenario.tiers.ids().flat_map(|tier| scenario.failures.ids().map(move |failure| (tier, failure)));
    pairs.map(|(tier, failure)| (tier, failure, incidents(&simulator, tier, failure, n))).collect()
}

fn incidents(simulator: &Simulator<'_>, tier: TierId, failure: FailureId, n: u64) -> Vec<Outcome> {
    let mut all = Vec::new();
    simulator.incidents_by(&Random, tier, failure, 0..n, |whole, _| all.push(*whole));
    all.resize(n as usize, Outcome::CALM);
    all
}
