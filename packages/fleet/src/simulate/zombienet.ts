import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/base';
import { SIMULATION_FORMAT } from './schema.ts';
import { sourceOf } from './zombienet/chain.ts';
import { type Conversion, envOf, field, keyTypesOf, type Names, renamed, some } from './zombienet/convert.ts';
import { flagsOf } from './zombienet/flags.ts';
import { nodesOf } from './zombienet/nodes.ts';
import { parachainOf } from './zombienet/parachain.ts';
import { resourcesOf } from './zombienet/quantity.ts';
import { OF_FILE, OF_OBSERVABILITY, OF_PROCESS, OF_RELAY, OF_SETTINGS } from './zombienet/reasons.ts';
import { type ImportNote, type Path, type Table, tableOf } from './zombienet/table.ts';
import { placeKey } from './zombienet/toml-places.ts';

export type { ImportNote } from './zombienet/table.ts';

/** A simulation made from a specification of zombienet, and what became of all that is not in it as it stood. */
export interface Imported {
  readonly simulation: JsonRecord;
  readonly notes: readonly ImportNote[];
  /** Where in the file that was read a path of the simulation comes from: that of the nearest part that came from somewhere. */
  readonly originOf: (path: readonly PropertyKey[]) => Path;
}

const CHANNEL: Names = {
  sender: ['sender'],
  recipient: ['recipient'],
  maxCapacity: ['max_capacity'],
  maxMessageSize: ['max_message_size'],
};

/**
 * A network specification of zombienet, of the original or of the SDK, as a simulation file. Every field is taken, or there is a note
 * with its path. `wide`: paths of numbers that are texts in the value, since a double does not hold them. Pure.
 */
export function fromZombienet(spec: JsonRecord, name: string, wide: readonly Path[] = []): Imported {
  const notes: ImportNote[] = [];
  const origins = new Map<string, Path>();
  const conversion: Conversion = {
    tell: (note) => void notes.push(note),
    from: (target, source) => void origins.set(placeKey(target), source),
  };
  const file = tableOf(spec, [], conversion.tell);
  const relay = file.table('relaychain', 'relay_chain') ?? tableOf({}, ['relaychain'], conversion.tell);
  conversion.from(['relay'], relay.path);
  const settings = settingsOf(file, conversion);
  const simulation: JsonRecord = {
    format: SIMULATION_FORMAT,
    name,
    ...settings,
    relay: relayOf(relay, conversion),
    ...listOf('parachains', file.tables('parachains'), parachainOf, conversion),
    ...listOf('hrmp', file.tables('hrmp_channels'), channelOf, conversion),
    ...listOf('processes', file.tables('custom_processes'), processOf, conversion),
  };
  file.finish(OF_FILE);
  for (const path of templatesIn(spec, [])) conversion.tell(notFilledIn(path));
  for (const path of wide) if (!/balance$/i.test(String(path.at(-1)))) conversion.tell(tooWide(path));
  const originOf = (path: readonly PropertyKey[]): Path => {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const found = origins.get(placeKey(path.slice(0, depth)));
      if (found !== undefined) return found;
    }
    return [];
  };
  return { simulation, notes, originOf };
}

/** Paths of texts in which something is to be filled in. The name of the chain in the command that makes it is. */
function templatesIn(value: Json, path: Path): readonly Path[] {
  if (typeof value === 'string') {
    const rest = /^chain_?spec_?command$/i.test(String(path.at(-1)))
      ? value.replace(/\{\{\s*(?:chainName|chain)\s*\}\}/g, '')
      : value;
    return /\{\{|\{%/.test(rest) ? [path] : [];
  }
  if (isList(value)) return value.flatMap((one, index) => templatesIn(one, [...path, index]));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => templatesIn(one, [...path, key]));
}

function notFilledIn(path: Path): ImportNote {
  return {
    path,
    kind: 'refused',
    what: 'variables and addresses of nodes are not filled in',
    remedy: 'write in its place what was meant; addresses of nodes are in the report',
  };
}

function tooWide(path: Path): ImportNote {
  return {
    path,
    kind: 'refused',
    what: 'this number is wider than a simulation file holds exactly',
    remedy: 'put it into the specification, and name that as specFile',
  };
}

type Make = (table: Table, target: Path, conversion: Conversion) => JsonRecord;

function listOf(name: string, tables: readonly Table[], make: Make, conversion: Conversion): JsonRecord {
  if (tables.length === 0) return {};
  return {
    [name]: tables.map((table, index) => {
      conversion.from([name, index], table.path);
      return make(table, [name, index], conversion);
    }),
  };
}

function settingsOf(file: Table, conversion: Conversion): JsonRecord {
  const settings = file.table('settings', 'global_settings');
  const wanted = [settings?.table('observability'), file.table('observability')].flatMap((one) =>
    one === undefined ? [] : [observed(one, conversion)],
  );
  const prometheus = settings?.take('prometheus');
  const made =
    settings === undefined
      ? {}
      : renamed(
          settings,
          {
            timeoutSeconds: ['timeout', 'network_spawn_timeout'],
            startSeconds: ['node_spawn_timeout'],
            tearDownOnFailure: ['tear_down_on_failure'],
          },
          ['settings'],
          conversion,
        );
  settings?.finish(OF_SETTINGS);
  const isObserved = wanted.includes(true) || prometheus?.value === true;
  return {
    ...(Object.keys(made).length === 0 ? {} : { settings: made }),
    ...(isObserved ? { observability: { prometheus: true } } : {}),
  };
}

function observed(table: Table, { tell }: Conversion): boolean {
  const enabled = table.take('enabled');
  if (enabled?.value === true)
    tell({
      path: enabled.path,
      kind: 'changed',
      what: 'a configuration for Prometheus is written; no container is started',
      remedy: 'run Prometheus with it',
    });
  table.finish(OF_OBSERVABILITY);
  return enabled?.value === true;
}

function relayOf(relay: Table, conversion: Conversion): JsonRecord {
  const target: Path = ['relay'];
  const command = relay.take('default_command');
  const args = relay.take('default_args');
  const resources = relay.take('default_resources');
  const keyTypes = relay.take('default_keystore_key_types');
  const nodes = nodesOf(relay, command, conversion);
  const made = {
    ...sourceOf(relay, target, conversion),
    command: nodes.command,
    ...renamed(
      relay,
      {
        dbSnapshot: ['default_db_snapshot'],
        randomNominators: ['random_nominators_count'],
        maxNominations: ['max_nominations'],
        wasmOverride: ['wasm_override'],
        rawOverride: ['raw_spec_override'],
      },
      target,
      conversion,
    ),
    ...field('args', some(flagsOf(args, conversion.tell)), target, args, conversion),
    ...field('resources', resourcesOf(resources, conversion.tell), target, resources, conversion),
    ...field('keyTypes', keyTypesOf(keyTypes, conversion), target, keyTypes, conversion),
    nodes: nodes.nodes,
  };
  relay.finish(OF_RELAY);
  return made;
}

function channelOf(table: Table, target: Path, conversion: Conversion): JsonRecord {
  const made = renamed(table, CHANNEL, target, conversion);
  table.finish({});
  return made;
}

function processOf(table: Table, target: Path, conversion: Conversion): JsonRecord {
  const env = table.take('env');
  const made = {
    ...renamed(table, { name: ['name'], command: ['command'], args: ['args'] }, target, conversion),
    ...field('env', envOf(env, conversion), target, env, conversion),
  };
  table.finish(OF_PROCESS);
  return made;
}
