import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LastDrill, LastHandover } from '../../shapes/watch.ts';
import { fakeLog, silentLog } from '../../testing/services.ts';
import { loadNotes } from './standby-notes.ts';

const MAX_NOTES = 1_024;
const DRILL: LastDrill = { atMs: 5, by: 'ada', state: 'fail', due: 3, granted: 2 };
const HANDOVER: LastHandover = { atMs: 6, by: null, from: 'a', term: '4', tookMs: 12, force: null };

/** A file in memory, and the lines of the log. */
function ground(start: string | null = null) {
  const { log, lines: logged } = fakeLog('warn');
  let text = start;
  let isFull = false;
  const file = {
    load: () => text,
    save: async (next: string) => {
      if (isFull) throw new Error('no space');
      text = next;
    },
  };
  const fill = () => {
    isFull = true;
  };
  return { load: () => loadNotes(file, log), logged, fill };
}

describe('the notes of standbys', () => {
  test('last over a restart, each with its newest values', async () => {
    const { load, logged } = ground();
    const notes = load();
    for (const state of ['ok', 'unknown', 'fail'] as const) {
      await notes.put('one', { drill: { ...DRILL, state } });
      assert.equal(load().of('one').drill?.state, state);
    }
    const forced = { ...HANDOVER, by: 'bob', from: null, force: 'a reason' };
    await notes.put('one', { handover: HANDOVER });
    await notes.put('two', { handover: forced });
    assert.deepEqual(load().of('one'), { drill: DRILL, handover: HANDOVER });
    assert.deepEqual(load().of('two').handover, forced);
    assert.deepEqual(load().of('three'), {});
    assert.deepEqual(logged, []);
  });

  test('have the last export and the last verification, whatever its verdict', async () => {
    const { load, logged } = ground();
    assert.deepEqual(loadNotes(null, silentLog).upkeep(), load().upkeep());
    const lastExport = { atMs: 7, by: 'ada', lines: 40 };
    assert.deepEqual(load().upkeep(), { lastExport: null, lastVerification: null });
    await load().putUpkeep({ lastExport });
    for (const verdict of ['proven', 'unproven', 'violation'] as const) {
      const lastVerification = { atMs: 8, by: 'bob', verdict };
      await load().putUpkeep({ lastVerification });
      assert.deepEqual(load().upkeep(), { lastExport, lastVerification });
    }
    assert.deepEqual(logged, []);
  });

  test('drop the oldest beyond their bound: those that were noted last stay', async () => {
    const notes = loadNotes(null, silentLog);
    await notes.put('first', { drill: DRILL });
    for (let at = 1; at < MAX_NOTES; at += 1) await notes.put(`node ${at}`, { drill: DRILL });
    await notes.put('first', { handover: HANDOVER });
    assert.deepEqual(notes.of('node 1'), { drill: DRILL });
    await notes.put('one more', { drill: DRILL });
    assert.deepEqual(notes.of('node 1'), {});
    assert.deepEqual(notes.of('node 2'), { drill: DRILL });
    assert.deepEqual(notes.of('first'), { drill: DRILL, handover: HANDOVER });
  });

  test('last until the next start if the disk refuses, which is logged', async () => {
    const { load, logged, fill } = ground();
    const notes = load();
    fill();
    await notes.put('one', { drill: DRILL });
    assert.deepEqual(notes.of('one'), { drill: DRILL });
    const text = 'a drill or export was not written to the data folder; it counts until the next start';
    assert.deepEqual(logged, [{ level: 'warn', event: 'standbys-unsaved', error: 'Error: no space', text }]);
  });

  test('begin anew if the file cannot be read, which is logged', () => {
    for (const [damaged, reason] of [
      ['{', /^SyntaxError: /],
      ['{"v":1,"standbys":{"one":{"handover":{}}}}', /expected number/],
    ] as const) {
      const { load, logged } = ground(damaged);
      assert.deepEqual(load().of('one'), {});
      const [{ event, error, text } = {}] = logged;
      assert.equal(event, 'standbys-unread');
      assert.match(String(error), reason);
      assert.match(String(text), /^the drills of the last start cannot be read/);
    }
  });
});
