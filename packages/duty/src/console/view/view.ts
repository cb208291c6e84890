import { type StandbyView, shortestEnd, type WatchState } from '../../service/index.ts';
import { type Cell, EXPECTED_REFUSALS, stripOf } from './cells.ts';
import { type Denials, denialsOf } from './denials.ts';
import { cellsPerStrip, dutiesOf, type Facts, type KeyPolicy } from './facts.ts';
import { type AlertWords, needsOf, type Words } from './needs.ts';
import { type KeyState, keyName, keyState, summaryOf } from './sentence.ts';
import { type StepTime, stepTimes } from './times.ts';

export { EXPECTED_REFUSALS };

/** Everything that the page and `watchbill top` show. */
export interface ConsoleView {
  readonly nowMs: number;
  readonly health: Facts['health'];
  readonly services: Facts['services'];
  /** For example `5 keys: 4 granting, 1 FROZEN`. */
  readonly summary: ReturnType<typeof summaryOf>;
  /** The worst first. */
  readonly keys: readonly KeyView[];
  /** Keys that are left out. */
  readonly moreKeys: number;
  readonly denials: readonly Denials[];
  readonly upkeep: UpkeepView;
  /** Conditions that need a person, in the words of their alerts. */
  readonly needs: readonly Words[];
}

/** The newest work of each kind; null if none was reported to this service. */
export type UpkeepView = Facts['upkeep'] & {
  readonly lastDrill: (NonNullable<StandbyView['lastDrill']> & { readonly node: string }) | null;
};

export interface KeyView {
  /** The last six digits of the key; more if two keys end in the same ones. */
  readonly id: string;
  /** The name of its policy, or else `…` and the last digits. */
  readonly label: string;
  readonly chain: string;
  readonly key: string;
  readonly state: KeyState;
  readonly freeze: KeyPolicy['freeze'];
  readonly watch: WatchState | undefined;
  /** Every listed node, best rank first. */
  readonly nodes: readonly string[];
  readonly standbys: readonly StandbyView[];
  /** How long the steps of the newest grants took, and the length of a slot. */
  readonly times: readonly StepTime[];
  readonly slotMs: number;
  readonly strips: readonly { readonly duty: string; readonly cells: readonly Cell[] }[];
}

/** The view of some facts; without words it names no needs. Pure. */
export function viewOf(facts: Facts, words: AlertWords = new Map()): ConsoleView {
  const cells = cellsPerStrip(facts.policies);
  const ids = idsOf(facts.policies);
  const keys = facts.policies.map((policy) => keyView(policy, ids.get(keyName(policy)) ?? '', facts, cells));
  const { nowMs, health, services } = facts;
  const denials = denialsOf(facts.refusals);
  const labels = new Map(keys.map((key) => [keyName(key), key.label]));
  const needs = needsOf(facts, words, (of) => labels.get(keyName(of)) ?? of.key);
  const summary = summaryOf([
    ...keys.map(({ state }) => state),
    ...facts.others.map((one) => keyState(one, facts)),
  ]);
  const moreKeys = facts.others.length;
  return { nowMs, health, services, summary, keys, moreKeys, denials, upkeep: upkeepOf(facts), needs };
}

function upkeepOf({ upkeep, standbys }: Facts): UpkeepView {
  const drills = standbys.flatMap(({ node, lastDrill }) =>
    lastDrill === null ? [] : [{ ...lastDrill, node }],
  );
  const lastDrill = drills.toSorted((a, b) => b.atMs - a.atMs)[0] ?? null;
  return { ...upkeep, lastDrill };
}

function keyView(policy: KeyPolicy, id: string, facts: Facts, limit: number): KeyView {
  const name = keyName(policy);
  const isMine = (one: { readonly chain: string; readonly key: string }) => keyName(one) === name;
  const { decisions, units } = facts.keys.get(name) ?? { decisions: [], units: [] };
  const marks = facts.marks.filter(isMine);
  const strips = dutiesOf(policy).map((duty) => {
    const mark = marks.find((one) => one.duty === duty);
    return { duty, cells: stripOf(duty, { units, decisions, mark }, limit) };
  });
  return {
    id,
    label: policy.name ?? `…${id}`,
    chain: policy.chain,
    key: policy.key,
    state: keyState(policy, facts),
    freeze: policy.freeze,
    watch: facts.watches.find(isMine),
    nodes: policy.roster.toSorted((a, b) => a.rank - b.rank).map((node) => node.name),
    standbys: facts.standbys.filter(isMine),
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
