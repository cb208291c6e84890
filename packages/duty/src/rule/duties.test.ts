import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUTIES } from './index.ts';

test('duties are the table of section 3, row by row', () => {
  /** name: fields with widths; parts; digest bytes; repeat; owner; window; ceiling; claimants */
  const written = [
    'babe: slot64; seal; 32; same-incarnation; incarnation; 1; clock; every-ready',
    'aura: slot64; seal; 32; same-incarnation; incarnation; 1; clock; every-ready',
    'aura-blocks: slot64 number32; seal; 32; same-incarnation; incarnation; 1; clock; every-ready',
    'aura-parachain: slot64 number32 relayParent64; seal; 32; same-incarnation; incarnation; 64; clock; every-ready',
    'aura-scheduling: slot64 core32 schedulingParent64; schedule; 32; same-incarnation; incarnation; 64; clock; every-ready',
    'grandpa: set64 round64; enter propose prevote precommit; 40; same-digest; node; 64; observed; on-watch',
    'beefy: beefySet64 block32; vote; 32; same-digest; node; 1; observed; on-watch',
    'im-online: session32; heartbeat; 0; never; incarnation; 1; observed; on-watch',
  ];
  const rows = DUTIES.map((duty) => {
    const fields = duty.fields.map(({ name, bits }) => `${name}${bits}`).join(' ');
    const { name, parts, digestBytes, repeat, owner, window, ceiling, claimants } = duty;
    return `${name}: ${[fields, parts.join(' '), digestBytes, repeat, owner, window, ceiling, claimants].join('; ')}`;
  });
  assert.deepEqual(rows, written);
});
