import { type Place, ROLES, type Role } from '../graph/resource.ts';
import type { Step } from './change.ts';
import { detailLines } from './show-fields.ts';
import { contentLines, glossOf, kindOf, nameOf, whyLines } from './show-resource.ts';

export interface ShowOptions {
  /** Print every step by itself, even if many are alike, and unfold everything. */
  readonly each?: boolean;
  /** Print harmless steps with their details, and not only how many there are. */
  readonly all?: boolean;
}

const SIGNS = { create: '+', update: '~', replace: '±', delete: '-' } as const;
const VERBS = { create: 'create', update: 'change', replace: 'recreate', delete: 'remove' } as const;

/** Steps that read the same but for the node. */
interface Group {
  readonly first: Step;
  readonly steps: readonly Step[];
  readonly details: readonly string[];
}

/** Steps of one place. `target` is null for a place that the file no longer names. */
interface PlaceSteps {
  readonly place: string;
  readonly target: Place['target'] | null;
  readonly steps: readonly Step[];
}

/** Steps by place: first the places of the file in their order, then the others by name. */
export function stepsByPlace(steps: readonly Step[], places: readonly Place[]): readonly PlaceSteps[] {
  const known = new Map(places.map(({ name, target }) => [name, target]));
  const others = [...new Set(steps.map(({ place }) => place))].filter((place) => !known.has(place)).sort();
  return [...known.keys(), ...others]
    .map((place) => ({
      place,
      target: known.get(place) ?? null,
      steps: steps.filter((step) => step.place === place),
    }))
    .filter((one) => one.steps.length > 0);
}

/** One line for each pool of a place: what happens to how many objects of each kind. */
export function foldedLines({ place, steps }: PlaceSteps): readonly string[] {
  const pools = [...new Set(steps.map(({ subject }) => subject.pool))].sort(bySpeech);
  return pools.map((pool) => {
    const own = steps.filter(({ subject }) => subject.pool === pool);
    const parts = (Object.keys(VERBS) as Step['action'][]).flatMap((action) => {
      const kinds = own.filter((step) => step.action === action).map(kindOf);
      const counts = [...new Set(kinds)].map((kind) => {
        const count = kinds.filter((one) => one === kind).length;
        return count === 1 ? kind : `${count} ${kind}`;
      });
      return counts.length === 0 ? [] : [`${VERBS[action]} ${counts.join(', ')}`];
    });
    return `  ${place}, ${pool === null ? 'the network as a whole' : `pool ${pool}`}: ${parts.join('; ')}`;
  });
}

/** The steps in one place, pool by pool. */
export function placeLines({ place, target, steps }: PlaceSteps, { each }: ShowOptions): readonly string[] {
  const groups = new Map<string, Group>();
  for (const step of steps) {
    const details = detailLines(step);
    const own = step.subject.node === null || each === true ? step.id : '';
    const key = [own, step.action, kindOf(step), step.subject.pool, step.risk, step.why, ...details].join(
      '\n',
    );
    const before = groups.get(key);
    groups.set(key, { first: before?.first ?? step, steps: [...(before?.steps ?? []), step], details });
  }
  const kind = target === null ? '' : target === 'machine' ? ' (machine)' : ' (cluster)';
  const pools = [...new Set([...groups.values()].map(({ first }) => first.subject.pool))].sort(bySpeech);
  return [
    `${place}${kind}`,
    ...pools.flatMap((pool) => {
      const own = [...groups.values()].filter(({ first }) => first.subject.pool === pool);
      return [`  ${poolText(pool, own)}`, ...own.flatMap(groupLines)];
    }),
    '',
  ];
}

/** Resources without a pool come first. */
function bySpeech(one: string | null, other: string | null): number {
  if (one === other) return 0;
  if (one === null) return -1;
  return other === null || one < other ? (other === null ? 1 : -1) : 1;
}

const ROLE_TEXT: Readonly<Record<Role, string>> = {
  validator: 'validators, which sign',
  collator: 'collators, which sign',
  boot: 'boot nodes',
  rpc: 'RPC nodes',
  archive: 'archive nodes',
  backup: 'backup nodes',
};

function poolText(pool: string | null, groups: readonly Group[]): string {
  if (pool === null) return 'for the network as a whole';
  const role = groups
    .map(({ first }) => first.subject.role)
    .find((one) => one !== null && ROLES.includes(one));
  return role === undefined || role === null ? `pool ${pool}` : `pool ${pool}: ${ROLE_TEXT[role]}`;
}

function groupLines({ first, steps, details }: Group): readonly string[] {
  const names = steps.map(nameOf);
  const shown =
    names.length <= 4
      ? names.join(', ')
      : `${names.slice(0, 2).join(', ')} … ${names.at(-1)} (${names.length})`;
  const risk = first.risk === 'safe' ? glossOf(first) : `   [${first.risk}]`;
  return [
    `    ${SIGNS[first.action]} ${VERBS[first.action]} ${kindOf(first)} ${shown}${risk}`,
    ...(first.action === 'create' ? contentLines(first) : []),
    ...(first.action === 'update' || first.action === 'replace' ? [] : whyLines(first)),
    ...details.map((line) => `        ${line}`),
  ];
}
