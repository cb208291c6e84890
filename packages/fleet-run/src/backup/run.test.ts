import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BackupFault } from './fault.ts';
import { runBackup } from './run.ts';
import { fakeGround } from './testing/fake-backup.ts';

const NEVER = new AbortController().signal;

/** A killed process never settles; it did all that it will when the others had their turns. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof BackupFault ? error.code : error),
  );

describe('a backup run', () => {
  test('stops the node, copies, reads back, starts it, and publishes last', async () => {
    const ground = fakeGround();
    const manifest = await runBackup(ground.parts(null), NEVER);
    assert.deepEqual(
      ground.calls.filter((name) => !['running', 'facts'].includes(name)),
      ['ready', 'stop', 'look', 'copy', 'verify', 'start', 'publish'],
    );
    assert.equal(ground.running, 'yes');
    assert.deepEqual(ground.published, [manifest]);
    assert.equal(manifest.id, '20261121T000000Z-10');
  });

  test('killed before any of its calls, any number of times, ends well when it is run again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(14), { maxLength: 4 }), async (kills) => {
        const ground = fakeGround();
        for (const killAt of kills) {
          void runBackup(ground.parts(killAt), NEVER).catch(() => undefined);
          await settled();
        }
        await runBackup(ground.parts(null), NEVER);
        assert.equal(ground.running, 'yes');
        assert.equal(ground.published.length, 1);
        assert.equal(String(ground.copied), ground.published[0]?.leftOut[0]);
      }),
      { numRuns: 60 },
    );
  });

  test('a node that somebody started in the meantime is not taken for one that stood still', async () => {
    const ground = fakeGround();
    // running, facts, ready, stop, look, copy: killed before it reads back.
    void runBackup(ground.parts(6), NEVER).catch(() => undefined);
    await settled();
    assert.equal(ground.running, 'no');
    ground.running = 'yes';
    ground.content += 1;
    const manifest = await runBackup(ground.parts(null), NEVER);
    assert.equal(manifest.leftOut[0], '2');
  });

  test('after any failure the node is started again, and no backup is published', async () => {
    for (const failing of ['stop', 'look', 'copy', 'verify']) {
      const ground = fakeGround();
      ground.failing.add(failing);
      await assert.rejects(runBackup(ground.parts(null), NEVER), new RegExp(`${failing} fails`));
      assert.equal(ground.running, 'yes', failing);
      assert.deepEqual(ground.published, []);
      ground.failing.clear();
      await runBackup(ground.parts(null), NEVER);
      assert.equal(ground.published.length, 1);
    }
  });

  test('a run that is stopped from outside starts the node too', async () => {
    const ground = fakeGround();
    const controller = new AbortController();
    const parts = ground.parts(null);
    const tell: typeof parts.tell = (step) => {
      if (step === 'stopped') controller.abort();
    };
    await assert.rejects(runBackup({ ...parts, tell }, controller.signal), /abort/i);
    assert.equal(ground.running, 'yes');
    assert.deepEqual(ground.published, []);
  });

  test('a run that failed and brought the node back does not stand in the way of another archive; one that did not does', async () => {
    const ground = fakeGround();
    ground.failing.add('copy');
    await assert.rejects(runBackup(ground.parts(null), NEVER), /copy fails/);
    ground.failing.clear();
    const parts = ground.parts(null);
    await runBackup({ ...parts, taking: { ...parts.taking, address: 'folder:/other' } }, NEVER);
    void runBackup(ground.parts(6), NEVER).catch(() => undefined);
    await settled();
    const later = ground.parts(null);
    const other = runBackup({ ...later, taking: { ...later.taking, address: 'folder:/other' } }, NEVER);
    await assert.rejects(other, /MAY BE DOWN: a backup of it to folder:\/fake/);
  });

  test('a node that does not start again is named in capitals, and the next run begins with it', async () => {
    for (const failing of [['start'], ['copy', 'start']]) {
      const ground = fakeGround();
      for (const one of failing) ground.failing.add(one);
      const failed = runBackup(ground.parts(null), NEVER);
      await assert.rejects(failed, /backup-here-0 IS DOWN/);
      assert.equal(ground.running, 'no');
      ground.failing.clear();
      await runBackup(ground.parts(null), NEVER);
      assert.equal(ground.running, 'yes');
      assert.equal(ground.published.length, 1);
    }
  });

  test('an unfit node, or an unusable archive, ends the run before the node is stopped', async () => {
    const unfit: readonly ((ground: ReturnType<typeof fakeGround>) => void)[] = [
      (ground) => {
        ground.facts = { ...ground.facts, isSyncing: true };
      },
      (ground) => {
        ground.facts = { ...ground.facts, finalised: { ...ground.facts.finalised, number: 0 } };
      },
      (ground) => void ground.failing.add('ready'),
      (ground) => void ground.failing.add('facts'),
      (ground) => {
        ground.running = 'no';
      },
      (ground) => {
        ground.running = 'unknown';
      },
    ];
    for (const make of unfit) {
      const ground = fakeGround();
      make(ground);
      await assert.rejects(runBackup(ground.parts(null), NEVER));
      assert.ok(!ground.calls.includes('stop'));
    }
  });

  test('a node that may be down and cannot be seen is never taken for one or the other', async () => {
    const ground = fakeGround();
    void runBackup(ground.parts(5), NEVER).catch(() => undefined);
    await settled();
    ground.running = 'unknown';
    await assert.rejects(runBackup(ground.parts(null), NEVER), /IT MAY BE DOWN/);
    assert.deepEqual(ground.published, []);
  });

  test('signers are refused, and other roles unless a person said so', async () => {
    for (const [role, anyRole, wanted] of [
      ['validator', true, 'role'],
      ['collator', true, 'role'],
      ['rpc', false, 'role'],
      ['rpc', true, 'done'],
      ['archive', true, 'done'],
    ] as const) {
      const ground = fakeGround();
      const parts = ground.parts(null);
      const control = { ...parts.control, role };
      assert.equal(await codeOf(runBackup({ ...parts, control, anyRole }, NEVER)), wanted, role);
      assert.equal(ground.calls.includes('stop'), wanted === 'done');
    }
  });
});
