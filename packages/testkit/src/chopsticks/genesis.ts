import { storageKey } from '@watchbill/chain';
import type { RawChain } from './chains.ts';

/** Raw storage of a genesis: keys and values as `0x…`; null removes. */
export type RawStorage = Readonly<Record<string, string | null>>;

/** 2026-01-01T00:00:00Z, the time of the genesis of every chain here. */
export const GENESIS_MS = 1_767_225_600_000;

/** The specification as JSON text that gives the same blocks on every machine at any time. */
export function fixedGenesis(specText: string, chain: RawChain, storage: RawStorage): string {
  const spec = JSON.parse(specText);
  const top: unknown = spec?.genesis?.raw?.top;
  if (typeof top !== 'object' || top === null)
    throw new Error(`the specification of "${spec?.name}" has no raw genesis`);
  const written = Object.entries({ ...top, ...clockStorage(chain), ...storage });
  const kept = Object.fromEntries(written.filter(([, value]) => value !== null));
  return JSON.stringify({
    ...spec,
    // chopsticks refuses null.
    properties: spec.properties ?? {},
    genesis: { ...spec.genesis, raw: { ...spec.genesis.raw, top: kept } },
  });
}

/** Without it the first block takes its time from the clock of the machine, and every later hash with it. */
function clockStorage({ clock, slotMs }: RawChain): RawStorage {
  const now = { [storageKey('Timestamp', 'Now')]: u64(BigInt(GENESIS_MS)) };
  if (clock === 'timestamp') return now;
  return { ...now, [storageKey('Babe', 'CurrentSlot')]: u64(BigInt(GENESIS_MS / slotMs)) };
}

/** Eight bytes, as `0x…`. */
export function u64(value: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return `0x${bytes.toString('hex')}`;
}
