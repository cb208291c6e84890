import type { Position, Problem } from '../network/problem.ts';
import type { Source } from '../network/source.ts';
import type { FleetNode, FleetPool, Network, Resolved } from '../normalise/network.ts';

/** The inputs of a rule. */
export interface RuleContext {
  readonly network: Network;
  readonly source: Source;
  /** Texts of the files that the network file names, by path as it is written. */
  readonly files: ReadonlyMap<string, string>;
}

export type Rule = (context: RuleContext) => readonly Problem[];

/** The position of a setting of a pool or node; without the setting, that of the pool or node. */
export function settingAt({ origins }: Resolved, dotted: string, fallback: Position): Position {
  const origin = origins.get(dotted);
  return origin?.from === 'file' ? origin.at : fallback;
}

/** A problem of one setting of a pool or a node. */
export function settingProblem(
  owner: FleetPool | FleetNode,
  dotted: string,
  { code, what, remedy }: Pick<Problem, 'code' | 'what' | 'remedy'>,
): Problem {
  const origin = owner.origins.get(dotted);
  const path = origin?.from === 'file' ? origin.path.join('.') : `pools.${poolName(owner)}.${dotted}`;
  return { code, path, at: settingAt(owner, dotted, owner.at), what, remedy };
}

function poolName(owner: FleetPool | FleetNode): string {
  return 'pool' in owner ? owner.pool : owner.name;
}

/** A problem anywhere else in the file. */
export function problemAt(
  { source }: RuleContext,
  path: readonly string[],
  { code, what, remedy }: Pick<Problem, 'code' | 'what' | 'remedy'>,
): Problem {
  return { code, path: path.join('.'), at: source.keyPositionOf(path), what, remedy };
}

/** Every pool, and every node whose settings are not those of its pool. */
export function settingsOwners({ pools }: Network): readonly (FleetPool | FleetNode)[] {
  return pools.flatMap((pool) => [pool, ...pool.nodes.filter(({ settings }) => settings !== pool.settings)]);
}

/** The places of a pool or node, or those of one kind. A place counts even while it has no nodes. */
export function placesOf(
  owner: FleetPool | FleetNode,
  { places }: Network,
  target?: 'kubernetes' | 'machine',
): readonly string[] {
  const names = 'places' in owner ? [...owner.places.keys()] : [owner.place];
  return target === undefined ? names : names.filter((name) => places.get(name)?.target === target);
}

/** The name for messages: `validators` or `validators-east-0`. */
export function roleOf(owner: FleetPool | FleetNode): string {
  return `${owner.name} (${owner.role})`;
}
