import { messageOf } from '@watchbill/kit';
import type { Policy } from '../../rule/index.ts';
import { PermitFault } from '../contract.ts';
import { type CoreContext, listTexts, readTexts } from './context.ts';
import { keys, markName } from './keys.ts';
import { createMirror, type Mirror } from './mirror.ts';
import { decodePolicy, decodeRecord } from './records.ts';

/** The current policy of a (chain, key) with the text of its pointer, which every grant compares. */
export interface HeldPolicy {
  readonly policy: Policy;
  readonly pointerText: string;
}

export type PolicyBook = Awaited<ReturnType<typeof createPolicyBook>>;

/** Keeps the list and the smallest skew until a policy changes, because every claim reads them. */
export function createHeldPolicies(seen: (policy: Policy) => unknown = () => undefined) {
  const held = new Map<string, HeldPolicy>();
  let all: readonly Policy[] | null = null;
  let leastSkewMs: number | null = null;
  const forget = (): void => {
    all = null;
    leastSkewMs = null;
  };
  return {
    get: (name: string) => held.get(name),
    set: (entry: HeldPolicy): void => {
      held.set(markName(entry.policy.chain, entry.policy.key, ''), entry);
      seen(entry.policy);
      forget();
    },
    delete: (name: string): void => {
      held.delete(name);
      forget();
    },
    all: (): readonly Policy[] => {
      all ??= Array.from(held.values(), (entry) => entry.policy);
      return all;
    },
    /** The smallest `ceilings.allowedSkewMs` of all policies; `Infinity` if there is none. */
    leastSkewMs: (): number => {
      leastSkewMs ??= Array.from(held.values()).reduce(
        (least, { policy }) => Math.min(least, policy.ceilings.allowedSkewMs),
        Number.POSITIVE_INFINITY,
      );
      return leastSkewMs;
    },
  };
}

/** The keys that have a policy, read from the store. */
export async function keysWithPolicy(context: CoreContext) {
  return [...(await listTexts(context, keys.policies)).keys()].flatMap(keyOf);
}

/** The key of a pointer, and none for a version. */
function keyOf(recordKey: string) {
  const [, chain, key, kind] = recordKey.split('/');
  return chain === undefined || key === undefined || kind !== 'current' ? [] : [{ chain, key }];
}

/** Policies are few and rarely change: all are kept in memory. `seen` hears of each. */
export async function createPolicyBook(context: CoreContext, seen?: (policy: Policy) => unknown) {
  const held = createHeldPolicies(seen);
  // Only that a pointer moved is needed here. Texts of versions are not kept: old ones are never deleted.
  const decode = (recordKey: string, text: string) => (recordKey.endsWith('/current') ? text : '');
  /** What to say, by pointer and name. */
  const failed = new Map<string, readonly [name: string, text: string]>();
  const pointers: Mirror<string> = await createMirror(context, { prefix: keys.policies, decode });

  /** Linearizable; refreshes the cache. */
  async function load(chain: string, key: string, timeoutMs: number): Promise<HeldPolicy | null> {
    const name = markName(chain, key, '');
    const [pointerText] = await readTexts(context, [keys.policyPointer(chain, key)], timeoutMs);
    if (pointerText === null || pointerText === undefined) {
      held.delete(name);
      return null;
    }
    const known = held.get(name);
    if (known?.pointerText === pointerText) return known;
    const pointer = decodeRecord('pointer', pointerText);
    const [text] = await readTexts(context, [keys.policyVersion(chain, key, pointer.versionId)], timeoutMs);
    if (text === null || text === undefined)
      throw new Error(`policy version ${pointer.versionId} is missing`);
    const fresh = { policy: decodePolicy(text, pointer.versionId), pointerText };
    held.set(fresh);
    return fresh;
  }

  async function follow(recordKey: string): Promise<void> {
    for (const { chain, key } of keyOf(recordKey))
      await load(chain, key, context.options.storeTimeoutMs).catch((error: unknown) => {
        const text = `the policy of key …${key.slice(-6)}: ${messageOf(error)}`;
        failed.set(recordKey, [markName(chain, key, ''), text]);
        const event = { event: 'policy-unread', chain, key, error: String(error) };
        context.parts.log.warn(event, 'a policy was not read');
      });
  }

  for (const [recordKey] of pointers.entries()) await follow(recordKey);
  pointers.onChange((recordKey) => void follow(recordKey));

  return {
    /** As last seen; stale ones are harmless, the pointer is compared. */
    get: (chain: string, key: string): HeldPolicy | null => held.get(markName(chain, key, '')) ?? null,
    load,
    /** As `load`. Throws a PermitFault `not-listed` if the key has no policy. */
    async mustLoad(chain: string, key: string): Promise<HeldPolicy> {
      const found = await load(chain, key, context.options.storeTimeoutMs);
      if (found !== null) return found;
      const remedy = 'Apply a policy first: `watchbill policy apply FILE`.';
      throw new PermitFault('not-listed', 404, 'this chain and key have no policy', remedy);
    },
    all: held.all,
    /** A sentence for each policy that could not be read: it is damaged, or of another release. */
    unread: (): readonly string[] =>
      [...failed].flatMap(([recordKey, [name, text]]) =>
        pointers.get(recordKey) === held.get(name)?.pointerText ? [] : [text],
      ),
    leastSkewMs: held.leastSkewMs,
    put: held.set,
    stop: (): void => pointers.stop(),
  };
}
