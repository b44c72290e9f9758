//! Keys of what happens and of what is done: failures, services, plans, steps, drills.

use super::Standard::{Absent, Computed, Count, No, Required, Text};
use super::{KeyTable, LIKE, SOURCE, TITLE, key};

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
        key(
            "gap",
            "duration or distribution",
            Absent("`rate` says it"),
            "from the start of the years or from repair to the next event, per member, and from one to the next where nothing ends by itself (damage); always the same for maintenance, which all members then begin together",
        ),
        key("lasts", "duration or distribution", Required, "how long it lasts, or how long its repair takes").only(ENDS),
        key("repaired_by", "role", Absent("it ends by itself"), "people who repair it, each one member at a time")
            .only(ENDS),
        key(
            "repair_starts",
            "duration or distribution",
            Absent("at once"),
            "from somebody of `repaired_by` being free to the begin of a repair; of failures that wait, the first one reached is repaired",
        )
        .only(ENDS),
        key(
            "detected",
            "duration or distribution",
            Absent("every plan for it begins with a `detect` step"),
            "from the failure to its detection; damage is known by the `detect` step where every plan for it has one",
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
        key("dwell", "duration or distribution", Required, "from an attacker's entry to the strike: what then runs under the accounts held, or copies from there, is not completed").only(COMPROMISE),
        key(
            "taints",
            "entry | strike",
            Text("entry", "the safe assumption"),
            "from when on new recovery points are poisoned, by the moment whose state they hold",
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
        key(
            "rebuild",
            "duration or distribution",
            Absent("a loss of everything ends a lifetime"),
            "from a loss for good, once it is known and its places are there, to service that is built again from nothing: years go on after it",
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
    about: "A cost that comes every month. Services of a tier that list it alike (name, count and price) share one; \
            under names of their own each pays its own.",
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
        key(
            "failback",
            "list of steps",
            Absent("it goes back at once and for nothing as soon as home is good; a TODO in runbooks"),
            "what to do to go back",
        ),
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
            "what it moves; `from` is the chosen recovery point, and a plan fits only where a copy that it names is left",
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
        key(
            "memory",
            "size",
            Absent("it fits everywhere"),
            "what every instance that it starts must hold in memory; a plan into smaller ones does not fit",
        ),
        key(
            "shared",
            "true or false",
            No,
            "it is done once for all services of an incident: who comes to it while it is under way joins it, who comes later finds it done",
        ),
        key("background", "true or false", No, "it goes on after service is back and counts for full capacity only"),
        key("run", "text", Absent("a TODO in runbooks, unless it detects or decides"), "command"),
        key("check", "text", Absent("a TODO in runbooks, unless `expect` is given"), "how to see that it worked"),
        key("expect", "text", Absent("`check` says it"), "what to expect"),
        key("if_fails", "text", Absent("a TODO in runbooks"), "what to do if it fails"),
        key("rollback", "text", Absent("a TODO in runbooks, unless it detects or decides"), "how to undo it"),
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
        key(
            "interrupts",
            "duration or distribution",
            Absent("users notice nothing"),
            "how long the services whose plan it is are down, in lifetimes; it is left out while anything is wrong",
        ),
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
            "values that vary, such as `copies.nightly.every`; each is held to what that key takes",
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
        key("on_call", "text", Absent("a TODO"), "who does the steps that name no role"),
        key("declares", "text", Absent("a TODO"), "who may declare where no step of a plan decides"),
        key("preflight", "list of texts", Absent("nothing"), "checks before any plan starts, ahead of its own"),
        key("reconcile", "text", Absent("a TODO"), "how lost writes are found and entered again"),
        key(
            "variables",
            "table name = text",
            Absent("a TODO for each `$NAME` that a step uses"),
            "what to set the variables to that steps use",
        ),
    ],
};
