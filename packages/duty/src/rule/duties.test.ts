import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DUTIES, type Duty, dutyTable } from './index.ts';
import { dutyNamed } from './testing/samples.ts';

describe('duties are the table of section 3', () => {
  /** name: fields with widths; parts; digest bytes; repeat; owner; window; ceiling; claimants */
  const written = [
    'babe: slot64; seal; 32; same-incarnation; incarnation; 1; clock; every-ready',
    'aura: slot64; seal; 32; same-incarnation; incarnation; 1; clock; every-ready',
    'aura-blocks: slot64 number32; seal; 32; same-incarnation; incarnation; 1; clock; every-ready',
    'aura-parachain: slot64 number32 relayParent64; seal; 32; same-incarnation; incarnation; 64; clock; every-ready',
    'grandpa: set64 round64; enter propose prevote precommit; 40; same-digest; node; 64; observed; on-watch',
    'beefy: beefySet64 block32; vote; 32; same-digest; node; 1; observed; on-watch',
    'im-online: session32; heartbeat; 0; never; incarnation; 1; observed; on-watch',
  ];

  test('as data, row by row', () => {
    const rows = DUTIES.map((duty) => {
      const fields = duty.fields.map(({ name, bits }) => `${name}${bits}`).join(' ');
      const { name, parts, digestBytes, repeat, owner, window, ceiling, claimants } = duty;
      return `${name}: ${[fields, parts.join(' '), digestBytes, repeat, owner, window, ceiling, claimants].join('; ')}`;
    });
    assert.deepEqual(rows, written);
  });
});

describe('a chain can bring its own duties', () => {
  const beefy = dutyNamed('beefy');

  test('and finds them by name', () => {
    const own: Duty = { ...beefy, name: 'mixnet-2', parts: ['vote', 'seal'] };
    assert.deepEqual([...dutyTable([...DUTIES, own]).keys()].at(-1), 'mixnet-2');
  });

  const wrong: readonly [string, Partial<Duty>, RegExp][] = [
    ['a name that is none', { name: 'Babe' }, /lower-case/],
    ['a name too long', { name: 'a'.repeat(33) }, /at most 32/],
    ['no field', { fields: [] }, /at least one field/],
    ['no window', { window: 0 }, /at least 1/],
    ['half a window', { window: 1.5 }, /at least 1/],
    ['nothing to sign', { parts: ['enter'] }, /must be signed/],
    ['enter in the middle', { parts: ['vote', 'enter'] }, /enter comes first/],
    ['a part twice', { parts: ['vote', 'vote'] }, /named twice/],
    ['a digest of no length', { digestBytes: -1 }, /whole bytes/],
    ['half a digest', { digestBytes: 0.5 }, /whole bytes/],
    ['repeats without a digest', { digestBytes: 0 }, /must not repeat grants/],
    ['a clock over something that is not a slot', { ceiling: 'clock' }, /begin with a slot/],
    [
      'observers of a unit without observations',
      { fields: [{ name: 'block', bits: 32 }] },
      /observers bound set\/round, beefySet\/block, session only/,
    ],
  ];
  for (const [what, change, why] of wrong) {
    test(`but ${what} is refused`, () => {
      assert.throws(() => dutyTable([{ ...beefy, ...change }]), { name: 'RangeError', message: why });
    });
  }

  test('but a name that is taken is refused', () => {
    assert.throws(() => dutyTable([beefy, beefy]), /duty beefy: its name is taken/);
  });
});
