import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import {
  adoptMark,
  type Claim,
  decide,
  leastWindow,
  type Mark,
  type Observation,
  type Policy,
  policyDocument,
} from '../../rule/index.ts';
import { partPreference } from '../claim/preference.ts';
import {
  at,
  claimWith,
  grantedIn,
  heldOf,
  IDENTITY,
  policyOf,
  STANDING,
  startedClaim,
} from '../claim/testing/claim.ts';
import type { PolicyDocument } from '../contract.ts';
import { boundsOf, type Heard } from '../ground/base.ts';
import { unfitBy } from '../ground/fitness.ts';
import type { Schema } from '../http/testing/schema.ts';
import { mayObserve } from '../observations/observers.ts';
import { isFresh } from '../preference/presence/presence.ts';
import { policyDocument as sample } from '../testing/services.ts';
import { START_MS } from '../testing/world.ts';

/**
 * Each field of a policy against each rule of the protocol page that mentions it: a claim that is answered in
 * one way under one value, and in another way, or in the same way, under another value.
 */
const attempt = { ...IDENTITY, nonce: 'n', atMs: START_MS };
const CEILINGS = { ...sample().ceilings, genesisMs: START_MS - 3_600_500, allowedSkewMs: 500 };
const SLOT = 3_600n;
const seen = (observer: string, at: bigint): Observation => {
  return { observer, setId: 0n, round: at, beefySetId: 0n, finalizedBlock: at, session: at };
};

const under = (change: Partial<PolicyDocument>): Policy =>
  policyOf({ return: 'deny', ceilings: CEILINGS, ...change });
const ceilings = (change: Partial<PolicyDocument['ceilings']>) => ({ ceilings: { ...CEILINGS, ...change } });
const babe = (change: object) => ({
  duties: { ...sample().duties, babe: { enabled: true, digestRequired: true, window: 1, ...change } },
});
const wire = (change: object) => ({
  originalWire: { enabled: true, slotDuty: 'babe', roundScope: 'node-set', ...change } as const,
});
const VOTE = { digest: '01'.repeat(40), term: null };
const slot = (unit: bigint, change: Partial<Claim> = {}) => claimWith({ unit: [unit], ...change });
const round = (unit: bigint, set = 0n) =>
  claimWith({ ...VOTE, dutyName: 'grandpa', unit: [set, unit], parts: ['prevote'] });
const beat = (session: bigint) =>
  claimWith({ dutyName: 'im-online', unit: [session], parts: ['heartbeat'], digest: null });
const ballot = (block: bigint) => claimWith({ dutyName: 'beefy', unit: [0n, block], parts: ['vote'] });

interface Setting {
  /** The policy under which the mark was adopted, if it is another one. */
  readonly adoptedUnder?: Policy;
  readonly mark?: Mark;
  /** The session was opened now, and `first` are the reports since; null if this start made the ledger. */
  readonly first?: readonly Observation[];
  readonly fresh?: readonly Observation[];
}

const heardFrom = (policy: Policy, reports: readonly Observation[]) =>
  reports.filter(({ observer }) => mayObserve(policy, observer));

/** The answer of the rule, with the bounds that the service would take. */
const rule =
  (claim: Claim, setting: Setting = {}) =>
  (policy: Policy) => {
    const { first, fresh = [seen('watcher', 100n)], adoptedUnder = policy } = setting;
    const mark = setting.mark ?? adoptMark(adoptedUnder, claim.duty, null, null, attempt, 'test');
    const openedMs = first === undefined ? null : START_MS;
    const heard: Heard = {
      base: { openedMs, adopted: new Set() },
      first: heardFrom(policy, first ?? []),
      fresh: heardFrom(policy, fresh),
      known: [seen('watcher', 100n)],
      former: [],
      arrivals: [],
    };
    const decision = decide(policy, mark, claim, boundsOf(policy, claim, 'mark', heard, START_MS), attempt);
    return decision.reason;
  };

/** Which node goes first. */
const waits = (node: string) => (policy: Policy) => {
  const claim = slot(SLOT + 1n, { owner: { node, incarnation: '1' } });
  const mark = adoptMark(policy, claim.duty, null, null, attempt, 'test');
  const standing = { ...STANDING, record: { ...STANDING.record, holder: '' }, holderLive: false };
  const preference = partPreference(startedClaim(claim).asked, policy, mark, standing, at(0));
  return preference.kind === 'wait' ? `waits until ${preference.untilMs}` : preference.kind;
};

const REPORT = { chain: '', keys: [], syncing: false, peers: 3, finalityLagBlocks: 5, clockOffsetMs: 100 };
const fit = (policy: Policy) => unfitBy(policy, 'a', REPORT, [])?.criterion ?? 'fit';
const readiness = (change: object) => ({ readiness: { ...sample().readiness, required: true, ...change } });
const b = { node: 'b', incarnation: '1' };
const nodes = (...names: readonly string[]) => ({ roster: names.map((name, rank) => ({ name, rank })) });
const PASSED = grantedIn(
  heldOf(slot(1n), adoptMark(under({}), slot(1n).duty, null, null, attempt, '')),
  slot(SLOT),
  'n',
  under({}),
).mark;

type Row = readonly [
  field: string,
  rule: string,
  answer: (policy: Policy) => string,
  ...cases: readonly (readonly [Partial<PolicyDocument>, string])[],
];

// biome-ignore format: one row in one line reads as a table
const ROWS: readonly Row[] = [
  ['chain', '1', rule(slot(SLOT)), [{}, 'new'], [{ chain: `0x${'77'.repeat(32)}` }, 'wrong-ledger']],
  ['key', '1', rule(slot(SLOT)), [{}, 'new'], [{ key: `0x${'77'.repeat(32)}` }, 'wrong-ledger']],
  ['roster[].name', '1', rule(slot(SLOT, { owner: b })), [{}, 'new'], [nodes('a'), 'not-listed']],
  ['roster[].rank', 'section 5', waits('b'), [nodes('a', 'b'), 'waits until 550'], [nodes('b', 'a'), 'go']],
  ['standbyDelayMs', 'section 5', waits('b'), [{ standbyDelayMs: 600 }, 'waits until 1100'], [{ standbyDelayMs: 0 }, 'waits until 500']],
  ['duties.*.enabled', '1', rule(slot(SLOT)), [babe({}), 'new'], [babe({ enabled: false }), 'duty-off']],
  ['duties.*.digestRequired', '1', rule(slot(SLOT, { digest: null })), [babe({}), 'digest-required'], [babe({ digestRequired: false }), 'new']],
  ['duties.*.window', '5', rule(slot(SLOT - 1n), { mark: PASSED }), [babe({}), 'below-window'], [babe({ window: 2 }), 'new']],
  ['ceilings.genesisMs', '2 ceiling', rule(slot(SLOT)), [{}, 'new'], [ceilings({ genesisMs: START_MS - 3_599_000 }), 'unit-ahead']],
  ['ceilings.genesisMs', '2 lower bound', rule(slot(SLOT - 2n)), [{}, 'new'], [ceilings({ genesisMs: START_MS - 3_602_000 }), 'unit-past']],
  ['ceilings.genesisMs', '2 base', rule(slot(SLOT + 1n), { first: [] }), [{}, 'unit-past'], [ceilings({ genesisMs: START_MS - 3_600_600 }), 'unit-past'], [ceilings({ genesisMs: START_MS - 3_600_000 }), 'unit-ahead']],
  ['ceilings.genesisMs', '2a', rule(slot(SLOT), { adoptedUnder: under({}) }), [{}, 'new'], [ceilings({ genesisMs: CEILINGS.genesisMs - 1 }), 'not-adopted']],
  ['ceilings.slotMs', '2 ceiling', rule(slot(SLOT)), [{}, 'new'], [ceilings({ slotMs: 1_001 }), 'unit-ahead']],
  ['ceilings.slotMs', '2 lower bound', rule(slot(SLOT)), [{}, 'new'], [ceilings({ slotMs: 998 }), 'unit-past']],
  ['ceilings.slotMs', '2a', rule(slot(SLOT), { adoptedUnder: under({}) }), [{}, 'new'], [ceilings({ slotMs: 1_001 }), 'not-adopted']],
  ['ceilings.allowedSkewMs', '2 ceiling', rule(slot(SLOT + 1n)), [{}, 'new'], [ceilings({ allowedSkewMs: 499 }), 'unit-ahead']],
  ['ceilings.allowedSkewMs', '2 lower bound', rule(slot(SLOT - 3n)), [{}, 'unit-past'], [ceilings({ allowedSkewMs: 501 }), 'new']],
  ['ceilings.allowedSkewMs', '2 base', rule(slot(SLOT + 1n), { first: [] }), [{}, 'unit-past'], [ceilings({ allowedSkewMs: 499 }), 'unit-ahead']],
  ['ceilings.roundStep', '2 ceiling', rule(round(116n)), [{}, 'new'], [ceilings({ roundStep: 15 }), 'unit-ahead']],
  ['ceilings.roundStep', '2 ceiling ▸55', rule(round(117n)), [{}, 'unit-ahead'], [ceilings({ roundStep: 64 }), 'unit-ahead']],
  ['ceilings.roundStep', '2 base ▸55', rule(round(116n), { first: [seen('watcher', 100n)], fresh: [seen('watcher', 115n)] }), [{}, 'unit-past'], [ceilings({ roundStep: 2 }), 'unit-past']],
  ['ceilings.roundStep', '2 lower bound', rule(round(92n)), [{}, 'new'], [ceilings({ roundStep: 2 }), 'new']],
  ['ceilings.roundStep', 'section 2 ▸6', (policy) => `${leastWindow(round(1n).duty, policy.ceilings)}`, [{}, '50'], [ceilings({ roundStep: 2 }), '22'], [ceilings({ roundStep: 64 }), '50']],
  ['ceilings.blockStep', '2 ceiling', rule(ballot(116n)), [{}, 'new'], [ceilings({ blockStep: 15 }), 'unit-ahead'], [ceilings({ blockStep: 600 }), 'new']],
  ['ceilings.blockStep', '2 base ▸55', rule(ballot(116n), { first: [seen('watcher', 100n)], fresh: [seen('watcher', 115n)] }), [{}, 'unit-past'], [ceilings({ blockStep: 2 }), 'unit-past']],
  ['ceilings.blockStep', '2 lower bound', rule(ballot(400n), { fresh: [seen('watcher', 1_000n)] }), [{}, 'new'], [ceilings({ blockStep: 2 }), 'new']],
  ['ceilings.sessionStep', '2 ceiling', rule(beat(102n)), [{}, 'new'], [ceilings({ sessionStep: 1 }), 'unit-ahead'], [ceilings({ sessionStep: 16 }), 'new']],
  ['ceilings.sessionStep', '2 base ▸55', rule(beat(102n), { first: [seen('watcher', 100n)], fresh: [seen('watcher', 101n)] }), [{}, 'unit-past'], [ceilings({ sessionStep: 1 }), 'unit-past']],
  ['ceilings.sessionStep', '2 lower bound', rule(beat(98n)), [{}, 'new'], [ceilings({ sessionStep: 1 }), 'unit-past']],
  ['ceilings.roundsBack', '2 lower bound', rule(round(91n)), [{}, 'unit-past'], [ceilings({ roundsBack: 9 }), 'new']],
  ['ceilings.roundsBack', 'section 2 ▸6', (policy) => `${leastWindow(round(1n).duty, policy.ceilings)}`, [ceilings({ roundsBack: 16 }), '50'], [ceilings({ roundsBack: 17 }), '51']],
  ['originalWire.roundScope', '2 without sets ▸54', rule(round(1n, 1n)), [wire({}), 'new'], [wire({ roundScope: 'unscoped' }), 'unit-ahead']],
  ['originalWire.roundScope', '2 ceiling', rule(round(99n), { fresh: [{ ...seen('watcher', 100n), setId: 3n }] }), [wire({}), 'unit-past'], [wire({ roundScope: 'unscoped' }), 'new']],
  ['originalWire.roundScope', '2a', rule(round(99n), { adoptedUnder: under(wire({})) }), [wire({}), 'new'], [wire({ roundScope: 'unscoped' }), 'not-adopted']],
  ['originalWire.enabled', '2 without sets ▸54', rule(round(1n, 1n)), [wire({ roundScope: 'unscoped' }), 'unit-ahead'], [wire({ enabled: false, roundScope: 'unscoped' }), 'new']],
  ['return', '2 base', rule(round(116n), { first: [seen('watcher', 100n)] }), [{}, 'unit-past'], [{ return: 'trust' }, 'new']],
  ['return', '2 fresh reports ▸18', rule(round(101n), { fresh: [] }), [{}, 'ceiling-unknown'], [{ return: 'trust' }, 'new']],
  ['readiness.required', 'section 5', fit, [readiness({ minPeers: 4 }), 'minPeers'], [readiness({ minPeers: 4, required: false }), 'fit']],
  ['readiness.minPeers', 'section 5', fit, [readiness({ minPeers: 3 }), 'fit'], [readiness({ minPeers: 4 }), 'minPeers']],
  ['readiness.maxFinalityLagBlocks', 'section 5', fit, [readiness({ maxFinalityLagBlocks: 5 }), 'fit'], [readiness({ maxFinalityLagBlocks: 4 }), 'maxFinalityLagBlocks']],
  ['readiness.maxClockOffsetMs', 'section 5', fit, [readiness({ maxClockOffsetMs: 100 }), 'fit'], [readiness({ maxClockOffsetMs: 99 }), 'maxClockOffsetMs']],
  ['ceilings.observers', '2 fresh reports ▸18', rule(round(101n)), [{}, 'new'], [ceilings({ observers: ['other'] }), 'ceiling-unknown']],
  ['ceilings.observers', '2 base', rule(round(116n), { first: [seen('watcher', 100n)], fresh: [seen('b', 100n)] }), [{}, 'unit-past'], [ceilings({ observers: [] }), 'ceiling-unknown']],
  ['readiness.maxAgeMs', 'section 5', (policy) => `${isFresh({ atMs: 0, unfit: null, report: null }, policy.readiness.maxAgeMs, 5_000)}`, [readiness({ maxAgeMs: 5_000 }), 'true'], [readiness({ maxAgeMs: 4_999 }), 'false']],
];

/** Fields of rules that need a whole service or a node: the test that shows the field. */
const ELSEWHERE: Readonly<Record<string, readonly [file: string, test: string]>> = {
  'roster[].rpcUrl': [
    '../original/targets.test.ts',
    'a round of a node that cannot be asked, or does not answer, is unknown',
  ],
  'originalWire.slotDuty': [
    '../original/targets.test.ts',
    'a slot is one of the duty that the policy names, a session one of im-online',
  ],
  watchTtlMs: [
    '../preference/watch/watches.test.ts',
    'for several keys has one lease, of the shortest life that their policies give',
  ],
  'duties.*.lastUnit': ['policy-meaning.test.ts', 'each unit is granted by the old ledger or by the new one'],
  name: ['admin.test.ts', 'a name is of one key, and not `all`'],
  unknownSignature: [
    '../freeze/signatures-votes.test.ts',
    'without `freeze` in the policy the vote, the block and the offence are an alarm each, once',
  ],
};

for (const [field, of, answer, ...cases] of ROWS)
  test(`${field}, rule ${of}`, () => {
    for (const [change, wanted] of cases) assert.equal(answer(under(change)), wanted, JSON.stringify(change));
  });

/** The places of a schema that hold a value. */
function leaves({ properties = {}, items, additionalProperties }: Schema, path: string): readonly string[] {
  if (items?.properties !== undefined) return leaves(items, `${path}[]`);
  if (typeof additionalProperties === 'object') return leaves(additionalProperties, `${path}.*`);
  const inner = Object.entries(properties);
  if (inner.length === 0) return [path];
  return inner.flatMap(([name, of]) => leaves(of, path === '' ? name : `${path}.${name}`));
}

test('each field of the schema has a row, and each row a field', () => {
  const fields = leaves(z.toJSONSchema(policyDocument, { io: 'input' }) as Schema, '');
  const rows = [...ROWS.map(([field]) => field), ...Object.keys(ELSEWHERE)];
  assert.deepEqual([...new Set(rows)].sort(), [...fields].sort());
  for (const [file, name] of Object.values(ELSEWHERE)) {
    const tests = readFileSync(join(import.meta.dirname, file), 'utf8');
    assert.ok(tests.includes(`'${name}'`), `${file}: ${name}`);
  }
});
