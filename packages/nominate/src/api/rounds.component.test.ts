import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import type { Replay } from '../rounds/replay.ts';
import { replayRound } from '../rounds/replay.ts';
import { decodeStored, type StoredRound } from '../rounds/stored.ts';
import { testSite } from './testing/site.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('anyone can download the exact texts of a round and compute it again', async (context) => {
  const { get, store, filled } = await testSite(context);
  const id = filled.rounds.at(-1) ?? '';
  const round = (await get(`/v1/rounds/${id}`)).json;
  const stored = await store.rounds.get(id);
  for (const name of ['snapshot', 'programme', 'record'] as const) {
    const { body, headers } = await get(`/v1/rounds/${id}/${name}`);
    assert.equal(body, stored?.[name]);
    assert.equal(sha256(body), name === 'record' ? id : round[name]);
    assert.equal(headers['content-disposition'], `attachment; filename="${name}-${id}.json"`);
    assert.match(String(headers['cache-control']), /immutable/);
    const known = await get(`/v1/rounds/${id}/${name}`, { 'if-none-match': String(headers.etag) });
    assert.equal(known.status, 304);
    assert.doesNotMatch(
      String((await get(`/v1/rounds/newest/${name}`)).headers['cache-control']),
      /immutable/,
    );
  }
  const whole = decodeStored((await get(`/v1/rounds/${id}/stored`)).body);
  assert.ok(whole.ok);
  assert.deepEqual(replayRound(whole.stored), { result: 'same', digest: id });
});

test('a round shows its seed, rules, targets and decisions, and its outcome', async (context) => {
  const { get, filled } = await testSite(context);
  const [older = '', newest = ''] = filled.rounds;
  const list = (await get('/v1/rounds')).json;
  assert.deepEqual(
    list.rows.map(({ id }: { id: string }) => id),
    [newest, older],
  );
  const { json } = await get(`/v1/rounds/${older}`);
  const record = filled.records[0];
  assert.ok(record);
  assert.equal(json.seed.hex, record.seed.hex);
  assert.equal(
    json.decisions.reduce((sum: number, { count }: { count: number }) => sum + count, 0),
    60,
  );
  const targets = json.nominators.flatMap((one: { targets: { elected: boolean | null }[] }) => one.targets);
  assert.equal(targets.length, record.nominatedCount);
  assert.ok(targets.some(({ elected }: { elected: boolean }) => elected));
  assert.ok(targets.some(({ elected }: { elected: boolean }) => !elected));
  const last = (await get('/v1/rounds/newest')).json;
  assert.ok(last.nominators[0].targets.every(({ elected }: { elected: null }) => elected === null));
});

test('the next in line are the eligible ones that were not nominated, best first', async (context) => {
  const { get, filled } = await testSite(context, { candidates: 150 });
  const record = filled.records.at(-1);
  const wanted = record?.candidates
    .filter(({ eligible, decision }) => eligible && decision.code !== 'nominated')
    .map(({ position }) => position ?? 0)
    .sort((a, b) => a - b);
  assert.ok((wanted?.length ?? 0) > 3);
  const { json } = await get('/v1/next?limit=3');
  assert.deepEqual(
    json.rows.map(({ position }: { position: number }) => position),
    wanted?.slice(0, 3),
  );
  assert.equal((await get(`/v1/rounds/${filled.rounds[1]}/next?limit=3`)).body, JSON.stringify(json));
});

let alteredId = '';

test('a replay compares byte for byte, once; it detects an altered record', async (context) => {
  let ran = 0;
  const run = async (round: StoredRound): Promise<Replay> => {
    ran += 1;
    return replayRound(round);
  };
  const { get, filled } = await testSite(context, {}, (store) => ({
    replay: run,
    store: {
      ...store,
      rounds: {
        ...store.rounds,
        get: async (id: string) => {
          const found = await store.rounds.get(id);
          if (found === null || id !== alteredId) return found;
          return { ...found, record: found.record.replace(/"nominatedCount":\d+/, '"nominatedCount":1') };
        },
      },
    },
  }));
  const [altered = '', honest = ''] = filled.rounds;
  alteredId = altered;
  const [first, second] = await Promise.all([
    get(`/v1/rounds/${honest}/replay`),
    get(`/v1/rounds/${honest}/replay`),
  ]);
  assert.deepEqual(first.json, { round: honest, result: 'same', digest: honest });
  assert.deepEqual(second.json, first.json);
  assert.equal(ran, 1);
  const { json } = await get(`/v1/rounds/${altered}/replay`);
  assert.equal(json.result, 'different');
  assert.match(json.stored, /"nominatedCount":1,/);
});

test('replays wait in a short queue, and requests above its length get a refusal with a time to retry', {
  timeout: 60_000,
}, async (context) => {
  const gate = Promise.withResolvers<void>();
  const { get, filled } = await testSite(context, { rounds: 4 }, () => ({
    limits: { replays: 2 },
    replay: async () => {
      await gate.promise;
      return { result: 'same', digest: 'x' };
    },
  }));
  // Read once, so that the next requests wait for the replay only.
  for (const id of filled.rounds) await get(`/v1/rounds/${id}`);
  const asked = filled.rounds.slice(0, 3).map((id) => get(`/v1/rounds/${id}/replay`));
  // The order of arrival is not fixed. The other requests wait at the gate.
  const refused = await Promise.race(asked);
  assert.equal(refused.status, 503);
  assert.equal(refused.json.code, 'busy');
  assert.ok(Number(refused.headers['retry-after']) > 0);
  gate.resolve();
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [200, 200, 503]);
});
