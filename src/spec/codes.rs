//! The stable code of every finding, with what it means; the reference lists them from here.

macro_rules! codes {
    ($($name:ident = $code:literal: $about:literal;)*) => {
        $(#[doc = $about] pub(super) const $name: &str = $code;)*

        /// Every code with what it means, in the order of the reference.
        pub const ALL: &[(&str, &str)] = &[$(($code, $about)),*];
    };
}

codes! {
    // The text.
    SYNTAX = "syntax": "The file is not TOML.";
    NOT_UTF8 = "not-utf8": "The file is not text in UTF-8.";
    VERSION = "version": "`drplan` names a version of the language that this program does not know.";
    CONTROL_CHARACTER = "control-character": "A name or text holds a control character, an invisible one or a mark that turns the direction of writing.";
    // Keys and types.
    UNKNOWN_KEY = "unknown-key": "A key that the language does not have there.";
    MISPLACED_KEY = "misplaced-key": "A key that belongs elsewhere, mostly because it stands below the header of another table.";
    KEY_OF_OTHER_KIND = "key-of-other-kind": "A key that entries of this kind do not have.";
    MISSING_KEY = "missing-key": "A key that must be given is not there.";
    EXCLUSIVE_KEYS = "exclusive-keys": "Two keys that say the same thing in different ways.";
    WRONG_TYPE = "wrong-type": "A value of another type than the key takes.";
    UNKNOWN_WORD = "unknown-word": "A word that is none of those that the key takes.";
    EMPTY_LIST = "empty-list": "A list that must hold something is empty.";
    EMPTY_NAME = "empty-name": "A name or text is empty.";
    REPEATED_ITEM = "repeated-item": "A list names the same thing twice.";
    // Quantities.
    AMBIGUOUS_UNIT = "ambiguous-unit": "A unit that can be read in two ways.";
    MISSING_UNIT = "missing-unit": "A number without its unit.";
    UNKNOWN_UNIT = "unknown-unit": "A unit that is none.";
    BAD_QUANTITY = "bad-quantity": "A text that is no quantity of the kind asked for.";
    OUT_OF_RANGE = "out-of-range": "A number that is negative, infinite, not a number, or too large or small for what it says.";
    BAD_DISTRIBUTION = "bad-distribution": "A distribution whose keys belong to none, or whose parameters fit none.";
    BAD_CRON = "bad-cron": "A text that is no schedule of five cron fields.";
    CRON_NEVER = "cron-never-fires": "A schedule that never fires in the reference year.";
    BAD_TIME_ZONE = "unknown-time-zone": "A time zone that is not known.";
    // Names.
    BAD_NAME = "bad-name": "A name with a character that the language uses itself.";
    RESERVED_NAME = "reserved-name": "A name that the language uses itself.";
    DUPLICATE_NAME = "duplicate-name": "Two things of the shared namespace with one name.";
    CONFUSABLE_NAME = "confusable-name": "Two names that look alike.";
    UNKNOWN_NAME = "unknown-name": "A name that nothing has.";
    WRONG_REFERENCE = "wrong-reference": "A name of something of another kind than is asked for.";
    LIKE_CHAIN = "like-chain": "An entry that is `like` one which is itself `like` another, or `like` itself.";
    LIKE_OTHER_KIND = "like-other-kind": "An entry that is `like` one of another kind.";
    // Places, compute, copies.
    PLACE_TWICE = "place-twice": "A place that is in two places.";
    PLACE_CYCLE = "place-cycle": "A place that is within itself.";
    NO_MEMBERS = "no-members": "`X/*` of something that has no members.";
    NOT_A_REGION = "not-a-region": "A link that ends at a place within a region, or joins a region with itself.";
    LINK_TWICE = "link-twice": "Two links between the same regions.";
    TOO_MANY_NEEDED = "too-many-needed": "More instances or places are asked for than there are: the service could never be up.";
    MISSING_ACKS = "missing-acks": "A primary in several places without `acks`.";
    COPY_CYCLE = "copy-cycle": "Copies that are made from one another in a circle.";
    DATA_UNCLEAR = "data-unclear": "A copy of which the file does not say what data it holds, or says it in two ways.";
    BAD_UPSTREAM = "bad-upstream": "A copy made from something that such a copy cannot be made from.";
    NO_BANDWIDTH = "no-bandwidth": "A link that something is sent over has no bandwidth.";
    UNUSABLE_LINK = "unusable-link": "A link that does not join the places it is used between.";
    BURST_TOO_LONG = "burst-too-long": "A burst that lasts longer than the time to the next.";
    TOO_OFTEN = "too-often": "A backup that runs more often than is sensible, or a full one more often than any.";
    LOCK_TOO_LONG = "lock-too-long": "Locked for longer than it is kept.";
    MISSING_ACCOUNT = "missing-account": "A failure is a compromise, but a copy names no account.";
    MISSING_CURRENCY = "missing-currency": "Prices without a currency.";
    // Failures, services, tiers.
    NO_PRIMARY = "no-primary": "A data set of a tier without a primary.";
    TWO_PRIMARIES = "two-primaries": "A data set of a tier with several primaries.";
    COPY_NOT_IN_TIER = "copy-not-in-tier": "A copy whose upstream, or a log whose base, the tier does not have.";
    SERVICE_CYCLE = "service-cycle": "Services that need one another in a circle.";
    SERVICE_UNCLEAR = "service-unclear": "A strategy of which the file does not say what service it protects.";
    TIERS_MISSING = "tiers-missing": "Several services but no tiers.";
    TIER_INCOMPLETE = "tier-incomplete": "A tier without a strategy for some service, or with two for one.";
    OBJECTIVE_EMPTY = "objective-empty": "An objective that asks for nothing.";
    // Plans and steps.
    STEP_CYCLE = "step-cycle": "Steps that wait for one another in a circle.";
    STEP_TWICE = "step-twice": "A plan that lists a step twice.";
    STEP_NOT_IN_PLAN = "step-not-in-plan": "A step that the plan does not list.";
    NO_DETECTION = "no-detection": "A plan for a failure that nobody detects.";
    COLD_NOT_STARTED = "cold-not-started": "A plan into compute that is cold and that none of its steps starts.";
    NO_PACE = "no-pace": "A transfer that neither a rate nor a link limits.";
    STEP_WITHOUT_TIME = "step-without-time": "A step without anything that takes time.";
    REPAIRS_ONLY = "repairs-only": "People who repair failures and carry out steps too.";
    USELESS_KEY = "useless-key": "A key without another that it needs to mean anything.";
    // Schedules and retention.
    RUNS_OVER = "runs-over": "A backup whose shortest run is longer than the time to its next start.";
    KEPT_TOO_SHORT = "kept-too-short": "Retention shorter than the time until the next point, than detection or than an attacker's dwell ever are.";
    // Limits.
    TOO_MANY_FINDINGS = "too-many-findings": "The file has more faults than are listed.";
    LIMIT_FILE = "limit-file": "The file is too large.";
    LIMIT_ENTRIES = "limit-entries": "A table has too many entries.";
    LIMIT_MEMBERS = "limit-members": "Too many instances, sites or members.";
    LIMIT_SAMPLES = "limit-samples": "Too many samples.";
    LIMIT_SCHEDULE = "limit-schedule-points": "A schedule fires too often in a year.";
    LIMIT_PEOPLE = "limit-people": "Too many people.";
    LIMIT_COUNT = "limit-count": "A count beyond what is worth simulating.";
    LIMIT_STEPS = "limit-steps": "A plan has too many steps.";
    // Advice.
    MAY_RUN_OVER = "may-run-over": "A backup that may run longer than the time to its next start, which is then skipped.";
    MAY_EXPIRE = "may-expire": "Points that may be gone when they are needed: retention is shorter than a tail of the time until then.";
    LAG_UNBOUNDED = "lag-unbounded": "Writes at or above the rate of their link: the lag grows without bound.";
    TAKES_EVERY_COPY = "takes-every-copy": "One event takes every copy of a data set.";
    LOG_GAP = "log-gap": "A log kept for a shorter time than the copy that it is replayed onto lags.";
    DELETION_REPLICATED = "deletion-replicated": "Deletions reach a copy that is taken for protection against them.";
    MAJORITY_IN_ONE_PLACE = "majority-in-one-place": "Losing one region stops writes, although others are left.";
    PAIR_STOPS = "pair-stops": "A synchronous copy in as many places as it asks for: losing one stops writes.";
    NOT_LOCKED = "not-locked": "A copy in another account, but not locked.";
    UNUSED = "unused": "An entry that no tier uses.";
    STREAM_BREAKS = "stream-breaks": "A stream that may be interrupted for longer than its window: then a full copy follows.";
    UNEVEN_FULLS = "uneven-fulls": "Full backups further apart than `full_every` says, or closer, because it is no multiple of the schedule.";
    NEVER_HELPS = "never-helps": "A plan for a failure that leaves nothing of what the plan recovers from, or recovers into, or that is over before it is noticed.";
    NOTHING_RESTORED = "nothing-restored": "A plan from a backup or a log of which no step restores anything.";
    TOO_LITTLE_MEMORY = "too-little-memory": "A step that needs more memory than the instances that it starts have.";
    NO_PLAN = "no-plan": "A failure whose damage no plan undoes.";
    PLAN_NEVER_FITS = "plan-never-fits": "A plan that fits in no tier that lists it.";
    CHANCE_CERTAIN = "chance-certain": "An objective to be met with certainty, which no number of trials or years can show.";
    NEVER_SEEN = "never-seen": "A failure that was not seen in the years of watching: its expected rate is zero.";
    NEVER_HAPPENS = "never-happens": "A failure with a rate of zero, or one that no tier feels.";
}
