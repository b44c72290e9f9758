//! The result as JSON.

use std::fmt;

use crate::assess::Assessment;

/// The result as indented JSON with a final line break.
///
/// # Errors
/// None for an assessment that this program made; the serialiser's own error otherwise.
pub fn json(result: &Assessment) -> Result<String, impl fmt::Display + use<>> {
    serde_json::to_string_pretty(result).map(|text| text + "\n")
}
