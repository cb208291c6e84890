import { createHash } from 'node:crypto';
import { canonicalJson, dutyNamed, RecordError } from '../../rule/index.ts';
import { listTexts, type ReadContext, readTexts } from '../../service/ground/context.ts';
import { keys } from '../../service/ground/keys.ts';
import { readMark } from '../../service/ground/marks.ts';
import type { HeldPolicy } from '../../service/ground/policies.ts';
import { decodePolicy, decodeRecord } from '../../service/ground/records.ts';
import type { Ledger } from '../../service/ledger/port.ts';
import type { ListedService, StoredMark, StoreState } from './situation.ts';

/**
 * Reads everything that a recovery looks at. Throws a StoreFault, or a RecordError for a record of another
 * release.
 */
export async function readStore(context: ReadContext): Promise<StoreState> {
  const [ledgerText, epochText, recoveryText] = await readTexts(context, [
    keys.ledger,
    keys.epoch,
    keys.recovery,
  ]);
  if (ledgerText == null) return EMPTY_STORE;
  if (epochText == null) throw new RecordError('the ledger in the store', 'it has no epoch');
  const sessions = await listTexts(context, keys.sessions);
  return {
    ledger: decodeRecord('ledger', ledgerText).id,
    epoch: decodeRecord('epoch', epochText).epoch,
    epochText,
    recovery: recoveryText == null ? null : decodeRecord('recovery', recoveryText),
    recoveryText: recoveryText ?? null,
    services: await readServices(context),
    live: [...sessions.keys()].map((key) => key.slice(keys.sessions.length)),
    policies: await readPolicies(context),
    marks: await readMarks(context),
    reports: await listTexts(context, keys.doubts),
  };
}

/** A store without a ledger. */
export const EMPTY_STORE: StoreState = {
  ledger: null,
  epoch: null,
  epochText: null,
  recovery: null,
  recoveryText: null,
  services: new Map(),
  live: [],
  policies: [],
  marks: [],
  reports: new Map(),
};

async function readServices(context: ReadContext): Promise<ReadonlyMap<string, ListedService>> {
  const found = await listTexts(context, keys.services);
  return new Map(
    [...found].map(([key, text]) => [
      key.slice(keys.services.length),
      { record: decodeRecord('service', text), text },
    ]),
  );
}

async function readPolicies(context: ReadContext): Promise<readonly HeldPolicy[]> {
  const found = await listTexts(context, keys.policies);
  const held: HeldPolicy[] = [];
  for (const [recordKey, pointerText] of found) {
    const [, chain = '', key = '', kind] = recordKey.split('/');
    if (kind !== 'current') continue;
    const { versionId } = decodeRecord('pointer', pointerText);
    const text = found.get(keys.policyVersion(chain, key, versionId));
    if (text === undefined)
      throw new RecordError(`the policy of key ${key}`, `version ${versionId} is missing`);
    held.push({ policy: decodePolicy(text, versionId), pointerText });
  }
  return held;
}

async function readMarks(context: ReadContext): Promise<readonly StoredMark[]> {
  const marks: StoredMark[] = [];
  for (const recordKey of (await listTexts(context, keys.marks)).keys()) {
    const [, chain = '', key = '', name = ''] = recordKey.split('/');
    const duty = dutyNamed(name);
    if (duty === null) throw new RecordError(`the mark ${recordKey}`, 'this release does not know its duty');
    const held = await readMark(context.parts.store, { chain, key, duty }, context.options.storeTimeoutMs);
    if (held !== null) marks.push({ chain, key, duty, held });
  }
  return marks;
}

/**
 * SHA-256 of all that a plan is made from: the store without its sessions, and the ledger file. A plan is
 * carried out only on the same state.
 */
export function basisOf(
  store: StoreState,
  own: Pick<Ledger, 'ledgerId' | 'points' | 'openWords'> | null,
): string {
  const { ledger, epochText, recoveryText, services, policies, marks, reports } = store;
  const state = {
    ledger,
    epochText,
    recoveryText,
    services: [...services].map(([id, { text }]) => [id, text]).sort(byName),
    policies: policies
      .map(({ policy, pointerText }) => [`${policy.chain}/${policy.key}`, pointerText])
      .sort(byName),
    marks: marks
      .map(({ chain, key, duty, held }) => [`${chain}/${key}/${duty.name}`, held.headText])
      .sort(byName),
    reports: [...reports].sort(byName),
    own:
      own === null
        ? null
        : {
            ledger: own.ledgerId(),
            heads: [...own.points()].map(([mark, { hash }]) => [mark, hash]).sort(byName),
            words: own
              .openWords()
              .map(({ id }) => id)
              .sort(),
          },
  };
  return createHash('sha256').update(canonicalJson(state)).digest('hex');
}

function byName([one = '']: readonly string[], [other = '']: readonly string[]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
