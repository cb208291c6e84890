import { ascending, scaledBetween } from '../statistics/quantile.ts';
import type { Draw } from './draw.ts';
import type { ScoreInputs } from './inputs.ts';
import { unknownOf } from './profile-1kv.ts';
import type { Score } from './score.ts';
import { COMPONENTS, type Component, type Components, type Weights } from './weights.ts';

const INCLUSION_ERAS = 84;
const SPAN_ERAS = 28;
/** Faults count for as long as the chain keeps its eras. */
const FAULT_ERAS = 84;
/** The value of a component without data: neither a reward nor a loss. */
const NEUTRAL = 0.5;
/** A smaller share of the eras of a window is too little data. */
const LEAST_READ = 0.5;

export interface ProfileFairRules {
  readonly weights: Weights;
  readonly activeEra: number;
  /** The eras whose points were read. */
  readonly readEras: readonly number[];
  readonly draw: Draw;
}

/** How a component is computed: a number, or null if unknown; and whether more of it is better. */
interface Reading {
  readonly of: (one: ScoreInputs) => number | null;
  readonly more: 'better' | 'worse';
  readonly low: number;
  readonly high: number;
}

/**
 * Scores without the flaws of `1kv`. An unknown component gives half its weight, is named, and is not in the
 * population. Places are trimmed and counted per node. The last nomination counts, not the last points. A
 * node known only by its name has no age. Clients count by how rare they are. There is no lottery.
 */
export function scoreFair(candidates: readonly ScoreInputs[], rules: ProfileFairRules): readonly Score[] {
  const readings = readingsOf(candidates, rules);
  const populations = new Map(
    [...readings].map(([name, { of }]) => {
      const values = candidates.map(of).filter((value) => value !== null);
      return [name, ascending(values)] as const;
    }),
  );
  return candidates.map((one) => {
    const unknown = new Set<Component>(unknownOf(one));
    const part = (name: Component): number => {
      const weight = rules.weights.weights[name];
      const reading = readings.get(name);
      if (reading === undefined) return 0 - (one.unclaimedCount ?? 0) * weight;
      const value = reading.of(one);
      if (value === null) {
        unknown.add(name);
        return NEUTRAL * weight;
      }
      const place = scaledBetween(value, populations.get(name) ?? [], reading.low, reading.high);
      return (reading.more === 'better' ? place : 1 - place) * weight;
    };
    const components = Object.fromEntries(COMPONENTS.map((name) => [name, part(name)])) as Components;
    const aggregate = COMPONENTS.reduce((sum, name) => sum + components[name], 0);
    const named = COMPONENTS.filter((name) => unknown.has(name));
    return {
      stashKey: one.stashKey,
      components,
      aggregate,
      draw: rules.draw(one.stashKey),
      total: aggregate,
      unknown: named,
    };
  });
}

/** All components but `unclaimed`, which is a plain deduction per era. */
function readingsOf(
  candidates: readonly ScoreInputs[],
  rules: ProfileFairRules,
): ReadonlyMap<Component, Reading> {
  const worse = (of: Reading['of'], low = 0.1, high = 0.9): Reading => ({ of, more: 'worse', low, high });
  const better = (of: Reading['of'], low = 0.1, high = 0.9): Reading => ({ of, more: 'better', low, high });
  return new Map<Component, Reading>([
    ['inclusion', worse(inclusionOver(INCLUSION_ERAS, rules), 0.05, 0.95)],
    ['spanInclusion', worse(inclusionOver(SPAN_ERAS, rules), 0.05, 0.95)],
    [
      'faults',
      worse(({ faultEras }) => faultEras.filter((era) => era > rules.activeEra - FAULT_ERAS).length),
    ],
    ['discovered', worse(({ firstSeenMs, isProven }) => (isProven ? firstSeenMs : null))],
    ['nominated', worse(({ lastNominatedEra }) => lastNominatedEra ?? 0)],
    ['rank', better(({ rank }) => rank)],
    ['bonded', better(({ bonded }) => (bonded === null ? null : Number(bonded)), 0.05, 0.85)],
    ['location', worse(nodesAt(candidates, (one) => one.place?.city ?? ''))],
    ['region', worse(nodesAt(candidates, (one) => one.place?.region ?? ''))],
    ['country', worse(nodesAt(candidates, (one) => one.place?.country ?? ''))],
    ['provider', worse(nodesAt(candidates, (one) => one.place?.provider ?? ''))],
    ['offline', worse((one) => one.offlineMs)],
    ['nominations', better(({ nominations }) => nominations, 0.05, 0.95)],
    [
      'client',
      worse(
        nodesAt(candidates, ({ implementation }) => implementation),
        0,
        1,
      ),
    ],
  ]);
}

/** The share of eras with points among those of the window that were read; null if too few were read. */
function inclusionOver(eras: number, { activeEra, readEras }: ProfileFairRules): Reading['of'] {
  const first = activeEra - (eras - 1);
  const read = new Set(readEras.filter((era) => era >= first && era <= activeEra));
  return ({ erasWithPoints }) => {
    if (erasWithPoints === null || read.size < eras * LEAST_READ) return null;
    return erasWithPoints.filter((era) => read.has(era)).length / read.size;
  };
}

/** How many candidates share a value with this one, ignoring case; null if its value is unknown. */
function nodesAt(candidates: readonly ScoreInputs[], of: (one: ScoreInputs) => string): Reading['of'] {
  const fold = (one: ScoreInputs) => of(one).trim().toLowerCase();
  const counts = new Map<string, number>();
  for (const one of candidates) counts.set(fold(one), (counts.get(fold(one)) ?? 0) + 1);
  return (one) => (fold(one) === '' ? null : (counts.get(fold(one)) ?? 0));
}
