import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { Drill, Permit } from '../../service/index.ts';
import { CHAIN, KEY, watchOf } from '../testing/facts.ts';
import { runHandover } from './actions.ts';

/** A handover whose browser may leave while the drill runs. */
async function handOver(leaves: boolean) {
  const response = new EventEmitter();
  const calls: string[] = [];
  const permit = {
    drill: async () => {
      calls.push('drill');
      if (leaves) response.emit('close');
      return { state: 'ok' } as Drill;
    },
    handOver: async () => {
      calls.push('hand over');
      return watchOf({ holder: 'bravo', term: '4' });
    },
  } as unknown as Permit;
  const form = new URLSearchParams({ to: 'bravo', do: 'handover', digits: KEY.slice(-6) });
  const key = { chain: CHAIN, key: KEY };
  const outcome = await runHandover(permit, key, form, 'ada', response as unknown as ServerResponse);
  return { calls, isDone: outcome.result?.isDone };
}

test('a browser that leaves during the drill calls the handover off', async () => {
  assert.deepEqual(await handOver(true), { calls: ['drill'], isDone: false });
  assert.deepEqual(await handOver(false), { calls: ['drill', 'hand over'], isDone: true });
});
