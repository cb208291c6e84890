import { namesByRank, type Observation, type Policy } from '../../../rule/index.ts';
import { PermitFault, type ReadinessReport, type WatchState } from '../../contract.ts';
import { type CoreContext, readText, transact } from '../../ground/context.ts';
import { unfitBy } from '../../ground/fitness.ts';
import { keys } from '../../ground/keys.ts';
import { createMirror, type Mirror } from '../../ground/mirror.ts';
import {
  decodeRecord,
  encodeRecord,
  type HeldWatch,
  toBytes,
  type WatchRecord,
} from '../../ground/records.ts';
import { createPresence, type Presence } from '../presence/presence.ts';
import { followHandover, isTurnOf, type KeyWatch, nextTerm, watchCompares } from './turns.ts';

const NO_WATCH: WatchRecord = { holder: null, term: '0', relief: null };

/** `from` is the holder before; null if there was none. */
type Taken = (policy: Policy, from: string | null, taken: WatchRecord) => void;

/** The mirrors of the store, and the memory of this service about each key. */
interface Shell {
  readonly context: CoreContext;
  readonly watches: Mirror<WatchRecord>;
  readonly presence: Presence;
  readonly known: Map<string, KeyWatch>;
  readonly listeners: Taken[];
}

/**
 * The active node of each key, as preference: protocol section 5. Safety never rests on it.
 *
 * @param reportsOf what observers reported for a policy
 */
export async function createWatchBook(
  context: CoreContext,
  reportsOf: (policy: Policy) => readonly Observation[],
) {
  const watches: Mirror<WatchRecord> = await createMirror(context, {
    prefix: keys.watches,
    decode: (_key, text) => decodeRecord('watch', text),
  });
  const presence = await createPresence(context);
  const shell: Shell = { context, watches, presence, known: new Map(), listeners: [] };
  return {
    state: (policy: Policy): WatchState => stateOf(shell, policy),
    /** The record with its text, on a linearizable read. */
    read: (chain: string, key: string): Promise<HeldWatch> => read(shell, chain, key),
    report: (report: ReadinessReport, node: string, policyOf: (key: string) => Policy | null) =>
      takeReport(shell, report, node, policyOf, reportsOf),
    write: (policy: Policy, before: HeldWatch, next: WatchRecord): Promise<boolean> =>
      write(shell, policy, before, next),
    /** Take the watch if its holder's presence has lapsed and it is this node's turn. True when taken. */
    tryTake: (policy: Policy, node: string): Promise<boolean> => tryTake(shell, policy, node),
    /** As the mirror shows it. */
    holder: (policy: Policy): string | null => recordOf(shell, policy).holder,
    holderLive: (policy: Policy): boolean => isHolderLive(shell, policy),
    /** The original wire protocol has no reports: a question is a sign of life. */
    signOfLife: (policy: Policy, node: string): Promise<void> => signOfLife(shell, policy, node),
    /** Null if the node's last report was fit and is fresh; else the reason, with its number. */
    unfit: (policy: Policy, node: string): string | null => unfit(shell, policy, node),
    /** The last report of the node for the key that came here, if it is fresh. */
    lastReport: ({ chain, key, readiness }: Policy, node: string): ReadinessReport | null =>
      presence.lastReport(chain, key, node, readiness.maxAgeMs),
    /** The watch of a key as the mirrors show it to a claim of this node. */
    standing: (policy: Policy, node: string) => ({
      record: recordOf(shell, policy),
      holderLive: isHolderLive(shell, policy),
      unfit: unfit(shell, policy, node),
      /** Whether another listed node is ready, so that this one need not go first. */
      otherReady: policy.roster.some(({ name }) => name !== node && isLive(shell, policy, name)),
    }),
    /** Calls the listener at each change of this watch or of a presence for its key. */
    onChange: (chain: string, key: string, listener: () => void) => onChange(shell, chain, key, listener),
    /** Called after this service gave the watch to a node because its holder was absent, or had none. */
    onTaken: (listener: Taken): void => void shell.listeners.push(listener),
    stop(): void {
      watches.stop();
      presence.stop();
    },
  };
}

function recordOf({ watches }: Shell, policy: Policy): WatchRecord {
  return watches.get(keys.watch(policy.chain, policy.key)) ?? NO_WATCH;
}

function isLive({ presence }: Shell, { chain, key }: Policy, node: string): boolean {
  return presence.isLive(chain, key, node);
}

/** False for a holder that is no longer listed, however live it is for other keys. */
function isHolderLive(shell: Shell, policy: Policy): boolean {
  const { holder } = recordOf(shell, policy);
  return policy.roster.some(({ name }) => name === holder && isLive(shell, policy, name));
}

/** The listed nodes that are live, best rank first. */
function readyNodes(shell: Shell, policy: Policy): readonly string[] {
  return namesByRank(policy).filter((node) => isLive(shell, policy, node));
}

function unfit({ presence }: Shell, { chain, key, readiness }: Policy, node: string): string | null {
  return presence.unfit(chain, key, node, readiness.maxAgeMs);
}

function stateOf(shell: Shell, policy: Policy): WatchState {
  const { holder, term, relief: movingTo } = recordOf(shell, policy);
  const { chain, key } = policy;
  const ready = readyNodes(shell, policy);
  const live = isHolderLive(shell, policy);
  return { chain, key, holder, live, term, ready, unfit: unfitNodes(shell, policy), movingTo };
}

function unfitNodes(shell: Shell, policy: Policy): NonNullable<WatchState['unfit']> {
  if (!policy.readiness.required) return [];
  return policy.roster.flatMap(({ name: node }) => {
    const why = unfit(shell, policy, node);
    return why === null ? [] : [{ node, why }];
  });
}

async function read({ context, watches }: Shell, chain: string, key: string): Promise<HeldWatch> {
  const text = await readText(context, keys.watch(chain, key));
  if (text === null) return { record: NO_WATCH, text: null };
  const record = decodeRecord('watch', text);
  watches.set(keys.watch(chain, key), record);
  return { record, text };
}

/** Without a certain answer of the store, a read decides: the holder enters no unit while its mark stays. */
async function write(shell: Shell, policy: Policy, before: HeldWatch, next: WatchRecord): Promise<boolean> {
  const { context, watches } = shell;
  const { chain, key: ofKey } = policy;
  const key = keys.watch(chain, ofKey);
  const compares = watchCompares(policy, before, next);
  const text = encodeRecord('watch', next);
  const { outcome } = await transact(context, { compares, writes: [{ key, value: toBytes(text) }] });
  if (outcome === 'ambiguous') return (await read(shell, chain, ofKey)).text === text;
  if (outcome !== 'applied') return false;
  watches.set(key, next);
  return true;
}

/** A fit node is there: it takes the watch if no holder is, and its turn has come. True if it is active. */
async function tryTake(shell: Shell, policy: Policy, node: string): Promise<boolean> {
  const { context, known, listeners } = shell;
  const { chain, key } = policy;
  const record = recordOf(shell, policy);
  const nowMs = context.parts.clock.monotonicMs();
  const name = keys.watch(chain, key);
  const mine = known.get(name) ?? { lapsedSinceMs: null, relief: null };
  known.set(name, mine);
  if (isHolderLive(shell, policy)) {
    mine.lapsedSinceMs = null;
    const ended = followHandover(mine, record, nowMs);
    if (ended !== null) await write(shell, policy, ended.before, ended.next);
    return record.holder === node;
  }
  mine.lapsedSinceMs ??= nowMs;
  if (!isTurnOf(policy, readyNodes(shell, policy), node, nowMs - mine.lapsedSinceMs)) return false;
  const before = await read(shell, chain, key);
  const { holder: from } = before.record;
  if (from === node) return true;
  const next = nextTerm(before.record, node);
  if (!(await write(shell, policy, before, next))) return false;
  mine.lapsedSinceMs = null;
  const fields = { event: 'watch', chain, key, holder: node, before: from, term: next.term };
  context.parts.log.info(fields, `${node} is active`);
  for (const listener of listeners) listener(policy, from, next);
  return true;
}

/** A report of a node for some keys. Throws a PermitFault `not-listed` for a key that lists no such node. */
async function takeReport(
  shell: Shell,
  readiness: ReadinessReport,
  node: string,
  policyOf: (key: string) => Policy | null,
  reportsOf: (policy: Policy) => readonly Observation[],
): Promise<readonly WatchState[]> {
  const mine = [...new Set(readiness.keys)]
    .map(policyOf)
    .filter((policy) => policy !== null)
    .filter((policy) => policy.roster.some((entry) => entry.name === node));
  const missing = readiness.keys.find((key) => !mine.some((policy) => policy.key === key));
  if (missing !== undefined) {
    const message = `${node} is not in the roster of key ${missing} on chain ${readiness.chain}`;
    throw new PermitFault('not-listed', 403, message, 'Add the node to the roster and apply the policy.');
  }
  if (mine.length === 0) return [];
  const ttlMs = Math.min(...mine.map((policy) => policy.watchTtlMs));
  const judged = new Map(
    mine.map((policy) => [policy.key, unfitBy(policy, node, readiness, reportsOf(policy))]),
  );
  await shell.presence.report(readiness.chain, node, judged, ttlMs, readiness);
  for (const policy of mine) if (judged.get(policy.key) === null) await tryTake(shell, policy, node);
  return mine.map((policy) => stateOf(shell, policy));
}

async function signOfLife(shell: Shell, policy: Policy, node: string): Promise<void> {
  if (!policy.roster.some((entry) => entry.name === node)) return;
  await shell.presence.report(policy.chain, node, new Map([[policy.key, null]]), policy.watchTtlMs);
  await tryTake(shell, policy, node);
}

/** The records of other keys wake no claim: a service may hold claims of many keys. */
function onChange({ watches, presence }: Shell, chain: string, key: string, listener: () => void) {
  const look = (recordKey: string) => {
    if (recordKey === keys.watch(chain, key) || recordKey.startsWith(keys.presence(chain, key, '')))
      listener();
  };
  const stops = [watches.onChange(look), presence.onChange(look)];
  return () => {
    for (const stop of stops) stop();
  };
}
