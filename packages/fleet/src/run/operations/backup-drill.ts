import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { chainsOf } from '../../file/normalise/index.ts';
import { drillVolumes } from '../backup/cluster/drill.ts';
import { drillMarkShape } from '../backup/cluster/leftovers.ts';
import { snapshotInventory } from '../backup/cluster/snapshot-inventory.ts';
import { drillBackup } from '../backup/drill.ts';
import { chosenBackup } from '../backup/fetch.ts';
import type { Manifest } from '../backup/manifest.ts';
import { writeBackupSeries } from '../backup/metrics.ts';
import type { Archive } from '../backup/port.ts';
import { holdFile, recordFile } from '../backup/run-file.ts';
import type { NodeFacts } from '../backup/run-state.ts';
import {
  type BackupInput,
  type BackupPorts,
  type BackupSession,
  noArchive,
  withBackups,
} from './backup-session.ts';

export interface DrillInput extends BackupInput {
  /** The network file; absolute. */
  readonly file: string;
  /** Id of the backup; null: the newest. */
  readonly backup: string | null;
  /** Executable of the node, as a person named it; null: that of the network file. */
  readonly program: string | null;
  /** File of a specification, or a name; null: that of the network file. */
  readonly chain: string | null;
  readonly flags: readonly string[];
  /** Folder for the files; null: that for temporary files. */
  readonly scratch: string | null;
  /** Folder for metrics of Prometheus; absolute. Null: none. */
  readonly metrics: string | null;
  /** For the node, until it has the height. */
  readonly startMs: number;
}

export interface Drilled {
  readonly manifest: Manifest;
  /** The answers of the node on the backup. */
  readonly facts: NodeFacts;
}

/**
 * Starts a node without keys and peers on a backup, in a folder here or in the cluster, and removes both.
 * Throws an Fault `backup-drill` if the node does not reach the height of the backup.
 */
export function drillNode(ports: BackupPorts, input: DrillInput): Promise<Drilled> {
  const { network, node, metrics } = input;
  // Files are drilled here, wherever the node is.
  return withBackups(ports, { ...input, here: true }, async (session) => {
    const { archive } = session;
    const drilled =
      archive === null
        ? await drillSnapshots(ports, input, session)
        : await drillFiles(ports, input, session, archive);
    const now = Math.floor(ports.clock.nowMs() / 1_000);
    if (metrics !== null)
      writeBackupSeries(metrics, { network: network.name, node: node.name }, { drilled: now });
    return drilled;
  });
}

const wantedOf = ({ network, node, backup: id }: DrillInput) => ({
  network: network.name,
  node: node.name,
  id,
});

async function drillFiles(
  ports: BackupPorts,
  input: DrillInput,
  { run, signal }: BackupSession,
  archive: Archive,
): Promise<Drilled> {
  const manifest = chosenBackup(await archive.list(signal), wantedOf(input));
  const { node, flags, startMs } = input;
  const facts = await drillBackup(
    {
      ...{ archive, manifest, run, startMs, clock: ports.clock },
      scratch: ports.pathHere(input.scratch ?? tmpdir()),
      program: programOf(ports, input),
      chain: chainOf(ports, input),
      flags: [...node.settings.customFlags, ...flags],
    },
    signal,
  );
  return { manifest, facts };
}

/** In the cluster itself, because the snapshots are there. */
async function drillSnapshots(
  { records, clock, openCluster }: BackupPorts,
  input: DrillInput,
  { signal, onClose }: BackupSession,
): Promise<Drilled> {
  const { network, node, startMs } = input;
  const place = network.places.get(node.place);
  if (place?.target !== 'kubernetes') throw noArchive();
  const cluster = await openCluster(place);
  onClose(cluster.close);
  const base = join(records, node.name);
  const held = holdFile(`${base}.drill.lock`);
  try {
    const listed = await snapshotInventory(cluster, network.name, node.name).list(signal);
    const manifest = chosenBackup(listed, wantedOf(input));
    const file = recordFile(`${base}.drill.json`, drillMarkShape);
    const facts = await drillVolumes({ cluster, network, node, manifest, clock, file, startMs }, signal);
    return { manifest, facts };
  } finally {
    held.release();
  }
}

function programOf({ pathHere }: BackupPorts, { program, node }: DrillInput): string {
  const found = program === null ? node.settings.software.binary?.source : pathHere(program);
  if (found?.startsWith('/') === true && existsSync(found)) return found;
  throw usageFault(
    'this machine has no executable of the node',
    'name one with --program',
    found ?? 'flag --program',
  );
}

function chainOf({ pathHere }: BackupPorts, { chain, file, network, node }: DrillInput): string {
  const { own, beside } = chainsOf(network, node);
  if (beside !== null)
    throw usageFault(
      'drills of parachain nodes are not implemented yet',
      'try one by hand; see `watchbill docs back-up`',
      node.name,
    );
  if (chain !== null) return existsSync(pathHere(chain)) ? pathHere(chain) : chain;
  if (own.name !== undefined) return own.name;
  if (own.spec?.file !== undefined) return resolve(dirname(file), own.spec.file);
  throw usageFault(
    'this machine does not have the specification of the chain',
    'download it, and name it with --chain',
    'flag --chain',
  );
}
