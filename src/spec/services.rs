//! Services, strategies and tiers.

use super::document::{Node, Raw};
use super::keys::{KeyTable, MONTHLY, OBJECTIVE, SERVICES, STRATEGIES, YEARLY};
use super::names::{Sort, closest, join, quote};
use super::read::{Entry, Reader, Show, Shown};
use super::resolved::{Note, Origin};
use super::{codes, delays, graph, limits, stray, values};
use crate::diag::{Diagnostic, Path};
use crate::id::{CopyId, ExternalId, FailureId, Id, PlanId, PoolId, ServiceId, StrategyId, Table};
use crate::model::{
    MonthlyItem, Need, Objective, Objectives, PlanPolicy, Service, Strategy, Tier, TierService, YearlyObjective,
};

/// What a service or a strategy lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    runs: Vec<PoolId>,
    standby: Vec<PoolId>,
    cold: Vec<PoolId>,
    copies: Vec<CopyId>,
    plans: Vec<PlanId>,
    monthly: Vec<MonthlyItem>,
    policy: Option<PlanPolicy>,
}

impl Lists {
    fn len(&self) -> usize {
        let pools = self.runs.len() + self.standby.len() + self.cold.len();
        pools + self.copies.len() + self.plans.len() + self.monthly.len()
    }
}

/// Reads services, strategies and tiers.
pub(super) fn read(cx: &mut Reader<'_>) {
    let services = read_services(cx);
    if report_cycle(cx) {
        return;
    }
    let strategies = read_strategies(cx);
    if cx.broken {
        return;
    }
    read_tiers(cx, &services, &strategies);
}

fn read_lists<'d>(cx: &mut Reader<'d>, entry: &mut Entry<'d>) -> Lists {
    let runs = entry.get(cx, "runs", values::pools).map(|l| l.0).unwrap_or_default();
    let standby = entry.get(cx, "standby", values::pools).map(|l| l.0).unwrap_or_default();
    let cold = entry.get(cx, "cold", values::pools).map(|l| l.0).unwrap_or_default();
    let copies = entry.get(cx, "copies", values::copies).map(|l| l.0).unwrap_or_default();
    let plans = entry.get(cx, "plans", values::plans).map(|l| l.0).unwrap_or_default();
    let policy = entry.word(cx, "choose", &["order", "fastest", "least-loss"]).map(|word| match word {
        "fastest" => PlanPolicy::Fastest,
        "least-loss" => PlanPolicy::LeastLoss,
        _ => PlanPolicy::Order,
    });
    Lists { runs, standby, cold, copies, plans, policy, monthly: read_monthly(cx, entry) }
}

/// Entries of a table within an entry, each with its name.
fn inner<'d>(cx: &mut Reader<'d>, entry: &Entry<'d>, key: &str, table: &'static KeyTable) -> Vec<(String, Entry<'d>)> {
    let Some((node, at)) = entry.node(key) else { return Vec::new() };
    let Some(items) = node.items() else {
        cx.wrong_type(node, &at, "a table");
        return Vec::new();
    };
    let mut all = Vec::new();
    for item in items {
        let failure = cx.names.get(Sort::Failure, &item.key).is_some();
        let table = if key == "objectives" && !failure && stray::is_yearly(&item.key) { &YEARLY } else { table };
        if let Some(mut inner) = Entry::new(cx, table, &item.node, at.key(&item.key), None) {
            // Shown under the entry that has it, wherever `like` found it.
            inner.path = entry.path.key(key).key(&item.key);
            all.push((item.key.clone(), inner));
        }
    }
    all
}

fn read_monthly<'d>(cx: &mut Reader<'d>, entry: &Entry<'d>) -> Vec<MonthlyItem> {
    let mut items = Vec::new();
    for (name, mut item) in inner(cx, entry, "monthly", &MONTHLY) {
        if name.trim().is_empty() {
            cx.error(codes::EMPTY_NAME, &item.path, "the name of this item is empty");
        }
        let count = item.get(cx, "count", values::number).unwrap_or(1.0);
        let each = item.get(cx, "each", values::money);
        let _ = item.get(cx, "source", values::text);
        items.push(MonthlyItem { name, count, each });
    }
    items
}

/// Reads the objectives of an entry.
pub(super) fn read_objectives<'d>(cx: &mut Reader<'d>, entry: &Entry<'d>) -> Objectives {
    let mut objectives = Objectives::default();
    for (name, mut item) in inner(cx, entry, "objectives", &OBJECTIVE) {
        if name == "yearly" {
            if !item.has("availability") && !item.has("per_month") {
                let message = "this objective asks for nothing";
                let fault = Diagnostic::error(codes::OBJECTIVE_EMPTY, item.path.clone(), message).on_key();
                cx.push(fault.help("give `availability`, `per_month` or both"));
            }
            objectives.yearly = YearlyObjective {
                availability: item.get(cx, "availability", values::part),
                per_month: item.get(cx, "per_month", values::money),
            };
            continue;
        }
        let failure = if name == "default" {
            None
        } else {
            let at = entry.at("objectives").key(&name);
            let Some(n) = cx.names.get(Sort::Failure, &name) else {
                let fault = cx.names.unknown(&[Sort::Failure], &name, at).on_key();
                let fault = match closest(&name, ["default", "yearly"].into_iter()) {
                    Some(near) => fault.help(format!("did you mean `{near}`?")),
                    None => fault.help("objectives are for a failure, `default` or `yearly`"),
                };
                cx.push_undeclared(&[Sort::Failure], &name, fault);
                continue;
            };
            Some(FailureId::from_index(n))
        };
        let rto = item.get(cx, "rto", values::duration);
        let rpo = item.get(cx, "rpo", values::duration);
        if !item.has("rto") && !item.has("rpo") {
            let fault = Diagnostic::error(codes::OBJECTIVE_EMPTY, item.path.clone(), "this objective asks for nothing");
            cx.push(fault.on_key().help("give `rto`, `rpo` or both"));
        }
        let Some(chance) = item.get(cx, "chance", values::share) else { continue };
        if chance.value() == 0.0 {
            let message = "an objective that may be missed every time asks for nothing";
            let fault = Diagnostic::error(codes::OBJECTIVE_EMPTY, item.at("chance"), message);
            cx.push(fault.help("`chance` is the share of incidents that must meet it, such as \"95%\""));
        }
        let objective = Objective { rto, rpo, chance };
        match failure {
            None => objectives.default = Some(objective),
            Some(failure) => objectives.by_failure.push((failure, objective)),
        }
    }
    objectives.by_failure.sort_by_key(|(failure, _)| *failure);
    objectives
}

impl Show for Need {}

fn need(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<Need> {
    let (sort, n) = cx.refer(&[Sort::Service, Sort::External], node, path)?;
    Some(if sort == Sort::Service {
        Need::Service(ServiceId::from_index(n))
    } else {
        Need::External(ExternalId::from_index(n))
    })
}

fn needs(cx: &mut Reader<'_>, node: &Node, path: &Path) -> Option<values::Listed<Need>> {
    values::list(cx, node, path, "services and externals", need)
}

fn read_services(cx: &mut Reader<'_>) -> Vec<Lists> {
    let mut lists = Vec::new();
    let mut rows = Vec::new();
    for name in cx.all_names(Sort::Service) {
        let Some(mut entry) = cx.entry(Sort::Service, &name, &SERVICES) else {
            cx.broken = true;
            continue;
        };
        let mut list = read_lists(cx, &mut entry);
        list.policy = list.policy.or(Some(PlanPolicy::Order));
        lists.push(list);
        let row = Service {
            title: entry.get(cx, "title", values::text).map(|t| t.0),
            data: entry.get(cx, "data", values::data_set),
            needs: entry.get(cx, "needs", needs).map(|l| l.0).unwrap_or_default(),
            objectives: read_objectives(cx, &entry),
            downtime_per_hour: entry.get(cx, "downtime_per_hour", values::money),
            loss_per_hour: entry.get(cx, "loss_per_hour", values::money),
            unrecoverable_cost: entry.get(cx, "unrecoverable_cost", values::money),
            resume: entry.get(cx, "resume", delays::delay),
            rebuild: entry.get(cx, "rebuild", delays::of_lifetimes),
            name,
        };
        let _ = entry.get(cx, "source", values::text);
        rows.push(row);
    }
    cx.parts.services = Table::new(rows);
    lists
}

/// The services that each service needs.
fn needed(rows: &[Service]) -> Vec<Vec<usize>> {
    let of = |service: &Service| {
        let services = service.needs.iter().filter_map(|need| match need {
            Need::Service(id) => Some(id.index()),
            Need::External(_) => None,
        });
        services.collect()
    };
    rows.iter().map(of).collect()
}

fn report_cycle(cx: &mut Reader<'_>) -> bool {
    let rows = cx.parts.services.rows();
    let names: Vec<String> = rows.iter().map(|s| s.name.clone()).collect();
    let next: Vec<Vec<usize>> = needed(rows);
    if next.iter().flatten().any(|n| *n >= rows.len()) {
        return true;
    }
    let Some(circle) = graph::cycle(&next) else { return false };
    let path = Path::keys(&["services", &names[circle[0]], "needs"]);
    let message = format!("services need one another: {}", graph::describe(&circle, &names));
    cx.push(
        Diagnostic::error(codes::SERVICE_CYCLE, path, message)
            .help("none of them could ever start after all were down"),
    );
    cx.broken = true;
    true
}

fn read_strategies(cx: &mut Reader<'_>) -> Vec<Lists> {
    let mut lists = Vec::new();
    let mut rows = Vec::new();
    for name in cx.all_names(Sort::Strategy) {
        let Some(mut entry) = cx.entry(Sort::Strategy, &name, &STRATEGIES) else {
            cx.broken = true;
            continue;
        };
        let mut service = entry.get(cx, "service", values::service);
        if service.is_none() && !entry.has("service") {
            if cx.names.len(Sort::Service) == 1 {
                service = Some(ServiceId::from_index(0));
                let only = cx.all_names(Sort::Service).concat();
                entry.note(cx, "service", format!("\"{only}\""), "the only one of the file");
            } else {
                let message = format!("strategy {} does not say what service it protects", quote(&name));
                let all: Vec<String> = cx.all_names(Sort::Service).iter().map(|s| quote(s)).collect();
                let fault = Diagnostic::error(codes::SERVICE_UNCLEAR, entry.path.clone(), message).on_key();
                cx.push(fault.help(format!("add `service =` with one of {}", all.join(", "))));
            }
        }
        lists.push(read_lists(cx, &mut entry));
        let title = entry.get(cx, "title", values::text).map(|t| t.0);
        let _ = entry.get(cx, "source", values::text);
        match service {
            Some(service) => rows.push(Strategy { name, title, service }),
            None => cx.broken = true,
        }
    }
    cx.parts.strategies = Table::new(rows);
    lists
}

/// Services in an order in which each comes after all that it needs; by name where that leaves a
/// choice.
fn in_order_of_need(rows: &[Service]) -> Vec<ServiceId> {
    let needs = needed(rows);
    let mut done = vec![false; rows.len()];
    let mut order = Vec::with_capacity(rows.len());
    while let Some(n) = (0..rows.len()).find(|n| !done[*n] && needs[*n].iter().all(|m| done[*m])) {
        done[n] = true;
        order.push(ServiceId::from_index(n));
    }
    order
}

fn read_tiers(cx: &mut Reader<'_>, services: &[Lists], strategies: &[Lists]) {
    let mut rows: Vec<Tier> = Vec::new();
    let order = in_order_of_need(cx.parts.services.rows());
    let items: usize = services.iter().chain(strategies).map(Lists::len).sum();
    if items.saturating_mul(cx.names.len(Sort::Tier).max(1)) > limits::TIER_ITEMS {
        let message = "the lists of services and strategies are too long for so many tiers";
        cx.push(Diagnostic::error(codes::LIMIT_ENTRIES, Path::keys(&["services"]), message).on_key());
        cx.broken = true;
        return;
    }
    if cx.names.len(Sort::Tier) == 0 {
        if cx.parts.services.len() > 1 {
            let path = Path::keys(&["services"]);
            let message = format!("the file has {} services but no [tiers]", cx.parts.services.len());
            cx.push(
                Diagnostic::error(codes::TIERS_MISSING, path, message)
                    .on_key()
                    .help("a tier names one strategy for every service: `[tiers] gold = [\"a-1\", \"b-2\"]`"),
            );
            cx.broken = true;
            return;
        }
        for (id, strategy) in cx.parts.strategies.iter() {
            rows.push(tier(cx, &strategy.name, strategy.title.clone(), &order, &[id], services, strategies));
        }
    }
    for name in cx.all_names(Sort::Tier) {
        let Some(chosen) = read_tier(cx, &name) else { continue };
        rows.push(tier(cx, &name, None, &order, &chosen, services, strategies));
    }
    cx.parts.tiers = Table::new(rows);
}

const ONE_EACH: &str = "a tier names exactly one strategy for every service";

/// The strategies of a tier, one for every service.
fn read_tier(cx: &mut Reader<'_>, name: &str) -> Option<Vec<StrategyId>> {
    let path = Path::keys(&["tiers", name]);
    let document = cx.document;
    let node = &document.root.item("tiers")?.node.item(name)?.node;
    let Raw::List(nodes) = &node.raw else {
        cx.wrong_type(node, &path, "a list with one strategy for every service");
        cx.broken = true;
        return None;
    };
    let mut sorted: Vec<String> = nodes.iter().map(Node::canonical).collect();
    sorted.sort_unstable();
    let origin = Origin::File { line: cx.document.line_of(&path).unwrap_or(1) };
    let shown = format!("[{}]", sorted.join(", "));
    cx.notes.push(Note::new(path.clone(), Shown { human: shown.clone(), exact: shown }, origin, None));
    let chosen = values::strategies(cx, node, &path)?.0;
    let mut whole = true;
    let mut without: Vec<String> = Vec::new();
    for (service, row) in cx.parts.services.iter() {
        let of: Vec<usize> = (0..chosen.len()).filter(|n| cx.parts.strategies[chosen[*n]].service == service).collect();
        let fault = match of.as_slice() {
            [_] => continue,
            [] => {
                without.push(quote(&row.name));
                continue;
            }
            [first, second, ..] => Diagnostic::error(
                codes::TIER_INCOMPLETE,
                path.index(*second),
                format!("tier {} has two strategies for {}", quote(name), quote(&row.name)),
            )
            .also(path.index(*first), "the first"),
        };
        whole = false;
        cx.found.push(fault.help(ONE_EACH));
    }
    if !without.is_empty() {
        whole = false;
        let services = join(&without.iter().map(String::as_str).collect::<Vec<_>>(), "and");
        let message = format!("tier {} has no strategy for {services}", quote(name));
        cx.found.push(Diagnostic::error(codes::TIER_INCOMPLETE, path.clone(), message).help(ONE_EACH));
    }
    if !whole {
        cx.broken = true;
    }
    whole.then_some(chosen)
}

fn tier(
    cx: &Reader<'_>,
    name: &str,
    title: Option<String>,
    order: &[ServiceId],
    chosen: &[StrategyId],
    services: &[Lists],
    strategies: &[Lists],
) -> Tier {
    let mut rows = Vec::new();
    for service in order {
        let Some(strategy) = chosen.iter().find(|s| cx.parts.strategies[**s].service == *service) else { continue };
        rows.push(combine(*service, *strategy, &services[service.index()], &strategies[strategy.index()]));
    }
    let mut copies: Vec<CopyId> = rows.iter().flat_map(|row| row.copies.iter().copied()).collect();
    copies.sort_unstable();
    copies.dedup();
    Tier { name: name.to_owned(), title, services: rows, copies }
}

/// The lists of a service and of its strategy joined; a pool that serves is not also standby, and
/// one that is paid is not also cold.
fn combine(service: ServiceId, strategy: StrategyId, own: &Lists, added: &Lists) -> TierService {
    fn union<T: Ord + Copy>(lists: [&[T]; 2], without: &[&[T]]) -> Vec<T> {
        let mut all: Vec<T> = lists.concat().into_iter().filter(|x| !without.iter().any(|w| w.contains(x))).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
    let runs = union([&own.runs, &added.runs], &[]);
    let standby = union([&own.standby, &added.standby], &[&runs]);
    let cold = union([&own.cold, &added.cold], &[&runs, &standby]);
    let copies = union([&own.copies, &added.copies], &[]);
    let mut plans: Vec<PlanId> = Vec::new();
    for plan in added.plans.iter().chain(&own.plans) {
        if !plans.contains(plan) {
            plans.push(*plan);
        }
    }
    let monthly = own.monthly.iter().chain(&added.monthly).cloned().collect();
    let policy = added.policy.or(own.policy).unwrap_or(PlanPolicy::Order);
    TierService { service, strategy, runs, standby, cold, copies, plans, policy, monthly }
}
