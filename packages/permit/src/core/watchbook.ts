import type { Observation, Policy } from '@watchbill/duty';
import { PermitFault, type ReadinessReport, type WatchState } from '../contract.ts';
import { type CoreContext, readTexts } from './context.ts';
import { unfitBy } from './fitness.ts';
import { keys } from './keys.ts';
import { createMirror, type Mirror } from './mirror.ts';
import { createPresence, type Presence } from './presence.ts';
import { decodeRecord, encodeRecord, toBytes, type WatchRecord } from './records.ts';

/** Who is on watch, as preference: protocol section 5. Safety never rests on it. */
export interface WatchBook {
  state(policy: Policy): WatchState;
  /** The record with its text, on a linearizable read. */
  read(chain: string, key: string): Promise<HeldWatch>;
  report(report: ReadinessReport, node: string, policies: readonly Policy[]): Promise<readonly WatchState[]>;
  /** The original wire protocol has no reports: a question is a sign of life. */
  signOfLife(policy: Policy, node: string): Promise<void>;
  /** Null where the node's last report was fit and is fresh; else what is wrong, with its number. */
  unfit(policy: Policy, node: string): string | null;
  holder(policy: Policy): string | null;
  holderLive(policy: Policy): boolean;
  /** Take the watch where its holder's presence has lapsed and it is this node's turn. True when taken. */
  tryTake(policy: Policy, node: string): Promise<boolean>;
  write(policy: Policy, before: HeldWatch, next: WatchRecord): Promise<boolean>;
  /** Resolves at the next change of any watch or presence, or on abort. */
  changed(signal: AbortSignal): Promise<void>;
  stop(): void;
}

export interface HeldWatch {
  readonly record: WatchRecord;
  /** Null where there is no record yet. */
  readonly text: string | null;
}

export const NO_WATCH: WatchRecord = { holder: null, term: '0', relief: null };

/** A relief takes at most half a minute; one that is older lost the service that led it. */
const RELIEF_LIFE_MS = 45_000;

export async function createWatchBook(
  context: CoreContext,
  observations: { of(policy: Policy): readonly Observation[] },
): Promise<WatchBook> {
  const { store, clock, log } = context.parts;
  const watches: Mirror<WatchRecord> = await createMirror(context, {
    prefix: keys.watches,
    decode: (_key, text) => decodeRecord('watch', text),
  });
  const presence: Presence = await createPresence(context);
  const lapsedSinceMs = new Map<string, number>();
  const reliefs = new Map<string, { readonly text: string; readonly sinceMs: number }>();

  const recordOf = (policy: Policy) => watches.get(keys.watch(policy.chain, policy.key)) ?? NO_WATCH;

  function holderLive(policy: Policy): boolean {
    const { holder } = recordOf(policy);
    return (
      holder !== null &&
      policy.roster.some((node) => node.name === holder) &&
      presence.isLive(policy.chain, policy.key, holder)
    );
  }

  function readyNodes(policy: Policy): string[] {
    const ranked = [...policy.roster].sort((a, b) => a.rank - b.rank).map((node) => node.name);
    return ranked.filter((name) => presence.isLive(policy.chain, policy.key, name));
  }

  function unfitNodes(policy: Policy): NonNullable<WatchState['unfit']> {
    if (!policy.readiness.required) return [];
    const { maxAgeMs } = policy.readiness;
    return policy.roster.flatMap(({ name: node }) => {
      const why = presence.unfit(policy.chain, policy.key, node, maxAgeMs);
      return why === null ? [] : [{ node, why }];
    });
  }

  function state(policy: Policy): WatchState {
    const record = recordOf(policy);
    return {
      chain: policy.chain,
      key: policy.key,
      holder: record.holder,
      live: holderLive(policy),
      term: record.term,
      ready: readyNodes(policy),
      unfit: unfitNodes(policy),
    };
  }

  async function read(chain: string, key: string): Promise<HeldWatch> {
    const [text] = await readTexts(context, [keys.watch(chain, key)]);
    if (text === null || text === undefined) return { record: NO_WATCH, text: null };
    const record = decodeRecord('watch', text);
    watches.set(keys.watch(chain, key), record);
    return { record, text };
  }

  async function write(policy: Policy, before: HeldWatch, next: WatchRecord): Promise<boolean> {
    const recordKey = keys.watch(policy.chain, policy.key);
    const holder = before.record.holder;
    const compares = [{ key: recordKey, value: before.text === null ? null : toBytes(before.text) }];
    // A lapsed holder must still be absent when the watch moves; a relief moves it from a live one, and who is no
    // longer listed may be live for other keys.
    if (
      holder !== null &&
      policy.roster.some((node) => node.name === holder) &&
      holder !== next.holder &&
      before.record.relief !== next.holder &&
      next.relief === null
    ) {
      compares.push({ key: keys.presence(policy.chain, policy.key, holder), value: null });
    }
    const text = encodeRecord('watch', next);
    const [result] = await store.transact(
      [{ compares, writes: [{ key: recordKey, value: toBytes(text) }] }],
      {
        timeoutMs: context.options.storeTimeoutMs,
      },
    );
    if (result?.outcome !== 'applied') return false;
    watches.set(recordKey, next);
    return true;
  }

  /** Better-ranked ready nodes go first; each rank below waits one standby delay since the lapse was noticed. */
  function isTurn(policy: Policy, node: string): boolean {
    const name = `${policy.chain}/${policy.key}`;
    const nowMs = clock.monotonicMs();
    const sinceMs = lapsedSinceMs.get(name) ?? nowMs;
    lapsedSinceMs.set(name, sinceMs);
    const place = readyNodes(policy).filter(
      (other) => other !== node && rankOf(policy, other) < rankOf(policy, node),
    ).length;
    return nowMs - sinceMs >= place * policy.standbyDelayMs;
  }

  /** A relief whose service died would keep the holder from entering for ever: after its time it is called off. */
  async function endLeftRelief(policy: Policy): Promise<void> {
    const name = `${policy.chain}/${policy.key}`;
    const record = recordOf(policy);
    if (record.relief === null) {
      reliefs.delete(name);
      return;
    }
    const text = encodeRecord('watch', record);
    const nowMs = clock.monotonicMs();
    const seen = reliefs.get(name);
    if (seen?.text !== text) reliefs.set(name, { text, sinceMs: nowMs });
    else if (nowMs - seen.sinceMs > RELIEF_LIFE_MS) {
      await write(policy, { record, text }, { ...record, relief: null });
      reliefs.delete(name);
    }
  }

  async function tryTake(policy: Policy, node: string): Promise<boolean> {
    if (holderLive(policy)) {
      lapsedSinceMs.delete(`${policy.chain}/${policy.key}`);
      await endLeftRelief(policy);
      return recordOf(policy).holder === node;
    }
    if (!isTurn(policy, node)) return false;
    const before = await read(policy.chain, policy.key);
    if (before.record.holder === node) return true;
    const next = { holder: node, term: (BigInt(before.record.term) + 1n).toString(), relief: null };
    if (!(await write(policy, before, next))) return false;
    lapsedSinceMs.delete(`${policy.chain}/${policy.key}`);
    log.info(
      {
        event: 'watch',
        chain: policy.chain,
        key: policy.key,
        holder: node,
        before: before.record.holder,
        term: next.term,
      },
      `${node} is on watch`,
    );
    return true;
  }

  async function report(
    readiness: ReadinessReport,
    node: string,
    policies: readonly Policy[],
  ): Promise<readonly WatchState[]> {
    const mine = policies.filter(
      (policy) =>
        policy.chain === readiness.chain &&
        readiness.keys.includes(policy.key) &&
        policy.roster.some((entry) => entry.name === node),
    );
    const missing = readiness.keys.find((key) => !mine.some((policy) => policy.key === key));
    if (missing !== undefined) {
      const message = `${node} is not in the roster of key ${missing} on chain ${readiness.chain}`;
      throw new PermitFault('not-listed', 403, message, 'Add the node to the roster and apply the policy.');
    }
    if (mine.length === 0) return [];
    const ttlMs = Math.min(...mine.map((policy) => policy.watchTtlMs));
    const judged = new Map(
      mine.map((policy) => [policy.key, unfitBy(policy, node, readiness, observations.of(policy))]),
    );
    await presence.report(readiness.chain, node, judged, ttlMs);
    for (const policy of mine) if (judged.get(policy.key) === null) await tryTake(policy, node);
    return mine.map(state);
  }

  return {
    state,
    read,
    report,
    write,
    tryTake,
    holder: (policy) => recordOf(policy).holder,
    holderLive,
    async signOfLife(policy, node) {
      if (!policy.roster.some((entry) => entry.name === node)) return;
      await presence.report(policy.chain, node, new Map([[policy.key, null]]), policy.watchTtlMs);
      await tryTake(policy, node);
    },
    unfit: (policy, node) => presence.unfit(policy.chain, policy.key, node, policy.readiness.maxAgeMs),
    async changed(signal) {
      const woken = new AbortController();
      const wake = () => woken.abort();
      const stops = [watches.onChange(wake), presence.onChange(wake)];
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
      // Presence may also lapse by age alone, which no event tells: look again soon.
      await clock.sleep(50, woken.signal);
      signal.removeEventListener('abort', wake);
      for (const stop of stops) stop();
    },
    stop() {
      watches.stop();
      presence.stop();
    },
  };
}

function rankOf(policy: Policy, node: string): number {
  return policy.roster.find((entry) => entry.name === node)?.rank ?? Number.POSITIVE_INFINITY;
}
