import type { Observation, Policy } from '../../../rule/index.ts';
import { PermitFault, type ReadinessReport, type WatchState } from '../../contract.ts';
import { type CoreContext, readText, transact } from '../../ground/context.ts';
import { unfitBy } from '../../ground/fitness.ts';
import { keys } from '../../ground/keys.ts';
import { createMirror, type Mirror } from '../../ground/mirror.ts';
import { decodeRecord, encodeRecord, toBytes, type WatchRecord } from '../../ground/records.ts';
import type { Taken, WatchBook } from '../../ground/watch-book.ts';
import { type HeldWatch, NO_WATCH } from '../../ground/watch-book.ts';
import { createPresence, type Presence } from '../presence/presence.ts';
import { isHolderLive, type KeyWatch, readyNodes, type WatchView } from './state.ts';
import { followHandover, isTurnOf, nextTerm, watchCompares } from './turns.ts';

/** The mirrors of the store, and the memory of this service about each key. */
interface Shell {
  readonly context: CoreContext;
  readonly watches: Mirror<WatchRecord>;
  readonly presence: Presence;
  readonly known: Map<string, KeyWatch>;
  readonly listeners: Taken[];
}

export async function createWatchBook(
  context: CoreContext,
  observations: { of(policy: Policy): readonly Observation[] },
): Promise<WatchBook> {
  const watches: Mirror<WatchRecord> = await createMirror(context, {
    prefix: keys.watches,
    decode: (_key, text) => decodeRecord('watch', text),
  });
  const presence = await createPresence(context);
  const shell: Shell = { context, watches, presence, known: new Map(), listeners: [] };
  return {
    state: (policy) => stateOf(shell, policy),
    read: (chain, key) => read(shell, chain, key),
    report: (report, node, policyOf) => takeReport(shell, report, node, policyOf, observations.of),
    write: (policy, before, next) => write(shell, policy, before, next),
    tryTake: (policy, node) => tryTake(shell, policy, node),
    record: (policy) => recordOf(shell, policy),
    holder: (policy) => recordOf(shell, policy).holder,
    holderLive: (policy) => isHolderLive(policy, recordOf(shell, policy), liveIn(shell, policy)),
    signOfLife: (policy, node) => signOfLife(shell, policy, node),
    unfit: (policy, node) => presence.unfit(policy.chain, policy.key, node, policy.readiness.maxAgeMs),
    otherReady: ({ chain, key, roster }, node) =>
      roster.some(({ name }) => name !== node && presence.isLive(chain, key, name)),
    changed: (chain, key, signal) => changed(shell, chain, key, signal),
    onTaken: (listener) => void shell.listeners.push(listener),
    stop() {
      watches.stop();
      presence.stop();
    },
  };
}

function recordOf({ watches }: Shell, policy: Policy): WatchRecord {
  return watches.get(keys.watch(policy.chain, policy.key)) ?? NO_WATCH;
}

function viewOf(shell: Shell, policy: Policy): WatchView {
  return { record: recordOf(shell, policy), ready: readyNodes(policy, liveIn(shell, policy)) };
}

function liveIn({ presence }: Shell, { chain, key }: Policy) {
  return (node: string) => presence.isLive(chain, key, node);
}

function stateOf(shell: Shell, policy: Policy): WatchState {
  const view = viewOf(shell, policy);
  const { holder, term, relief: movingTo } = view.record;
  const { chain, key } = policy;
  const live = isHolderLive(policy, view.record, liveIn(shell, policy));
  const unfit = unfitNodes(shell, policy);
  return { chain, key, holder, live, term, ready: view.ready, unfit, movingTo };
}

function unfitNodes({ presence }: Shell, policy: Policy): NonNullable<WatchState['unfit']> {
  if (!policy.readiness.required) return [];
  const { maxAgeMs } = policy.readiness;
  return policy.roster.flatMap(({ name: node }) => {
    const why = presence.unfit(policy.chain, policy.key, node, maxAgeMs);
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
  const view = viewOf(shell, policy);
  const nowMs = context.parts.clock.monotonicMs();
  const name = keys.watch(chain, key);
  const mine = known.get(name) ?? { lapsedSinceMs: null, relief: null };
  known.set(name, mine);
  if (isHolderLive(policy, view.record, liveIn(shell, policy))) {
    mine.lapsedSinceMs = null;
    const ended = followHandover(mine, view.record, nowMs);
    if (ended !== null) await write(shell, policy, ended.before, ended.next);
    return view.record.holder === node;
  }
  mine.lapsedSinceMs ??= nowMs;
  if (!isTurnOf(policy, view, node, nowMs - mine.lapsedSinceMs)) return false;
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
  observationsOf: (policy: Policy) => readonly Observation[],
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
    mine.map((policy) => [policy.key, unfitBy(policy, node, readiness, observationsOf(policy))]),
  );
  await shell.presence.report(readiness.chain, node, judged, ttlMs);
  for (const policy of mine) if (judged.get(policy.key) === null) await tryTake(shell, policy, node);
  return mine.map((policy) => stateOf(shell, policy));
}

async function signOfLife(shell: Shell, policy: Policy, node: string): Promise<void> {
  if (!policy.roster.some((entry) => entry.name === node)) return;
  await shell.presence.report(policy.chain, node, new Map([[policy.key, null]]), policy.watchTtlMs);
  await tryTake(shell, policy, node);
}

/** The records of other keys wake no claim: a service may hold claims of many keys. */
function changed({ watches, presence }: Shell, chain: string, key: string, signal: AbortSignal) {
  const ofKey = (recordKey: string) =>
    recordKey === keys.watch(chain, key) || recordKey.startsWith(keys.presence(chain, key, ''));
  return new Promise<void>((resolve) => {
    const look = (recordKey: string) => {
      if (ofKey(recordKey)) wake();
    };
    const stops = [watches.onChange(look), presence.onChange(look)];
    const wake = () => {
      for (const stop of stops) stop();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    signal.addEventListener('abort', wake, { once: true });
    if (signal.aborted) wake();
  });
}
