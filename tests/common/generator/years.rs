//! What matters over years, and how well a length of time is known: drawn from a stream of its own, so
//! that the rest of a scenario stays what it is.

use super::super::random::Random;
use super::{Maker, Reach, text};

/// Tells the stream from that of the rest.
const APART: u64 = 0x5EED_0F7E_A25A_2B1D;

/// Lengths of time that may be known badly: table and key.
const KNOWN: [(&str, &str); 8] = [
    ("failures", "lasts"),
    ("failures", "detected"),
    ("failures", "dwell"),
    ("failures", "repair_starts"),
    ("steps", "takes"),
    ("copies", "lag"),
    ("copies", "takes"),
    ("compute", "takeover"),
];

impl Maker {
    /// Growth, people who repair, drills, and how well things are known.
    pub(super) fn years(&mut self, seed: u64) {
        self.r = Random::new(seed ^ APART);
        self.growth();
        if self.reach == Reach::Everything {
            self.repairs();
        }
        self.drills();
        self.certainty();
    }

    fn growth(&mut self) {
        for data in self.doc.names("data") {
            let growth = self.maybe(0.2, |r| format!("\"{}% / year\"", r.whole(1, 40)));
            self.set("data", &data, "growth", &growth);
        }
    }

    fn set(&mut self, table: &str, row: &str, key: &str, value: &str) {
        if !value.is_empty() {
            self.doc.set(table, row, key, value);
        }
    }

    /// People who do nothing else repair outages and cuts.
    fn repairs(&mut self) {
        if !self.r.chance(0.3) {
            return;
        }
        let people = self.r.whole(1, 3);
        let roles = self.doc.head.iter_mut().find(|(key, _)| key == "roles");
        match roles {
            Some((_, roles)) => *roles = roles.replace(" }", &format!(", fitters1 = {people} }}")),
            None => self.doc.top("roles", format!("{{ fitters1 = {people} }}")),
        }
        let ends = ["\"outage\"", "\"partition\""];
        let mut failures = self.doc.names("failures");
        failures.retain(|name| ends.contains(&self.doc.get("failures", name, "kind").unwrap_or_default()));
        for (n, failure) in failures.iter().enumerate() {
            if n == 0 || self.r.chance(0.5) {
                self.set("failures", failure, "repaired_by", &text("fitters1"));
                let starts = if self.r.chance(0.6) { self.delay(1800) } else { String::new() };
                self.set("failures", failure, "repair_starts", &starts);
            }
        }
    }

    /// Tests of plans, most of which users feel.
    fn drills(&mut self) {
        let plans = self.doc.names("plans");
        for n in 1..=self.r.whole(0, 2) {
            let plan = text(self.r.pick(&plans));
            let every = format!("\"{}d\"", self.r.pick(&[30, 91, 182, 365]));
            let interrupts = if self.r.chance(0.8) { self.delay(900) } else { String::new() };
            let keys = [("plan", plan), ("every", every), ("interrupts", interrupts)];
            self.doc.row("drills", &format!("drill{n}"), &keys);
        }
    }

    fn certainty(&mut self) {
        for (table, key) in KNOWN {
            for row in self.doc.names(table) {
                let Some(value) = self.doc.get(table, &row, key).map(str::to_owned) else { continue };
                if !self.r.chance(0.1) {
                    continue;
                }
                let factor = *self.r.pick(&["1.5", "2", "3"]);
                let known = match value.strip_suffix(" }") {
                    Some(form) => format!("{form}, off_by = {factor} }}"),
                    None => format!("{{ time = {value}, off_by = {factor} }}"),
                };
                self.set(table, &row, key, &known);
            }
        }
    }
}
