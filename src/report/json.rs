//! The result as JSON.

use serde::Serialize;
use serde_json::json;

use crate::assess::{Assessment, Explanation};
use crate::spec::{Origin, ResolvedEntry};

/// The result as indented JSON with a final line break: seconds, bytes, shares from 0 to 1, and money in the
/// scenario's currency; what is unknown is `null`.
///
/// # Errors
/// None for an assessment that this program made; the serialiser's own words otherwise.
pub fn json(result: &Assessment) -> Result<String, String> {
    serde_json::to_string_pretty(result).map(|text| text + "\n").map_err(|e| e.to_string())
}

/// The result of one tier and failure with its explanation, as indented JSON with a final line break:
/// the fields of the result, and `explanation`.
///
/// # Errors
/// As [`json()`].
pub fn explained_json(result: &Assessment, why: &Explanation) -> Result<String, String> {
    #[derive(Serialize)]
    struct Explained<'a> {
        #[serde(flatten)]
        result: &'a Assessment,
        explanation: &'a Explanation,
    }
    let all = Explained { result, explanation: why };
    serde_json::to_string_pretty(&all).map(|text| text + "\n").map_err(|e| e.to_string())
}

/// The resolved scenario as indented JSON with a final line break.
///
/// # Errors
/// As [`json()`].
pub fn resolved_json(title: &str, hash: &str, entries: &[ResolvedEntry]) -> Result<String, String> {
    let values: Vec<serde_json::Value> = entries
        .iter()
        .map(|entry| {
            let (from, line, detail) = match &entry.origin {
                Origin::File { line } => ("file", Some(*line), None),
                Origin::Default { why } => ("default", None, Some(why)),
                Origin::Like { sibling } => ("like", None, Some(sibling)),
            };
            let path = entry.path.to_string();
            json!({ "path": path, "value": entry.value, "from": from, "line": line, "detail": detail, "source": entry.source })
        })
        .collect();
    let all = json!({ "scenario": { "title": title, "hash": hash }, "values": values });
    serde_json::to_string_pretty(&all).map(|text| text + "\n").map_err(|e| e.to_string())
}
