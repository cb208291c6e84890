import { resolve } from 'node:path';
import type { Clock } from '@watchbill/kit';
import { type Fault, fault, usageFault } from '@watchbill/kit';
import type { FleetNode, Network } from '../../file/index.ts';
import type { ClusterPlace, MachinePlace } from '../../file/normalise/index.ts';
import { type ArchiveSettings, openArchive } from '../backup/archive/open.ts';
import { BackupFault } from '../backup/backup-fault.ts';
import { type OpenCluster, openCluster } from '../backup/cluster/open.ts';
import { openMachine } from '../backup/control/machine.ts';
import { localShell } from '../backup/host.ts';
import type { Archive, NodeControl } from '../backup/port.ts';
import type { Machine, RunScript } from '../machines/ssh.ts';
import type { LockPorts } from './change-lock.ts';

/** The connections that operations on backups need. */
export interface BackupPorts extends LockPorts {
  /** Scripts on this machine. */
  readonly runHere: RunScript;
  /** Does not connect yet. */
  readonly openMachine: (place: MachinePlace, timeoutMs: number) => Machine;
  readonly openCluster: (place: ClusterPlace) => Promise<OpenCluster>;
  /** The node in a network that runs on this machine; null: the network is not here. */
  readonly openLocal: ((network: Network, node: FleetNode) => Promise<NodeHere>) | null;
  /** Absolute path of a file of this machine that a person named. */
  readonly pathHere: (path: string) => string;
  /** Folder of locks and records; absolute. */
  readonly records: string;
}

/** A node of a network that runs on this machine. */
export interface NodeHere {
  readonly control: NodeControl;
  /** Folder of the node. */
  readonly folder: string;
  readonly lockFile: string;
  /** The first block, if all other nodes of the network agree on it; otherwise null. */
  readonly genesisOfOthers: (signal: AbortSignal) => Promise<string | null>;
  readonly close: () => void;
}

/** How backups reach nodes and archives from this machine. */
export interface BackupSettings {
  readonly clock: Clock;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly kubeconfig?: string | undefined;
  readonly sshConfig?: string | undefined;
  readonly records: string;
  readonly openLocal: BackupPorts['openLocal'];
}

export function createBackupPorts(settings: BackupSettings): BackupPorts {
  const { clock, cwd, env, records, openLocal } = settings;
  const pathHere = (path: string): string => resolve(cwd, path);
  const fileOf = (path: string | undefined) => (path === undefined ? null : pathHere(path));
  return {
    clock,
    runHere: localShell(env),
    openMachine: (place, timeoutMs) =>
      openMachine(place, { configFile: fileOf(settings.sshConfig), timeoutMs, clock }),
    openCluster: createClusterOpener(settings),
    openLocal,
    pathHere,
    records,
  };
}

/** Opens clusters from this machine, by the kubeconfig that is named or that kubectl uses. */
export function createClusterOpener({
  clock,
  cwd,
  kubeconfig,
}: Pick<BackupSettings, 'clock' | 'cwd' | 'kubeconfig'>): BackupPorts['openCluster'] {
  const file = kubeconfig === undefined ? null : resolve(cwd, kubeconfig);
  return (place) => openCluster(place, file, clock);
}

/** An archive as a person names it; the network file supplies the rest. */
export interface ArchiveWishes {
  readonly address?: string | undefined;
  readonly rcloneConfig?: string | undefined;
  readonly repositoryFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** Files that are copied at the same time. */
  readonly atOnce?: number | undefined;
}

/** The input of every operation on backups. */
export interface BackupInput {
  readonly network: Network;
  readonly node: FleetNode;
  readonly archive: ArchiveWishes;
  /** The archive is reached from this machine, and the node is not. */
  readonly here: boolean;
  /** For all of it. */
  readonly timeoutMs: number;
  /** Ends it; a node that is down comes up first. */
  readonly signal: AbortSignal;
}

/** The archive of a node, opened. */
export interface BackupSession {
  /** Scripts where the archive is used: on the machine of the node, or here. */
  readonly run: RunScript;
  /** Null: backups are snapshots of volumes, or no archive is named. */
  readonly archive: Archive | null;
  /** The same archive, used by other scripts. */
  readonly archiveBy: (run: RunScript) => Archive | null;
  /** Also ends by the time limit. */
  readonly signal: AbortSignal;
  /** The cluster of the node, opened; null if the node is not used on a cluster. */
  readonly cluster: OpenCluster | null;
  /** Called at the end, whatever happens. */
  readonly onClose: (close: () => void) => void;
}

/** Opens what an operation needs, does the work, and closes it. Throws an Fault. */
export async function withBackups<Value>(
  ports: BackupPorts,
  input: BackupInput,
  work: (session: BackupSession) => Promise<Value>,
): Promise<Value> {
  const closers: (() => void)[] = [];
  const onClose = (close: () => void) => void closers.push(close);
  const stop = new AbortController();
  const abort = () => stop.abort(new BackupFault('stopped', 'it was stopped', 'run it again'));
  input.signal.addEventListener('abort', abort, { once: true });
  onClose(() => input.signal.removeEventListener('abort', abort));
  if (input.signal.aborted) abort();
  try {
    const { network, node, here, timeoutMs } = input;
    const place = network.places.get(node.place);
    const isAway = ports.openLocal === null && !here;
    const machine = isAway && place?.target === 'machine' ? ports.openMachine(place, timeoutMs) : null;
    if (machine !== null) onClose(machine.close);
    const run = machine?.run ?? ports.runHere;
    const clusterPlace = isAway && place?.target === 'kubernetes' ? place : null;
    if (clusterPlace !== null && input.archive.address !== undefined)
      throw usageFault(
        `${node.name} is on a cluster: its backups are snapshots of volumes, not files in an archive`,
        'leave --archive out; or add --here to read an archive from this machine',
        'flag --archive',
      );
    const settings = clusterPlace === null ? archiveSettings(ports, input, machine === null) : null;
    const archiveBy = (by: RunScript) => (settings === null ? null : openArchive(by, settings));
    const cluster = clusterPlace === null ? null : await ports.openCluster(clusterPlace);
    if (cluster !== null) onClose(cluster.close);
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]);
    return await work({ run, archive: archiveBy(run), archiveBy, signal, cluster, onClose });
  } catch (error) {
    throw backupFault(error);
  } finally {
    for (const close of closers) close();
  }
}

/** The archive that a person and the file name; null if they name none. */
function archiveSettings(
  { pathHere }: BackupPorts,
  { archive: wished, network }: BackupInput,
  isHere: boolean,
): ArchiveSettings | null {
  const own = network.file.backup?.archive;
  const address = wished.address ?? own?.address;
  if (address === undefined) return null;
  const path = (named: string | undefined): string | null => {
    if (named === undefined) return null;
    if (isHere) return pathHere(named);
    if (named.startsWith('/')) return named;
    throw usageFault(
      `${named} is a relative path, but the file is on the machine of the node`,
      'write an absolute path, which begins with /',
      named,
    );
  };
  return {
    address,
    rcloneConfig: path(wished.rcloneConfig ?? own?.rcloneConfig),
    repositoryFile: path(wished.repositoryFile ?? own?.repositoryFile),
    passwordFile: path(wished.passwordFile ?? own?.passwordFile),
    atOnce: wished.atOnce ?? own?.atOnce ?? 4,
  };
}

/** The node with that name; without a name the only one of the role backup. `file` names the network file. */
export function backupNode(network: Network, name: string | undefined, file: string): FleetNode {
  const all = network.pools.flatMap(({ nodes }) => nodes);
  const fit = all.filter((node) => (name === undefined ? node.role === 'backup' : node.name === name));
  const [one, ...others] = fit;
  if (one !== undefined && others.length === 0) return one;
  if (name !== undefined)
    throw usageFault(
      `${file} has no node ${name}`,
      `one of ${all.map((node) => node.name).join(', ')}`,
      'flag --node',
    );
  throw usageFault(
    `${file} has ${one === undefined ? 'no node' : 'several nodes'} of the role backup`,
    one === undefined
      ? 'add a pool: `backup: {role: backup, count: 1}`'
      : `name one with --node: ${fit.map((node) => node.name).join(', ')}`,
    file,
  );
}

export function noArchive(): Fault {
  return usageFault(
    'no archive is named',
    'name the archive with --archive, or in the network file: `backup: {archive: {address: …}}`',
    'flag --archive',
  );
}

function backupFault(error: unknown): unknown {
  if (error instanceof BackupFault) {
    const { code, kind, message: what, remedy } = error;
    return fault(`backup-${code}`, kind, { what, remedy }, error);
  }
  if (!(error instanceof Error) || error.name !== 'TimeoutError') return error;
  const remedy = 'give more time with --timeout, and run the command again: it continues';
  return fault('backup-stopped', 'fault', { what: 'the time is over', remedy }, error);
}
