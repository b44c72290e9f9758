//! Cycles in small directed graphs.

/// The nodes of one cycle, in order, if there is any; `next[n]` are the nodes after `n`.
pub(super) fn cycle(next: &[Vec<usize>]) -> Option<Vec<usize>> {
    // 0: not seen, 1: on the path, 2: done. The path is kept by hand: recursion could overflow.
    let mut state = vec![0u8; next.len()];
    for start in 0..next.len() {
        if state[start] != 0 {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        state[start] = 1;
        while let Some((node, edge)) = path.last_mut() {
            let node = *node;
            match next[node].get(*edge) {
                None => {
                    state[node] = 2;
                    path.pop();
                }
                Some(to) => {
                    *edge += 1;
                    let to = *to;
                    if state[to] == 1 {
                        let first = path.iter().position(|(n, _)| *n == to).unwrap_or(0);
                        return Some(rotated(path[first..].iter().map(|(n, _)| *n).collect()));
                    }
                    if state[to] == 0 {
                        state[to] = 1;
                        path.push((to, 0));
                    }
                }
            }
        }
    }
    None
}

/// The same cycle from its first node on, so that the message does not depend on the search.
fn rotated(mut circle: Vec<usize>) -> Vec<usize> {
    let least = circle.iter().enumerate().min_by_key(|(_, n)| **n).map_or(0, |(at, _)| at);
    circle.rotate_left(least);
    circle
}

/// "`a` → `b` → `a`".
pub(super) fn describe(circle: &[usize], names: &[String]) -> String {
    let closed = circle.iter().chain(circle.first());
    closed.map(|n| super::names::quote(&names[*n])).collect::<Vec<_>>().join(" → ")
}
