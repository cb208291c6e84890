import { resolve } from 'node:path';
import type { FaultKind } from '@watchbill/base';
import type { FleetNode, Network } from '@watchbill/fleet';
import type { Archive, MachinePlace } from '@watchbill/fleet-run/backup';
import { fault, usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { readGraph } from '../network-file.ts';
import { archiveSettings, type BackupFlags, minutesOf } from './flags.ts';

export type BackupDoor = typeof import('@watchbill/fleet-run/backup');
export type Run = ReturnType<BackupDoor['localShell']>;

/** One node of a network file, and the archive of its backups. */
export interface Ground {
  readonly door: BackupDoor;
  readonly network: Network;
  readonly node: FleetNode;
  /** Scripts where the archive is used: where the node is, or here. */
  readonly run: Run;
  /** Null: backups are snapshots of volumes. */
  readonly archive: Archive | null;
  /** The same archive, used by other scripts. */
  readonly archiveBy: (run: Run) => Archive | null;
  readonly signal: AbortSignal;
}

export interface Closers {
  readonly add: (close: () => void) => void;
}

/** Opens what the flags name, does the work, closes it. Signals and the timeout end it; what it stopped is started again then too. */
export async function onGround<Value>(
  io: Io,
  flags: BackupFlags,
  work: (ground: Ground, closers: Closers) => Promise<Value>,
): Promise<Value> {
  const door = await import('@watchbill/fleet-run/backup');
  const all: (() => void)[] = [];
  const controller = new AbortController();
  all.push(
    io.onStopSignal(() =>
      controller.abort(new door.BackupFault('stopped', 'it was stopped', 'run it again')),
    ),
  );
  try {
    const { network } = await readGraph(io, flags.file);
    const node = chosenNode(network, flags);
    const ms = minutesOf(flags.timeout, '--timeout');
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(ms)]);
    const place = network.places.get(node.place);
    const isHere = flags.local !== undefined || flags.here === true || place?.target !== 'machine';
    const run = isHere ? door.localShell(io.env) : machineRun(io, door, flags, place, ms, all);
    const onCluster = place?.target === 'kubernetes' && flags.local === undefined && flags.here !== true;
    if (onCluster && flags.archive !== undefined)
      throw usageFault(
        `${node.name} is on a cluster: its backups are snapshots of volumes, not files in an archive`,
        'leave --archive out; or say --here to look into an archive from this machine',
        'flag --archive',
      );
    const settings = onCluster ? null : archiveSettings(io, flags, network, isHere);
    const archiveBy = (by: Run) => (settings === null ? null : door.openArchive(by, settings));
    const closers = { add: (close: () => void) => void all.push(close) };
    return await work({ door, network, node, run, archive: archiveBy(run), archiveBy, signal }, closers);
  } catch (error) {
    throw faultOf(door, error);
  } finally {
    for (const close of all) close();
  }
}

function machineRun(
  io: Io,
  door: BackupDoor,
  flags: BackupFlags,
  place: MachinePlace,
  timeoutMs: number,
  closers: (() => void)[],
): Run {
  const configFile = flags.sshConfig === undefined ? null : resolve(io.cwd, flags.sshConfig);
  const machine = door.openMachine(place, { configFile, timeoutMs, clock: io.clock });
  closers.push(machine.close);
  return machine.run;
}

function chosenNode(network: Network, { node, file }: BackupFlags): FleetNode {
  const all = network.pools.flatMap(({ nodes }) => nodes);
  const fit =
    node === undefined
      ? all.filter(({ role }) => role === 'backup')
      : all.filter(({ name }) => name === node);
  const [one, ...others] = fit;
  if (one !== undefined && others.length === 0) return one;
  if (node !== undefined)
    throw usageFault(
      `${file} has no node ${node}`,
      `one of ${all.map(({ name }) => name).join(', ')}`,
      'flag --node',
    );
  throw usageFault(
    one === undefined
      ? `${file} has no node of the role backup`
      : `${file} has several nodes of the role backup`,
    one === undefined
      ? 'add a pool: `backup: {role: backup, count: 1}`'
      : `name one with --node: ${fit.map(({ name }) => name).join(', ')}`,
    file,
  );
}

export function noArchive() {
  return usageFault(
    'where are the backups?',
    'name the archive with --archive, or in the network file: `backup: {archive: {address: …}}`',
    'flag --archive',
  );
}

const EXITS: Readonly<Record<string, FaultKind>> = {
  role: 'usage',
  'other-chain': 'usage',
  height: 'usage',
  signer: 'usage',
  busy: 'usage',
  damaged: 'denied',
  differs: 'denied',
  drill: 'denied',
};

function faultOf(door: BackupDoor, error: unknown): unknown {
  if (error instanceof door.BackupFault)
    return fault(
      `backup-${error.code}`,
      EXITS[error.code] ?? 'fault',
      { what: error.message, remedy: error.remedy },
      error,
    );
  if (error instanceof Error && error.name === 'TimeoutError')
    return fault(
      'backup-stopped',
      'fault',
      { what: 'the time is over', remedy: 'give it more with --timeout, and run it again: it goes on' },
      error,
    );
  return error;
}
