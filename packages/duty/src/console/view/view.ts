import { namesByRank, shortestEnd } from '../../service/index.ts';
import { stripOf } from './cells.ts';
import { denialsOf } from './denials.ts';
import { cellsPerStrip, dutiesOf, type Facts, type KeyPolicy } from './facts.ts';
import { type AlertWords, needsOf } from './needs.ts';
import { keyName, keyState, summaryOf } from './sentence.ts';
import { stepTimes } from './times.ts';

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
    summary: summaryOf(all),
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
