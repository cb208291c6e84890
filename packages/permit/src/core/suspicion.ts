import { type Comparison, messageOf, type Obstacle } from './comparison.ts';
import type { CoreContext } from './context.ts';
import type { Session } from './session.ts';

/**
 * A claimant says that it was told more of a key than the store holds. Either the store went back or the claimant is wrong, and what services
 * remember decides: the own memory and that of every other are held against the store. Until all were, that key is held: the service that is
 * missing may be the one that told it. Other keys go on, since their own claimants speak for them; so one node's word stops no other key.
 */
export interface Suspicion {
  /**
   * `key`: chain and public key, only of a claimant that the key's policy lists, so there are as many as policies. `head`: what it says
   * that it was told; once every service was compared and none knew of it, the same word holds nothing any more.
   */
  raise(key: string, head: string, why: string): void;
  /** Why nothing is granted for the key now; null where nothing is held against it. */
  held(key: string): string | null;
  /** Settles when the comparison under way has ended; null where there is none. Whoever may be granted waits for it. */
  comparing(): Promise<void> | null;
  stop(): Promise<void>;
}

/** Other services drop what they have not told yet when they are asked, so they are not asked more often. */
export const INTERVAL_MS = 10_000;
/** Nobody else is asked. */
const ALONE_INTERVAL_MS = 500;
/** Of one key. Who says ever new ones holds up its own key alone. */
const KEPT_HEADS = 64;
/** Claims wait meanwhile: shorter than at the start of a session. */
const PEER_TIMEOUT_MS = 1_000;
const NOBODY: ReadonlySet<string> = new Set();

interface Doubt {
  readonly head: string;
  readonly why: string;
}

export function createSuspicion(
  context: CoreContext,
  session: Pick<Session, 'behind'>,
  comparison: Comparison,
): Suspicion {
  const { clock, log } = context.parts;
  const stopping = new AbortController();
  let comparing: Promise<void> | null = null;
  let watching: Promise<void> | null = null;
  /** Keys of which more was said than the store holds, and not every service was compared since. */
  const held = new Map<string, Doubt>();
  /** Heads of each key that no service knew of when all were compared, the latest last. */
  const refuted = new Map<string, readonly string[]>();
  /** What was said since the last comparison began. */
  let said: string | null = null;
  let hasPeers = true;

  /** One comparison at once and one in each interval; what is said meanwhile is looked at in the next. */
  async function watch(): Promise<void> {
    while (said !== null && !stopping.signal.aborted) {
      const why = said;
      said = null;
      const doubts = [...held];
      log.error(
        { event: 'store-behind', detail: why },
        'a claimant remembers more than the store holds; comparing memories',
      );
      comparing = compare(why, doubts);
      await comparing;
      comparing = null;
      await clock.sleep(hasPeers ? INTERVAL_MS : ALONE_INTERVAL_MS, stopping.signal);
    }
    watching = null;
  }

  async function compare(why: string, doubts: readonly (readonly [string, Doubt])[]): Promise<void> {
    try {
      const behind = (await comparison.epoch()) ?? (await comparison.own()) ?? (await peersBehind());
      if (behind === null) return release(doubts);
      if (behind.state === 'behind') return session.behind(behind.why);
      // A service is missing: it is asked again, and the keys are held until then.
      said ??= why;
    } catch (error) {
      said ??= why;
      log.warn({ event: 'store-uncompared', detail: messageOf(error) }, 'the store was not compared');
    }
  }

  /** What was said again meanwhile stays held. */
  function release(doubts: readonly (readonly [string, Doubt])[]): void {
    for (const [key, doubt] of doubts) {
      refuted.set(key, [...(refuted.get(key) ?? []), doubt.head].slice(-KEPT_HEADS));
      if (held.get(key) === doubt) held.delete(key);
    }
  }

  async function peersBehind(): Promise<Obstacle | null> {
    const { gone, found } = await comparison.peers(NOBODY, PEER_TIMEOUT_MS);
    hasPeers = found.size > 0;
    if (gone !== null) return gone;
    const open = [...found.values()].filter((obstacle) => obstacle !== null);
    const behind = open.find(({ state }) => state === 'behind') ?? null;
    if (behind !== null) return behind;
    const missing = open.map(({ why }) => why);
    if (missing.length === 0)
      log.warn({ event: 'store-compared' }, 'every service remembers what the store holds');
    else
      log.error(
        { event: 'store-compared', missing },
        'the store holds what was compared; a service could not be asked, so the keys stay held',
      );
    return open[0] ?? null;
  }

  return {
    held: (key) => held.get(key)?.why ?? null,
    raise(key, head, why) {
      if (refuted.get(key)?.includes(head) !== true) held.set(key, { head, why });
      said = why;
      watching ??= watch();
    },
    comparing: () => comparing,
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}
