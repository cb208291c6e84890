import type { Json, JsonRecord } from '@watchbill/base';
import { type Conversion, envOf, field, keyTypesOf, renamed, some } from './convert.ts';
import { flagsOf } from './flags.ts';
import { resourcesOf } from './quantity.ts';
import { OF_NODE } from './reasons.ts';
import { type Found, type Path, shown, type Table, tableOf } from './table.ts';

const MOST_NODES = 50;

/** The nodes of the relay chain, and the one program that all of them run. */
export function nodesOf(
  relay: Table,
  command: Found | undefined,
  conversion: Conversion,
): { readonly command: Json; readonly nodes: readonly JsonRecord[] } {
  const single = relay.tables('nodes');
  const nodes: JsonRecord[] = [];
  const commands: Found[] = [];
  const add = (table: Table): void => {
    const target: Path = ['relay', 'nodes', nodes.length];
    conversion.from(target, table.path);
    const own = table.take('command');
    if (own !== undefined) commands.push(own);
    nodes.push(nodeOf(table, target, conversion));
  };
  for (const one of single) add(one);
  for (const group of relay.tables('node_groups')) for (const one of membersOf(group, conversion)) add(one);
  return { command: oneCommand(relay, command, commands, conversion), nodes };
}

/** A group as the nodes that it stands for: NAME-0, NAME-1. */
function membersOf(group: Table, { tell }: Conversion): readonly Table[] {
  const name = group.take('name');
  const count = group.take('count');
  const wanted = Number(count?.value);
  const isGood =
    Number.isInteger(wanted) && wanted >= 1 && wanted <= MOST_NODES && typeof name?.value === 'string';
  if (!isGood)
    tell({
      path: count?.path ?? group.path,
      kind: 'refused',
      what: 'a group has a name and a count',
      remedy: `write a name, and a count of 1 to ${MOST_NODES}`,
    });
  const rest = group.rest();
  return Array.from({ length: isGood ? wanted : 0 }, (_, index) =>
    // What is to be said of the group is said once.
    tableOf({ ...rest, name: `${shown(name?.value)}-${index}` }, group.path, index === 0 ? tell : () => {}),
  );
}

function oneCommand(
  relay: Table,
  given: Found | undefined,
  own: readonly Found[],
  { from, tell }: Conversion,
): Json {
  const first = given ?? own[0];
  if (first === undefined) {
    tell({
      path: [...relay.path, 'default_command'],
      kind: 'refused',
      what: 'no command is named',
      remedy: 'write the path of the node as relay.command',
    });
    return 'polkadot';
  }
  from(['relay', 'command'], first.path);
  if (!shown(first.value).includes('/'))
    tell({
      path: first.path,
      kind: 'changed',
      what: `${shown(first.value)} is a path from the folder of the simulation file, and not looked for on the PATH`,
      remedy: 'write the path of the node as relay.command',
    });
  for (const { path, value } of own)
    if (value !== first.value)
      tell({
        path,
        kind: 'refused',
        what: `all nodes run one program, ${shown(first.value)}, and this one is meant to run ${shown(value)}`,
        remedy: 'take it away, or simulate the programs one after the other',
      });
  return first.value;
}

/** A node; also a collator, which is one in all but its chain. */
export function nodeOf(table: Table, target: Path, conversion: Conversion): JsonRecord {
  const { from, tell } = conversion;
  const name = table.take('name');
  const validator = table.take('validator', 'is_validator');
  const bootnode = table.take('bootnode', 'add_to_bootnodes', 'is_bootnode');
  const args = table.take('args');
  const env = table.take('env');
  const resources = table.take('resources');
  const keyTypes = table.take('keystore_key_types');
  // Without slashing it says nothing; with it, the list belongs into the genesis.
  const invulnerable = table.take('invulnerable', 'is_invulnerable');
  if (invulnerable?.value === true) {
    const [what, remedy] = OF_NODE.invulnerable ?? ['left out', 'nothing is to be done'];
    tell({ path: invulnerable.path, kind: 'left-out', what, remedy });
  }
  if (name !== undefined) from([...target, 'name'], name.path);
  if (typeof name?.value === 'string' && name.value !== name.value.toLowerCase())
    tell({
      path: name.path,
      kind: 'changed',
      what: `it is ${name.value.toLowerCase()} here`,
      remedy: 'nothing is to be done',
    });
  // zombienet takes nodes for validators unless they say otherwise.
  const signs = validator?.value ?? true;
  if (validator !== undefined) from([...target, 'validator'], validator.path);
  const made = {
    name: typeof name?.value === 'string' ? name.value.toLowerCase() : (name?.value ?? null),
    validator: signs,
    ...bootOf(bootnode, signs, target, conversion),
    ...renamed(
      table,
      {
        balance: ['balance', 'initial_balance'],
        dbSnapshot: ['db_snapshot'],
        keystorePath: ['keystore_path'],
      },
      target,
      conversion,
    ),
    ...field('args', some(flagsOf(args, tell)), target, args, conversion),
    ...field('env', envOf(env, conversion), target, env, conversion),
    ...field('resources', resourcesOf(resources, tell), target, resources, conversion),
    ...field('keyTypes', keyTypesOf(keyTypes, conversion), target, keyTypes, conversion),
  };
  table.finish(OF_NODE);
  return made;
}

/** There the first validator is met first; here the first two nodes are, unless a node that signs nothing is told to be. */
function bootOf(found: Found | undefined, signs: Json, target: Path, { from, tell }: Conversion): JsonRecord {
  if (found === undefined || found.value === false) return {};
  if (signs === false) {
    from([...target, 'bootnode'], found.path);
    return { bootnode: found.value };
  }
  tell({
    path: found.path,
    kind: 'left-out',
    what: 'left out: a validator is no boot node here; others meet the first two nodes',
    remedy: 'nothing is to be done',
  });
  return {};
}
