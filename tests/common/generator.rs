//! Random valid scenarios: the ground on which the laws are tested.
//!
//! One seed gives one file. It has one to three services, each with some of every kind of copy, two
//! strategies, several plans with retries and fallbacks, and failures of every kind. Every name has
//! a digit, so that it is never a word of the language and can be replaced in the text.

mod copies;
mod failures;
mod plans;
mod years;

use super::document::Document;
use super::random::Random;

/// Which part of the language to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of it.
    Everything,
    /// One service, one link, no limits of sources or targets beside it, no roles, and within a block of side-by-side work at most one
    /// transfer per branch: where more data or less bandwidth provably never helps.
    Monotone,
}

/// A random scenario.
pub(crate) fn scenario(seed: u64, reach: Reach) -> Document {
    let mut maker = Maker {
        r: Random::new(seed),
        doc: Document::default(),
        reach,
        accounts: false,
        roles: Vec::new(),
        stressed: false,
        instances: Vec::new(),
    };
    maker.ground();
    let services = if reach == Reach::Monotone { 1 } else { *maker.r.pick(&[1, 1, 2, 2, 3]) };
    for n in 1..=services {
        maker.service(n);
    }
    maker.failures(services);
    if services > 1 {
        maker.tiers(services);
    }
    maker.stress();
    maker.years(seed);
    maker.doc
}

const KINDS: [&str; 5] = ["outage", "partition", "deletion", "corruption", "compromise"];

fn text(value: impl AsRef<str>) -> String {
    format!("\"{}\"", value.as_ref())
}

fn list(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(text).collect();
    format!("[{}]", quoted.join(", "))
}

/// The names of the failures of each kind, the same in every file.
fn failure_names(kind: &str, service: usize) -> Vec<String> {
    match kind {
        "outage" => vec!["site0".to_owned(), "zones0".to_owned(), format!("nodes{service}")],
        "partition" => vec!["cut0".to_owned()],
        "deletion" => vec![format!("drop{service}")],
        "corruption" => vec![format!("rot{service}")],
        _ => vec!["attack0".to_owned()],
    }
}

struct Maker {
    r: Random,
    doc: Document,
    reach: Reach,
    accounts: bool,
    roles: Vec<String>,
    /// Whether people's steps share a factor, if there are any.
    stressed: bool,
    /// Instances of each service's pool.
    instances: Vec<u64>,
}

/// What a service has got so far.
struct Got {
    n: usize,
    copies: Vec<String>,
    plans: Vec<String>,
    instances: u64,
}

impl Got {
    fn name(&self, stem: &str) -> String {
        format!("{stem}{}", self.n)
    }

    fn has(&self, stem: &str) -> bool {
        self.copies.contains(&self.name(stem))
    }
}

impl Maker {
    fn everything(&self) -> bool {
        self.reach == Reach::Everything
    }

    /// `value` with chance `p`, else nothing.
    fn maybe(&mut self, p: f64, value: impl FnOnce(&mut Random) -> String) -> String {
        if self.r.chance(p) { value(&mut self.r) } else { String::new() }
    }

    /// A distribution around this many seconds.
    fn delay(&mut self, seconds: u64) -> String {
        let seconds = seconds.max(4);
        let s = |x: u64| format!("\"{x}s\"");
        match self.r.whole(0, 9) {
            0 | 1 => s(seconds),
            2 | 3 => format!("{{ median = {}, p95 = {} }}", s(seconds), s(seconds * self.r.whole(2, 4))),
            4 => format!("{{ median = {}, sigma = 0.{} }}", s(seconds), self.r.whole(2, 8)),
            5 => format!("{{ mean = {} }}", s(seconds)),
            6 => format!("{{ min = {}, mode = {}, max = {} }}", s(seconds / 2), s(seconds), s(seconds * 3)),
            7 => format!("{{ low = {}, high = {} }}", s(seconds / 2), s(seconds * 2)),
            8 => format!("{{ shape = 1.5, scale = {} }}", s(seconds)),
            _ => format!("{{ samples = [{}, {}, {}] }}", s(seconds / 2), s(seconds), s(seconds * 2)),
        }
    }

    /// A distribution that never exceeds this many seconds.
    fn bounded(&mut self, most: u64) -> String {
        match self.r.whole(0, 2) {
            0 => format!("\"{most}s\""),
            1 => format!("{{ low = \"{}s\", high = \"{most}s\" }}", most / 3),
            _ => format!("{{ min = \"{}s\", mode = \"{}s\", max = \"{most}s\" }}", most / 4, most / 2),
        }
    }

    /// How often a side of a transfer has a limit of its own: a second thing to share beside the link.
    fn read_limits(&self) -> f64 {
        if self.everything() { 0.25 } else { 0.0 }
    }

    /// Places, links, people, accounts and what stands outside.
    fn ground(&mut self) {
        self.doc.top("title", "\"A random scenario\"");
        let zones = |region: &str, count: u64| -> Vec<String> {
            ["a", "b", "c"].iter().take(count as usize).map(|z| format!("{region}-{z}")).collect()
        };
        for (region, least) in [("east1", 2), ("west1", 0), ("far1", 0)] {
            let count = self.r.whole(least, 3);
            self.doc.raw("places", region, list(&zones(region, count)));
        }
        let bandwidth = format!("\"{} Mbps\"", self.r.pick(&[200, 500, 1000, 5000]));
        let rtt = self.maybe(0.5, |r| format!("\"{}ms\"", r.whole(1, 80)));
        let keys =
            [("between", list(&["east1".to_owned(), "west1".to_owned()])), ("bandwidth", bandwidth), ("rtt", rtt)];
        self.doc.row("links", "line1", &keys);
        if self.everything() && self.r.chance(0.5) {
            let between = list(&["far1".to_owned(), "east1".to_owned()]);
            self.doc.row("links", "line2", &[("between", between), ("bandwidth", "\"2 Gbps\"".to_owned())]);
        }
        self.doc.raw("externals", "feed1", "\"far1\"");
        self.accounts = self.r.chance(0.6);
        if self.accounts {
            self.doc.top("accounts", "[\"prod1\", \"vault1\"]");
        }
        if self.everything() && self.r.chance(0.7) {
            let (people, more) = (self.r.whole(1, 3), self.r.whole(1, 2));
            self.doc.top("roles", format!("{{ crew1 = {people}, boss1 = {more} }}"));
            self.roles = vec!["crew1".to_owned(), "boss1".to_owned()];
            self.stressed = self.r.chance(0.4);
        }
    }

    fn account(&mut self, safe: f64) -> String {
        if !self.accounts {
            return String::new();
        }
        text(if self.r.chance(safe) { "vault1" } else { "prod1" })
    }

    fn service(&mut self, n: usize) {
        let mut got = Got { n, copies: Vec::new(), plans: Vec::new(), instances: 1 };
        self.data(&got);
        self.pools(&mut got);
        self.copies(&mut got);
        self.steps(&got);
        self.plans(&mut got);
        let name = format!("app{n}");
        let mut needs: Vec<String> = (1..n).filter(|_| self.r.chance(0.6)).map(|m| format!("app{m}")).collect();
        if self.r.chance(0.15) {
            needs.push("feed1".to_owned());
        }
        let choose = self.choose(0.35);
        let resume = self.maybe(0.3, |r| format!("\"{}s\"", r.whole(0, 600)));
        let rto = self.r.whole(1, 24);
        // What does not end a lifetime changes nothing of an incident.
        let rebuild = if self.r.chance(0.3) { self.delay(5 * 86_400) } else { String::new() };
        let keys = [
            ("data", text(got.name("data"))),
            ("needs", if needs.is_empty() { String::new() } else { list(&needs) }),
            ("runs", list(&[got.name("run")])),
            ("copies", list(&[got.name("main")])),
            ("plans", list(&got.plans)),
            ("choose", choose),
            ("resume", if self.everything() { resume } else { String::new() }),
            ("rebuild", rebuild),
            ("objectives", format!("{{ default = {{ rto = \"{rto}h\", rpo = \"1d\", chance = \"90%\" }} }}")),
        ];
        self.doc.row("services", &name, &keys);
        self.strategies(&got, &name);
    }

    /// A rich strategy with all copies and a lean one with some of them.
    fn strategies(&mut self, got: &Got, service: &str) {
        let extra: Vec<String> = got.copies[1..].to_vec();
        let keep: Vec<String> = extra.iter().filter(|_| self.r.chance(0.6)).cloned().collect();
        // A log is of no use without a base, nor the bin of a replica without that: each goes where the other
        // goes.
        let with = |copy: &String| {
            let of_mirror = self.doc.get("copies", copy, "replicated").is_some();
            let base = if *copy == got.name("log") { "save" } else { "mirror" };
            !(*copy == got.name("log") || of_mirror) || keep.contains(&got.name(base))
        };
        let lean: Vec<String> = keep.iter().filter(|copy| with(copy)).cloned().collect();
        for (stem, copies) in [("rich", extra), ("lean", lean)] {
            let ready = if self.r.chance(0.5) { "standby" } else { "cold" };
            let choose = self.choose(0.1);
            let keys = [
                ("service", text(service)),
                ("copies", list(&copies)),
                (ready, list(&[got.name("spare")])),
                ("choose", choose),
            ];
            self.doc.row("strategies", &got.name(stem), &keys);
        }
    }

    fn choose(&mut self, p: f64) -> String {
        // What is fastest depends on volumes: the monotone reach needs a choice that does not.
        let words: &[&str] =
            if self.everything() { &["order", "fastest", "least-loss"] } else { &["order", "least-loss"] };
        self.maybe(p, |r| text(r.pick(words)))
    }

    fn stress(&mut self) {
        let steps = self.doc.names("steps");
        if self.stressed && steps.iter().any(|step| self.doc.get("steps", step, "role").is_some()) {
            let factor = *self.r.pick(&["{ p95 = 2.5 }", "{ sigma = 0.4 }", "{ low = 0.6, high = 1.4 }"]);
            self.doc.top("stress", factor);
        }
    }

    fn tiers(&mut self, services: usize) {
        for (tier, rich) in [("gold1", 1.0), ("mixed1", 0.5), ("base1", 0.0)] {
            let of: Vec<String> = (1..=services)
                .map(|n| if self.r.chance(rich) { format!("rich{n}") } else { format!("lean{n}") })
                .collect();
            self.doc.raw("tiers", tier, list(&of));
        }
    }

    fn data(&mut self, got: &Got) {
        let size = *self.r.pick(&[5, 50, 200, 1000]);
        let writes = self.r.whole(1, 200);
        let burst = self.maybe(0.3, |r| {
            format!("{{ rate = \"{} MB/s\", lasts = \"10m\", every = \"{}h\" }}", r.whole(5, 50), r.whole(6, 24))
        });
        let upstream = self.maybe(0.3, |_| text("feed1"));
        let keys = [
            ("size", format!("\"{size} GB\"")),
            ("writes", format!("\"{writes} GB/day\"")),
            ("burst", burst),
            ("upstream", upstream),
        ];
        self.doc.row("data", &got.name("data"), &keys);
    }

    fn pools(&mut self, got: &mut Got) {
        let zones = ["east1-a", "east1-b"];
        let (at, count) = match self.r.whole(0, 3) {
            0 => (text("east1-a"), 1),
            1 => (list(&zones.map(str::to_owned)), 2),
            2 => ("{ east1-a = 2, east1-b = 2 }".to_owned(), 4),
            _ => ("{ east1-a = 2, east1-b = 1 }".to_owned(), 3),
        };
        got.instances = count;
        self.instances.push(count);
        let enough = if count > 1 { self.r.whole(1, count).to_string() } else { String::new() };
        let takeover = if self.r.chance(0.5) { self.bounded(30) } else { String::new() };
        let sharded = self.maybe(0.15, |_| "true".to_owned());
        let within = self.maybe(0.4, |_| text("east1"));
        let account = self.account(0.0);
        let keys = [
            ("at", at),
            ("enough", enough),
            ("takeover", takeover),
            ("sharded", sharded),
            ("within", within),
            ("account", account),
        ];
        self.doc.row("compute", &got.name("run"), &keys);
        let write_rate = self.maybe(self.read_limits(), |r| format!("\"{} MB/s\"", r.whole(50, 500)));
        let account = self.account(0.7);
        let at = if self.r.chance(0.5) { text("west1") } else { "{ west1 = 2 }".to_owned() };
        self.doc.row("compute", &got.name("spare"), &[("at", at), ("account", account), ("write_rate", write_rate)]);
    }
}
