import { publicKey, seedOf } from './claims.ts';
import type { Insert } from './commands.ts';
import type { Simulation } from './simulation.ts';

/**
 * Inserts a key by RPC into the running signer of a pool. A person never gives two processes one key: the key
 * is refused if a process has it. No tool sees that moment, only a later one. On a volume the key stays.
 */
export function insertKey({ world, file }: Simulation, { pool, seed }: Insert): string {
  const signer = file.signers[pool];
  if (signer === undefined) return 'there is no such pool';
  const key = publicKey(seedOf(seed));
  const node = `${pool}-${signer.place}-0`;
  const process = world.processes().find(({ home, id }) => home !== 'local' && id.includes(node));
  if (process === undefined || process.home === 'local' || key === null) return 'no such process runs';
  if (world.processes().some(({ keys }) => keys.includes(key))) return 'a process has this key';
  const { home } = process;
  const name = process.id.slice(process.id.indexOf('/') + 1);
  if ('volumes' in home && home.volumes.get(`keys-${name}`) === home.running.get(name)) {
    const keys = [...process.keys, key];
    home.volumes.set(`keys-${name}`, keys);
    home.running.set(name, keys);
  } else home.inserted.set(name, [...(home.inserted.get(name) ?? []), key]);
  return `${process.id} has ${key}`;
}
