import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestOfText } from '@watchbill/kit';
import { known } from '../../facts/fact.ts';
import { FAULT_RULES } from '../../history/faults.ts';
import { loadCheck } from '../../io/load-checks.ts';
import { presetProgramme } from '../../rounds/presets.ts';
import { encodeProgramme } from '../../rounds/programme.ts';
import type { LoadedModule } from '../../rounds/start.ts';
import { encodeSnapshot } from '../../snapshot/codec.ts';
import { openProgrammeStore, type ProgrammeStore } from '../../storage/index.ts';
import { NOON_MS } from '../../testing/records.ts';
import { sampleElection, sampleSnapshot } from '../../testing/sample.ts';
import { plainDesk, type SnapshotDesk, threadDesk } from './desk.ts';

let store: ProgrammeStore;
let folder: string;
let database: { readonly file: string };
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchbill-desk-'));
  database = { file: join(folder, 'programme.db') };
  store = await openProgrammeStore(database, () => NOON_MS);
});
after(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const STAYS = new AbortController().signal;

function snapshotWith(voters: number) {
  const snapshot = sampleSnapshot({ seed: 'desk', count: 40, nominators: 2, backers: 1 });
  const targets = snapshot.candidates.map(({ candidate }) => candidate.stashKey);
  return {
    ...snapshot,
    election: known(sampleElection(targets, { seats: 20, voters, votes: 8 }), 'staking'),
  };
}

function programmeOf(modules: readonly LoadedModule[] = []) {
  const nominators = sampleSnapshot({ seed: 'desk', count: 1, nominators: 2 }).nominators;
  const programme = presetProgramme(
    { network: 'polkadot', profile: 'fair' },
    nominators.map(({ name, stashKey }) => ({ name, stashKey })),
  );
  return encodeProgramme({
    ...programme,
    modules: modules.map(({ check: { id }, sha256 }) => ({ id, sha256 })),
  });
}

test('a thread decides the same round as this thread, and reads the same head', async () => {
  const { digest } = await store.snapshots.put(encodeSnapshot(snapshotWith(50)));
  const [threads, plain] = [threadDesk(store, [], database), plainDesk(store, [])];
  const decided = await threads.plan(digest, programmeOf(), STAYS);
  assert.ok(decided.ok && decided.record.includes('"simulate"'));
  assert.deepEqual(decided, await plain.plan(digest, programmeOf(), STAYS));
  const head = await threads.head(digest, STAYS);
  assert.deepEqual(head, await plain.head(digest, STAYS));
  assert.equal(await threads.head(digest, STAYS), head, 'the second reading starts no thread');
  assert.equal(await threads.head('none', STAYS), null);
});

test('a thread loads the modules of the programme, and refuses a file that was changed', async () => {
  const { digest } = await store.snapshots.put(encodeSnapshot(snapshotWith(1)));
  const file = join(folder, 'own.mjs');
  const body = "({ outcome: 'fail', message: 'own rule', remedy: 'x', evidence: [] })";
  writeFileSync(file, `export const check = { id: 'own', about: 'x', run: () => ${body} };\n`);
  const read = await loadCheck(file);
  const { module } = read.ok ? read : assert.fail(read.why);
  const desk = threadDesk(store, [module], database);
  const decided = await desk.plan(digest, programmeOf([module]), STAYS);
  assert.ok(decided.ok, JSON.stringify(decided));
  writeFileSync(file, '// changed\n', { flag: 'a' });
  await assert.rejects(
    desk.plan(digest, programmeOf([module]), STAYS),
    /own\.mjs was changed: start the service/,
  );
  assert.throws(
    () => threadDesk(store, [{ check: module.check, sha256: module.sha256 }], database),
    /without a file/,
  );
});

test('a stop ends the thread at once, in the middle of its election', async () => {
  const { digest } = await store.snapshots.put(encodeSnapshot(snapshotWith(20_000)));
  const stop = new AbortController();
  const planned = threadDesk(store, [], database).plan(digest, programmeOf(), stop.signal);
  setTimeout(() => stop.abort(new Error('the process stops')), 200);
  await assert.rejects(planned, /the process stops/);
  assert.ok(!process.getActiveResourcesInfo().includes('MessagePort'), 'the thread has ended');
  await assert.rejects(
    threadDesk(store, [], database).plan(digest, programmeOf(), stop.signal),
    /the process stops/,
  );
  await assert.rejects(
    threadDesk(store, [], database).plan('none', programmeOf(), STAYS),
    /there is no snapshot none/,
  );
});

test('reading many histories and standings from SQLite gives turns to other work', async () => {
  const keys = Array.from({ length: 200 }, (_, at) => `0x${at.toString(16).padStart(64, '0')}`);
  let turns = 0;
  let timer = setImmediate(function again() {
    turns += 1;
    timer = setImmediate(again);
  });
  assert.equal((await store.history.of(keys)).size, 200);
  clearImmediate(timer);
  assert.ok(turns >= 9, `${turns} turns`);
});

const RULES = { faultRules: FAULT_RULES, keptPeriods: 128 };

test('a snapshot, its standings, faults and periods are the same from a thread, and this thread keeps running', async () => {
  const plainStore = await openProgrammeStore({ file: ':memory:' }, () => NOON_MS);
  const desks = [threadDesk(store, [], database), plainDesk(plainStore, [])] as const;
  const first = snapshotWith(2_000);
  const second = { ...first, takenAtMs: first.takenAtMs + 300_000, candidates: first.candidates.slice(1) };
  const rules = { ...RULES, programme: programmeOf() };
  const turnsOf = async (desk: SnapshotDesk, of: ProgrammeStore) => {
    let turns = 0;
    let timer = setImmediate(function again() {
      turns += 1;
      timer = setImmediate(again);
    });
    const { digest: before } = await desk.put(first, STAYS);
    const { digest } = await desk.put(second, STAYS);
    // Storing a text takes turns here too, because its compression has threads.
    turns = 0;
    const made = await desk.standings({ digest }, rules, STAYS);
    const turnsOfStandings = turns;
    const found = await desk.faults({ before, after: digest }, rules, STAYS);
    const periods = await desk.periods(digest, rules, STAYS);
    clearImmediate(timer);
    const keys = second.candidates.map(({ candidate }) => candidate.stashKey);
    const standings = await Promise.all(keys.map((key) => of.standings.get(key)));
    return {
      turns: turnsOfStandings,
      results: { before, digest, made, found, periods, standings, books: await of.history.of(keys) },
    };
  };
  const [inThread, here] = [await turnsOf(desks[0], store), await turnsOf(desks[1], plainStore)];
  await plainStore.close();
  assert.deepEqual(inThread.results, here.results);
  assert.equal(inThread.results.made?.count, 39);
  assert.equal(inThread.results.digest, digestOfText(encodeSnapshot(second)));
  assert.ok(here.turns < 50, `${here.turns} turns without threads`);
  assert.ok(inThread.turns > 500, `${inThread.turns} turns with threads`);
  assert.equal(await desks[0].standings({ digest: 'none' }, rules, STAYS), null);
  assert.equal(await desks[0].faults({ before: null, after: 'none' }, rules, STAYS), null);
});
