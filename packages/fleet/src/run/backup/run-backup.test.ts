import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BackupFault } from './backup-fault.ts';
import { runBackup } from './run-backup.ts';
import { fakeBackup } from './testing/fake-backup.ts';

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
    const fake = fakeBackup();
    const manifest = await runBackup(fake.parts(null), NEVER);
    assert.deepEqual(
      fake.calls.filter((name) => !['running', 'facts'].includes(name)),
      ['ready', 'stop', 'look', 'copy', 'verify', 'start', 'publish'],
    );
    assert.equal(fake.running, 'yes');
    assert.deepEqual(fake.published, [manifest]);
    assert.equal(manifest.id, '20261121T000000Z-10');
  });

  test('killed before any of its calls, any number of times, ends well when it is run again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(14), { maxLength: 4 }), async (kills) => {
        const fake = fakeBackup();
        for (const killAt of kills) {
          void runBackup(fake.parts(killAt), NEVER).catch(() => undefined);
          await settled();
        }
        await runBackup(fake.parts(null), NEVER);
        assert.equal(fake.running, 'yes');
        assert.equal(fake.published.length, 1);
        assert.equal(String(fake.copied), fake.published[0]?.leftOut[0]);
      }),
      { numRuns: 60 },
    );
  });

  test('a node that somebody started in the meantime is not taken for one that stood still', async () => {
    const fake = fakeBackup();
    // running, facts, ready, stop, look, copy: killed before it reads back.
    void runBackup(fake.parts(6), NEVER).catch(() => undefined);
    await settled();
    assert.equal(fake.running, 'no');
    fake.running = 'yes';
    fake.content += 1;
    const manifest = await runBackup(fake.parts(null), NEVER);
    assert.equal(manifest.leftOut[0], '2');
  });

  test('what an earlier try left under its id is not taken for the copy of a later one', async () => {
    const fake = fakeBackup();
    fake.renews = false;
    const grow = (number: number): void => {
      fake.facts = { ...fake.facts, finalised: { ...fake.facts.finalised, number } };
    };
    fake.failing.add('verify');
    await assert.rejects(runBackup(fake.parts(null), NEVER), /verify fails/);
    const before = fake.copiedAs;
    fake.failing.clear();
    grow(11);
    // running (twice), facts, ready, stop, look, copy: killed before it reads back; somebody starts the node.
    void runBackup(fake.parts(7), NEVER).catch(() => undefined);
    await settled();
    assert.notEqual(fake.copiedAs, before);
    fake.running = 'yes';
    fake.content += 1;
    grow(12);
    const manifest = await runBackup(fake.parts(null), NEVER);
    assert.deepEqual([manifest.id, manifest.leftOut], [fake.copiedAs, ['3']]);
  });

  test('after any failure the node is started again, and no backup is published', async () => {
    for (const failing of ['stop', 'look', 'copy', 'verify']) {
      const fake = fakeBackup();
      fake.failing.add(failing);
      await assert.rejects(runBackup(fake.parts(null), NEVER), new RegExp(`${failing} fails`));
      assert.equal(fake.running, 'yes', failing);
      assert.deepEqual(fake.published, []);
    }
  });

  test('a run that is stopped from outside starts the node too', async () => {
    const fake = fakeBackup();
    const controller = new AbortController();
    const parts = fake.parts(null);
    const tell: typeof parts.tell = (step) => {
      if (step === 'stopped') controller.abort();
    };
    await assert.rejects(runBackup({ ...parts, tell }, controller.signal), /abort/i);
    assert.equal(fake.running, 'yes');
    assert.deepEqual(fake.published, []);
  });

  test('a run that failed and brought the node back does not stand in the way of another archive; one that did not does', async () => {
    const fake = fakeBackup();
    fake.failing.add('copy');
    await assert.rejects(runBackup(fake.parts(null), NEVER), /copy fails/);
    fake.failing.clear();
    const parts = fake.parts(null);
    await runBackup({ ...parts, taking: { ...parts.taking, address: 'folder:/other' } }, NEVER);
    void runBackup(fake.parts(6), NEVER).catch(() => undefined);
    await settled();
    const later = fake.parts(null);
    const other = runBackup({ ...later, taking: { ...later.taking, address: 'folder:/other' } }, NEVER);
    await assert.rejects(other, /MAY BE DOWN: a backup of it to folder:\/fake/);
  });

  test('a copy that was removed before it was published is no backup: the run begins anew', async () => {
    // running, facts, ready, stop, look, copy, verify, start, facts, publish: killed after one of three.
    for (const killAt of [8, 9, 10]) {
      const fake = fakeBackup();
      void runBackup(fake.parts(killAt), NEVER).catch(() => undefined);
      await settled();
      fake.copied = null;
      fake.published = [];
      const manifest = await runBackup(fake.parts(null), NEVER);
      assert.deepEqual(fake.published, [manifest]);
      assert.equal(String(fake.copied), manifest.leftOut[0]);
      assert.equal(fake.running, 'yes');
    }
  });

  test('whether a copy is still there must be known before it is published', async () => {
    const fake = fakeBackup();
    void runBackup(fake.parts(9), NEVER).catch(() => undefined);
    await settled();
    const stops = fake.calls.filter((name) => name === 'stop').length;
    fake.failing.add('has');
    await assert.rejects(runBackup(fake.parts(null), NEVER), /has fails/);
    assert.deepEqual(fake.published, []);
    fake.failing.clear();
    await runBackup(fake.parts(null), NEVER);
    assert.equal(fake.published.length, 1);
    assert.equal(
      fake.calls.filter((name) => name === 'stop').length,
      stops,
      'the node was not stopped again',
    );
  });

  test('a node that does not start again is named in capitals, and the next run begins with it', async () => {
    for (const failing of [['start'], ['copy', 'start']]) {
      const fake = fakeBackup();
      for (const one of failing) fake.failing.add(one);
      const failed = runBackup(fake.parts(null), NEVER);
      await assert.rejects(failed, /backup-here-0 IS DOWN/);
      assert.equal(fake.running, 'no');
      fake.failing.clear();
      await runBackup(fake.parts(null), NEVER);
      assert.equal(fake.running, 'yes');
      assert.equal(fake.published.length, 1);
    }
  });

  test('an unfit node, or an unusable archive, ends the run before the node is stopped', async () => {
    const unfit: readonly ((fake: ReturnType<typeof fakeBackup>) => void)[] = [
      (fake) => {
        fake.facts = { ...fake.facts, isSyncing: true };
      },
      (fake) => {
        fake.facts = { ...fake.facts, finalised: { ...fake.facts.finalised, number: 0 } };
      },
      (fake) => void fake.failing.add('ready'),
      (fake) => void fake.failing.add('facts'),
      (fake) => {
        fake.running = 'no';
      },
      (fake) => {
        fake.running = 'unknown';
      },
    ];
    for (const make of unfit) {
      const fake = fakeBackup();
      make(fake);
      await assert.rejects(runBackup(fake.parts(null), NEVER));
      assert.ok(!fake.calls.includes('stop'));
    }
  });

  test('a node that may be down and cannot be seen is never taken for one or the other', async () => {
    const fake = fakeBackup();
    void runBackup(fake.parts(5), NEVER).catch(() => undefined);
    await settled();
    fake.running = 'unknown';
    await assert.rejects(runBackup(fake.parts(null), NEVER), /IT MAY BE DOWN/);
    assert.deepEqual(fake.published, []);
  });

  test('signers are refused, and other roles unless a person said so', async () => {
    for (const [role, anyRole, wanted] of [
      ['validator', true, 'role'],
      ['collator', true, 'role'],
      ['rpc', false, 'role'],
      ['rpc', true, 'done'],
      ['archive', true, 'done'],
    ] as const) {
      const fake = fakeBackup();
      const parts = fake.parts(null);
      const control = { ...parts.control, role };
      assert.equal(await codeOf(runBackup({ ...parts, control, anyRole }, NEVER)), wanted, role);
      assert.equal(fake.calls.includes('stop'), wanted === 'done');
    }
  });
});
