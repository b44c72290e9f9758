//! A scenario that is shipped, as it is or with a few words replaced, and its incidents.

use super::engine;
use drplan::cost;
use drplan::model::Scenario;
use drplan::sim::{Filter, LifetimeSettings, LifetimeTally, Outcome, PlanLabel, Simulator, run_lifetimes};

/// A scenario of the folder `scenarios`.
pub(crate) struct Shipped(Scenario);

impl Shipped {
    /// As it is shipped.
    pub(crate) fn new(name: &str) -> Self {
        Self::patched(name, &[])
    }

    /// With each first text, which must be there exactly once, replaced by the second.
    pub(crate) fn patched(name: &str, patches: &[(&str, &str)]) -> Self {
        let mut text = std::fs::read_to_string(format!("scenarios/{name}.toml")).expect("the scenario");
        for (from, to) in patches {
            assert_eq!(text.matches(from).count(), 1, "{from}");
            text = text.replace(from, to);
        }
        Self(engine::load(&text))
    }

    /// The first incidents of a failure in a tier: of one service, or of the application.
    pub(crate) fn incidents(
        &self,
        tier: &str,
        failure: &str,
        member: Option<&str>,
        service: Option<&str>,
    ) -> Vec<Outcome> {
        let t = self.0.tiers.iter().find(|(_, t)| t.name == tier).expect(tier).0;
        let f = self.0.failures.iter().find(|(_, f)| f.name == failure).expect(failure).0;
        // Services come in the tier's order.
        let order = &self.0.tiers[t].services;
        let at = |name: &str| order.iter().position(|s| self.0.services[s.service].name == name).expect("a service");
        let only = Filter { tier: Some(t), failure: Some(f), member: member.map(str::to_owned) };
        let simulator = Simulator::new(&self.0, 1, false, &only);
        let all = (0..1000).filter_map(|n| simulator.incident(t, f, n));
        all.map(|(whole, each)| service.map_or(whole, |name| each[at(name)])).collect()
    }

    /// Lifetimes of a tier, all alike where nothing is left to chance.
    pub(crate) fn live(&self, tier: &str, years: f64) -> LifetimeTally {
        let t = self.0.tiers.iter().find(|(_, t)| t.name == tier).expect(tier).0;
        let settings = LifetimeSettings { years, lifetimes: 20, first: 0, seed: 1, threads: 1 };
        run_lifetimes(&self.0, &settings, &Filter { tier: Some(t), ..Filter::default() }).tiers.remove(0)
    }

    /// The plan that ended an incident; empty if none was needed or the outage was waited for.
    pub(crate) fn plan(&self, incident: &Outcome) -> &str {
        match incident.plan {
            PlanLabel::Plan(id) => &self.0.plans[id].name,
            PlanLabel::Wait | PlanLabel::None => "",
        }
    }

    /// Items of a tier's monthly bill whose name begins so: quantity and price together.
    pub(crate) fn bill(&self, tier: &str, item: &str) -> f64 {
        let t = self.0.tiers.iter().find(|(_, t)| t.name == tier).expect(tier).0;
        let cost = cost::monthly(&self.0, t);
        assert_eq!(cost.unknown, Vec::<String>::new(), "{tier}");
        let chosen = cost.items.iter().filter(|i| i.item.starts_with(item));
        chosen.map(|i| i.per_month.expect("all prices are given")).sum()
    }
}
