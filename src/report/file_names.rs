//! Names of files made from names of the scenario: portable, short, and told apart on every system.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// Characters of a stem at most: with an ending and a temporary prefix well below the 255 bytes of
/// common file systems.
const LONGEST_STEM: usize = 100;

/// What stands between the words of a name.
const BETWEEN: &str = "--";

/// Names that Windows keeps for devices, whatever their ending.
///
/// # Source
/// Microsoft, "Naming Files, Paths, and Namespaces".
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Hands out names for the files of one folder, no two of which any file system takes for the same.
///
/// A name that can be used as it is stays readable. Any other, one that is too long and one that
/// differs from an earlier one in case only get a hash of what they stand for at their end, so that
/// what a thing is called does not depend on what else is in the folder where that can be avoided.
#[derive(Clone, Debug, Default)]
pub struct FileNames {
    /// What was given out, in lower case.
    taken: BTreeSet<String>,
}

impl FileNames {
    /// For a folder in which these names are taken already.
    #[must_use]
    pub fn new(taken: &[&str]) -> Self {
        Self { taken: taken.iter().map(|name| name.to_lowercase()).collect() }
    }

    /// The name of a file that stands for these words.
    ///
    /// # Arguments
    /// `words`: names of the scenario, any text; `ending`: without its dot, ASCII letters and digits
    ///
    /// # Returns
    /// One path component of ASCII letters, digits, `-`, `_` and `.`, which begins with a letter, a
    /// digit or `_`.
    #[must_use]
    pub fn give(&mut self, words: &[&str], ending: &str) -> String {
        let wanted = words.join(BETWEEN);
        let stem = portable(&wanted);
        if stem == wanted {
            let name = format!("{stem}.{ending}");
            if self.taken.insert(name.to_lowercase()) {
                return name;
            }
        }
        // Different words may make the same name: the hash is of the words, each with its length.
        let mut digest = Sha256::new();
        for word in words {
            digest.update((word.len() as u64).to_le_bytes());
            digest.update(word.as_bytes());
        }
        let hash: String = digest.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let mut name = format!("{stem}-{hash}.{ending}");
        let mut again = 2;
        while !self.taken.insert(name.to_lowercase()) {
            name = format!("{stem}-{hash}-{again}.{ending}");
            again += 1;
        }
        name
    }
}

/// The text with everything replaced that some file system refuses or a shell reads as something
/// else; the text itself if it is fine.
fn portable(text: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let safe: String = text.chars().take(LONGEST_STEM).map(|c| if keep(c) { c } else { '-' }).collect();
    // A dot at the front hides a file, a dash makes it an option, a dot at the end is dropped by Windows.
    let safe = safe.trim_start_matches(['.', '-']).trim_end_matches('.');
    let device = safe.split('.').next().unwrap_or_default().to_lowercase();
    let numbered =
        |port: &str| device.strip_prefix(port).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    let reserved = DEVICES.contains(&device.as_str()) || numbered("com") || numbered("lpt");
    if safe.is_empty() || reserved { format!("_{safe}") } else { safe.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_as_they_are() {
        let mut names = FileNames::new(&[]);
        assert_eq!(names.give(&["belt-braces", "switch"], "md"), "belt-braces--switch.md");
        assert_eq!(names.give(&["v1.2_x"], "svg"), "v1.2_x.svg");
    }

    #[test]
    fn names_that_some_system_takes_for_one_are_told_apart() {
        let mut names = FileNames::new(&["README.md"]);
        let given = [
            names.give(&["Plan"], "md"),
            names.give(&["plan"], "md"),
            names.give(&["PLAN"], "md"),
            names.give(&["plan"], "md"),
            names.give(&["readme"], "md"),
            // Joined, these two are the same text.
            names.give(&["a--b", "c"], "md"),
            names.give(&["a", "b--c"], "md"),
            // Both letters become a dash.
            names.give(&["é"], "md"),
            names.give(&["ü"], "md"),
        ];
        let distinct: BTreeSet<String> = given.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(distinct.len(), given.len(), "{given:?}");
        assert_eq!(given[0], "Plan.md");
    }

    #[test]
    fn no_name_leaves_the_folder_or_means_something_to_a_system() {
        let long = "x".repeat(10_000);
        let words = [
            "",
            ".",
            "..",
            "...",
            "../../etc/passwd",
            "/etc/passwd",
            "C:\\x",
            "CON",
            "nul.txt",
            "com1",
            "LPT9",
            "-rf",
            "a/b",
            "a\0b",
            "a\nb",
            "$(id)",
            "`id`",
            "${HOME}",
            "{{ x }}",
            "\u{202e}gpj",
            " ",
            "~",
            "*",
            "name.",
            &long,
        ];
        let mut names = FileNames::default();
        for word in words {
            let name = names.give(&[word], "md");
            let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            assert!(name.chars().all(keep) && name.len() <= 130, "{word:?} became {name}");
            assert!(!name.starts_with(['.', '-']) && !name.contains(".."), "{word:?} became {name}");
            let stem = name.split('.').next().unwrap_or_default().to_lowercase();
            assert!(!["con", "nul", "com1", "lpt9", ""].contains(&stem.as_str()), "{word:?} became {name}");
        }
    }
}
