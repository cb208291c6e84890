import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isRecord, jsonOrNull, usageFault } from '@watchbill/kit';
import { chainsOf } from '../../file/normalise/index.ts';
import { clusterControl } from '../backup/cluster/control.ts';
import type { OpenCluster } from '../backup/cluster/open.ts';
import { snapshotInventory } from '../backup/cluster/snapshot-inventory.ts';
import { volumeDestination } from '../backup/cluster/volume-destination.ts';
import { volumeTaking } from '../backup/cluster/volumes.ts';
import { asNodeUser, machineControl, machineFolder } from '../backup/control/machine.ts';
import { chosenBackup } from '../backup/fetch.ts';
import { fileTaking, lockedRun } from '../backup/file-taking.ts';
import { folderDestination } from '../backup/folder-destination.ts';
import type { Manifest } from '../backup/manifest.ts';
import { writeBackupSeries } from '../backup/metrics.ts';
import type { Archive, Destination, NodeControl, RecordFile, Taking } from '../backup/port.ts';
import { restoreOnto } from '../backup/restore.ts';
import { type RestoreRecord, restoreShape } from '../backup/restore-state.ts';
import { runBackup } from '../backup/run-backup.ts';
import { holdFile, recordFile } from '../backup/run-file.ts';
import { recordShape, type Step } from '../backup/run-state.ts';
import type { RunScript } from '../machines/ssh.ts';
import {
  type BackupInput,
  type BackupPorts,
  type BackupSession,
  type NodeHere,
  noArchive,
  withBackups,
} from './backup-session.ts';
import type { Confirm, LockWishes } from './change-lock.ts';
import { lockedDestination, underRestoreLock } from './restore-lock.ts';

/** A backup is files in an archive, or snapshots of volumes. */
export type BackupForm = 'files' | 'volumes';

/** A node with a folder, on this machine or on another. */
interface NodeInFolder extends Omit<NodeHere, 'close'> {
  readonly run: RunScript;
  /** The archive, for scripts that only one run at a time may execute. */
  readonly locked: RunScript;
  /** Scripts as the user of the node. */
  readonly asOwner: RunScript;
  readonly archive: Archive;
  readonly archiveBy: (run: RunScript) => Archive;
}

async function nodeInFolder(
  ports: BackupPorts,
  { network, node }: BackupInput,
  { run, archiveBy, onClose }: BackupSession,
): Promise<NodeInFolder> {
  const here = (await ports.openLocal?.(network, node)) ?? null;
  if (here !== null) onClose(here.close);
  const lockFile = here?.lockFile ?? `/run/watchbill-${network.name}-${node.name}.lock`;
  const locked = lockedRun(run, lockFile);
  const opened = (by: RunScript): Archive => {
    const archive = archiveBy(by);
    if (archive === null) throw noArchive();
    return archive;
  };
  return {
    control: here?.control ?? machineControl(run, network, node),
    folder: here?.folder ?? machineFolder(network, node),
    genesisOfOthers: here?.genesisOfOthers ?? (async () => null),
    ...{ lockFile, run, locked, archive: opened(locked), archiveBy: opened },
    asOwner: here === null ? asNodeUser(locked, network, node) : locked,
  };
}

/** Holds the records of a node while it works. One run at a time has them. */
async function holding<Value>(
  { records }: BackupPorts,
  { node }: BackupInput,
  work: (base: string) => Promise<Value>,
): Promise<Value> {
  const base = join(records, node.name);
  const held = holdFile(`${base}.lock`);
  try {
    return await work(base);
  } finally {
    held.release();
  }
}

export interface BackUpInput extends BackupInput {
  /** The network file; absolute. */
  readonly file: string;
  /** Also a node of another role than `backup`, if it does not sign. */
  readonly anyRole: boolean;
  /** Snapshots may hold the p2p key that is on the volume. */
  readonly withNodeKey: boolean;
  /** Folder for metrics of Prometheus; absolute. Null: none. */
  readonly metrics: string | null;
  /** For the node, until it answers again. */
  readonly startMs: number;
  readonly onEvent: (event: { readonly kind: 'step'; readonly step: Step }) => void;
}

/**
 * Stops a node that does not sign, copies its database, and starts it again. Continues an interrupted run.
 */
export function backUp(ports: BackupPorts, input: BackUpInput): Promise<Manifest> {
  const { network, node, metrics, onEvent } = input;
  const seconds = (): number => Math.floor(ports.clock.nowMs() / 1_000);
  const series = (values: Parameters<typeof writeBackupSeries>[2]): void => {
    if (metrics !== null) writeBackupSeries(metrics, { network: network.name, node: node.name }, values);
  };
  return withBackups(ports, input, async (session) => {
    const { control, taking } = await takingOf(ports, input, session);
    return holding(ports, input, async (base) => {
      series({ tried: seconds() });
      const made = await runBackup(
        {
          ...{ control, taking, clock: ports.clock, anyRole: input.anyRole, startMs: input.startMs },
          file: recordFile(`${base}.run.json`, recordShape),
          tell: (step) => onEvent({ kind: 'step', step }),
        },
        session.signal,
      );
      series({ finished: seconds(), height: made.finalised.number, bytes: made.totalBytes });
      return made;
    });
  });
}

async function takingOf(
  ports: BackupPorts,
  input: BackUpInput,
  session: BackupSession,
): Promise<{ readonly control: NodeControl; readonly taking: Taking }> {
  const { network, node, withNodeKey } = input;
  const { cluster, run } = session;
  if (cluster === null) {
    const { control, folder, archive } = await nodeInFolder(ports, input, session);
    return { control, taking: fileTaking(run, folder, archive) };
  }
  const snapshotClass = network.file.backup?.volumeSnapshotClass ?? null;
  const taken = { cluster, network, node, chainId: chainIdOf(input), snapshotClass, withNodeKey };
  return { control: clusterControl(cluster, network, node), taking: volumeTaking(taken) };
}

/** The name of the chain in the node: the one that its program knows, or the `id` of the specification. */
function chainIdOf({ network, node, file }: BackUpInput): string {
  const { name, spec } = chainsOf(network, node).own;
  if (name !== undefined) return name;
  if (spec?.file === undefined) return 'unknown';
  const path = resolve(dirname(file), spec.file);
  try {
    const read = jsonOrNull(readFileSync(path, 'utf8'));
    const id = isRecord(read as never) ? (read as { readonly id?: unknown }).id : undefined;
    return typeof id === 'string' && /^[A-Za-z0-9._-]+$/.test(id) ? id : 'unknown';
  } catch {
    throw usageFault(
      `${spec.file} cannot be read`,
      'name an existing chain specification in chain.spec.file',
      file,
    );
  }
}

export interface RestoreInput extends BackupInput, LockWishes {
  /** Id of the backup; null: the newest. */
  readonly backup: string | null;
  /** The node whose backup it is; null: the node itself. */
  readonly of: string | null;
  /** Hash of block 0, for a node that does not answer. */
  readonly genesis: string | null;
  /** Also if the node has more than the backup. */
  readonly older: boolean;
  /** The old database stays beside the new one. */
  readonly keepOld: boolean;
  /** Also onto a node of a signing role, if it has no keys at all. */
  readonly signerWithoutKeys: boolean;
  /** For the node, until it is up on the backup. */
  readonly startMs: number;
  readonly onEvent: (event: RestoreEvent) => void;
}

export interface RestoreEvent {
  readonly kind: 'step';
  readonly step: RestoreRecord['step'];
  readonly form: BackupForm;
}

/**
 * Puts a backup onto a node, under the lock of the network at the place of the node. A node with session keys
 * is always refused. If the node does not come up, it gets its old database back. Continues an interrupted
 * restore.
 */
export function restoreNode(ports: BackupPorts, input: RestoreInput): Promise<Manifest> {
  return withBackups(ports, input, async (session) => {
    const { cluster } = session;
    const form: BackupForm = cluster === null ? 'files' : 'volumes';
    const open = cluster === null ? await nodeInFolder(ports, input, session) : null;
    const restore = async (base: string, confirm: Confirm): Promise<Manifest> => {
      const file = recordFile(`${base}.restore.json`, restoreShape);
      const { control, destination, list } =
        open === null
          ? volumeParts(input, cluster as OpenCluster)
          : await fileParts(input, open, session.signal);
      const manifest =
        (form === 'volumes' ? begunOf(file, input) : null) ??
        chosenBackup(await list(session.signal), {
          network: input.network.name,
          node: input.of ?? input.node.name,
          id: input.backup,
        });
      const { startMs, keepOld, onEvent } = input;
      const tell = (step: RestoreRecord['step']) => onEvent({ kind: 'step', step, form });
      const locked = lockedDestination(destination, confirm);
      const parts = { control, destination: locked, file, clock: ports.clock, startMs, keepOld, tell };
      await restoreOnto(parts, manifest, session.signal);
      return manifest;
    };
    return holding(ports, input, (base) =>
      underRestoreLock(ports, input, session, (confirm) => restore(base, confirm)),
    );
  });
}

interface RestoreParts {
  readonly control: NodeControl;
  readonly destination: Destination;
  readonly list: Archive['list'];
}

async function fileParts(
  input: RestoreInput,
  open: NodeInFolder,
  signal: AbortSignal,
): Promise<RestoreParts> {
  const { older, signerWithoutKeys } = input;
  const { control, folder, archive, archiveBy, asOwner, locked: run } = open;
  const genesis = input.genesis ?? (await open.genesisOfOthers(signal));
  const destination = folderDestination({
    ...{ control, run, asOwner, folder, archiveBy, genesis, older, signerWithoutKeys },
  });
  return { control, destination, list: archive.list };
}

function volumeParts(input: RestoreInput, cluster: OpenCluster): RestoreParts {
  const { network, node, genesis, older } = input;
  const control = clusterControl(cluster, network, node);
  const destination = volumeDestination({ cluster, network, node, control, genesis, older });
  return { control, destination, list: snapshotInventory(cluster, network.name, input.of ?? node.name).list };
}

/** The backup of an interrupted restore: its snapshots may not be listed any more. */
function begunOf(file: RecordFile<RestoreRecord>, { backup }: RestoreInput): Manifest | null {
  const record = file.read();
  if (record === null) return null;
  return backup === null || backup === record.manifest.id ? record.manifest : null;
}
