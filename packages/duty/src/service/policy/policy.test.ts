import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { policyDocument } from '../../rule/index.ts';
import { CHAIN, KEY } from '../http/testing/fixed-values.ts';
import { parsePolicy } from './document.ts';

const SMALLEST = {
  chain: CHAIN,
  key: KEY,
  roster: [{ name: 'node-a', rank: 0 }],
  duties: { babe: {}, grandpa: {}, 'im-online': {} },
  ceilings: { slotMs: 6000 },
};
type Changes = Readonly<Record<string, unknown>>;

test('the smallest document is completed with the documented defaults', () => {
  const parsed = parsePolicy(SMALLEST);
  assert.deepEqual(parsed, {
    ok: true,
    document: {
      ...SMALLEST,
      duties: {
        babe: { enabled: true, digestRequired: true, window: 1 },
        grandpa: { enabled: true, digestRequired: true, window: 64 },
        'im-online': { enabled: true, digestRequired: false, window: 1 },
      },
      standbyDelayMs: 300,
      watchTtlMs: 3_000,
      ceilings: {
        genesisMs: 0,
        slotMs: 6_000,
        allowedSkewMs: 500,
        roundStep: 16,
        blockStep: 16,
        sessionStep: 2,
        observers: [],
      },
      readiness: {
        required: true,
        maxAgeMs: 10_000,
        minPeers: 1,
        maxFinalityLagBlocks: 10,
        maxClockOffsetMs: 200,
      },
      originalWire: { enabled: false, slotDuty: 'babe', roundScope: 'node-set' },
    },
  });
});

const node = (name: string, rank: number, more: Changes = {}) => ({ name, rank, ...more });
const ceilings = (more: Changes) => ({ ceilings: { ...SMALLEST.ceilings, ...more } });
const wire = { enabled: true };
const free = { digestRequired: false };

const REFUSED: readonly (readonly [string, Changes, string])[] = [
  ['a name twice', { roster: [node('a', 0), node('a', 1)] }, 'roster.1.name'],
  ['a rank twice', { roster: [node('a', 0), node('b', 0)] }, 'roster.1.rank'],
  ['an empty roster', { roster: [] }, 'roster'],
  ['a name that is none', { roster: [node('a b', 0)] }, 'roster.0.name'],
  ['a negative rank', { roster: [node('a', -1)] }, 'roster.0.rank'],
  ['an address that is none', { roster: [node('a', 0, { rpcUrl: 'ftp://x' })] }, 'roster.0.rpcUrl'],
  ['credentials', { roster: [node('a', 0, { rpcUrl: 'http://u:p@x/' })] }, 'roster.0.rpcUrl'],
  ['no duty', { duties: {} }, 'duties'],
  ['an unknown duty', { duties: { sassafras: {} } }, 'duties.sassafras'],
  ['a window of nothing', { duties: { babe: { window: 0 } } }, 'duties.babe.window'],
  ['half a window', { duties: { babe: { window: 1.5 } } }, 'duties.babe.window'],
  ['no digest', { duties: { 'im-online': { digestRequired: true } } }, 'duties.im-online.digestRequired'],
  ['too small a window of rounds', { duties: { grandpa: { window: 49 } } }, 'duties.grandpa.window'],
  ['too large a step of rounds', ceilings({ roundStep: 17 }), 'ceilings.roundStep'],
  ['too large a step of blocks', ceilings({ blockStep: 17 }), 'ceilings.blockStep'],
  ['too large a step of sessions', ceilings({ sessionStep: 3 }), 'ceilings.sessionStep'],
  ['more rounds back than the window holds', ceilings({ roundsBack: 31 }), 'duties.grandpa.window'],
  ['fewer rounds back than a voter may be late', ceilings({ roundsBack: 1 }), 'ceilings.roundsBack'],
  ['a last unit without its round', { duties: { grandpa: { lastUnit: '12' } } }, 'duties.grandpa.lastUnit'],
  ['half a round back', ceilings({ roundsBack: 2.5 }), 'ceilings.roundsBack'],
  ['a return that does not exist', { return: 'never' }, 'return'],
  ['a slot of nothing', ceilings({ slotMs: 0 }), 'ceilings.slotMs'],
  ['no slot length', { ceilings: {} }, 'ceilings.slotMs'],
  ['a node as observer', ceilings({ observers: ['node-a'] }), 'ceilings.observers.0'],
  ['an observer twice', ceilings({ observers: ['o', 'o'] }), 'ceilings.observers.1'],
  ['babe and aura on one key', { duties: { babe: {}, aura: {} } }, 'duties.aura'],
  ['blocks of two kinds on one key', { duties: { aura: {}, 'aura-blocks': {} } }, 'duties.aura-blocks'],
  ['scheduling info of no collator', { duties: { 'aura-scheduling': {} } }, 'duties.aura-scheduling'],
  ['a slot duty that is off', { originalWire: wire, duties: { aura: {} } }, 'originalWire.slotDuty'],
  [
    'a slot duty that is disabled',
    { originalWire: wire, duties: { babe: { enabled: false, ...free } } },
    'originalWire.slotDuty',
  ],
  ['digests over the wire', { originalWire: wire, duties: { babe: {} } }, 'duties.babe.digestRequired'],
  [
    'digests of rounds over the wire',
    { originalWire: wire, duties: { babe: free, grandpa: {} } },
    'duties.grandpa.digestRequired',
  ],
  ['the mode', { mode: 'enforce' }, ''],
  ['a short chain', { chain: '0x11' }, 'chain'],
  ['a key of another length', { key: `${KEY}0000` }, 'key'],
  ['a text for a number', { standbyDelayMs: '300' }, 'standbyDelayMs'],
];

for (const [name, changes, path] of REFUSED) {
  test(`refused: ${name}`, () => {
    const parsed = parsePolicy({ ...SMALLEST, ...changes });
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.problems.map((problem) => problem.path),
      [path],
      JSON.stringify(parsed.problems),
    );
    assert.ok(parsed.problems[0]?.message && parsed.problems[0].remedy);
  });
}

test('allowed: the borders of the rules', () => {
  for (const changes of [
    { duties: { grandpa: { window: 50 } } },
    { duties: { 'aura-parachain': {}, 'aura-scheduling': {} } },
    ceilings({ roundsBack: 30 }),
    { originalWire: wire, duties: { babe: free, grandpa: free, 'im-online': {} } },
    { originalWire: { enabled: true, slotDuty: 'aura' }, duties: { aura: free, babe: { enabled: false } } },
    { key: `${KEY}00` },
    { roster: [node('a', 5, { rpcUrl: 'https://node:9944/' }), node('b', 0)] },
    ceilings({ observers: ['o1', 'o2'] }),
    ceilings({ roundsBack: 2 }),
    { duties: { grandpa: { window: 290 } }, ...ceilings({ roundsBack: 256 }) },
    { return: 'deny' },
    { return: 'trust' },
  ]) {
    const parsed = parsePolicy({ ...SMALLEST, ...changes });
    assert.ok(parsed.ok, JSON.stringify(parsed));
  }
});

test('what a policy says about returns is kept, and the problem of a window names the numbers', () => {
  const parsed = parsePolicy({ ...SMALLEST, ...ceilings({ roundsBack: 12 }), return: 'trust' });
  assert.ok(parsed.ok);
  assert.deepEqual([parsed.document.return, parsed.document.ceilings.roundsBack], ['trust', 12]);
  const small = parsePolicy({ ...SMALLEST, duties: { grandpa: { window: 49 } } });
  assert.ok(!small.ok);
  assert.match(small.problems[0]?.message ?? '', /grandpa is 49, and needs at least 50/);
  assert.match(small.problems[0]?.remedy ?? '', /at least 50,/);
});

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
  readonly additionalProperties?: Described | boolean;
}

test('every field says what it is, since the reference is made from it', () => {
  const visit = (path: string, schema: Described): void => {
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      assert.ok(member.description, `${path}${name} has no description`);
      visit(`${path}${name}.`, member);
    }
    if (schema.items !== undefined) visit(`${path}[].`, schema.items);
    if (typeof schema.additionalProperties === 'object') visit(`${path}*.`, schema.additionalProperties);
  };
  visit('', z.toJSONSchema(policyDocument, { io: 'input' }) as Described);
});
