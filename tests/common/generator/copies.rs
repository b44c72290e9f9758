//! The copies of a service: a primary, and some of every other kind.

use super::{Got, Maker, list, text};

impl Maker {
    pub(super) fn copies(&mut self, got: &mut Got) {
        self.primary(got);
        if self.r.chance(0.55) {
            self.mirror(got);
        }
        if self.r.chance(0.75) {
            self.save(got);
        }
        if self.r.chance(0.4) {
            self.log(got);
        }
        if self.r.chance(0.3) {
            let keep = text(format!("{}d", self.r.whole(1, 7)));
            let bypass = self.maybe(0.5, |r| format!("\"{}%\"", r.whole(1, 30)));
            let account = self.account(0.0);
            let mirrored = got.copies.contains(&got.name("mirror")) && self.r.chance(0.4);
            let of = if mirrored { "mirror" } else { "main" };
            let keys = [
                ("kind", text("soft-delete")),
                ("of", text(got.name(of))),
                ("keep", keep),
                ("bypass", bypass),
                ("replicated", if mirrored { "true".to_owned() } else { String::new() }),
                ("account", account),
            ];
            self.copy(got, "bin", &keys);
        }
        if self.r.chance(0.25) {
            self.derived(got);
        }
    }

    fn copy(&mut self, got: &mut Got, stem: &str, keys: &[(&str, String)]) {
        self.doc.row("copies", &got.name(stem), keys);
        got.copies.push(got.name(stem));
    }

    fn primary(&mut self, got: &mut Got) {
        let sites = ["east1-a".to_owned(), "east1-b".to_owned(), "west1".to_owned()];
        let (at, most) = match self.r.whole(0, 4) {
            0 => (text("east1"), 1),
            1 => (text("east1-a"), 1),
            2 => (list(&sites[..2]), 2),
            3 => (list(&sites), 3),
            _ => (text(got.name("run")), got.instances),
        };
        let acks = if most > 1 { self.r.whole(1, most).to_string() } else { String::new() };
        let when_short =
            if most > 1 { self.maybe(0.4, |r| text(r.pick(&["stop", "continue"]))) } else { String::new() };
        let lag = if most > 1 && self.r.chance(0.5) { self.delay(20) } else { String::new() };
        let account = self.account(0.0);
        let read_rate = self.maybe(self.read_limits(), |r| format!("\"{} MB/s\"", r.whole(100, 500)));
        let keys = [
            ("kind", text("primary")),
            ("data", text(got.name("data"))),
            ("at", at),
            ("acks", acks),
            ("when_short", when_short),
            ("lag", lag),
            ("read_rate", read_rate),
            ("account", account),
        ];
        self.copy(got, "main", &keys);
    }

    fn mirror(&mut self, got: &mut Got) {
        let over = self.r.chance(0.4);
        let lag = if over { String::new() } else { self.delay(30) };
        let both = self.r.chance(0.2);
        let account = self.account(0.3);
        let keys = [
            ("kind", text("async")),
            ("of", text(got.name("main"))),
            ("at", text("west1")),
            ("lag", lag),
            ("over", if over { text("line1") } else { String::new() }),
            ("both_ways", if both { "true".to_owned() } else { String::new() }),
            ("merges", if both { self.maybe(0.5, |_| "true".to_owned()) } else { String::new() }),
            ("window", self.maybe(0.3, |r| format!("\"{}h\"", r.whole(6, 48)))),
            ("delay", self.maybe(0.15, |r| format!("\"{}h\"", r.whole(1, 12)))),
            ("skips", self.maybe(0.15, |_| "[\"deletion\"]".to_owned())),
            ("account", account),
        ];
        self.copy(got, "mirror", &keys);
    }

    fn save(&mut self, got: &mut Got) {
        let (mut every, mut offset, mut cron, mut tz) = (String::new(), String::new(), String::new(), String::new());
        // The shortest gap of each schedule in seconds, so that a run ends before the next.
        let gap = if self.r.chance(0.6) {
            let (word, gap) = *self.r.pick(&[("15m", 900), ("1h", 3600), ("6h", 21_600), ("1d", 86_400)]);
            every = text(word);
            offset = self.maybe(0.3, |r| format!("\"{}m\"", r.whole(0, 14)));
            gap
        } else {
            let (word, gap) = *self.r.pick(&[
                ("0 2 * * *", 86_400),
                ("0 2 * * 1-5", 86_400),
                ("30 */6 * * *", 21_600),
                ("0 3 * * 1,3", 172_800),
                ("15 1,13,20 * * *", 18_000),
            ]);
            cron = text(word);
            tz = self.maybe(0.5, |r| text(r.pick(&["UTC", "Asia/Shanghai", "America/New_York"])));
            gap
        };
        let takes = self.bounded(gap / 3);
        let travel = if self.r.chance(0.3) { self.bounded(gap / 4) } else { String::new() };
        let full_every = self.maybe(0.4, |r| format!("\"{}d\"", r.pick(&[7, 14])));
        let keep = *self.r.pick(&[30, 45, 60]);
        let locked = self.maybe(0.4, |r| format!("\"{}d\"", r.pick(&[7, 30])));
        let account = self.account(0.6);
        let keys = [
            ("kind", text("backup")),
            ("of", text(got.name("main"))),
            ("at", text(self.r.pick(&["west1", "far1", "east1"]))),
            ("every", every),
            ("offset", offset),
            ("cron", cron),
            ("tz", tz),
            ("takes", takes),
            ("travel", travel),
            ("full_every", full_every),
            ("fails", self.maybe(0.4, |r| format!("\"{}%\"", r.whole(1, 20)))),
            ("keep", format!("\"{keep}d\"")),
            ("locked", locked),
            ("compression", self.maybe(0.3, |_| "3.0".to_owned())),
            ("read_rate", self.maybe(self.read_limits(), |r| format!("\"{} MB/s\"", r.whole(100, 500)))),
            ("account", account),
        ];
        self.copy(got, "save", &keys);
    }

    fn log(&mut self, got: &mut Got) {
        let bases = if got.has("save") { list(&[got.name("save")]) } else { String::new() };
        let write_ahead = self.r.chance(0.3);
        let (at, acks, when_short) = if write_ahead {
            let sites = list(&["east1-a".to_owned(), "east1-b".to_owned()]);
            (sites, self.r.whole(1, 2).to_string(), self.maybe(0.5, |_| text("continue")))
        } else {
            (text(self.r.pick(&["west1", "far1", "east1"])), String::new(), String::new())
        };
        let lag = if self.r.chance(0.7) { self.delay(60) } else { String::new() };
        let account = self.account(0.5);
        let keys = [
            ("kind", text("log")),
            ("of", text(got.name("main"))),
            ("bases", bases),
            ("at", at),
            ("acks", acks),
            ("when_short", when_short),
            ("lag", lag),
            ("keep", format!("\"{}d\"", self.r.pick(&[14, 30, 60]))),
            ("locked", self.maybe(0.3, |_| "\"14d\"".to_owned())),
            ("account", account),
        ];
        self.copy(got, "log", &keys);
    }

    fn derived(&mut self, got: &mut Got) {
        let follows = self.r.chance(0.4);
        let lag = if follows { self.delay(10) } else { String::new() };
        let account = self.account(0.2);
        let keys = [
            ("kind", text("derived")),
            ("data", text(got.name("data"))),
            ("of", text("feed1")),
            ("at", if follows { text("west1") } else { String::new() }),
            ("lag", lag),
            ("account", account),
        ];
        self.copy(got, "view", &keys);
    }
}
