//! Quantities, one by one. Literals are plain arithmetic with the units' definitions unless said
//! otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use super::*;

fn seconds(text: &str) -> f64 {
    duration(text).unwrap_or_else(|e| panic!("{text}: {e}")).seconds()
}

fn refused<T: std::fmt::Debug>(result: Result<T, QuantityError>) -> (&'static str, String, String) {
    let error = result.unwrap_err();
    (error.code, error.message, error.help.join(" | "))
}

#[test]
fn durations_of_one_unit() {
    for (text, expected) in [
        ("15m", 900.0),
        ("90s", 90.0),
        ("0s", 0.0),
        ("20ms", 0.02),
        ("1d", 86_400.0),
        ("1.5d", 129_600.0),
        ("2w", 1_209_600.0),
        ("2 weeks", 1_209_600.0),
        ("7.6h", 27_360.0),
        ("7.6 hours", 27_360.0),
        ("1e3s", 1000.0),
        ("5 min", 300.0),
        // 10 × 8760 h × 3600 s
        ("10y", 315_360_000.0),
        (" 15m ", 900.0),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
}

#[test]
fn durations_of_several_units() {
    for (text, expected) in [
        ("1h 30m", 5400.0),
        ("1h30m", 5400.0),
        ("1d 12h", 129_600.0),
        ("1m 0.5s", 60.5),
        ("PT15M", 900.0),
        ("P1DT1H", 90_000.0),
        ("1y 1d", 31_622_400.0),
        ("01:30:00", 5400.0),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
}

#[test]
fn a_capital_m_is_refused_with_both_readings() {
    let (code, message, help) = refused(duration("1M"));
    assert_eq!(code, "ambiguous-unit");
    assert_eq!(message, "`1M` can mean minutes or months");
    assert_eq!(help, "write `1m` for minutes or `30d` for months of 30 days");
    assert_eq!(refused(duration("1 mo")).0, "ambiguous-unit");
    assert_eq!(refused(duration("P1M")).0, "ambiguous-unit");
    assert_eq!(
        refused(duration("2 months")).2,
        "count days (a month of 30 days is `30d`) or hours (a twelfth of a year is `730h`)"
    );
}

#[test]
fn bare_numbers_are_refused_with_what_to_write() {
    assert_eq!(refused(duration("15")).0, "missing-unit");
    assert_eq!(refused(duration("15")).2, "write `15s`, `15m`, `15h` or `15d`");
    assert_eq!(refused(size("600")).2, "write `600 B`, `600 GB` or `600 TB`");
    assert_eq!(refused(data_rate("100")).2, "write `100 MB/s`, `100 Gbps` or `100 GB/day`");
    assert_eq!(refused(data_rate("20 GB")).2, "write `20 GB/s` or `20 GB/day`");
    assert_eq!(refused(data_rate("20 GB per day")).2, "write `20 GB/day`");
    assert_eq!(refused(data_rate("2 Gb")).2, "write `2 GB/s` for bytes or `2 Gbit/s` for bits");
    assert_eq!(refused(data_rate("100 MB")).2, "write `100 MB/s` or `100 MB/day`");
    assert_eq!(refused(frequency("0.05")).2, "write `0.05 / year`, `0.05 / month` or `0.05 / day`");
    assert_eq!(refused(share("0.05")).2, "write `5%`");
    assert_eq!(refused(share("5")).2, "write `5%`");
    for code in [refused(size("600")).0, refused(data_rate("1")).0, refused(frequency("1")).0, refused(share("1")).0] {
        assert_eq!(code, "missing-unit");
    }
}

#[test]
fn unknown_units_say_what_is_known() {
    assert_eq!(refused(duration("15 parsecs")).0, "unknown-unit");
    assert_eq!(refused(duration("15 H")).0, "unknown-unit");
    assert!(refused(duration("15 Hrs")).2.starts_with("units of time are lower-case: `15hrs`"));
    assert_eq!(refused(size("5 floppies")).0, "unknown-unit");
    assert_eq!(refused(size("5 gB")).2, "did you mean `5 GB`?");
    assert_eq!(refused(size("5 Gbit")).2, "write `0.625 GB`");
    assert_eq!(refused(frequency("1 / decade")).0, "unknown-unit");
    assert_eq!(refused(frequency("1 / m")).0, "ambiguous-unit");
    assert_eq!(refused(share("5 percent")).0, "unknown-unit");
}

#[test]
fn sizes_keep_powers_of_1000_and_1024_apart() {
    for (text, expected) in [
        ("600 GB", 600e9),
        ("600GB", 600e9),
        ("0 B", 0.0),
        ("1.5 TB", 1.5e12),
        ("1 kB", 1000.0),
        ("1 KB", 1000.0),
        ("1 KiB", 1024.0),
        ("1 GiB", 1_073_741_824.0),
        ("1 TiB", 1_099_511_627_776.0),
        ("2 PB", 2e15),
        ("1e3 GB", 1e12),
    ] {
        assert_eq!(size(text).unwrap().bytes(), expected, "{text}");
    }
}

#[test]
fn a_lower_case_b_is_refused_with_both_readings() {
    let (code, message, help) = refused(size("500 Gb"));
    assert_eq!(code, "ambiguous-unit");
    assert_eq!(message, "the `b` of `500 Gb` can mean bytes or bits");
    assert_eq!(help, "write `500 GB` for bytes or `500 Gbit` for bits");
    assert_eq!(refused(size("500 gb")).2, "write `500 GB` for bytes or `500 Gbit` for bits");
    assert_eq!(refused(data_rate("1 Gb/s")).2, "write `1 GB/s` for bytes or `1 Gbit/s` for bits");
    assert_eq!(refused(data_rate("2 gbps")).0, "ambiguous-unit");
    assert_eq!(refused(size("500 G")).2, "write `500 GB` or `500 GiB`");
    assert_eq!(refused(data_rate("1 M/s")).2, "write `1 MB/s` or `1 MiB/s`");
}

#[test]
fn data_rates_in_bits_and_bytes() {
    for (text, expected) in [
        ("2 Gbps", 250e6),
        ("2 Gbit/s", 250e6),
        ("2 GBps", 2e9),
        ("100 MB/s", 100e6),
        ("100MB / s", 100e6),
        ("1.5 GiB/h", 1.5 * 1_073_741_824.0 / 3600.0),
        ("8 bps", 1.0),
        ("0 MB/s", 0.0),
        ("86.4 GB/day", 1e6),
        // 730 h × 3600 s
        ("2628 GB/month", 1e6),
    ] {
        let rate = data_rate(text).unwrap_or_else(|e| panic!("{text}: {e}")).bytes_per_second();
        assert!((rate - expected).abs() <= expected * 1e-15, "{text}: {rate}");
    }
}

#[test]
fn frequencies_count_a_year_of_8760_hours() {
    for (text, expected) in [
        ("0.05 / year", 0.05),
        ("2 / month", 24.0),
        ("1 / day", 365.0),
        ("1/h", 8760.0),
        ("0 / year", 0.0),
        ("1e-5 / year", 1e-5),
    ] {
        assert_eq!(frequency(text).unwrap().per_year(), expected, "{text}");
    }
    assert_eq!(refused(frequency("1 per year")).0, "bad-quantity");
}

#[test]
fn shares_are_the_nearest_number() {
    for (text, expected) in
        [("99.95%", 0.9995), ("5%", 0.05), ("100 %", 1.0), ("0%", 0.0), ("0.1%", 0.001), ("7%", 0.07)]
    {
        assert_eq!(share(text).unwrap().value(), expected, "{text}");
    }
    assert_eq!(refused(share("100.1%")), ("out-of-range", "`100.1%` is more than all".into(), SHARE.examples.into()));
}

#[test]
fn numbers_that_are_none_are_refused() {
    for text in ["nan s", "NaN", "inf h", "infinity s", "-inf s"] {
        assert_eq!(refused(duration(text)).0, "bad-quantity", "{text}");
    }
    for text in ["-1h", "-PT1H", "1h ago"] {
        assert_eq!(refused(duration(text)).0, "out-of-range", "{text}");
    }
    assert_eq!(refused(size("-1 GB")).1, "`-1 GB` is negative");
    assert_eq!(refused(share("-5%")).0, "out-of-range");
    assert_eq!(refused(size("1,000 GB")).0, "bad-quantity");
    assert_eq!(refused(size("1_000 GB")).0, "bad-quantity");
    assert_eq!(refused(duration("1,000s")).1, "the comma in `1,000s` can be read in two ways");
    for text in ["", "   ", "fast", "GB 5", "+5 GB", ".5 GB", "5. GB", "1.2.3 GB", "1h 30", "1:30"] {
        assert!(duration(text).is_err() && size(text).is_err() && data_rate(text).is_err(), "{text}");
        assert!(frequency(text).is_err() && share(text).is_err(), "{text}");
    }
}

#[test]
fn overflow_and_underflow_are_named() {
    // f64 ends at about 1.8e308 above and 4.9e-324 below.
    for text in ["1e999s", "1e308y", "20000y 1d"] {
        let code = refused(duration(text)).0;
        assert!(code == "out-of-range" || code == "bad-quantity", "{text}: {code}");
    }
    assert_eq!(refused(duration("1e999s")).1, "`1e999s` is too large to compute with");
    assert_eq!(refused(duration("1e308y")).1, "`1e308y` is too large to compute with");
    assert_eq!(refused(size("1e300 EB")).1, "`1e300 EB` is too large to compute with");
    for error in [
        refused(duration("1e-400s")),
        refused(size("1e-400 GB")),
        refused(data_rate("1e-400 GB/s")),
        refused(data_rate("1e-320 B/year")),
        refused(frequency("1e-400 / year")),
        refused(share("1e-400%")),
    ] {
        assert_eq!(error.0, "out-of-range");
        assert!(error.1.ends_with("is so small that it would count as zero"), "{}", error.1);
    }
    assert_eq!(seconds("0e-400s"), 0.0);
}

#[test]
fn invisible_characters_are_named() {
    for (text, code) in [
        ("5\u{202e} GB", "202E"),
        ("5\u{a0}GB", "00A0"),
        ("5\nGB", "000A"),
        ("5 GB\0", "0000"),
        ("\u{feff}5 GB", "FEFF"),
    ] {
        let (kind, message, _) = refused(size(text));
        assert_eq!(kind, "bad-quantity");
        assert!(message.ends_with(&format!("holds the invisible character U+{code}")), "{message}");
        assert_eq!(refused(duration(text)).0, "bad-quantity");
    }
    assert_eq!(refused(size(&"9".repeat(1000))).1, "a text of 1000 bytes is not a volume of data");
}

#[test]
fn counted_events_have_garwood_intervals() {
    // Solved from the Poisson sums in 40 digits, apart from this code; 0 events: -ln 0.025. 0 events have
    // [0, 3.6889], 5 have [1.6235, 11.6683], 10 have [4.7954, 18.3904], 100 have [81.3640, 121.6268].
    for (events, low, high) in
        [(0.0, 0.0, 3.6889), (5.0, 1.6235, 11.6683), (10.0, 4.7954, 18.3904), (100.0, 81.3640, 121.6268)]
    {
        let rate = rate_from_events(events, 230.0).unwrap();
        assert_eq!(rate.point.per_year(), events / 230.0);
        assert!((rate.low.per_year() * 230.0 - low).abs() < 5e-5, "{events}: {}", rate.low.per_year() * 230.0);
        assert!((rate.high.per_year() * 230.0 - high).abs() < 5e-5, "{events}: {}", rate.high.per_year() * 230.0);
    }
    let many = rate_from_events(1e12, 1000.0).unwrap();
    // For many events the interval is the normal one: n ± 1.96 √n.
    assert!((many.high.per_year() * 1000.0 - 1e12 - 1.96e6).abs() < 1e4, "{}", many.high.per_year());
    for (events, years) in [
        (1.5, 1.0),
        (-1.0, 1.0),
        (f64::NAN, 1.0),
        (1e300, 1.0),
        (1.0, 0.0),
        (1.0, -1.0),
        (1.0, f64::INFINITY),
        (1.0, f64::NAN),
    ] {
        assert_eq!(refused(rate_from_events(events, years)).0, "bad-quantity", "{events} {years}");
    }
    assert_eq!(refused(rate_from_events(5.0, 1e-310)).0, "out-of-range");
}

#[test]
fn no_text_panics() {
    use proptest::prelude::*;
    proptest!(|(text in "[-+0-9.eE,_ /%a-zA-Zµ\\u{0}\\u{202e}]{0,24}")| {
        let _ = (duration(&text), size(&text), data_rate(&text), frequency(&text), share(&text));
    });
}
