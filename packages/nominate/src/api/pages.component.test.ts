import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSite } from './testing/site.ts';

test('every page of a recorded programme says so, and its overview names the programme', async (t) => {
  const { get } = await testSite(t, { candidates: 20 }, () => ({ isRecorded: true, programme: 'harbour' }));
  for (const path of ['/status', '/status/candidates', '/status/jobs', '/status/rounds'])
    assert.match((await get(path)).body, /recorded facts, no transaction is sent/, path);
  assert.match((await get('/status')).body, /<h1>harbour, on polkadot /);
  const live = await testSite(t, { candidates: 20 });
  assert.doesNotMatch((await live.get('/status')).body, /recorded facts/);
});

test('an unknown address below /status gives a page with a link', async (t) => {
  const { get } = await testSite(t, { candidates: 20 });
  for (const [path, link] of [
    ['/status/foo', '/status'],
    ['/status/candidates/unlisted', '/status/candidates'],
  ] as const) {
    const { status, headers, body } = await get(path);
    assert.equal(status, 404, path);
    assert.match(String(headers['content-type']), /^text\/html/);
    assert.match(body, new RegExp(`<p>[\\s\\S]*<a href="${link}">`));
  }
  assert.match(String((await get('/v1/foo')).headers['content-type']), /problem\+json/);
});

test('a filter that is not known is named', async (t) => {
  const { get } = await testSite(t, { candidates: 20 });
  assert.match(
    (await get('/status/candidates?q=zzzz')).body,
    /Not known, and left out: q\. Known are after, name/,
  );
  assert.doesNotMatch((await get('/status/candidates?name=zzzz')).body, /left out/);
});

test('the overview says that a person is needed for a notice, a failed job or a held transaction', async (t) => {
  const { get, store, filled } = await testSite(t, { candidates: 20 });
  const notices = await store.notices.open();
  const failed = (await store.jobs.all()).filter(({ state }) => state === 'failed');
  const held = await store.intents.load(filled.intents.held);
  const hold = async (text: string | null) => {
    const { revision, state } = (await store.intents.load(filled.intents.held)) ?? assert.fail();
    await store.intents.save({ revision, state: { ...state, held: text }, notes: [], closed: [] });
  };
  for (const one of notices) await store.notices.put({ ...one, closedMs: filled.nowMs });
  for (const one of failed) await store.jobs.put({ ...one, state: 'succeeded' });
  await hold(null);
  const said = async () => /<h1>.*<span class="pill \w+">([^<]+)/.exec((await get('/status')).body)?.[1];
  assert.equal(await said(), 'well');
  await hold(held?.state.held ?? null);
  assert.equal(await said(), 'needs a person');
  await hold(null);
  for (const one of failed) await store.jobs.put(one);
  assert.equal(await said(), 'needs a person');
  for (const one of failed) await store.jobs.put({ ...one, state: 'succeeded' });
  for (const one of notices) await store.notices.put(one);
  assert.equal(await said(), 'needs a person');
});
