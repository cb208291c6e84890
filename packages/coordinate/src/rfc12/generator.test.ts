import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ActionName } from './actions.ts';
import { generateProposal, type ProposalTask } from './generator.ts';
import { GROUP, HEARTBEAT, REDEMPTION } from './testing/fake-group.ts';

const request = {
  keyHash: GROUP.keyHash,
  operators: GROUP.operators,
  operator: '0xA',
  checklist: ['redemption', 'deposit-sweep', 'heartbeat'] as const,
};
const tasks = (entries: readonly (readonly [ActionName, ProposalTask])[]) => new Map(entries);

describe("the generator's walk", () => {
  test('the first work in order of the checklist', async () => {
    const both = tasks([
      ['heartbeat', async () => HEARTBEAT],
      ['redemption', async () => REDEMPTION],
    ]);
    assert.equal(await generateProposal(both, request), REDEMPTION);
  });

  test('no task, or no work: the next one', async () => {
    const one = tasks([
      ['redemption', async () => null],
      ['heartbeat', async () => HEARTBEAT],
    ]);
    assert.equal(await generateProposal(one, request), HEARTBEAT);
  });

  test('an empty checklist gives a noop', async () => {
    assert.deepEqual(await generateProposal(tasks([]), request), { action: 'noop' });
  });

  test('work that is not on the checklist is not looked for', async () => {
    const off = tasks([['moving-funds', () => assert.fail('asked')]]);
    assert.deepEqual(await generateProposal(off, request), { action: 'noop' });
  });

  const broken = () => Promise.reject(new Error('no connection'));

  test('a task that fails ends the walk', async () => {
    const first = tasks([
      ['redemption', broken],
      ['heartbeat', () => assert.fail('asked')],
    ]);
    await assert.rejects(generateProposal(first, request), /^Error: redemption: no connection$/);
  });

  test('or does not, with `go-on`: the next task may have work', async () => {
    const first = tasks([
      ['redemption', broken],
      ['heartbeat', async () => HEARTBEAT],
    ]);
    assert.equal(await generateProposal(first, request, 'go-on'), HEARTBEAT);
  });

  test('then one failure among tasks without work is a noop, and failures alone are one failure', async () => {
    const some = tasks([
      ['redemption', broken],
      ['heartbeat', async () => null],
    ]);
    assert.deepEqual(await generateProposal(some, request, 'go-on'), { action: 'noop' });
    const all = tasks([
      ['redemption', broken],
      ['heartbeat', broken],
    ]);
    await assert.rejects(
      generateProposal(all, request, 'go-on'),
      /all tasks failed: redemption: no connection; heartbeat: no connection$/,
    );
  });
});
