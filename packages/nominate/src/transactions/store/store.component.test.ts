import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { openTransactions } from '../../storage/open-transactions.ts';
import { MACHINE_RULES } from '../machine/rules.ts';
import { admitIntent, commandIntent } from '../runner/manage.ts';
import { fakeProgramme, intentOf, key } from '../runner/testing/fake-programme.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'watchbill-transactions-'));
after(() => rmSync(FOLDER, { recursive: true }));
const fileOf = (name: string) => join(FOLDER, name);

describe('the file of transactions', () => {
  test('keeps intents over a restart, for this user alone', async () => {
    const intent = intentOf();
    const file = await openTransactions(fileOf('kept'), () => 5);
    assert.deepEqual(await file.add(intent), { ok: true });
    await file.close();
    assert.equal(statSync(fileOf('kept')).mode & 0o777, 0o600);
    const again = await openTransactions(fileOf('kept'), () => 6);
    assert.deepEqual((await again.load(intent.id))?.state.intent, intent);
    assert.deepEqual(
      (await again.list({ open: true, limit: 9 })).map(({ state, madeMs }) => [state, madeMs]),
      [['planned', 5]],
    );
    await again.close();
  });

  test('makes an intent once for a round, and has one per nominator and era', async () => {
    const file = await openTransactions(fileOf('once'), () => 1);
    const intent = intentOf();
    assert.deepEqual(await file.add(intent), { ok: true });
    assert.deepEqual(await file.add(intent), { ok: false, code: 'exists' });
    assert.deepEqual(await file.add(intentOf({ targets: [key('z')] })), { ok: false, code: 'exists' });
    assert.deepEqual(await file.add(intentOf({ round: 'again' })), { ok: false, code: 'era-taken' });
    await commandIntent(file, MACHINE_RULES, intent.id, { kind: 'cancel', detail: 'wrong round' });
    assert.deepEqual(await file.add(intent), { ok: false, code: 'exists' });
    assert.deepEqual(await file.add(intentOf({ round: 'again' })), { ok: true });
    await file.close();
  });

  test('takes a change only from the state that it follows from', async () => {
    const file = await openTransactions(fileOf('races'), () => 1);
    const intent = intentOf();
    await file.add(intent);
    const stored = await file.load(intent.id);
    assert.ok(stored !== null);
    const change = { ...stored, notes: [], closed: [] };
    assert.deepEqual(await file.save(change), { ok: true, revision: 1 });
    assert.deepEqual(await file.save(change), { ok: false, code: 'changed' });
    await file.close();
  });

  test('has one flight for an account and a nonce, and pinned data stays', async () => {
    const programme = fakeProgramme();
    const first = intentOf();
    await programme.store.add(first);
    await programme.pass(1);
    const file = await openTransactions(fileOf('pinned'), () => 1);
    const other = intentOf({ nominator: key('other'), real: key('other') });
    await file.add(first);
    await file.add(other);
    const { flight } = programme.state(first);
    assert.ok(flight !== null);
    const put = async (intent: typeof first, changed: object) => {
      const stored = await file.load(intent.id);
      assert.ok(stored !== null);
      const state = { ...stored.state, flight: { ...flight, ...changed } };
      return await file.save({ revision: stored.revision, state, notes: [], closed: [] });
    };
    assert.equal((await put(first, {})).ok, true);
    assert.deepEqual(await put(other, {}), { ok: false, code: 'nonce-taken' });
    assert.equal((await file.load(other.id))?.revision, 0, 'half of it was stored');
    for (const changed of [
      { nonce: 5 },
      { payload: '0x00' },
      { call: '0x00' },
      { bytes: '0x00' },
      { bytes: null },
    ])
      await assert.rejects(put(first, changed), /a flight is pinned/);
    assert.equal((await put(first, { outcome: 'expired' })).ok, true);
    assert.equal((await put(other, {})).ok, true);
    await file.close();
  });

  test('a newer round supersedes the open intents of its nominator, also after a crash between the two', async () => {
    const programme = fakeProgramme({ delay: 50n });
    const { store, parts } = programme;
    const older = intentOf();
    await store.add(older);
    await programme.pass(4);
    const newer = intentOf({ era: 8, round: 'round 8', deadlineRelay: 1_000_400n });
    await store.add(newer);
    await programme.pass(3);
    assert.equal(programme.shown(older), 'announced');
    assert.equal(programme.shown(newer), 'planned');
    assert.deepEqual(await admitIntent(store, parts.rules, newer), { ok: false, code: 'exists' });
    await programme.pass(80);
    assert.equal(programme.end(older), 'newer-intent');
    assert.equal(programme.end(newer), 'verified');
    assert.equal(programme.chain.finalised().state.announcements.get(newer.signer)?.length, 0);
    assert.equal(await store.prune(1), 1);
    assert.equal(await store.load(older.id), null);
    assert.deepEqual(await store.journal(older.id), []);
  });

  test('refuses a file of another program or of a newer release, and one that is not a database', async () => {
    new DatabaseSync(fileOf('foreign')).exec('CREATE TABLE a (b); PRAGMA user_version = 1;');
    await (await openTransactions(fileOf('newer'), () => 1)).close();
    const change = "INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01T00:00:00.000Z')";
    new DatabaseSync(fileOf('newer')).exec(change);
    writeFileSync(fileOf('none'), 'no database '.repeat(500));
    for (const name of ['foreign', 'newer', 'none'])
      await assert.rejects(
        openTransactions(fileOf(name), () => 1),
        { code: 'store-refused' },
        name,
      );
  });
});
