//! Who reaches whom while links are cut.
//!
//! A link is the way between its two regions: while it is cut they do not reach each other, though
//! both may reach a third. Regions without a link of their own reach each other over the links of
//! others, one after the other; regions that no chain of links joins are always in reach.

use super::Scenario;
use crate::id::{LinkId, PlaceId};

/// A part of the network as it stands while links are cut.
#[derive(Clone, Debug)]
pub struct Side {
    /// Regions that belong to no other side.
    pub regions: Vec<PlaceId>,
    /// Regions that it does not reach.
    pub beyond: Vec<PlaceId>,
}

impl Scenario {
    /// The sides that there are while these links are cut. First everything in reach of `home`; then
    /// what is not, in groups that reach one another, in the order of their names. What such a group
    /// reaches beside its own it shares with the side of `home`.
    #[must_use]
    pub fn sides(&self, home: PlaceId, cut: &[LinkId]) -> Vec<Side> {
        let all: Vec<PlaceId> = self.places.ids().filter(|place| self.places[*place].region == *place).collect();
        let (regions, mut beyond): (Vec<PlaceId>, Vec<PlaceId>) =
            all.iter().partition(|region| self.reaches(home, **region, cut));
        let mut sides = vec![Side { regions, beyond: beyond.clone() }];
        while !beyond.is_empty() {
            let mut group = vec![beyond.remove(0)];
            let mut at = 0;
            while let Some(member) = group.get(at).copied() {
                let (with, rest) = beyond.into_iter().partition(|region| self.reaches(member, *region, cut));
                beyond = rest;
                group.extend::<Vec<PlaceId>>(with);
                at += 1;
            }
            let is_beyond = |region: &PlaceId| !group.iter().any(|member| self.reaches(*member, *region, cut));
            let out = all.iter().copied().filter(is_beyond).collect();
            sides.push(Side { regions: group, beyond: out });
        }
        sides
    }

    /// Whether two regions reach each other while these links are cut.
    pub(crate) fn reaches(&self, a: PlaceId, b: PlaceId, cut: &[LinkId]) -> bool {
        match self.link_between(a, b) {
            Some(link) => !cut.contains(&link),
            None => {
                let all: Vec<LinkId> = self.links.ids().collect();
                let left: Vec<LinkId> = all.iter().copied().filter(|link| !cut.contains(link)).collect();
                self.chain(a, &left).contains(&b) || !self.chain(a, &all).contains(&b)
            }
        }
    }

    /// Regions that chains of these links join to this one, itself among them.
    fn chain(&self, region: PlaceId, links: &[LinkId]) -> Vec<PlaceId> {
        let mut joined = vec![region];
        let mut at = 0;
        while let Some(from) = joined.get(at).copied() {
            at += 1;
            for [a, b] in links.iter().map(|link| self.links[*link].between).filter(|ends| ends.contains(&from)) {
                let to = if a == from { b } else { a };
                if !joined.contains(&to) {
                    joined.push(to);
                }
            }
        }
        joined
    }

    /// Whether regions of which `holds` says that they hold something may need this link to reach each
    /// other: it joins two of them, or lies on a chain between two that no link joins.
    pub fn is_needed(&self, link: LinkId, holds: impl Fn(PlaceId) -> bool) -> bool {
        if self.links[link].between.iter().all(|end| holds(*end)) {
            return true;
        }
        let regions: Vec<PlaceId> = self.places.ids().filter(|p| self.places[*p].region == *p && holds(*p)).collect();
        let pairs = regions.iter().enumerate().flat_map(|(n, a)| regions[..n].iter().map(move |b| [*a, *b]));
        let mut unjoined = pairs.filter(|[a, b]| self.link_between(*a, *b).is_none());
        unjoined.any(|ends| self.without_dead_ends(&ends).contains(&link))
    }

    /// The links that are left when all dead ends but these regions are taken away, one after the other.
    fn without_dead_ends(&self, keep: &[PlaceId]) -> Vec<LinkId> {
        let mut left: Vec<LinkId> = self.links.ids().collect();
        loop {
            let ends = |region: PlaceId| left.iter().filter(|l| self.links[**l].between.contains(&region)).count();
            let goes_on = |region: &PlaceId| keep.contains(region) || ends(*region) > 1;
            let open = left.iter().copied().filter(|link| self.links[*link].between.iter().all(goes_on));
            let open: Vec<LinkId> = open.collect();
            if open.len() == left.len() {
                return open;
            }
            left = open;
        }
    }
}
