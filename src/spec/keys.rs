//! Every key of the language, once: its table, its type, what it means, what stands in for it.
//!
//! Readers take defaults from here, unknown keys are those that are not here, and the language
//! reference is written from here; so the three cannot drift apart.

/// What happens when a key is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standard {
    /// It must be given.
    Required,
    /// It may be left out, which means this.
    Absent(&'static str),
    /// This text stands in for it, for this reason.
    Text(&'static str, &'static str),
    /// This whole number stands in for it, for this reason.
    Count(u32, &'static str),
    /// `false` stands in for it.
    No,
    /// Something that depends on other keys stands in for it.
    Computed(&'static str),
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What may stand there.
    pub value: &'static str,
    /// What happens without it.
    pub standard: Standard,
    /// What it means.
    pub about: &'static str,
    /// Only entries of these kinds have it; empty: all.
    pub only: &'static [&'static str],
}

impl Key {
    const fn only(mut self, kinds: &'static [&'static str]) -> Self {
        self.only = kinds;
        self
    }
}

/// The keys of one kind of entry.
#[derive(Clone, Copy, Debug)]
pub struct KeyTable {
    /// Header: `copies.<name>`, empty for the top.
    pub name: &'static str,
    /// What an entry is.
    pub about: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Whether an entry may be `like` another.
    pub like: bool,
}

impl KeyTable {
    /// The key of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }
}

const fn key(name: &'static str, value: &'static str, standard: Standard, about: &'static str) -> Key {
    Key { name, value, standard, about, only: &[] }
}

use Standard::{Absent, Computed, Count, No, Required, Text};

const TITLE: Key = key("title", "text", Absent("the name is used"), "a line for people");
const SOURCE: Key = key("source", "text", Absent("no source is given"), "where the figures come from");
const LIKE: Key =
    key("like", "name of an entry of the same table", Absent("it stands alone"), "takes the keys that are not given");
const PER_HOUR: Key =
    key("per_hour", "money", Absent("unknown: it stays unknown in every total"), "price of one instance per hour");

/// Keys at the top of the file.
pub const TOP: KeyTable = KeyTable {
    name: "",
    about: "The top of the file.",
    like: false,
    keys: &[
        key("drplan", "1", Count(1, "there is only one version"), "version of this language"),
        key("title", "text", Text("Untitled", "the file has no name of its own"), "one line that names the system"),
        key(
            "currency",
            "text such as \"USD\"",
            Computed("USD while the file holds no price; required once it does"),
            "currency of every price",
        ),
        key("accounts", "list of names", Absent("no credential domains"), "credential domains"),
        key(
            "roles",
            "table name = people",
            Absent("no step waits for people"),
            "how many people of each role are on call",
        ),
        key(
            "chosen",
            "tier",
            Absent("`check` and `runbook` need --tier"),
            "the tier that `check` and `runbook` look at",
        ),
        key("objectives", "objectives", Absent("each service has its own"), "objectives of the application as a whole"),
        key(
            "places",
            "table name = list of places in it",
            Required,
            "the tree of failure domains; its roots are regions",
        ),
        key("links", "table", Absent("nothing joins the regions"), "bandwidth, round trip and price between regions"),
        key("externals", "table", Absent("nothing outside is needed"), "what services need from outside"),
        key("data", "table", Absent("nothing is kept"), "the data sets"),
        key("compute", "table", Absent("no compute is modelled"), "the pools of instances"),
        key("copies", "table", Absent("nothing is kept"), "the copies of data"),
        key("failures", "table", Required, "what can go wrong"),
        key("services", "table", Required, "what users see"),
        key("strategies", "table", Required, "the ways to protect a service that are compared"),
        key(
            "tiers",
            "table name = list of strategies",
            Computed("with one service each strategy is a tier"),
            "one strategy for every service",
        ),
        key("plans", "table", Absent("nobody acts: every outage is waited for"), "what to do about failures"),
        key("steps", "table", Absent("no plan has steps"), "what plans are made of"),
        key("explore", "table", Absent("`explore` has nothing to vary"), "the design space"),
        key("drills", "table", Absent("no drills"), "tests of plans that cost money"),
        key("runbook", "table", Absent("visible TODOs in runbooks"), "what runbooks say beyond the plans"),
    ],
};

/// Keys of a link.
pub const LINKS: KeyTable = KeyTable {
    name: "links",
    about: "A link between two regions, with the same bandwidth each way.",
    like: true,
    keys: &[
        key("between", "two regions", Required, "what it joins"),
        key("bandwidth", "data rate", Absent("not a limit"), "physical bytes per second, each way"),
        key("rtt", "duration", Text("0s", "round trips hardly matter beside recovery times"), "round trip"),
        key("per_gb", "money", Absent("unknown"), "price of a physical gigabyte moved"),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

/// Keys of an external.
pub const EXTERNALS: KeyTable = KeyTable {
    name: "externals",
    about: "Something outside that services need: `name = \"place\"`, or a table.",
    like: false,
    keys: &[key("at", "place", Absent("nowhere that fails"), "where it stands"), TITLE, SOURCE],
};

/// Keys of a data set.
pub const DATA: KeyTable = KeyTable {
    name: "data",
    about: "What must survive. Sizes and rates are before compression.",
    like: true,
    keys: &[
        key("size", "size", Required, "its size now"),
        key("writes", "data rate", Required, "rate of writing outside bursts"),
        key("burst", "{ rate, lasts, every }", Absent("writes are even"), "a repeated time of heavier writing"),
        key(
            "growth",
            "share per year",
            Text("0%", "it keeps its size unless said otherwise"),
            "growth of the size per year",
        ),
        key("upstream", "external", Absent("it cannot be fed again"), "what can feed it again"),
        key(
            "consistent_with",
            "list of data sets",
            Absent("it stands alone"),
            "data sets that rewind to a common moment with it",
        ),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

/// Keys of a burst.
pub const BURST: KeyTable = KeyTable {
    name: "data.<name>.burst",
    about: "A repeated time of heavier writing.",
    like: false,
    keys: &[
        key("rate", "data rate", Required, "all that is written while it lasts, in place of `writes`"),
        key("lasts", "duration", Required, "how long it lasts"),
        key("every", "duration", Required, "from one start to the next"),
    ],
};

/// Keys of a pool.
pub const COMPUTE: KeyTable = KeyTable {
    name: "compute",
    about: "A pool of instances that do the same work.",
    like: true,
    keys: &[
        key("at", "place, list, map or \"X/*\"", Required, "where its instances run"),
        key("enough", "count", Computed("all instances"), "how many must be there for service"),
        key(
            "takeover",
            "duration or distribution",
            Absent("users feel nothing"),
            "the interruption when an instance is lost but enough are left",
        ),
        key("sharded", "true or false", No, "each instance serves a part of its own"),
        key(
            "within",
            "place",
            Absent("a lost instance is not restarted elsewhere"),
            "where a lost instance may be started again",
        ),
        key("account", "account", Absent("in no credential domain"), "the account that holds it"),
        PER_HOUR,
        key("write_rate", "data rate", Absent("not a limit"), "the most that it takes in during a restore, logical"),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

const WITH_UPSTREAM: &[&str] = &["async", "log", "backup", "soft-delete", "derived"];
const LAGGING: &[&str] = &["primary", "async", "log", "derived"];
const QUORUM: &[&str] = &["primary", "log"];
const KEPT: &[&str] = &["log", "backup", "soft-delete"];
const BACKUP: &[&str] = &["backup"];
const ASYNC: &[&str] = &["async"];

/// Keys of a copy.
pub const COPIES: KeyTable = KeyTable {
    name: "copies",
    about: "A copy of a data set.",
    like: true,
    keys: &[
        key("kind", "primary | async | log | backup | soft-delete | derived", Required, "what it is"),
        key("data", "data set", Computed("that of `of`, or the only one of the file"), "the data set that it holds"),
        key("of", "copy, data set or external", Required, "what it is made from").only(WITH_UPSTREAM),
        key(
            "at",
            "place, pool, list, map or \"X/*\"",
            Computed("required, except: a soft-delete lies with what it is of, a derived copy is made when needed"),
            "where it lies",
        ),
        key(
            "acks",
            "count",
            Computed("1 in one place; required of a primary in several; a log without it is not on the path of writes"),
            "places that must have a write before it counts",
        )
        .only(QUORUM),
        key(
            "when_short",
            "stop | continue",
            Text("stop", "a synchronous copy that goes on alone is no longer one"),
            "what happens to writes with fewer than `acks` places left",
        )
        .only(QUORUM),
        key(
            "lag",
            "duration or distribution",
            Computed("required of async unless `over` is given; otherwise none"),
            "how far it is behind",
        )
        .only(LAGGING),
        key("over", "link", Absent("`lag` says it"), "the lag follows from the writes and this link").only(ASYNC),
        key("both_ways", "true or false", No, "both sides take writes").only(ASYNC),
        key("merges", "true or false", No, "writes of both sides are joined after a divergence").only(ASYNC),
        key(
            "window",
            "duration",
            Absent("the stream can always be resumed"),
            "a longer interruption of the stream means a full copy again",
        )
        .only(ASYNC),
        key("bases", "list of copies", Absent("it holds all from the start"), "copies that it can be replayed onto")
            .only(&["log"]),
        key("every", "duration", Absent("`cron` says it"), "from one start to the next").only(BACKUP),
        key(
            "offset",
            "duration",
            Absent("a phase drawn per copy"),
            "first start after midnight UTC of 1 January, with `every`",
        )
        .only(BACKUP),
        key("cron", "five cron fields", Absent("`every` says it"), "when it starts").only(BACKUP),
        key("tz", "IANA time zone", Text("UTC", "most schedulers run in UTC"), "time zone of `cron`").only(BACKUP),
        key("takes", "duration or distribution", Required, "how long a run takes").only(BACKUP),
        key(
            "travel",
            "duration or distribution",
            Absent("it is usable when the run ends"),
            "how long the result travels before it can be used",
        )
        .only(BACKUP),
        key(
            "full_every",
            "duration",
            Absent("every backup is a full one"),
            "from one full backup to the next, the others being incremental",
        )
        .only(BACKUP),
        key("fails", "share", Text("0%", "no figure is published for most tools"), "chance that a run fails")
            .only(BACKUP),
        key("keep", "duration", Required, "how long it is kept").only(KEPT),
        key("locked", "duration", Absent("whoever holds the account can delete it"), "how long nobody can delete it")
            .only(&["log", "backup"]),
        key(
            "bypass",
            "share",
            Text("0%", "deletions go through it unless said otherwise"),
            "chance that a deletion goes around it",
        )
        .only(&["soft-delete"]),
        key(
            "skips",
            "list of failure kinds",
            Absent("it carries all damage on"),
            "kinds of damage that it does not take over",
        )
        .only(WITH_UPSTREAM),
        key("delay", "duration", Absent("changes pass at once"), "how long it holds every change back")
            .only(WITH_UPSTREAM),
        key(
            "account",
            "account",
            Computed("required as soon as a failure is a compromise"),
            "the account that holds it",
        ),
        key(
            "compression",
            "number of at least 1",
            Count(1, "bytes are stored as they are"),
            "logical bytes per stored byte",
        ),
        key(
            "read_rate",
            "data rate",
            Absent("not a limit"),
            "the most that can be read from it during a restore, logical",
        ),
        key(
            "per_gb_month",
            "money",
            Absent("unknown: it stays unknown in every total"),
            "price of a stored gigabyte per month",
        ),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

const ENDS: &[&str] = &["outage", "partition"];
const LOGICAL: &[&str] = &["deletion", "corruption"];
const COMPROMISE: &[&str] = &["compromise"];

/// Keys of a failure.
pub const FAILURES: KeyTable = KeyTable {
    name: "failures",
    about: "A named kind of event.",
    like: true,
    keys: &[
        key("kind", "outage | partition | deletion | corruption | compromise", Required, "what it does"),
        key("hits", "name or list", Absent("`each` says it"), "what one event takes together"),
        key(
            "each",
            "name, list or \"X/*\"",
            Absent("`hits` says it"),
            "things that fail on their own, at the rate each",
        ),
        key("rate", "frequency, { events, years } or { low, high }", Absent("`gap` says it"), "how often, per member"),
        key("gap", "duration or distribution", Absent("`rate` says it"), "from repair to the next event, per member"),
        key("lasts", "duration or distribution", Required, "how long it lasts").only(ENDS),
        key(
            "detected",
            "duration or distribution",
            Absent("every plan for it begins with a `detect` step"),
            "from the failure to its detection",
        ),
        key(
            "destroyed",
            "share",
            Text("0%", "places come back with their data unless said otherwise"),
            "chance that what is hit does not come back",
        )
        .only(&["outage"]),
        key(
            "spreads",
            "share",
            Text("0%", "members are independent unless said otherwise"),
            "chance that each other member goes too",
        ),
        key("share", "share above 0%", Text("100%", "the safe assumption"), "the part of the data that is hit")
            .only(LOGICAL),
        key("dwell", "duration or distribution", Required, "from an attacker's entry to the strike").only(COMPROMISE),
        key(
            "taints",
            "entry | strike",
            Text("entry", "the safe assumption"),
            "from when on new recovery points are poisoned",
        )
        .only(COMPROMISE),
        key("symptom", "text", Absent("a TODO in runbooks"), "how people see it"),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

/// Keys of a service.
pub const SERVICES: KeyTable = KeyTable {
    name: "services",
    about: "What users see, and what all its strategies have.",
    like: true,
    keys: &[
        key("data", "data set", Absent("it is stateless"), "what it keeps"),
        key("needs", "list of services and externals", Absent("nothing"), "what it cannot be up without"),
        key("runs", "list of compute", Absent("nothing"), "pools that serve"),
        key("standby", "list of compute", Absent("nothing"), "pools that are paid and ready"),
        key("cold", "list of compute", Absent("nothing"), "pools that cost nothing until a step starts them"),
        key("copies", "list of copies", Absent("nothing"), "its copies"),
        key("plans", "list of plans", Absent("nothing"), "its plans, best first"),
        key(
            "choose",
            "order | fastest | least-loss",
            Text("order", "people follow the list that they wrote"),
            "how a plan is chosen among those that fit",
        ),
        key("objectives", "objectives", Absent("nothing is asked of it"), "what it is held against"),
        key("downtime_per_hour", "money", Absent("unknown"), "price of an hour of downtime"),
        key("loss_per_hour", "money", Absent("unknown"), "price of an hour of lost writes"),
        key("unrecoverable_cost", "money", Absent("unknown"), "price of losing everything"),
        key(
            "resume",
            "duration or distribution",
            Text("0s", "it serves as soon as what it lost is back"),
            "from an outage's end to service when no plan was needed",
        ),
        key("monthly", "table name = { count, each }", Absent("nothing"), "costs that come every month"),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

/// Keys of a strategy.
pub const STRATEGIES: KeyTable = KeyTable {
    name: "strategies",
    about: "One way to protect one service: what it adds to the service's own lists.",
    like: true,
    keys: &[
        key("service", "service", Computed("the only one of the file"), "the service that it protects"),
        key("runs", "list of compute", Absent("nothing"), "pools that serve"),
        key("standby", "list of compute", Absent("nothing"), "pools that are paid and ready"),
        key("cold", "list of compute", Absent("nothing"), "pools that cost nothing until a step starts them"),
        key("copies", "list of copies", Absent("nothing"), "its copies"),
        key("plans", "list of plans", Absent("nothing"), "its plans, tried before those of the service"),
        key(
            "choose",
            "order | fastest | least-loss",
            Computed("that of the service"),
            "how a plan is chosen among those that fit",
        ),
        key("monthly", "table name = { count, each }", Absent("nothing"), "costs that come every month"),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

/// Keys of a monthly item.
pub const MONTHLY: KeyTable = KeyTable {
    name: "services.<name>.monthly.<item>",
    about: "A cost that comes every month.",
    like: false,
    keys: &[
        key("count", "number", Count(1, "one of it"), "how many"),
        key("each", "money", Absent("unknown"), "price of one per month"),
        SOURCE,
    ],
};

/// Keys of an objective.
pub const OBJECTIVE: KeyTable = KeyTable {
    name: "services.<name>.objectives.<failure or default>",
    about: "What recovery is held against.",
    like: false,
    keys: &[
        key("rto", "duration", Absent("any recovery time will do"), "longest recovery time"),
        key("rpo", "duration", Absent("any data loss will do"), "longest data loss"),
        key("chance", "share", Required, "the chance with which each is to be met"),
    ],
};

/// Keys of the yearly objectives.
pub const YEARLY: KeyTable = KeyTable {
    name: "services.<name>.objectives.yearly",
    about: "Objectives of a year.",
    like: false,
    keys: &[
        key("availability", "share", Absent("any"), "least availability"),
        key("per_month", "money", Absent("any"), "highest cost of a month"),
    ],
};

/// Keys of a plan.
pub const PLANS: KeyTable = KeyTable {
    name: "plans",
    about: "What to do about some failures.",
    like: true,
    keys: &[
        key("for", "list of failures", Required, "the failures that it is for"),
        key("from", "list of copies", Computed("the primary"), "copies to recover from, best first"),
        key("into", "list of compute", Computed("what the strategy runs"), "pools that serve afterwards"),
        key(
            "steps",
            "list of steps",
            Required,
            "a list is a sequence, an inner list runs side by side, a list inside that is a sequence",
        ),
        key(
            "after",
            "table step = list of steps",
            Absent("`steps` says it all"),
            "steps that must be finished first, beyond what `steps` says",
        ),
        key("failback", "list of steps", Absent("it stays where it went"), "what to do to go back"),
        key("after_down", "duration", Absent("at once"), "not before the service has been down so long"),
        key(
            "commit",
            "step or \"end\"",
            Computed("its first `redirect` step; without one, its end"),
            "the point of no return",
        ),
        key("salvage", "true or false", No, "good writes made between failure and detection are kept"),
        key(
            "when_short",
            "stop | continue",
            Absent("the copy says it"),
            "whether writes go on with fewer places than the copy's `acks`",
        ),
        key(
            "points",
            "count",
            Count(3, "after three bad points a team changes the plan"),
            "recovery points of one source that it tries",
        ),
        key("preflight", "list of texts", Absent("a TODO in runbooks"), "checks before it starts"),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

/// Keys of a step.
pub const STEPS: KeyTable = KeyTable {
    name: "steps",
    about: "One thing to do: `takes` + (`moves` or `replays`) ÷ (`rate` × `streams`).",
    like: true,
    keys: &[
        key("phase", "detect | decide | provision | restore | replay | verify | redirect", Required, "what it is for"),
        key(
            "takes",
            "duration or distribution",
            Computed("none beside `moves` or `replays`; otherwise required"),
            "the fixed part of its duration",
        ),
        key(
            "moves",
            "\"from\", data set, copy or size",
            Absent("nothing"),
            "what it moves; `from` is the chosen recovery point",
        ),
        key(
            "replays",
            "\"from\", data set, external or size",
            Absent("nothing"),
            "what it replays; `from` is the log of the chosen recovery point",
        ),
        key("rate", "data rate", Absent("the link alone sets the pace"), "logical bytes per second and stream"),
        key("streams", "count", Count(1, "one transfer at a time"), "streams side by side"),
        key(
            "over",
            "link",
            Computed("the link between the regions of source and target, if there is one"),
            "the link that it uses",
        ),
        key("role", "role", Absent("it needs nobody"), "whom it occupies, one person"),
        key(
            "starts",
            "compute or list of compute",
            Absent("nothing"),
            "pools that it starts; no time if they are up already",
        ),
        key(
            "fails",
            "share",
            Text("0%", "steps succeed unless said otherwise"),
            "chance that an attempt fails, found at its end",
        ),
        key("retries", "count", Count(0, "a failed step fails its plan"), "further attempts after the first"),
        key("background", "true or false", No, "it goes on after service is back and counts for full capacity only"),
        key("run", "text", Absent("a TODO in runbooks"), "command"),
        key("check", "text", Absent("a TODO in runbooks"), "how to see that it worked"),
        key("expect", "text", Absent("a TODO in runbooks"), "what to expect"),
        key("if_fails", "text", Absent("a TODO in runbooks"), "what to do if it fails"),
        key("rollback", "text", Absent("a TODO in runbooks"), "how to undo it"),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

/// Keys of a drill.
pub const DRILLS: KeyTable = KeyTable {
    name: "drills",
    about: "A test of a plan that is carried out on a schedule.",
    like: true,
    keys: &[
        key("plan", "plan", Required, "the plan that is drilled"),
        key("every", "duration", Required, "how often"),
        key("per_drill", "money", Absent("unknown"), "what one drill costs"),
        TITLE,
        SOURCE,
        LIKE,
    ],
};

/// Keys of `[explore]`.
pub const EXPLORE: KeyTable = KeyTable {
    name: "explore",
    about: "The design space.",
    like: false,
    keys: &[
        key("optional", "list of copies", Absent("nothing"), "copies that may be in or out"),
        key(
            "vary",
            "table path = list of values",
            Absent("nothing"),
            "values that vary, such as `copies.nightly.every`",
        ),
    ],
};

/// Keys of `[runbook]`.
pub const RUNBOOK: KeyTable = KeyTable {
    name: "runbook",
    about: "What runbooks say beyond the plans.",
    like: false,
    keys: &[
        key("owner", "text", Absent("a TODO"), "who keeps it"),
        key("reviewed", "date", Absent("a TODO"), "when it was last read"),
        key("scope", "text", Absent("a TODO"), "what it covers"),
        key("not_copied", "list of texts", Absent("a TODO"), "what is not copied anywhere"),
        key("messages", "list of texts", Absent("a TODO"), "messages to send"),
    ],
};

/// All tables, in the order of the reference.
pub const TABLES: &[&KeyTable] = &[
    &TOP,
    &LINKS,
    &EXTERNALS,
    &DATA,
    &BURST,
    &COMPUTE,
    &COPIES,
    &FAILURES,
    &SERVICES,
    &STRATEGIES,
    &MONTHLY,
    &OBJECTIVE,
    &YEARLY,
    &PLANS,
    &STEPS,
    &DRILLS,
    &EXPLORE,
    &RUNBOOK,
];

/// Keys of which an entry has only one; giving one in an entry that is `like` another drops the
/// sibling's others, with what belongs to them.
pub const ALTERNATIVES: &[&[&[&str]]] = &[
    &[&["every", "offset"], &["cron", "tz"]],
    &[&["rate"], &["gap"]],
    &[&["hits"], &["each"]],
    &[&["lag"], &["over"]],
    &[&["moves"], &["replays"]],
];
