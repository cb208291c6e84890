import { signs } from '../../file/normalise/index.ts';
import type { SharedRecords } from '../apply/shared-records.ts';
import type { Destination } from '../backup/port.ts';
import { clusterRecords } from '../kubernetes/shared-records.ts';
import { machineRecords, sharedFolder } from '../machines/shared-records.ts';
import type { BackupInput, BackupPorts, BackupSession } from './backup-session.ts';
import { type Confirm, type LockWishes, underNetworkLock } from './change-lock.ts';

/** The restore does one run at a time with one node; the lock is for the other operators of the network. */
export async function underRestoreLock<Value>(
  ports: BackupPorts,
  input: BackupInput & LockWishes,
  session: BackupSession,
  work: (confirm: Confirm) => Promise<Value>,
): Promise<Value> {
  const { network, node, waitMs, onLock } = input;
  const records = recordsOf(ports, input, session);
  // No colleague reaches a network on this machine, and its nodes have a lock file each.
  if (records === null) return work(async () => undefined);
  const { clock, holder, repeat } = ports;
  const lockPorts = { clock, ...(holder && { holder }), ...(repeat && { repeat }) };
  const places = [{ name: node.place, order: node.place, records }];
  const description = `restore ${node.name} at ${node.place}`;
  const settings = { network: network.name, places, work: description, isSigning: signs(node.role) };
  const { signal } = session;
  return underNetworkLock(lockPorts, { ...settings, waitMs, onLock, signal }, work);
}

/** Null: the network runs on this machine. */
function recordsOf(
  { openLocal }: BackupPorts,
  { network }: BackupInput,
  { cluster, run }: BackupSession,
): SharedRecords | null {
  if (openLocal !== null) return null;
  if (cluster !== null) return clusterRecords(cluster.objects, cluster.place.namespace, network.name);
  return machineRecords(run, sharedFolder(network.name));
}

/** The lock is replaced before each step that touches the node. */
export function lockedDestination(destination: Destination, confirm: Confirm): Destination {
  return {
    ...destination,
    refuseSigner: async (signal) => {
      await confirm(signal);
      await destination.refuseSigner(signal);
    },
  };
}
