//! Services, strategies and tiers.

use super::{Case, check};

#[test]
fn services() {
    check("services", SERVICES);
}

const SERVICES: &[Case] = &[
    (
        "an objective that nothing misses",
        &["objective-empty"],
        &[(r#"rpo = "1d", chance = "95%""#, r#"rpo = "1d", chance = "0%""#)],
    ),
    (
        "services that need one another",
        &["service-cycle"],
        &[("data   = \"events\"\n", "data   = \"events\"\nneeds  = [\"shop\"]\n")],
    ),
    (
        "a service that needs itself",
        &["service-cycle"],
        &[("data   = \"events\"\n", "data   = \"events\"\nneeds  = [\"bus\"]\n")],
    ),
    ("a strategy of which service", &["service-unclear"], &[(r#"bus-plain = { service = "bus", "#, "bus-plain = { ")]),
    (
        "several services and no tiers",
        &["unknown-name", "tiers-missing"],
        &[("[tiers]\ncold = [\"shop-cold\", \"bus-plain\"]\nwarm = [\"shop-warm\", \"bus-twice\"]\n", "")],
    ),
    (
        "a tier without a strategy for a service",
        &["tier-incomplete"],
        &[(r#"cold = ["shop-cold", "bus-plain"]"#, r#"cold = ["shop-cold"]"#)],
    ),
    (
        "a tier with two strategies for a service",
        &["tier-incomplete"],
        &[(r#"cold = ["shop-cold", "bus-plain"]"#, r#"cold = ["shop-cold", "bus-plain", "bus-twice"]"#)],
    ),
    (
        "an objective that asks for nothing",
        &["objective-empty"],
        &[(r#"rto = "2h", rpo = "1d", chance = "90%""#, r#"chance = "90%""#)],
    ),
    (
        "a year of which nothing is asked",
        &["objective-empty"],
        &[(r#"yearly = { availability = "99.9%" }"#, "yearly = {}")],
    ),
    ("a year without a moment down", &["chance-certain"], &[(r#"availability = "99.9%""#, r#"availability = "100%""#)]),
    (
        "a year that may be down all the time",
        &["out-of-range"],
        &[(r#"availability = "99.9%""#, r#"availability = "0%""#)],
    ),
    ("certainty", &["chance-certain"], &[(r#"chance = "90%""#, r#"chance = "100%""#)]),
    ("a tier without a primary", &["no-primary"], &[("copies = [\"queue\"]\n", "")]),
    (
        "a tier with two primaries",
        &["two-primaries"],
        &[
            ("[failures]\n", "queue-2 = { like = \"queue\" }\n\n[failures]\n"),
            (r#"service = "bus", copies = ["archive"]"#, r#"service = "bus", copies = ["archive", "queue-2"]"#),
        ],
    ),
    (
        "a copy without its upstream",
        &["copy-not-in-tier"],
        &[
            ("[failures]\n", "second = { like = \"archive\", of = \"mirror\" }\n\n[failures]\n"),
            (r#"service = "bus", copies = ["archive"]"#, r#"service = "bus", copies = ["archive", "second"]"#),
        ],
    ),
    (
        "a log without its base",
        &["copy-not-in-tier"],
        &[(r#"copies = ["nightly", "wal", "bin"]"#, r#"copies = ["hourly", "wal", "bin"]"#)],
    ),
    ("a copy that no tier has", &["unused"], &[("[failures]\n", "second = { like = \"archive\" }\n\n[failures]\n")]),
    (
        "a damage that no plan undoes",
        &["no-plan"],
        &[(r#"for = ["region", "lost", "stolen"]"#, r#"for = ["region", "stolen"]"#)],
    ),
];
