//! Values of one key: texts, numbers, quantities, distributions, rates.

use toml::value::Datetime;

use super::document::{Node, Raw};
use super::names::quote;
use super::quantity::{self, QuantityError};
use super::read::{Entry, Reader, Show, Shown};
use super::{codes, limits};
use crate::diag::{Diagnostic, Path};
use crate::id::{
    AccountId, CopyId, DataId, ExternalId, FailureId, Id, LinkId, PlaceId, PlanId, PoolId, RoleId, ServiceId, StepId,
    StrategyId,
};
use crate::model::{Delay, Law, Rate};
use crate::units::{Bytes, BytesPerSecond, Money, PerYear, Probability, Seconds};

use super::names::Sort;

/// A text of the file.
pub(super) struct Text(pub(super) String);

/// A list that only shows itself as it was written.
pub(super) struct Listed<T>(pub(super) Vec<T>);

impl Show for Text {}
impl<T> Show for Listed<T> {}
impl Show for bool {}

macro_rules! shown {
    ($($type:ty: $value:ident => $human:expr, $exact:expr;)*) => {$(
        impl Show for $type {
            fn show(&self) -> Option<Shown> {
                let $value = self;
                Some(Shown { human: $human, exact: $exact })
            }
        }
    )*};
}

shown! {
    Seconds: v => v.human(), format!("{} s", v.seconds());
    Bytes: v => v.human(), format!("{} B", v.bytes());
    BytesPerSecond: v => v.human(), format!("{} B/s", v.bytes_per_second());
    PerYear: v => v.human(), format!("{} / year", v.per_year());
    Probability: v => v.human(), format!("{}", v.value());
    Money: v => format!("{}", v.amount()), format!("{}", v.amount());
    u32: v => v.to_string(), v.to_string();
    f64: v => v.to_string(), v.to_string();
    Delay: v => human_delay(v), v.to_string();
    Rate: v => human_rate(v), format!("{} {} {} / year", v.low.per_year(), v.point.per_year(), v.high.per_year());
}

fn human_rate(rate: &Rate) -> String {
    if rate.low == rate.high {
        rate.point.human()
    } else {
        format!("{} (95%: {} to {})", rate.point.human(), rate.low.human(), rate.high.human())
    }
}

/// A distribution in units that people use.
pub(super) fn human_delay(delay: &Delay) -> String {
    let time = |seconds: f64| Seconds::literal(seconds).human();
    let law = match delay.law() {
        Law::Constant(v) => time(*v),
        Law::LogNormal { median, sigma } => {
            format!("lognormal: median {}, p95 {} (sigma {sigma:.3})", time(*median), time(delay.quantile(0.95)))
        }
        Law::Exponential { mean } => format!("exponential: mean {}", time(*mean)),
        Law::Pert { min, mode, max } => format!("PERT: {}, {}, {}", time(*min), time(*mode), time(*max)),
        Law::Uniform { low, high } => format!("uniform: {} to {}", time(*low), time(*high)),
        Law::Weibull { shape, scale } => format!("Weibull: shape {shape}, scale {}", time(*scale)),
        Law::Empirical(samples) => format!("one of {} samples", samples.len()),
        Law::Heartbeat { every, misses } => format!("heartbeat: every {}, {misses} misses", time(*every)),
    };
    if delay.off_by() == 1.0 { law } else { format!("{law}; off by a factor of {} at most (95%)", delay.off_by()) }
}

pub(super) fn text(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Text> {
    let Some(text) = node.text() else {
        cx.wrong_type(node, path, "a text");
        return None;
    };
    if text.trim().is_empty() {
        cx.error(codes::EMPTY_NAME, path, "this text is empty");
        return None;
    }
    Some(Text(text.to_owned()))
}

pub(super) fn texts(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Listed<String>> {
    let Raw::List(nodes) = &node.raw else {
        cx.wrong_type(node, path, "a list of texts");
        return None;
    };
    let all: Vec<Option<Text>> = nodes.iter().enumerate().map(|(n, node)| text(cx, node, &path.index(n))).collect();
    all.into_iter().map(|t| t.map(|t| t.0)).collect::<Option<Vec<_>>>().map(Listed)
}

pub(super) fn boolean(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<bool> {
    match node.raw {
        Raw::Bool(value) => Some(value),
        _ => {
            cx.wrong_type(node, path, "`true` or `false`");
            None
        }
    }
}

/// A date, or the text of one; as written.
pub(super) fn date(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Text> {
    const WANTED: &str = "a date such as 2026-01-31";
    let (Raw::Date(text) | Raw::Text(text)) = &node.raw else {
        cx.wrong_type(node, path, WANTED);
        return None;
    };
    if text.parse::<Datetime>().is_ok_and(|parsed| parsed.date.is_some()) {
        return Some(Text(text.clone()));
    }
    cx.error(codes::WRONG_TYPE, path, format!("this takes {WANTED}, not {}", quote(text)));
    None
}

/// A finite number that is not negative.
pub(super) fn number(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<f64> {
    let (Raw::Integer(text) | Raw::Float(text)) = &node.raw else {
        cx.wrong_type(node, path, "a number");
        return None;
    };
    let refuse = |cx: &mut Reader<'_>, why: &str| {
        cx.push(
            Diagnostic::error(codes::OUT_OF_RANGE, path.clone(), format!("{} {why}", quote(text)))
                .help("a number here is from 0 to a million billions"),
        );
        None
    };
    let value: f64 = text.parse().unwrap_or(f64::NAN);
    if value.is_nan() {
        return refuse(cx, "is not a number");
    }
    if value < 0.0 {
        return refuse(cx, "is negative");
    }
    if value > limits::NUMBER {
        return refuse(cx, "is too large to compute with");
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    if value == 0.0 && mantissa.contains(|c: char| ('1'..='9').contains(&c)) {
        cx.push(
            Diagnostic::error(
                codes::OUT_OF_RANGE,
                path.clone(),
                format!("{} is so small that it would count as zero", quote(text)),
            )
            .help("write 0 if nothing is meant"),
        );
        return None;
    }
    Some(value + 0.0)
}

/// A whole number from `least` to `most`, beyond which the code is `limit`.
pub(super) fn whole(
    cx: &mut Reader<'_>,
    node: &Node,
    path: &Path,
    least: u64,
    most: u64,
    limit: &'static str,
) -> Option<u32> {
    let text = match &node.raw {
        Raw::Integer(text) => text,
        Raw::Float(text) => {
            cx.error(codes::WRONG_TYPE, path, format!("{} is not a whole number", quote(text)));
            return None;
        }
        _ => {
            cx.wrong_type(node, path, "a whole number");
            return None;
        }
    };
    let beyond = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    let value: i128 = text.parse().unwrap_or(beyond);
    if value < i128::from(least) {
        cx.error(codes::OUT_OF_RANGE, path, format!("{} is too small: at least {least}", quote(text)));
        return None;
    }
    if value > i128::from(most) {
        cx.error(limit, path, format!("{} is too many: at most {most}", quote(text)));
        return None;
    }
    u32::try_from(value).ok()
}

pub(super) fn count(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<u32> {
    whole(cx, node, path, 1, limits::MEMBERS, codes::LIMIT_MEMBERS)
}

pub(super) fn people(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<u32> {
    whole(cx, node, path, 1, limits::PEOPLE, codes::LIMIT_PEOPLE)
}

pub(super) fn streams(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<u32> {
    whole(cx, node, path, 1, limits::STREAMS, codes::LIMIT_COUNT)
}

pub(super) fn retries(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<u32> {
    whole(cx, node, path, 0, limits::RETRIES, codes::LIMIT_COUNT)
}

pub(super) fn points(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<u32> {
    whole(cx, node, path, 1, limits::POINTS, codes::LIMIT_COUNT)
}

/// An amount of money; the first of the file is remembered, for it needs a currency.
pub(super) fn money(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Money> {
    if let Raw::Text(text) = &node.raw {
        cx.push(
            Diagnostic::error(
                codes::WRONG_TYPE,
                path.clone(),
                format!("{} is a text; money is a bare number", quote(text)),
            )
            .help("the key says the unit and `currency` the currency: `per_hour = 0.90`"),
        );
        return None;
    }
    let value = number(cx, node, path)?;
    cx.price.get_or_insert_with(|| path.clone());
    Money::new(value)
}

fn quantity<T>(
    cx: &mut Reader<'_>,
    node: &Node,
    path: &Path,
    what: &str,
    example: &str,
    parse: fn(&str) -> Result<T, QuantityError>,
) -> Option<T> {
    let text = match &node.raw {
        Raw::Text(text) => text,
        Raw::Integer(number) | Raw::Float(number) => {
            let fault = Diagnostic::error(codes::MISSING_UNIT, path.clone(), format!("{} has no unit", quote(number)));
            let as_text = parse(number).err().filter(|error| error.code == codes::MISSING_UNIT);
            cx.push(match as_text.and_then(|error| error.help.into_iter().next()) {
                Some(help) => fault.help(quoted(&help)),
                None => fault.help(format!("{what} is a text with its unit: {example}")),
            });
            return None;
        }
        _ => {
            cx.wrong_type(node, path, &format!("{what} such as {example}"));
            return None;
        }
    };
    parse(text).map_err(|error| refuse(cx, path, error)).ok()
}

/// What is between backticks as a text of TOML.
fn quoted(help: &str) -> String {
    let parts = help.split('`').enumerate();
    parts.map(|(n, part)| if n % 2 == 1 { format!("`\"{part}\"`") } else { part.to_owned() }).collect()
}

/// Turns a faulty quantity into a finding.
pub(super) fn refuse(cx: &mut Reader<'_>, path: &Path, error: QuantityError) {
    let mut diagnostic = Diagnostic::error(error.code, path.clone(), error.message);
    diagnostic.help = error.help;
    cx.push(diagnostic);
}

pub(super) fn duration(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Seconds> {
    quantity(cx, node, path, "a duration", "\"15m\", \"1h 30m\"", quantity::duration)
}

/// A duration above zero.
pub(super) fn span(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Seconds> {
    let value = duration(cx, node, path)?;
    if value.is_zero() {
        cx.error(codes::OUT_OF_RANGE, path, "this time is zero; it must be longer");
        return None;
    }
    Some(value)
}

pub(super) fn size(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Bytes> {
    quantity(cx, node, path, "a size", "\"600 GB\", \"2 TiB\"", quantity::size)
}

pub(super) fn data_rate(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<BytesPerSecond> {
    quantity(cx, node, path, "a data rate", "\"2 Gbps\", \"100 MB/s\", \"20 GB/day\"", quantity::data_rate)
}

/// A data rate above zero: of a link or a transfer, which would never end at zero.
pub(super) fn pace(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<BytesPerSecond> {
    let value = data_rate(cx, node, path)?;
    if value.is_zero() {
        cx.push(
            Diagnostic::error(codes::NO_BANDWIDTH, path.clone(), "this rate is zero: nothing would ever arrive")
                .help("leave the key out if the rate is not a limit"),
        );
        return None;
    }
    Some(value)
}

pub(super) fn share(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Probability> {
    quantity(cx, node, path, "a share", "\"5%\", \"99.95%\"", quantity::share)
}

/// A share above zero.
pub(super) fn part(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Probability> {
    let value = share(cx, node, path)?;
    if value == Probability::NEVER {
        cx.error(codes::OUT_OF_RANGE, path, "this share is zero; it must be more");
        return None;
    }
    Some(value)
}

/// The chance of something bad, which 100% would make certain; 0 after a fault.
pub(super) fn not_always(cx: &mut Reader<'_>, entry: &mut Entry<'_>, key: &'static str, always: &str) -> Probability {
    let chance = entry.get(cx, key, share).unwrap_or_default();
    if chance < Probability::ALWAYS {
        return chance;
    }
    cx.push(Diagnostic::error(codes::OUT_OF_RANGE, entry.at(key), always).help("a chance below 100%, such as \"5%\""));
    Probability::NEVER
}

pub(super) fn rate(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Rate> {
    let frequency = |cx: &mut Reader<'_>, node: &Node, path: &Path| {
        quantity(cx, node, path, "a frequency", "\"0.05 / year\", \"2 / month\"", quantity::frequency)
    };
    let Some(items) = node.items() else {
        return frequency(cx, node, path).map(|point| Rate { point, low: point, high: point });
    };
    let keys: Vec<&str> = items.iter().map(|i| i.key.as_str()).collect();
    let at = |key: &str| node.item(key).map(|item| (&item.node, path.key(key)));
    match keys.as_slice() {
        ["events", "years"] => {
            let (events, at_events) = at("events")?;
            let (years, at_years) = at("years")?;
            let (events, years) = (number(cx, events, &at_events), number(cx, years, &at_years));
            quantity::rate_from_events(events?, years?).map_err(|error| refuse(cx, path, error)).ok()
        }
        ["high", "low"] | ["high", "low", "point"] => {
            let mut one = |key: &str| at(key).and_then(|(node, path)| frequency(cx, node, &path));
            let (low, high) = (one("low"), one("high"));
            let point = if keys.len() == 3 { one("point") } else { low.zip(high).map(middle) };
            let rate = Rate { low: low?, high: high?, point: point? };
            if rate.low > rate.point || rate.point > rate.high {
                cx.error(codes::BAD_DISTRIBUTION, path, "a rate needs low <= point <= high");
                return None;
            }
            Some(rate)
        }
        _ => {
            cx.push(
                Diagnostic::error(codes::BAD_DISTRIBUTION, path.clone(), "this is no rate").help(
                    "a rate is \"0.1 / year\", { events = 5, years = 230 }, { low, high } or { low, point, high }",
                ),
            );
            None
        }
    }
}

/// The rate between two ends: their geometric mean, for what is known of a rare event is known up
/// to a factor; the arithmetic one if the low end is zero.
fn middle((low, high): (PerYear, PerYear)) -> PerYear {
    let (l, h) = (low.per_year(), high.per_year());
    PerYear::literal(if l > 0.0 { libm::sqrt(l) * libm::sqrt(h) } else { h / 2.0 })
}

macro_rules! references {
    ($($name:ident, $names:ident: $id:ident = $sort:ident, $words:literal;)*) => {$(
        impl Show for $id {}

        #[allow(dead_code)]
        pub(super) fn $name(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<$id> {
            cx.refer(&[Sort::$sort], node, path).map(|(_, n)| $id::from_index(n))
        }

        #[allow(dead_code)]
        pub(super) fn $names(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Listed<$id>> {
            list(cx, node, path, $words, $name)
        }
    )*};
}

references! {
    place, places: PlaceId = Place, "places";
    link, links: LinkId = Link, "links";
    data_set, data_sets: DataId = Data, "data sets";
    external, externals: ExternalId = External, "externals";
    account, accounts: AccountId = Account, "accounts";
    pool, pools: PoolId = Compute, "compute";
    copy, copies: CopyId = Copy, "copies";
    role, roles: RoleId = Role, "roles";
    failure, failures: FailureId = Failure, "failures";
    service, services: ServiceId = Service, "services";
    strategy, strategies: StrategyId = Strategy, "strategies";
    plan, plans: PlanId = Plan, "plans";
    step, steps: StepId = Step, "steps";
}

/// A list without repetition; faults of all items are reported.
pub(super) fn list<T: PartialEq>(
    cx: &mut Reader<'_>,
    node: &Node,
    path: &Path,
    words: &str,
    one: fn(&mut Reader<'_>, &Node, &Path) -> Option<T>,
) -> Option<Listed<T>> {
    let Raw::List(nodes) = &node.raw else {
        cx.push(
            Diagnostic::error(
                codes::WRONG_TYPE,
                path.clone(),
                format!("this takes a list of {words}, not {}", node.what()),
            )
            .help(format!("write [{}]", node.canonical())),
        );
        cx.broken = true;
        return None;
    };
    if nodes.len() > limits::ENTRIES {
        let message = format!("{} items; {} are allowed", nodes.len(), limits::ENTRIES);
        cx.error(codes::LIMIT_ENTRIES, path, message);
        return None;
    }
    let mut values: Vec<T> = Vec::with_capacity(nodes.len());
    let mut whole = true;
    for (n, node) in nodes.iter().enumerate() {
        let at = path.index(n);
        match one(cx, node, &at) {
            Some(value) if values.contains(&value) => {
                // What it names is known all the same: nothing follows from the repetition.
                cx.error(codes::REPEATED_ITEM, &at, format!("{} is already in the list", node.canonical()));
            }
            Some(value) => values.push(value),
            None => whole = false,
        }
    }
    whole.then_some(Listed(values))
}

/// Reports a list that must hold something.
pub(super) fn filled<T>(cx: &mut Reader<'_>, list: Option<Listed<T>>, path: &Path, why: &str) -> Vec<T> {
    let list = match list {
        Some(list) => list.0,
        None => return Vec::new(),
    };
    if list.is_empty() {
        cx.push(Diagnostic::error(codes::EMPTY_LIST, path.clone(), format!("this list is empty: {why}")));
    }
    list
}
