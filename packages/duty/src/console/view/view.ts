import { namesByRank, REASONS, shortestEnd } from '../../rule/index.ts';
import type { DecisionRecord } from '../../service/index.ts';
import { EXPECTED_REFUSALS, stripOf } from './cells.ts';
import { cellsPerStrip, dutiesOf, type Facts, type KeyPolicy, type UnitRecord } from './facts.ts';
import { type AlertWords, needsOf } from './needs.ts';
import { keyName, keyState, summaryOf } from './sentence.ts';

/** Everything that the page and `watchbill top` show. */
export type ConsoleView = ReturnType<typeof viewOf>;
export type KeyView = ReturnType<typeof keyView>;

/** The view of some facts; without words it names no needs. Pure. */
export function viewOf(facts: Facts, words: AlertWords = new Map()) {
  const cells = cellsPerStrip(facts.policies);
  const ids = idsOf(facts.policies);
  const keys = facts.policies.map((policy) => keyView(policy, ids.get(keyName(policy)) ?? '', facts, cells));
  const { nowMs, health, services } = facts;
  const denials = denialsOf(facts.refusals);
  const labels = new Map(keys.map((key) => [keyName(key), key.label]));
  const needs = needsOf(facts, words, (of) => labels.get(keyName(of)) ?? of.key);
  const all = [...keys.map(({ state }) => state), ...facts.others.map((one) => keyState(one, facts))];
  return {
    ...{ nowMs, health, services, denials },
    /** For example `5 keys: 4 granting, 1 FROZEN`. */
    summary: summaryOf(all, health.ready),
    /** The worst first. */
    keys,
    /** Keys that are left out. */
    moreKeys: facts.others.length,
    upkeep: upkeepOf(facts),
    /** Conditions that need a person, in the words of their alerts. */
    needs,
  };
}

/** The newest work of each kind; null if none was reported to this service. */
function upkeepOf({ upkeep, standbys }: Facts) {
  const drills = standbys.flatMap(({ node, lastDrill }) =>
    lastDrill === null ? [] : [{ ...lastDrill, node }],
  );
  const lastDrill = drills.toSorted((a, b) => b.atMs - a.atMs)[0] ?? null;
  return { ...upkeep, lastDrill };
}

/** Denials by reason: unexpected ones first, then the newest. Takes them newest first. */
function denialsOf(decisions: readonly DecisionRecord[]) {
  const groups = [...Map.groupBy(decisions, ({ reason }) => reason)].map(([reason, some]) => {
    const { summary, remedy } = REASONS[reason as keyof typeof REASONS] ?? { summary: reason, remedy: '' };
    const nodes = [...new Set(some.map(({ node }) => node))].sort();
    const lastMs = Math.max(...some.map(({ atMs }) => atMs));
    return {
      reason,
      count: some.length,
      /** Unix milliseconds of the newest one. */
      lastMs,
      nodes,
      /** A standby gets them while the active node signs. */
      isExpected: EXPECTED_REFUSALS.has(reason),
      summary,
      remedy,
    };
  });
  return groups.sort((a, b) => Number(a.isExpected) - Number(b.isExpected) || b.lastMs - a.lastMs);
}

function keyView(policy: KeyPolicy, id: string, facts: Facts, limit: number) {
  const name = keyName(policy);
  const isMine = (one: { readonly chain: string; readonly key: string }) => keyName(one) === name;
  const { decisions, units } = facts.keys.get(name) ?? { decisions: [], units: [] };
  const marks = facts.marks.filter(isMine);
  const strips = dutiesOf(policy).map((duty) => {
    const mark = marks.find((one) => one.duty === duty);
    return { duty, cells: stripOf(duty, { units, decisions, mark }, limit) };
  });
  return {
    /** The last six digits of the key; more if two keys end in the same ones. */
    id,
    /** The name of its policy, or else `…` and the last digits. */
    label: policy.name ?? `…${id}`,
    chain: policy.chain,
    key: policy.key,
    state: keyState(policy, facts),
    freeze: policy.freeze,
    watch: facts.watches.find(isMine),
    /** Every listed node, best rank first. */
    nodes: namesByRank(policy),
    standbys: facts.standbys.filter(isMine),
    /** How long the steps of the newest grants took, and the length of a slot. */
    times: stepTimes(units),
    slotMs: policy.ceilings.slotMs,
    strips,
  };
}

/** The steps of the grants among some units, in the order of the steps. Pure. */
function stepTimes(units: readonly UnitRecord[]) {
  const grants = units.filter(({ outcome }) => outcome !== 'denied');
  const groups = Map.groupBy(
    grants.flatMap(({ steps = [] }) => steps),
    ({ name }) => name,
  );
  return ['queue', 'wait', 'store', 'flush'].flatMap((name) => {
    const sorted = (groups.get(name as 'queue') ?? []).map(({ ms }) => ms).toSorted((a, b) => a - b);
    if (sorted.length === 0) return [];
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    return [{ name, p50Ms: at(0.5), p99Ms: at(0.99) }];
  });
}

/** The shortest ends, of six digits or more, by which keys differ; with the chain if keys are equal. */
function idsOf(policies: readonly KeyPolicy[]): ReadonlyMap<string, string> {
  const keys = policies.map(({ key }) => key);
  const entries = policies.map(({ chain, key }) => {
    const isTwice = policies.some((other) => other.key === key && other.chain !== chain);
    return [
      keyName({ chain, key }),
      `${shortestEnd(key, keys)}${isTwice ? `-${chain.slice(-8)}` : ''}`,
    ] as const;
  });
  return new Map(entries);
}
