import { counted } from '@watchbill/kit';
import type { GenesisAuthorities } from './authorities.ts';
import { type SimulationRefusal, seedName } from './refusals.ts';
import type { SimulatedNode, Simulation } from './schema.ts';

/** Public key of a node by the type of a session key, `0x…`. */
export type KeyOf = (name: string, type: GenesisAuthorities['type']) => string;

/** The signature scheme of each key type, on every chain. */
export const SCHEMES = { babe: 'sr25519', aura: 'sr25519', gran: 'ed25519' } as const;

/**
 * Mismatches between the validators of the file and of the genesis: a node that is marked as a validator but
 * is not listed, an unmarked node that is listed, and authorities of the genesis without a node. Pure.
 */
export function validatorRefusals(
  simulation: Simulation,
  lists: readonly GenesisAuthorities[],
  keyOf: KeyOf,
): readonly SimulationRefusal[] {
  const { nodes } = simulation.relay;
  return [
    ...nodes.flatMap((node, index) =>
      nodeRefusals(simulation, node, lists, keyOf).map((one) => ({
        ...one,
        path: ['relay', 'nodes', index, ...one.path],
      })),
    ),
    ...absentRefusals(simulation, lists, keyOf),
  ];
}

function nodeRefusals(
  { relay }: Simulation,
  { name, validator, keyTypes }: SimulatedNode,
  lists: readonly GenesisAuthorities[],
  keyOf: KeyOf,
): readonly SimulationRefusal[] {
  const seed = `//${seedName(name)}`;
  const listed = lists.filter(({ type, keys }) => keys.includes(keyOf(name, type))).map(({ type }) => type);
  if (!validator)
    return listed.length === 0
      ? []
      : [
          {
            path: ['name'],
            what: `${name} is not a validator in this file, but the genesis lists its key as one (${listed.join(', ')} of ${seed})`,
            remedy: 'write validator: true; or give the node a name whose keys the genesis does not have',
          },
        ];
  const missing = lists.map(({ type }) => type).filter((type) => !listed.includes(type));
  if (missing.length > 0)
    return [
      {
        path: ['validator'],
        what: `${name} is a validator in this file, but the genesis lists no key of ${seed} as one (${missing.join(', ')})`,
        remedy: `remove validator; or use a specification whose validators are these nodes (in a plain one, set session.keys under relay.genesis): this one has ${lists.map(({ type, keys }) => `${keys.length} of ${type}`).join(', ')}`,
      },
    ];
  const without = listed.filter((type) => (keyTypes ?? relay.keyTypes)[type] !== SCHEMES[type]);
  return without.length === 0
    ? []
    : [
        {
          path: [keyTypes === undefined ? 'name' : 'keyTypes'],
          what: `${name} gets no key of ${without.join(', ')}, which validators of this chain need`,
          remedy: `write ${without.map((type) => `${type}: ${SCHEMES[type]}`).join(', ')} into keyTypes`,
        },
      ];
}

function absentRefusals(
  { relay }: Simulation,
  lists: readonly GenesisAuthorities[],
  keyOf: KeyOf,
): readonly SimulationRefusal[] {
  const absent = lists.map(({ type, keys }) => {
    const here = new Set(relay.nodes.map(({ name }) => keyOf(name, type)));
    return { type, keys: keys.filter((one) => !here.has(one)) };
  });
  const most = Math.max(0, ...absent.map(({ keys }) => keys.length));
  // Without any list, the authorities are unknown, so the number cannot be checked.
  if (most === relay.absentValidators || lists.length === 0) return [];
  const shown = absent
    .filter(({ keys }) => keys.length > 0)
    .map(({ type, keys }) => `${type} ${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ', …' : ''}`);
  return [
    {
      path: relay.absentValidators === 0 ? ['relay', 'nodes'] : ['relay', 'absentValidators'],
      what:
        most === 0
          ? 'every validator of the genesis is a node of this file'
          : `the genesis has ${counted(most, 'validator')} that are not nodes of this file: ${shown.join('; ')}`,
      remedy:
        most === 0
          ? 'remove absentValidators'
          : `add nodes for them, named after their seeds; or write absentValidators: ${most} under relay if they are absent on purpose`,
    },
  ];
}
