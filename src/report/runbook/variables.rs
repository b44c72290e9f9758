//! Names such as `$ID` in what a step says: what to set before it can be carried out.

use super::subject::Subject;
use super::view::{Todos, Variable};
use crate::model::Step;

/// What every shell sets by itself.
const SET: [&str; 5] = ["HOME", "PATH", "PWD", "SHELL", "USER"];

/// The names that the steps of a plan and of its way back use, each once, in the order of the alphabet.
pub(super) fn variables(subject: &Subject<'_>, todos: &mut Todos) -> Vec<Variable> {
    let scenario = subject.scenario();
    let steps = subject.fitted.steps.iter().chain(&subject.back).map(|fitted| &scenario.steps[fitted.step]);
    let mut names: Vec<&str> = steps.flat_map(texts).flat_map(|text| used(text)).collect();
    names.sort_unstable();
    names.dedup();
    let said = |name: &str| scenario.runbook.variables.iter().find(|(known, _)| known == name).map(|(_, m)| m.as_str());
    names
        .into_iter()
        .map(|name| Variable { name: format!("${name}"), means: todos.say(said(name), "what it stands for") })
        .collect()
}

fn texts(step: &Step) -> impl Iterator<Item = &String> {
    [&step.run, &step.check, &step.expect, &step.if_fails, &step.rollback].into_iter().flatten()
}

/// The names in capitals behind a `$`, with or without braces: others are a shell's own.
fn used(text: &str) -> Vec<&str> {
    let parts = text.split('$').skip(1).map(|part| part.strip_prefix('{').unwrap_or(part));
    let name = |part: &'_ str| part.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
    let names = parts.map(|part| name(part).map_or(part, |end| &part[..end]));
    names.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()) && !SET.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::used;

    #[test]
    fn names_are_capitals_behind_a_dollar() {
        assert_eq!(used("restore --from $REPO/${ID} > $HOME/log $(date) $1 $lower $A_2."), ["REPO", "ID", "A_2"]);
        assert_eq!(used("costs $ and $"), [""; 0]);
    }
}
