import { isGatedUse, keysOf } from '../graph/key-set.ts';
import type { Problem } from '../network/problem.ts';
import { type FleetNode, forNode, keySetOf, type Network, signs } from '../normalise/network.ts';
import { type Rule, roleOf, settingProblem, settingsOwners } from './context.ts';

/** Sources of keys are complete. */
export const keysAreWhole: Rule = ({ network }) =>
  settingsOwners(network).flatMap((owner) => {
    const { session, node } = owner.settings.keys;
    const problem = (key: string, what: string, remedy: string) =>
      settingProblem(owner, key, { code: 'keys', what: `${roleOf(owner)}: ${what}`, remedy });
    const problems: Problem[] = [];
    if (session.source === 'secret' && !signs(owner.role))
      problems.push(
        problem('keys.session.source', 'it does not sign, so it must not see seeds', 'remove keys.session'),
      );
    else if (
      session.source === 'secret' &&
      (session.secret === null || Object.keys(session.types).length === 0)
    )
      problems.push(
        problem(
          'keys.session.source',
          'the name of the Secret, or the list of its keys, is missing',
          'write `secret: {node}-keys` and `types: {babe: sr25519, gran: ed25519}`; or `source: born`',
        ),
      );
    else if (session.source === 'born' && (session.secret !== null || session.set !== null))
      problems.push(
        problem(
          session.secret === null ? 'keys.session.set' : 'keys.session.secret',
          'the node makes these keys itself, so they are not in a Secret',
          'write `source: secret` beside it, or remove it',
        ),
      );
    if ((node.source === 'secret') !== (node.secret !== null))
      problems.push(
        problem(
          node.secret === null ? 'keys.node.source' : 'keys.node.secret',
          'source and secret of the node key do not fit together',
          'write both `source: secret` and `secret: {node}`, or neither',
        ),
      );
    return problems;
  });

/** No set of session keys has two nodes; no Secret with keys is reached by two. */
export const keysAreApart: Rule = ({ network }) => {
  const nodes = nodesOf(network);
  const seeds = shared(nodes, seedOf).map(([second, all, seed]) =>
    settingProblem(second, 'keys.session.secret', {
      code: 'shared-seed',
      what: `the seeds in Secret ${seed.split('/')[1]} would be reached by ${namesOf(all)}`,
      remedy: 'name another Secret for each node: `secret: "{node}-keys"`',
    }),
  );
  const useOf = (node: FleetNode) => keySetOf(node, network.name);
  const sets = shared(nodes, (node) => {
    const use = useOf(node);
    return use === null ? null : keysOf(use);
  })
    // Another rule has already reported one Secret for all of them.
    .filter(([, all]) => new Set(all.map(seedOf)).size > 1)
    .filter(([, all]) => !all.every((node) => isGatedUse(useOf(node) ?? '')))
    .map(([second, all, set]) =>
      settingProblem(second, keyPath(second), {
        code: 'shared-keys',
        what: `${namesOf(all)} have one set of session keys (${set.replace(/^\w+\./, '')}), and ${whoSigns(all, useOf)}`,
        remedy:
          'give each node separate keys: `keys: {session: {secret: "{node}-keys"}}`; or let every one of them ask a permission service before it signs: `duty`, see "Share one set of keys" in `watchbill docs session-keys`',
      }),
    );
  const nodeKeys = shared(nodes, nodeKeyOf).map(([second, all, secret]) =>
    settingProblem(second, 'keys.node.secret', {
      code: 'shared-keys',
      what: `${namesOf(all)} have one node key (Secret ${secret.split('/')[1]}): peers would mix them up`,
      remedy: 'name another Secret for each node: `secret: "{node}"`',
    }),
  );
  return [...sets, ...seeds, ...nodeKeys, ...mixedSecrets(nodes)];
};

function whoSigns(all: readonly FleetNode[], useOf: (node: FleetNode) => string | null): string {
  const free = all.filter((node) => !isGatedUse(useOf(node) ?? ''));
  return free.length === all.length ? 'all would sign' : `${free[0]?.name} would sign without asking`;
}

/** The secrets of a node, each with its setting. */
const KEPT = [
  { key: 'keys.session.secret', what: 'seeds', secretOf: seedOf },
  { key: 'keys.node.secret', what: 'node key', secretOf: nodeKeyOf },
  { key: 'duty.secret', what: 'token', secretOf: tokenOf },
] as const;

/**
 * A Secret holds one of these, because a reader of one does not need another. A node itself reads its node
 * key and its token.
 */
function mixedSecrets(nodes: readonly FleetNode[]): readonly Problem[] {
  const first = new Map<string, { readonly node: FleetNode; readonly what: string }>();
  return KEPT.flatMap(({ key, what, secretOf }) =>
    nodes.flatMap((node): readonly Problem[] => {
      const secret = secretOf(node);
      if (secret === null) return [];
      const before = first.get(secret) ?? { node, what };
      first.set(secret, before);
      if (before.what === what || (before.node === node && before.what !== 'seeds')) return [];
      return [
        settingProblem(node, key, {
          code: 'shared-seed',
          what: `the Secret of the ${what} of ${node.name} holds the ${before.what} of ${before.node.name}`,
          remedy: 'keep seeds, node keys and tokens in separate Secrets',
        }),
      ];
    }),
  );
}

/** Others know a boot node by its peer id. */
export const bootNodesAreKnown: Rule = ({ network }) =>
  nodesOf(network).flatMap((node) =>
    node.role !== 'boot' || node.settings.keys.node.peerId !== null
      ? []
      : [
          settingProblem(node, 'keys.node.peerId', {
            code: 'keys',
            what: `${node.name} is a boot node, and its peer id is not known`,
            remedy: `write it in pools.${node.pool}.instances.${node.place}-${node.index}: {keys: {node: {peerId: 12D3KooW…}}}; \`watchbill fleet init\` makes key and id`,
          }),
        ],
  );

/** A peer id belongs to one node. */
export const peerIdsAreApart: Rule = ({ network }) =>
  shared(nodesOf(network), (node) => node.settings.keys.node.peerId).map(([second, all]) =>
    settingProblem(second, 'keys.node.peerId', {
      code: 'keys',
      what: `${namesOf(all)} have one peer id`,
      remedy: 'each node has a separate key; write its id with its instance',
    }),
  );

function seedOf({ name, place, settings }: FleetNode): string | null {
  const { source, secret } = settings.keys.session;
  return source === 'secret' && secret !== null ? `${place}/${forNode(secret, name)}` : null;
}

function nodeKeyOf({ name, place, settings }: FleetNode): string | null {
  const { secret } = settings.keys.node;
  return secret === null ? null : `${place}/${forNode(secret, name)}`;
}

export function tokenOf({ name, place, settings }: FleetNode): string | null {
  return settings.duty === null ? null : `${place}/${forNode(settings.duty.secret, name)}`;
}

function keyPath(node: FleetNode): string {
  return node.settings.keys.session.set === null ? 'keys.session.secret' : 'keys.session.set';
}

export function nodesOf({ pools }: Network): readonly FleetNode[] {
  return pools.flatMap(({ nodes }) => nodes);
}

/** For each value that several nodes have: the second of them, all of them, the value. */
export function shared(
  nodes: readonly FleetNode[],
  textOf: (node: FleetNode) => string | null,
): readonly (readonly [FleetNode, readonly FleetNode[], string])[] {
  const groups = new Map<string, FleetNode[]>();
  for (const node of nodes) {
    const text = textOf(node);
    const group = text === null ? undefined : groups.get(text);
    if (group !== undefined) group.push(node);
    else if (text !== null) groups.set(text, [node]);
  }
  return [...groups].flatMap(([text, all]) => {
    const second = all[1];
    return second === undefined ? [] : [[second, all, text] as const];
  });
}

/** `a, b and c`; of many the first two and how many more. */
export function namesOf(nodes: readonly FleetNode[]): string {
  const names = nodes.map(({ name }) => name);
  if (names.length > 4) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
