import { isList, isRecord, type Json, type JsonRecord } from '../canonical/json.ts';
import { SIMULATION_FORMAT } from './schema.ts';

/** A simulation made from a specification of zombienet, and what of it was left out. */
export interface Imported {
  readonly simulation: JsonRecord;
  readonly notes: readonly string[];
}

type Rename = Readonly<Record<string, string>>;

const RELAY: Rename = {
  chain: 'chain',
  default_command: 'command',
  chain_spec_path: 'specFile',
  genesis: 'genesis',
  random_nominators_count: 'randomNominators',
  max_nominations: 'maxNominations',
  wasm_override: 'wasmOverride',
  raw_spec_override: 'rawOverride',
  default_db_snapshot: 'dbSnapshot',
};
const NODE: Rename = {
  name: 'name',
  validator: 'validator',
  invulnerable: 'invulnerable',
  bootnode: 'bootnode',
  balance: 'balance',
  initial_balance: 'balance',
  db_snapshot: 'dbSnapshot',
  keystore_path: 'keystorePath',
};
const PARACHAIN: Rename = {
  id: 'id',
  chain: 'chain',
  chain_spec_path: 'specFile',
  default_command: 'command',
  cumulus_based: 'cumulusBased',
  evm_based: 'evmBased',
  balance: 'balance',
  genesis_wasm_path: 'genesisWasm',
  genesis_state_path: 'genesisState',
  genesis_overrides: 'genesis',
};
const CHANNEL: Rename = {
  sender: 'sender',
  recipient: 'recipient',
  max_capacity: 'maxCapacity',
  max_message_size: 'maxMessageSize',
};

/** A network specification of zombienet (as JSON or YAML has it) as a simulation file. Nothing is left out in silence. Pure. */
export function fromZombienet(spec: JsonRecord, name: string): Imported {
  const notes: string[] = [];
  const note = (text: string) => void notes.push(text);
  const relay = record(spec.relaychain);
  const simulation: JsonRecord = {
    format: SIMULATION_FORMAT,
    name,
    settings: settingsOf(record(spec.settings), note),
    relay: {
      ...renamed(relay, RELAY, 'relaychain', note, [
        'nodes',
        'default_args',
        'default_image',
        'default_resources',
        'chain_spec_command',
        'chain_spec_runtime',
        'node_groups',
      ]),
      ...argsOf(relay.default_args, 'relaychain.default_args', note),
      nodes: list(relay.nodes).map((node, index) => nodeOf(record(node), `relaychain.nodes.${index}`, note)),
    },
    ...section(
      'parachains',
      list(spec.parachains).map((one, index) => parachainOf(record(one), `parachains.${index}`, note)),
    ),
    ...section(
      'hrmp',
      list(spec.hrmp_channels).map((one, index) =>
        renamed(record(one), CHANNEL, `hrmp_channels.${index}`, note, []),
      ),
    ),
    ...section(
      'processes',
      list(spec.custom_processes).map((one, index) =>
        processOf(record(one), `custom_processes.${index}`, note),
      ),
    ),
  };
  if (spec.observability !== undefined)
    note('observability: write `observability: {prometheus: true}`; containers are not started');
  for (const key of Object.keys(spec))
    if (
      ![
        'settings',
        'relaychain',
        'parachains',
        'hrmp_channels',
        'custom_processes',
        'observability',
      ].includes(key)
    )
      note(`${key}: left out; nothing here is like it`);
  for (const key of [
    'default_image',
    'chain_spec_command',
    'chain_spec_runtime',
    'node_groups',
    'default_resources',
  ])
    if (relay[key] !== undefined) note(`relaychain.${key}: left out; see the page on simulations`);
  if (relay.default_command === undefined) note('relaychain.default_command is missing: write relay.command');
  return { simulation, notes };
}

function settingsOf(settings: JsonRecord, note: (text: string) => void): JsonRecord {
  const known: Rename = {
    timeout: 'timeoutSeconds',
    node_spawn_timeout: 'startSeconds',
    tear_down_on_failure: 'tearDownOnFailure',
  };
  return renamed(settings, known, 'settings', note, []);
}

function nodeOf(node: JsonRecord, path: string, note: (text: string) => void): JsonRecord {
  const made = renamed(node, NODE, path, note, ['args']);
  const { bootnode, name, ...rest } = made;
  // There the first validator is met first; here the first two nodes are, unless a node that signs nothing is told to be.
  const keepsBoot = bootnode === true && node.validator === false;
  if (bootnode === true && !keepsBoot)
    note(
      `${path}.bootnode: left out, since a validator is no boot node here; others meet the first two nodes`,
    );
  return {
    name: typeof name === 'string' ? name.toLowerCase() : 'node',
    // zombienet takes nodes for validators unless they say otherwise.
    validator: node.validator !== false,
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => key !== 'validator')),
    ...(keepsBoot ? { bootnode: true } : {}),
    ...argsOf(node.args, `${path}.args`, note),
  };
}

function parachainOf(parachain: JsonRecord, path: string, note: (text: string) => void): JsonRecord {
  const { register_para: register, onboard_as_parachain: onboard, add_to_genesis: genesis } = parachain;
  const ways = ['register_para', 'onboard_as_parachain', 'add_to_genesis'];
  const collators = [
    ...list(parachain.collators),
    ...(isRecord(parachain.collator) ? [parachain.collator] : []),
  ];
  return {
    ...renamed(parachain, PARACHAIN, path, note, [...ways, 'collators', 'collator']),
    onboarding:
      onboard === false ? 'none' : register === true || genesis === false ? 'register' : 'in-genesis',
    collators: collators.map((one, index) => {
      const { invulnerable: _left, ...node } = nodeOf(record(one), `${path}.collators.${index}`, note);
      return node;
    }),
  };
}

function processOf(process: JsonRecord, path: string, note: (text: string) => void): JsonRecord {
  const env = list(process.env).flatMap((one) => {
    const { name, value } = record(one);
    return typeof name === 'string' ? [[name, String(value ?? '')] as const] : [];
  });
  return {
    ...renamed(process, { name: 'name', command: 'command' }, path, note, ['args', 'env']),
    ...section('args', list(process.args).map(String)),
    ...(env.length === 0 ? {} : { env: Object.fromEntries(env) }),
  };
}

/** Flags there are texts, or a name and a value. */
function argsOf(given: Json | undefined, path: string, note: (text: string) => void): JsonRecord {
  const flags = list(given).flatMap((one) => {
    const text = isList(one) ? one.join('=') : String(one);
    if (/^--[a-z0-9][a-z0-9-]*(=\S*)?$/.test(text)) return [text];
    note(`${path}: ${text} left out; write flags as --name or --name=value`);
    return [];
  });
  return section('args', flags);
}

function renamed(
  from: JsonRecord,
  names: Rename,
  path: string,
  note: (text: string) => void,
  elsewhere: readonly string[],
): JsonRecord {
  const made: Record<string, Json> = {};
  for (const [key, value] of Object.entries(from)) {
    const name = names[key];
    if (name !== undefined) made[name] = value;
    else if (!elsewhere.includes(key)) note(`${path}.${key}: left out; nothing here is like it`);
  }
  return made;
}

function section(name: string, items: readonly Json[]): JsonRecord {
  return items.length === 0 ? {} : { [name]: [...items] };
}

function record(value: Json | undefined): JsonRecord {
  return isRecord(value) ? value : {};
}

function list(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}
