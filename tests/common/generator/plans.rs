//! Plans with retries and fallbacks, and the steps that they share.

use super::{Got, KINDS, Maker, failure_names, list, text};

impl Maker {
    fn step(&mut self, got: &Got, stem: &str, phase: &str, keys: &[(&str, String)]) {
        let mut all = vec![("phase", text(phase))];
        all.extend_from_slice(keys);
        self.doc.row("steps", &got.name(stem), &all);
    }

    fn role(&mut self, p: f64) -> String {
        if self.roles.is_empty() || !self.r.chance(p) { String::new() } else { text(self.r.pick(&self.roles)) }
    }

    fn rate_of(&mut self) -> String {
        format!("\"{} MB/s\"", self.r.whole(20, 300))
    }

    pub(super) fn steps(&mut self, got: &Got) {
        let see = match self.r.chance(0.5) {
            true => "{ every = \"10s\", misses = 3 }".to_owned(),
            false => self.delay(60),
        };
        self.step(got, "see", "detect", &[("takes", see)]);
        for (stem, phase, seconds) in
            [("judge", "decide", 600), ("find", "decide", 900), ("scan", "decide", 300), ("go", "redirect", 180)]
        {
            let shared = self.maybe(0.2, |_| "true".to_owned());
            let keys = [("takes", self.delay(seconds)), ("role", self.role(0.7)), ("shared", shared)];
            self.step(got, stem, phase, &keys);
        }
        let fails = self.maybe(0.5, |r| format!("\"{}%\"", r.whole(1, 40)));
        let retries = self.maybe(0.6, |r| r.whole(1, 3).to_string());
        let keys =
            [("takes", self.delay(600)), ("starts", text(got.name("spare"))), ("fails", fails), ("retries", retries)];
        self.step(got, "start", "provision", &keys);
        let keys = [("takes", self.delay(120)), ("starts", text(got.name("run")))];
        self.step(got, "revive", "provision", &keys);
        let (rate, streams) = (self.rate_of(), self.maybe(0.5, |r| r.whole(2, 4).to_string()));
        let takes = if self.r.chance(0.3) { self.delay(60) } else { String::new() };
        let over = self.maybe(0.3, |_| text("line1"));
        let fails = self.maybe(0.3, |r| format!("\"{}%\"", r.whole(1, 20)));
        let keys = [
            ("takes", takes),
            ("moves", text("from")),
            ("rate", rate),
            ("streams", streams),
            ("over", over),
            ("fails", fails),
        ];
        self.step(got, "load", "restore", &keys);
        let rate = self.rate_of();
        let size = self.r.whole(5, 80);
        let keys = [("moves", format!("\"{size} GB\"")), ("rate", rate), ("over", text("line1"))];
        self.step(got, "index", "restore", &keys);
        // Faster than any write profile here, so that catching up always ends.
        let rate = format!("\"{} MB/s\"", self.r.whole(80, 300));
        self.step(got, "replay", "replay", &[("replays", text("from")), ("rate", rate)]);
        let fails = self.maybe(0.7, |r| format!("\"{}%\"", r.whole(2, 40)));
        let retries = self.maybe(0.4, |r| r.whole(1, 2).to_string());
        let keys = [("takes", self.delay(300)), ("fails", fails), ("retries", retries), ("role", self.role(0.3))];
        self.step(got, "check", "verify", &keys);
        let keys = [("takes", self.delay(1800)), ("background", "true".to_owned())];
        self.step(got, "tidy", "restore", &keys);
    }

    /// The steps of a plan as the language writes them.
    fn graph(&mut self, got: &Got, detects: bool, starts: bool, loads: bool) -> String {
        let q = |stem: &str| text(got.name(stem));
        let mut parts: Vec<String> = Vec::new();
        if detects {
            parts.push(q("see"));
        }
        parts.push(if self.r.chance(0.7) { q("judge") } else { q("find") });
        if starts {
            parts.push(match self.r.whole(0, 2) {
                0 => q("start"),
                1 => format!("[{}, {}]", q("start"), q("check")),
                _ => format!("[{}, {}]", q("start"), q("revive")),
            });
        }
        if loads {
            parts.push(match self.r.whole(0, 3) {
                0 | 1 => q("load"),
                2 => format!("[{}, {}]", q("load"), q("index")),
                // Two transfers one after another beside a third: only outside the monotone reach.
                _ if self.everything() => format!("[[{}, {}], {}]", q("load"), q("replay"), q("index")),
                _ => format!("[[{}, {}], {}]", q("scan"), q("load"), q("index")),
            });
            if !parts.concat().contains(&q("replay")) && self.r.chance(0.5) {
                parts.push(q("replay"));
            }
        }
        let checked = parts.concat().contains(&q("check"));
        if !checked && self.r.chance(0.5) {
            parts.push(q("check"));
        }
        parts.push(q("go"));
        if self.r.chance(0.25) {
            parts.push(q("tidy"));
        }
        format!("[{}]", parts.join(", "))
    }

    /// Keys that any plan may have.
    fn policies(&mut self, got: &Got, steps: &str) -> Vec<(&'static str, String)> {
        vec![
            (
                "after_down",
                if self.everything() {
                    self.maybe(0.2, |r| format!("\"{}m\"", r.whole(5, 120)))
                } else {
                    String::new()
                },
            ),
            (
                "commit",
                match self.r.whole(0, 4) {
                    0 => text("end"),
                    1 if steps.contains(&text(got.name("go"))) => text(got.name("go")),
                    _ => String::new(),
                },
            ),
            ("points", self.maybe(0.3, |r| r.whole(1, 4).to_string())),
            ("when_short", self.maybe(0.15, |_| text("continue"))),
        ]
    }

    fn plan(&mut self, got: &mut Got, stem: &str, kinds: &[&str], from: &[&str], into: Option<&str>, steps: String) {
        let from: Vec<String> = from.iter().filter(|c| got.has(c)).map(|c| got.name(c)).collect();
        let causes: Vec<String> = kinds
            .iter()
            .filter(|kind| **kind != "compromise" || self.accounts)
            .flat_map(|kind| failure_names(kind, got.n))
            .collect();
        if from.is_empty() || causes.is_empty() {
            return;
        }
        let policies = self.policies(got, &steps);
        let mut keys = vec![("for", list(&causes)), ("from", list(&from)), ("steps", steps)];
        if let Some(pool) = into {
            keys.push(("into", list(&[got.name(pool)])));
        }
        keys.extend(policies);
        if kinds.contains(&"corruption") {
            keys.push(("salvage", self.maybe(0.3, |_| "true".to_owned())));
        }
        self.doc.row("plans", &got.name(stem), &keys);
        got.plans.push(got.name(stem));
    }

    pub(super) fn plans(&mut self, got: &mut Got) {
        debug_assert_eq!(KINDS.len(), 5, "a kind of failure that no plan is for");
        let mut sources = ["log", "save", "view"];
        self.r.shuffle(&mut sources);
        let detects = self.r.chance(0.2);
        // It starts its compute, which takes no time where that is on standby.
        let steps = self.graph(got, detects, true, false);
        self.plan(got, "over", &["outage", "partition"], &["mirror"], Some("spare"), steps);
        let detects = self.r.chance(0.2);
        let steps = self.graph(got, detects, true, true);
        self.plan(got, "again", &["outage"], &sources, Some("spare"), steps);
        if self.r.chance(0.4) {
            let steps = format!("[{}, {}]", text(got.name("judge")), text(got.name("revive")));
            self.plan(got, "local", &["outage"], &["main"], None, steps);
        }
        let steps = self.graph(got, false, false, true);
        let rewinds = [&["bin"][..], &sources[..], &["mirror"][..]].concat();
        self.plan(got, "rewind", &["deletion", "corruption"], &rewinds, None, steps);
        let steps = self.graph(got, false, true, true);
        self.plan(got, "clean", &["compromise"], &sources, Some("spare"), steps);
        if got.plans.is_empty() {
            let steps = format!("[{}, {}]", text(got.name("judge")), text(got.name("revive")));
            self.plan(got, "local", &["outage"], &["main"], None, steps);
        }
    }
}
