import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { openRollout, unfinishedRollout } from './journal.ts';
import { fakePort } from './testing/fake-port.ts';
import { brokenPort, HEADER, Killed, NETWORK, repair, versions } from './testing/fixture.ts';
import { withFile } from './testing/journal-file.ts';

test('a roll-out that ended leaves a journal that is not taken up again', () =>
  withFile(async ({ run, file }) => {
    const port = fakePort(NETWORK);
    assert.equal((await run(port)).how, 'done');
    assert.deepEqual(port.calls, ['r-0 new', 'r-1 new', 'r-2 new', 'v-0 new', 'v-1 new', 'v-2 new']);
    assert.equal(unfinishedRollout(file), null);
  }));

test('a journal on disk is enough for the next command to go on, forward or back', async () => {
  await withFile(async ({ run, file }) => {
    const port = fakePort(NETWORK);
    const stop = new AbortController();
    port.hook.at = (moment) => {
      if (moment === 'after verified' && port.calls.length === 4) stop.abort();
    };
    const end = await run(port, { signal: stop.signal });
    assert.deepEqual(end, { how: 'interrupted', left: ['v, signer v-1', 'v, signer v-2'] });
    assert.equal(unfinishedRollout(file)?.what, 'w');
    assert.equal((await run(port)).how, 'done');
    assert.equal(new Set(port.calls).size, port.calls.length);
  });
  await withFile(async ({ run }) => {
    const port = brokenPort();
    const end = await run(port);
    assert.ok(end.how === 'rolled-back' && end.left.length > 0);
    repair(port);
    const again = await run(port);
    assert.ok(again.how === 'rolled-back' && again.left.length === 0);
    assert.ok(versions(port).every((version) => version === 'old'));
  });
});

test('a roll-out of something else, a damaged journal and a second run at once are refused', () =>
  withFile(async ({ run, file }) => {
    const port = fakePort(NETWORK);
    port.hook.at = (moment) => {
      if (moment === 'stopped v-0') throw new Killed();
    };
    await assert.rejects(run(port), Killed);
    const other = openRollout(file, { ...HEADER, what: 'else' });
    assert.ok(!other.ok && other.reason === 'other' && /another roll-out was begun/.test(other.detail));
    const network = openRollout(file, { ...HEADER, network: 'harbour' });
    assert.ok(!network.ok && /of the network net, not of harbour/.test(network.detail));
    const open = openRollout(file, HEADER);
    assert.ok(open.ok);
    const second = openRollout(file, HEADER);
    assert.ok(!second.ok && second.reason === 'busy');
    open.journal.close();
    assert.equal(unfinishedRollout(file)?.what, 'w');
    appendFileSync(file, '{"state":"verified"}\n');
    const damaged = openRollout(file, HEADER);
    assert.ok(!damaged.ok && damaged.reason === 'damaged' && /line \d+ is damaged/.test(damaged.detail));
  }));
