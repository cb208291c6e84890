import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DutyPolicy, meaningOf, type Policy } from './index.ts';
import { samplePolicy } from './testing/samples.ts';

const on: DutyPolicy = { enabled: true, digestRequired: true, window: 1 };
const off: DutyPolicy = { ...on, enabled: false };
const base = samplePolicy({ duties: { babe: on, grandpa: { ...on, window: 64 } } });
const wire = base.originalWire;

test('a meaning is one line that names slot duty, slot length, genesis and scope of rounds', () => {
  assert.equal(meaningOf(base), 'slots=babe slotMs=6000 genesisMs=0 rounds=scoped');
});

test('slot duties that are all off are named together, as the policy has them', () => {
  const duties = { babe: off, aura: off };
  assert.equal(meaningOf({ ...base, duties }), 'slots=babe+aura slotMs=6000 genesisMs=0 rounds=scoped');
});

test('each of them changes it', () => {
  const others: readonly Partial<Policy>[] = [
    { duties: { aura: on } },
    { duties: { 'aura-blocks': on } },
    { duties: { grandpa: on } },
    { duties: { 'aura-parachain': on } },
    { ceilings: { ...base.ceilings, slotMs: 12_000 } },
    { ceilings: { ...base.ceilings, genesisMs: 1 } },
    { originalWire: { ...wire, enabled: true, roundScope: 'unscoped' } },
  ];
  const texts = others.map((change) => meaningOf({ ...base, ...change }));
  assert.equal(new Set([meaningOf(base), ...texts]).size, others.length + 1, texts.join('\n'));
  assert.match(texts[2] ?? '', /slots=none /);
});

test('what does not change how units are counted leaves it as it is', () => {
  const others: readonly Partial<Policy>[] = [
    { versionId: 'v-9', version: 9, mode: 'idle', roster: [], standbyDelayMs: 1, return: 'trust' },
    { duties: { babe: { ...on, window: 5 }, 'im-online': on, grandpa: off } },
    { duties: { babe: off } },
    { duties: { babe: on, aura: off } },
    { ceilings: { ...base.ceilings, roundStep: 3, roundsBack: 4, allowedSkewMs: 9, observers: ['o'] } },
    { originalWire: { enabled: false, slotDuty: 'aura', roundScope: 'unscoped' } },
    { originalWire: { ...wire, enabled: false } },
  ];
  for (const change of others) assert.equal(meaningOf({ ...base, ...change }), meaningOf(base));
});
