import { randomHex } from '@watchbill/kit';
import type { Policy } from '../../rule/index.ts';
import type { KeyLease, KeyLeaseView, ReadinessReport } from '../contract.ts';
import { type CoreContext, listTexts, readText, transact } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { compareOf, decodeRecord, encodeRecord, type RecordOf, toBytes } from '../ground/records.ts';

/**
 * How long a lease outlives the last report that kept it, in milliseconds. A machine erases the secret 5 s
 * after it sent that report (`HOLD` in substrate/wiring/src/lease.rs); the rest is for slow clocks.
 */
const LEASE_TTL_MS = 15_000;

type Asked = NonNullable<ReadinessReport['leases']>[number];

/** The last report of a node for a key that came to this service; null if it is too old. */
type ReportOf = (policy: Policy, node: string) => ReadinessReport | null;

/**
 * Leases of keys that sign without a grant, so that one machine alone may have such a secret: decision 0087.
 * The record of a lease in the store is the exclusion. It vanishes with the store's lease. A node gets a new
 * one only while there is none, and each has a new id, so a report that was under way for long ends no later
 * lease.
 */
export function createKeyLeases(context: CoreContext, reportOf: ReportOf) {
  const timeoutMs = context.options.storeTimeoutMs;
  /** The leases of the embedded store end with its process, while a machine may still have a secret. */
  const fromMs = context.parts.clock.monotonicMs() + LEASE_TTL_MS;
  /** As the last read found them: their names are known also while the store does not answer. */
  let seen: ReadonlyMap<string, RecordOf<'keyLease'>> = new Map();
  return {
    /** Reads the store once. The leases of a key: those that are held, and those that its nodes ask for. */
    async read(): Promise<(policy: Policy) => readonly KeyLeaseView[]> {
      const found = await listTexts(context, keys.keyLeases)
        .then((texts) => new Map([...texts].map(([at, text]) => [at, decodeRecord('keyLease', text)])))
        .catch(() => null);
      seen = found ?? seen;
      const records = seen;
      return (policy) => viewsOf(policy, reportOf, records, found !== null);
    },
    /** `isActive`: the node is the active one of the named key, and this service may grant it units now. */
    async report(chain: string, asked: Asked, node: string, isActive: boolean): Promise<KeyLease> {
      const { name } = asked;
      const at = keys.keyLease(chain, name);
      const held = await readOrEnd(context, at, asked);
      const mayTake = isActive && context.parts.clock.monotonicMs() >= fromMs;
      if (held === null) return { name, lease: mayTake ? await take(context, at, asked.key, node) : null };
      const keep = () => context.parts.store.keepLeaseAlive(held.lease, { timeoutMs });
      const isKept = held.id === asked.holds && isActive && (await keep()) === 'alive';
      return { name, lease: isKept ? held.id : null };
    },
  };
}

function viewsOf(
  policy: Policy,
  reportOf: ReportOf,
  records: ReadonlyMap<string, RecordOf<'keyLease'>>,
  isKnown: boolean,
): readonly KeyLeaseView[] {
  const { chain, key, roster } = policy;
  const asked = roster.flatMap(({ name: node }) =>
    (reportOf(policy, node)?.leases ?? [])
      .filter((one) => one.key === key)
      .map(({ name }) => ({ name, node })),
  );
  const prefix = keys.keyLease(chain, '');
  const held = [...records].filter(([at, record]) => at.startsWith(prefix) && record.key === key);
  const names = new Set([...asked.map(({ name }) => name), ...held.map(([at]) => at.slice(prefix.length))]);
  return [...names].sort().map((name) => {
    const { node = null, sinceMs = null } = (isKnown && records.get(keys.keyLease(chain, name))) || {};
    const state = !isKnown ? 'unknown' : node === null ? 'free' : 'held';
    const askedBy = asked.filter((one) => one.name === name).map((one) => one.node);
    return { name, state, node, sinceMs, askedBy };
  });
}

/** The lease in the store, after the one that this machine gives back has ended. */
async function readOrEnd(context: CoreContext, at: string, { returned }: Asked) {
  const text = await readText(context, at);
  if (text === null) return null;
  const held = decodeRecord('keyLease', text);
  if (held.id !== returned) return held;
  const ended = { compares: [compareOf(at, text)], writes: [{ key: at, value: null }] };
  return (await transact(context, ended)).outcome === 'applied' ? null : held;
}

/** Without a certain answer of the store no machine knows the new lease, and it ends by itself. */
async function take(context: CoreContext, at: string, key: string, node: string): Promise<string | null> {
  const { store, random, clock, log } = context.parts;
  const { id: lease } = await store.grantLease(LEASE_TTL_MS, { timeoutMs: context.options.storeTimeoutMs });
  const id = randomHex(random, 16);
  const value = toBytes(encodeRecord('keyLease', { id, node, lease, key, sinceMs: clock.nowMs() }));
  const taken = { compares: [{ key: at, value: null }], writes: [{ key: at, value, lease }] };
  if ((await transact(context, taken)).outcome !== 'applied') return null;
  log.info({ event: 'key-lease', record: at, node }, `${node} may have the parachain key`);
  return id;
}
