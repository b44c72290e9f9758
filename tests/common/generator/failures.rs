//! Failures of every kind.

use super::{Maker, list, text};

impl Maker {
    pub(super) fn failures(&mut self, services: usize) {
        self.outages(services);
        let keys = |maker: &mut Self, kind: &str, hits: String| {
            vec![("kind", text(kind)), ("hits", hits), ("rate", maker.rate())]
        };
        // Every plan names every failure, so all of them are always there.
        let mut cut = keys(self, "partition", text("line1"));
        cut.push(("lasts", self.delay(3600)));
        cut.push(("detected", self.delay(300)));
        self.doc.row("failures", "cut0", &cut);
        for n in 1..=services {
            for (stem, kind, seconds) in [("drop", "deletion", 1800), ("rot", "corruption", 7200)] {
                let hits =
                    if kind == "corruption" && self.r.chance(0.2) { format!("main{n}") } else { format!("data{n}") };
                let mut row = keys(self, kind, text(&hits));
                row.push(("share", self.maybe(0.5, |r| format!("\"{}%\"", r.whole(1, 99)))));
                row.push(("detected", self.delay(seconds)));
                self.doc.row("failures", &format!("{stem}{n}"), &row);
            }
        }
        if self.accounts {
            let mut row = keys(self, "compromise", text("prod1"));
            row.push(("dwell", self.delay(86_400 * 3)));
            row.push(("taints", self.maybe(0.4, |r| text(r.pick(&["entry", "strike"])))));
            row.push(("detected", self.delay(3600)));
            self.doc.row("failures", "attack0", &row);
        }
    }

    fn rate(&mut self) -> String {
        match self.r.whole(0, 2) {
            0 => format!("\"0.{} / year\"", self.r.whole(1, 9)),
            1 => format!("{{ events = {}, years = {} }}", self.r.whole(1, 9), self.r.whole(10, 99)),
            _ => format!("\"{} / year\"", self.r.whole(1, 3)),
        }
    }

    fn outages(&mut self, services: usize) {
        let hits = match self.r.whole(0, 3) {
            0 => list(&["east1".to_owned(), "feed1".to_owned()]),
            _ => text("east1"),
        };
        let mut each = vec![("site0".to_owned(), "hits", hits, 6 * 3600)];
        each.push(("zones0".to_owned(), "each", text("east1/*"), 7200));
        for n in 1..=services {
            let pool = if self.r.chance(0.5) { "each" } else { "hits" };
            let of = if pool == "each" { format!("run{n}/*") } else { format!("run{n}") };
            each.push((format!("nodes{n}"), pool, text(&of), 3600));
        }
        for (name, scope, of, lasts) in each {
            // A pool of one has nobody to spread to.
            let alone =
                name.strip_prefix("nodes").is_some_and(|n| n.parse().is_ok_and(|n: usize| self.instances[n - 1] < 2));
            let rate = self.rate();
            let lasts = self.delay(lasts);
            let detected = self.delay(300);
            let keys = [
                ("kind", text("outage")),
                (scope, of),
                ("rate", rate),
                ("lasts", lasts),
                ("destroyed", self.maybe(0.6, |r| format!("\"{}%\"", r.whole(1, 60)))),
                (
                    "spreads",
                    if scope == "each" && !alone {
                        self.maybe(0.5, |r| format!("\"{}%\"", r.whole(1, 60)))
                    } else {
                        String::new()
                    },
                ),
                ("detected", detected),
            ];
            self.doc.row("failures", &name, &keys);
        }
    }
}
