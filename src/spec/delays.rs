//! Durations that vary: the forms of a distribution.

use super::document::{Node, Raw};
use super::names::{closest, one_of, quote};
use super::read::Reader;
use super::values::{duration, number, whole};
use super::{codes, limits};
use crate::diag::{Diagnostic, Path};
use crate::model::{Delay, Law, normal_quantile};
use crate::units::Seconds;

/// The key beside a form that says how well it is known.
pub(super) const OFF_BY: &str = "off_by";

/// The forms that a distribution has, by its sorted keys.
pub(super) const FORMS: &[(&[&str], &str)] = &[
    (&["median", "p95"], "{ median, p95 }"),
    (&["median", "sigma"], "{ median, sigma }"),
    (&["mean"], "{ mean }"),
    (&["max", "min", "mode"], "{ min, mode, max }"),
    (&["high", "low"], "{ low, high }"),
    (&["scale", "shape"], "{ shape, scale }"),
    (&["samples"], "{ samples = [...] }"),
    (&["every", "misses"], "{ every, misses }"),
    (&["time"], "{ time, off_by }"),
];

pub(super) fn delay(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Delay> {
    let Some(items) = node.items() else {
        if matches!(node.raw, Raw::List(_)) {
            cx.push(
                Diagnostic::error(
                    codes::WRONG_TYPE,
                    path.clone(),
                    "this takes a duration or a distribution, not a list",
                )
                .help("samples are `{ samples = [\"1m\", \"2m\"] }`"),
            );
            return None;
        }
        return duration(cx, node, path).map(Delay::constant);
    };
    let keys: Vec<&str> = items.iter().map(|i| i.key.as_str()).filter(|key| *key != OFF_BY).collect();
    let off_by = match node.item(OFF_BY) {
        Some(item) => Some(off_by(cx, &item.node, &path.key(OFF_BY))?),
        None => None,
    };
    if !FORMS.iter().any(|(form, _)| *form == keys.as_slice()) {
        cx.push(no_form(&keys, path));
        return None;
    }
    let law = law(cx, node, path, &keys)?;
    let delay = Delay::new(law)
        .map_err(|why| cx.error(codes::BAD_DISTRIBUTION, path, format!("this distribution {why}")))
        .ok()?;
    Some(off_by.map_or(delay.clone(), |factor| delay.known_within(factor)))
}

/// A distribution that is no part of an incident. What inputs leave open is worked out of incidents, so
/// nobody could be told what its `off_by` comes to.
pub(super) fn of_lifetimes(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Delay> {
    let delay = delay(cx, node, path)?;
    if node.item(OFF_BY).is_some() {
        let message = "`off_by` means nothing here: this time passes in lifetimes only";
        cx.push(
            Diagnostic::error(codes::USELESS_KEY, path.key(OFF_BY), message)
                .on_key()
                .help("what `off_by` leaves open is worked out of single incidents; run the file with a shorter and with a longer time instead"),
        );
    }
    Some(delay)
}

/// A factor above 1 by which a duration may be longer or shorter.
fn off_by(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<f64> {
    let factor = number(cx, node, path)?;
    if factor <= 1.0 || factor > limits::OFF_BY {
        let message = format!("this factor is {factor}; it must be above 1 and at most {}", limits::OFF_BY);
        cx.push(
            Diagnostic::error(codes::OUT_OF_RANGE, path.clone(), message)
                .help("`off_by = 2`: all of it may be twice as long or half as long"),
        );
        return None;
    }
    Some(factor)
}

/// What people also call a parameter of a distribution.
const OTHER_WORDS: &[(&str, &str)] = &[("p50", "median"), ("avg", "mean"), ("average", "mean"), ("likely", "mode")];

fn no_form(keys: &[&str], path: &Path) -> Diagnostic {
    let forms = FORMS.iter().map(|(_, form)| *form).collect::<Vec<_>>().join(", ");
    let known: Vec<&str> = FORMS.iter().flat_map(|(keys, _)| keys.iter().copied()).collect();
    let message = if keys.is_empty() {
        "this distribution is empty".to_owned()
    } else {
        format!("no distribution has the keys {}", keys.iter().map(|k| quote(k)).collect::<Vec<_>>().join(", "))
    };
    let mut diagnostic = Diagnostic::error(codes::BAD_DISTRIBUTION, path.clone(), message);
    let given = |form: &&[&str]| !keys.is_empty() && keys.iter().all(|key| form.contains(key));
    let longer: Vec<&str> = FORMS.iter().filter(|(form, _)| given(form)).map(|(_, form)| *form).collect();
    diagnostic = match (longer.as_slice(), keys) {
        (_, ["max", "min"]) => diagnostic.help("with these goes `mode`; `{ low, high }` is anywhere between the two"),
        ([], _) => diagnostic.help(format!("a duration is \"10m\" or one of {forms}")),
        (longer, _) => diagnostic.help(format!("a distribution with that is {}", one_of(longer.iter().copied()))),
    };
    let percentile = |key: &str| key.strip_prefix('p').is_some_and(|p| p.parse::<f64>().is_ok());
    for key in keys.iter().filter(|k| !known.contains(k)) {
        let meant = OTHER_WORDS.iter().find(|(other, _)| other == key).map(|(_, word)| *word);
        if meant.is_none() && percentile(key) {
            diagnostic = diagnostic.help("of the percentiles only `median` and `p95` are read");
        } else if let Some(near) = meant.or_else(|| closest(key, known.iter().copied())) {
            diagnostic = diagnostic.help(format!("did you mean `{near}` instead of {}?", quote(key)));
        }
    }
    diagnostic
}

fn law(cx: &mut Reader<'_>, node: &Node, path: &Path, keys: &[&str]) -> Option<Law> {
    if keys == ["samples"] {
        return samples(cx, node, path);
    }
    let bare = ["sigma", "shape", "misses"];
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        let item = &node.item(key)?.node;
        let at = path.key(key);
        values.push(match *key {
            "misses" => whole(cx, item, &at, 1, limits::MISSES, codes::LIMIT_COUNT).map(f64::from),
            key if bare.contains(&key) => number(cx, item, &at),
            _ => duration(cx, item, &at).map(Seconds::seconds),
        });
    }
    let values: Vec<f64> = values.into_iter().collect::<Option<_>>()?;
    let value = |key: &str| keys.iter().position(|k| *k == key).map_or(0.0, |n| values[n]);
    Some(match keys {
        ["median", "p95"] => {
            let (median, p95) = (value("median"), value("p95"));
            if p95 < median || median == 0.0 {
                let message = "this distribution needs 0 < median <= p95";
                cx.error(codes::BAD_DISTRIBUTION, path, message);
                return None;
            }
            Law::LogNormal { median, sigma: libm::log(p95 / median) / normal_quantile(0.95) }
        }
        ["median", "sigma"] => Law::LogNormal { median: value("median"), sigma: value("sigma") },
        ["time"] => Law::Constant(value("time")),
        ["mean"] => Law::Exponential { mean: value("mean") },
        ["max", "min", "mode"] => Law::Pert { min: value("min"), mode: value("mode"), max: value("max") },
        ["high", "low"] => Law::Uniform { low: value("low"), high: value("high") },
        ["scale", "shape"] => Law::Weibull { shape: value("shape"), scale: value("scale") },
        _ => Law::Heartbeat { every: value("every"), misses: value("misses") as u32 },
    })
}

fn samples(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Law> {
    let at = path.key("samples");
    let node = &node.item("samples")?.node;
    let Raw::List(nodes) = &node.raw else {
        cx.wrong_type(node, &at, "a list of durations");
        return None;
    };
    if nodes.is_empty() {
        cx.error(codes::EMPTY_LIST, &at, "there is no sample");
        return None;
    }
    let times: Vec<Option<Seconds>> =
        nodes.iter().enumerate().map(|(n, node)| duration(cx, node, &at.index(n))).collect();
    times.into_iter().map(|t| t.map(Seconds::seconds)).collect::<Option<Vec<f64>>>().map(Law::Empirical)
}
