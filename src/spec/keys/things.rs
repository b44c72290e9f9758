//! Keys of the top of the file and of what stands there: links, data, compute, copies.

use super::Standard::{Absent, Computed, Count, No, Required, Text};
use super::{Key, KeyTable, LIKE, SOURCE, TITLE, key};

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
            "stress",
            "{ p95 }, { sigma } or { low, high }",
            Absent("steps of people vary each on their own"),
            "a factor around 1, drawn once per incident, on `takes` of every step with a `role`",
        ),
        key(
            "chosen",
            "tier",
            Absent("`check` needs --tier, `runbook` writes the plans of every tier"),
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
    about: "A link between two regions, the same in either direction.",
    like: true,
    keys: &[
        key("between", "two regions", Required, "what it joins"),
        key(
            "bandwidth",
            "data rate",
            Absent("not a limit"),
            "physical bytes per second of all that goes over it, whichever way (to be safe); streams of services that stay up take their writes of it",
        ),
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
            "growth of the size per year, from the start of a lifetime on; incidents and the bill are of its size now",
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
        key(
            "enough",
            "count",
            Computed("all instances"),
            "how many must be there for service; of a `sharded` pool, how many must be left for a plan into it",
        ),
        key(
            "takeover",
            "duration or distribution",
            Absent("users feel nothing"),
            "the interruption when an instance is lost but enough are left",
        ),
        key(
            "sharded",
            "true or false",
            No,
            "each instance serves a part of its own, so that losing one interrupts service",
        ),
        key(
            "within",
            "place",
            Absent("a lost instance is not restarted elsewhere"),
            "where a lost instance may be started again",
        ),
        key("account", "account", Absent("in no credential domain"), "the account that holds it"),
        PER_HOUR,
        key("write_rate", "data rate", Absent("not a limit"), "the most that it takes in during a restore, logical"),
        key("memory", "size", Absent("not a limit"), "what one instance can hold in memory"),
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
            "how far it is behind; of a primary or a log in several places, how old what is left is once `acks` of them are lost",
        )
        .only(LAGGING),
        key("over", "link", Absent("`lag` says it"), "the lag follows from the writes and this link").only(ASYNC),
        key("both_ways", "true or false", No, "both sides take writes").only(ASYNC),
        key("merges", "true or false", No, "writes of both sides are joined after a divergence").only(ASYNC),
        key(
            "window",
            "duration",
            Absent("the stream can always be resumed"),
            "a longer interruption of the stream means a full copy again; until then it is as old as that, and the last choice",
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
            "replicated",
            "true or false",
            No,
            "deletions that reach it by replication are kept too, not carried out for good",
        )
        .only(&["soft-delete"]),
        key(
            "skips",
            "list of failure kinds",
            Absent("it carries all damage on"),
            "kinds of damage that it does not take over: of a compromise, nothing that an attacker wrote since entry",
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
