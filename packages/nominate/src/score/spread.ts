import { ascending, type Statistics, statisticsOf } from '../statistics/quantile.ts';
import type { Score } from './score.ts';
import { COMPONENTS, type Component } from './weights.ts';

/** The distribution of each component, and of the totals, over all scored candidates. */
export type Spread = Readonly<Record<Component | 'total', Statistics>>;

export function spreadOf(scores: readonly Score[]): Spread {
  const of = (pick: (score: Score) => number) => statisticsOf(ascending(scores.map(pick)));
  const entries = COMPONENTS.map((name) => [name, of(({ components }) => components[name])] as const);
  return Object.fromEntries([...entries, ['total', of(({ total }) => total)]]) as Spread;
}
