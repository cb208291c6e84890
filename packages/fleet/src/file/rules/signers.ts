import type { Problem } from '../network/problem.ts';
import { type FleetPool, signs } from '../normalise/network.ts';
import {
  placesOf,
  problemAt,
  type Rule,
  type RuleContext,
  roleOf,
  settingProblem,
  settingsOwners,
} from './context.ts';

/** A signer runs once: no autoscaler, no shared set of pods. */
export const signersRunOnce: Rule = ({ network }) =>
  settingsOwners(network).flatMap((owner) => {
    if (!signs(owner.role)) return [];
    const problems: Problem[] = [];
    if (owner.settings.autoscale !== null)
      problems.push(
        settingProblem(owner, autoscaleKey(owner.origins), {
          code: 'signer-scaled',
          what: `${roleOf(owner)} signs, and would be scaled by load: a second copy would sign with the same keys`,
          remedy: 'remove autoscale; more signers are more nodes with separate keys: raise count',
        }),
      );
    if (owner.settings.layout !== 'set-each')
      problems.push(
        settingProblem(owner, 'layout', {
          code: 'signer-scaled',
          what: `${roleOf(owner)} signs, and would share one set of pods`,
          remedy: 'remove layout: each signer has a separate set with one pod',
        }),
      );
    return problems;
  });

/** The nodes of one set are alike, and only such a set is scaled. */
export const setsAreAlike: Rule = (context) =>
  context.network.pools.flatMap((pool) => [...differing(context, pool), ...scaled(context, pool)]);

function differing(context: RuleContext, pool: FleetPool): readonly Problem[] {
  // On machines each node is a unit by itself, whatever the layout of pods is.
  const hasPods = placesOf(pool, context.network, 'kubernetes').length > 0;
  if (pool.settings.layout !== 'one-set' || !hasPods) return [];
  const inInstances = Object.keys(context.network.file.pools?.[pool.name]?.instances ?? {}).map((id) =>
    problemAt(context, ['pools', pool.name, 'instances', id], {
      code: 'contradiction',
      what: `the nodes of ${pool.name} are one set and all alike, so ${id} cannot differ`,
      remedy:
        'write `layout: set-each` in the pool. Nodes that run already would begin with empty volumes; or make another pool',
    }),
  );
  const { secret } = pool.settings.keys.node;
  const key =
    secret === null
      ? []
      : [
          settingProblem(pool, 'keys.node.secret', {
            code: 'shared-keys',
            what: `the nodes of ${pool.name} are one set, and would all have the node key ${secret}`,
            remedy: 'leave keys.node out, then each makes its own; or write `layout: set-each`',
          }),
        ];
  return [...inInstances, ...key];
}

function scaled({ network }: RuleContext, pool: FleetPool): readonly Problem[] {
  const { autoscale, layout } = pool.settings;
  if (autoscale === null || signs(pool.role)) return [];
  const key = autoscaleKey(pool.origins);
  const problem = (what: string, remedy: string) =>
    settingProblem(pool, key, { code: 'contradiction', what, remedy });
  const problems: Problem[] = [];
  if (layout !== 'one-set')
    problems.push(problem(`${pool.name} is scaled, and has a set for each node`, 'write `layout: one-set`'));
  const [machine] = placesOf(pool, network, 'machine');
  if (machine !== undefined)
    problems.push(
      problem(
        `${machine} is a machine, and nothing scales nodes there`,
        'write `autoscale: null` in the pool',
      ),
    );
  if (autoscale.min > autoscale.max)
    problems.push(problem(`autoscale.min ${autoscale.min} is above max ${autoscale.max}`, 'swap them'));
  if (autoscale.by === 'connections' && autoscale.prometheus === null)
    problems.push(
      problem('sessions are counted by Prometheus, and none is named', 'set autoscale.prometheus'),
    );
  return problems;
}

/** `autoscale` has no origin once it is a section. */
function autoscaleKey(origins: FleetPool['origins']): string {
  return origins.has('autoscale') ? 'autoscale' : 'autoscale.max';
}
