import assert from 'node:assert/strict';
import test from 'node:test';
import { readAddress } from '@watchbill/chain/address';
import { testSite } from '../testing/site.ts';

test('a candidate has the fields of the old backend, in its units', async (context) => {
  const { get, filled } = await testSite(context);
  const standing = filled.standings.find(({ verdict }) => verdict === 'valid');
  assert.ok(standing);
  const record = filled.snapshot.candidates.find(({ candidate }) => candidate.stashKey === standing.stashKey);
  assert.ok(record?.selfStake.known && record.prefs.known && record.backing.known);
  const { json } = await get(`/candidate/${standing.stash}`);
  assert.equal(json.slotId, standing.slotId);
  assert.equal(json.stash, standing.stash);
  assert.equal(json.valid, true);
  assert.equal(json.commission, 10);
  assert.equal(json.bonded, Number(record.selfStake.value) / 1e10);
  assert.equal(json.total, standing.score?.total);
  assert.equal(json.score.inclusion, standing.score?.components.inclusion);
  assert.deepEqual(json.matrix, record.candidate.handles);
  const { activeNominators, totalStake } = json.nominations;
  assert.equal(activeNominators.length, record.backing.value.active.length);
  assert.ok(activeNominators.every(({ address }: { address: string }) => readAddress(address)?.prefix === 0));
  assert.equal(readAddress(json.identity.address)?.prefix, 0);
  const sum = activeNominators.reduce((all: number, { bonded }: { bonded: number }) => all + bonded, 0);
  assert.equal(totalStake, sum);
  const types = json.validity.map(({ type }: { type: string }) => type);
  assert.ok(types.includes('ONLINE') && types.includes('VALIDATE_INTENTION') && types.includes('SELF_STAKE'));
});

test('an undecided candidate is null and neither valid nor invalid', async (context) => {
  const { get, filled } = await testSite(context, { candidates: 150 });
  const undecided = filled.standings.find(({ verdict }) => verdict === 'undecided');
  assert.ok(undecided);
  const { json } = await get(`/candidate/${undecided.stash}`);
  assert.equal(json.valid, null);
  assert.ok(json.validity.some(({ valid }: { valid: boolean | null }) => valid === null));
  for (const list of ['/candidates/valid', '/candidates/invalid']) {
    const stashes = (await get(list)).json.map(({ stash }: { stash: string }) => stash);
    assert.ok(!stashes.includes(undecided.stash), list);
  }
});

test('nominators, announcements and jobs have the old shape', async (context) => {
  const { get, filled } = await testSite(context);
  const nominators = (await get('/nominators')).json;
  assert.equal(nominators.length, 4);
  assert.equal(nominators[0].bonded, 20_000_000);
  assert.ok(nominators[0].current.every(({ stash }: { stash: string }) => readAddress(stash)?.prefix === 0));
  assert.deepEqual(
    new Set(nominators.map(({ state }: { state: string }) => state)),
    new Set(['Nominated', 'AwaitingProxyExecution', 'ReadyToNominate']),
  );
  const [announced, ...more] = (await get('/proxytxs')).json;
  assert.deepEqual(more, []);
  assert.equal(announced.number, 28_000_100);
  assert.equal(announced.targets.length, filled.records.at(-1)?.nominators[1]?.targets.length);
  const jobs = (await get('/scorekeeper/jobs')).json;
  const places = jobs.find(({ name }: { name: string }) => name === 'places');
  assert.equal(places.status, 'running');
  assert.equal(places.progress, 65);
  const [stats] = (await get('/erastats')).json;
  assert.deepEqual({ era: stats.era, totalNodes: stats.totalNodes }, { era: 2_200, totalNodes: 60 });
  assert.equal((await get('/release')).json.name, '1.20.0');
});
