import { basename, join } from 'node:path';
import { copiesOf } from './copies.ts';
import { keystoresBelow, withKeys } from './keystore.ts';
import { machineAt } from './places.ts';
import { flagOf, inspectProcesses, type NodeProcess } from './processes.ts';
import { type NodeUnit, nodeUnits } from './unit-files.ts';

type Place = Pick<NodeProcess, 'program' | 'signs' | 'unit' | 'ofUser' | 'keystores' | 'database'> &
  Partial<Pick<NodeProcess, 'pid' | 'url' | 'container' | 'isApart'> & Pick<NodeUnit, 'enabled'>>;

/** Finds the nodes that run, and the units of this machine and of its users that could start one. */
export async function discover(root: string) {
  const processes = await inspectProcesses(root);
  const nodes: readonly Place[] = processes.looked ? processes.value.nodes : [];
  const units = (await nodeUnits(machineAt(root))).filter(
    ({ unit, ofUser }) => !nodes.some((node) => node.unit === unit && node.ofUser === ofUser),
  );
  const idle = units.map(async ({ argv, ...unit }): Promise<Place> => {
    const [basePath, keystore] = [flagOf(argv, 'base-path', '-d'), flagOf(argv, 'keystore-path')];
    const keystores =
      keystore === null
        ? await keystoresBelow(basePath === null ? null : join(root, basePath))
        : [join(root, keystore)];
    return { ...unit, program: basename(argv[0] ?? ''), keystores, database: null };
  });
  const rank = ({ signs }: Place): number => [true, null, false].indexOf(signs);
  const places = [...nodes, ...(await Promise.all(idle))].toSorted(
    (one, other) =>
      Number(one.pid === undefined) - Number(other.pid === undefined) || rank(one) - rank(other),
  );
  const [first, ...rest] = places;
  const { unit, node, database } = flagsOf(first);
  const used = places.map(async (place) =>
    place.signs === false ? withKeys(place.keystores) : place.keystores,
  );
  const keystores = [...new Set((await Promise.all(used)).flat())];
  const copies = await copiesOf(keystores, root);
  const second = rest.filter((place) => isSecond(place, places));
  const guards = [
    ...(processes.looked ? processes.value.guards : []),
    ...units.filter(({ guarded }) => guarded).map(({ argv }) => flagOf(argv, 'sealed') ?? ''),
  ];
  const sealed = guards.find((path) => path !== '');
  return {
    processes,
    /** A line for each node, those that sign first. */
    map: places.map(placeLine),
    /** The keystores of all nodes and copies of them; unit, RPC and database of the first. */
    flags: {
      keystore: [...keystores, ...copies.found],
      unit: unit === undefined ? [] : [unit],
      ...(sealed === undefined ? {} : { sealed: join(root, sealed) }),
      ...(node === undefined ? {} : { node }),
      ...(database === undefined ? {} : { database }),
    },
    /** Nodes that run and may sign, and whose keys the doctor did not find. */
    lost: places
      .filter(({ pid, signs, keystores }) => pid !== undefined && signs !== false && keystores.length === 0)
      .map((place) => `the keystore of ${nameOf(place)} was not found: run as root, or give --keystore`),
    /** Folders that may hold a copy, and that this user cannot list. */
    closed: copies.closed,
    /** It is certain that no guard runs, and no unit would start one. */
    unguarded: processes.looked && processes.value.closed === 0 && guards.length === 0,
    /** Units that would start a node on a keystore that another place has. */
    second: second.flatMap((place) => place.unit ?? []),
    /** For each further node that signs: what was not looked at. */
    further: [
      ...(first?.ofUser ? [`the unit of ${nameOf(first)}: ${ofUser(first)}`] : []),
      ...(first?.isApart ? [`${nameOf(first)} is in another network: ${first.url} may be another node`] : []),
      ...rest.filter((place) => place.signs !== false && !second.includes(place)).map(furtherLine),
    ],
  };
}

/** The nodes of a machine. */
export type Discovery = Awaited<ReturnType<typeof discover>>;

/** It does not run, and systemd would start it for a keystore of another place. */
const isSecond = (place: Place, all: readonly Place[]): boolean =>
  place.pid === undefined &&
  !place.ofUser &&
  place.signs !== false &&
  all.some((each) => each !== place && each.keystores.some((path) => place.keystores.includes(path)));

function flagsOf(place: Place | undefined) {
  const unit = place?.ofUser === true ? undefined : (place?.unit ?? undefined);
  return { unit, node: place?.url, database: place?.database ?? undefined };
}

/** systemd shows the unit of a user to that user alone. */
const ofUser = ({ unit }: Place): string => `systemctl --user show ${unit}`;

function furtherLine(place: Place): string {
  const flags = Object.entries(flagsOf(place)).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  );
  const ways = [
    ...(flags.length === 0 ? [] : [`look at it with ${flags.join(' ')}`]),
    ...(place.ofUser ? [ofUser(place)] : []),
  ];
  return `unit, RPC and database of ${nameOf(place)}${ways.map((way) => `: ${way}`).join('')}`;
}

const nameOf = ({ program, pid, enabled }: Place): string =>
  `${program} (${pid === undefined ? `does not run${enabled === true ? ', starts by itself' : ''}` : `process ${pid}`})`;

function placeLine(place: Place): string {
  const { signs, unit, ofUser, container, keystores, database, url } = place;
  const parts = [
    signs === null ? 'signs perhaps' : signs ? 'signs' : 'does not sign',
    ...(unit === null ? [] : [`unit ${unit}${ofUser ? ' of a user' : ''}`]),
    ...(container ? [`container ${container.slice(0, 12)}`] : []),
    `keystore ${keystores.join(' and ') || 'not found'}`,
    `database ${database ?? 'not found'}`,
    ...(url === undefined ? [] : [`RPC ${url}`]),
  ];
  return `   ${nameOf(place)}: ${parts.join(', ')}`;
}
