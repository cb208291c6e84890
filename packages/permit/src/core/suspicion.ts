import { type Comparison, messageOf, type Obstacle } from './comparison.ts';
import type { CoreContext } from './context.ts';
import type { DoubtBook } from './doubts.ts';
import { policyName } from './keys.ts';
import type { PolicyBook } from './policies.ts';
import type { DoubtRecord } from './records.ts';
import type { Session } from './session.ts';

/**
 * A claimant says that it was told more than the store holds. Either the store went back or the claimant is wrong:
 * nothing that it sends proves which, and a service alone cannot tell, as its own memory may have gone back with the
 * store. Only a comparison with another service that remembers, or an operator, ends the doubt. Until it was compared
 * the word holds the keys of the node; where it cannot be settled, every key of the ledger, since a store that went
 * back did so for all of them.
 */
export interface Suspicion {
  /** Only of a claimant that the key's policy lists. */
  raise(word: Word): void;
  /** Why nothing is granted for the key now; null where nothing is held against it. */
  held(chain: string, key: string): string | null;
  /** Why nothing is granted for any key that was not adopted since; null where nothing is. */
  open(): string | null;
  /** Settles when the comparison under way has ended; null where there is none. Whoever may be granted waits for it. */
  comparing(): Promise<void> | null;
  /** An operator answers for the store: every word that holds is ended, and more of the same start of its node. */
  vouched(by: string, reason: string): Promise<void>;
  /** Floors above all that may have been signed make the doubt harmless for this key. */
  adopted(chain: string, key: string): Promise<void>;
  stop(): Promise<void>;
}

/** What one start of a node says that it was told. */
export interface Word {
  readonly node: string;
  readonly incarnation: string;
  /** `policyName` of the key that it was said of. */
  readonly key: string;
  /** The head and its mark: the same word holds nothing again once another service refuted it. */
  readonly head: string;
  readonly why: string;
}

/** Other services drop what they have not told yet when they are asked, so they are not asked more often. */
export const INTERVAL_MS = 10_000;
/** Of one node. Who says ever new ones holds up its own keys alone while the services can be compared. */
const KEPT_HEADS = 64;
/** Claims wait meanwhile: shorter than at the start of a session. */
const PEER_TIMEOUT_MS = 1_000;
const NOBODY: ReadonlySet<string> = new Set();

export function createSuspicion(
  context: CoreContext,
  session: Pick<Session, 'behind' | 'state'>,
  comparison: Comparison,
  policies: Pick<PolicyBook, 'all' | 'get'>,
  doubts: DoubtBook,
): Suspicion {
  const { clock, log, ledger } = context.parts;
  const stopping = new AbortController();
  let comparing: Promise<void> | null = null;
  let watching: Promise<void> | null = null;
  /** By node: the last thing that it said and that was not compared since. */
  const said = new Map<string, Word>();
  /** By node: heads that no service knew of when all were compared, the latest last. */
  const refuted = new Map<string, readonly string[]>();
  let toldOf = '';

  /** One comparison at once and one in each interval; what is said meanwhile is looked at in the next. */
  async function watch(): Promise<void> {
    while (isOpen()) {
      // A service that does not serve grants nothing, and compares by itself.
      if (session.state() === 'serving') {
        comparing = compare();
        await comparing;
        comparing = null;
      }
      await clock.sleep(INTERVAL_MS, stopping.signal);
    }
    watching = null;
  }

  function isOpen(): boolean {
    return (said.size > 0 || own().length > 0) && !stopping.signal.aborted;
  }

  /** Only the service that heard the word ends it by comparing: one that joined later knows no more than the store. */
  const own = () => doubts.open().filter(({ service }) => service === ledger.serviceId);

  function look(): void {
    if (isOpen()) watching ??= watch();
  }

  async function compare(): Promise<void> {
    const words = [...said.values()];
    const held = own();
    for (const { node, why } of words)
      if (toldOf !== why)
        log.error(
          { event: 'store-behind', node, detail: why },
          'a claimant remembers more than the store holds; comparing memories',
        );
    toldOf = words.at(-1)?.why ?? toldOf;
    try {
      const against = (await comparison.epoch()) ?? (await comparison.own()) ?? (await unsettled());
      if (against === null) await release(words, held);
      else if (against.state === 'behind') session.behind(against.why);
      else await hold(words, against.why);
    } catch (error) {
      log.warn({ event: 'store-uncompared', detail: messageOf(error) }, 'the store was not compared');
    }
  }

  /** What is found by asking the others; null where each agrees with the store and one of them remembers. */
  async function unsettled(): Promise<Obstacle | null> {
    const { gone, found, remembering } = await comparison.peers(NOBODY, PEER_TIMEOUT_MS);
    if (gone !== null) return gone;
    const open = [...found.values()].filter((obstacle) => obstacle !== null);
    const behind = open.find(({ state }) => state === 'behind') ?? null;
    if (behind !== null) return behind;
    if (open[0] !== undefined) return { state: 'checking', why: open.map(({ why }) => why).join('; ') };
    if (remembering > 0) return null;
    return { state: 'checking', why: 'there is no other service that remembers what was granted' };
  }

  /** What was said again meanwhile stays held. */
  async function release(words: readonly Word[], held: readonly DoubtRecord[]): Promise<void> {
    for (const { node } of held) await doubts.put(node, null);
    for (const word of words) {
      refuted.set(word.node, [...(refuted.get(word.node) ?? []), word.head].slice(-KEPT_HEADS));
      if (said.get(word.node) === word) said.delete(word.node);
    }
    log.warn({ event: 'store-compared' }, 'every service remembers what the store holds');
  }

  async function hold(words: readonly Word[], missing: string): Promise<void> {
    const before = open();
    for (const { node, incarnation, why } of words) {
      const known = doubts.get(node);
      const freed = known?.state === 'held' ? known.freed : [];
      if (known?.state === 'held' && known.incarnation === incarnation && known.missing === missing) continue;
      await doubts.put(node, {
        service: ledger.serviceId,
        node,
        incarnation,
        state: 'held',
        why,
        missing,
        freed,
      });
    }
    const now = open();
    if (now !== null && now !== before)
      log.error({ event: 'store-compared', missing, detail: now }, 'the doubt stays, so every key is held');
  }

  function open(): string | null {
    const nobody = policies.all().length === 0;
    const left = doubts
      .open()
      .find(({ freed }) => nobody || policies.all().some((one) => !freed.includes(policyName(one))));
    return left === undefined ? null : remedyOf(left);
  }

  function remedyOf({ node, why, missing }: Pick<DoubtRecord, 'node' | 'why' | 'missing'>): string {
    return [
      `node ${node} was told more than the store holds, of ${why}; ${missing}, so every key is held`,
      'Was the store or a service restored from a backup: stop every signer and adopt each key again (`watchbill adopt`)',
      `Else bring the missing service back, or show that the node is wrong and say so: \`watchbill service vouch ${ledger.serviceId} --reason TEXT\``,
      `Then stop ${node}, move its state file away and start it`,
    ].join('. ');
  }

  function heldOf(chain: string, key: string): string | null {
    const name = policyName({ chain, key });
    const doubt = doubts.open().find(({ freed }) => !freed.includes(name));
    if (doubt !== undefined) return remedyOf(doubt);
    if (said.size === 0) return null;
    const roster = policies.get(chain, key)?.policy.roster ?? [];
    for (const word of said.values()) {
      if (doubts.get(word.node)?.freed.includes(name) === true) continue;
      if (word.key === name || roster.some((node) => node.name === word.node))
        return `node ${word.node} was told more than the store holds, of ${word.why}; the services are being compared`;
    }
    return null;
  }

  function saidAsDoubts(missing: string): DoubtRecord[] {
    const { serviceId: service } = ledger;
    const fixed = { service, state: 'held', missing, freed: [] as string[] } as const;
    return [...said.values()].map(({ node, incarnation, why }) => ({ ...fixed, node, incarnation, why }));
  }

  doubts.onChange(look);
  look();

  return {
    held: heldOf,
    open,
    raise(word) {
      if (refuted.get(word.node)?.includes(word.head) === true) return;
      const known = doubts.get(word.node);
      if (known?.state === 'vouched' && known.incarnation === word.incarnation) return;
      said.set(word.node, word);
      look();
    },
    comparing: () => comparing,
    async vouched(by, reason) {
      for (const { node, incarnation, why, missing, service } of [...doubts.open(), ...saidAsDoubts('')]) {
        await doubts.put(node, { service, node, incarnation, state: 'vouched', why, missing, freed: [] });
        said.delete(node);
        log.warn({ event: 'store-vouched', node, by, reason }, 'an operator says that the store is right');
      }
    },
    async adopted(chain, key) {
      const name = policyName({ chain, key });
      const known = doubts.open();
      const words = saidAsDoubts('the services are being compared').filter(
        ({ node }) => !known.some((one) => one.node === node),
      );
      for (const one of [...known, ...words]) {
        const { node, incarnation, why, missing, service } = one;
        const freed = [...new Set([...one.freed, name])];
        const over = policies.all().every((policy) => freed.includes(policyName(policy)));
        const state = over ? 'vouched' : 'held';
        await doubts.put(node, { service, node, incarnation, state, why, missing, freed: over ? [] : freed });
        if (over) said.delete(node);
      }
    },
    async stop() {
      stopping.abort();
      await watching;
      doubts.stop();
    },
  };
}
