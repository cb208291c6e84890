import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { type FakeService, fakeService } from '../testing/fake-host.ts';

const SECRET = 'operator-secret-0123456789abcdef';
const READER = 'reader-secret-0123456789abcdef';

function withTokens(service: FakeService): FakeService {
  service.tokens.set(SECRET, { role: 'operator', name: 'ada' });
  service.tokens.set(READER, { role: 'reader', name: 'rob' });
  return service;
}

function get(service: FakeService, path = '/', headers: Record<string, string> = {}): Promise<Response> {
  return fetch(service.url + path, { headers, redirect: 'manual' });
}

/** Sends a form as a page of the service does, unless the headers say otherwise. */
function post(
  service: FakeService,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const body = new URLSearchParams(fields);
  const all = { origin: service.url, ...headers };
  return fetch(service.url + path, { method: 'POST', body, headers: all, redirect: 'manual' });
}

/** The cookie of a new session, as `name=value`. */
async function signedIn(service: FakeService, secret = SECRET): Promise<string> {
  const answer = await post(service, '/console/login', { token: secret });
  assert.equal(answer.status, 303);
  return (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
}

async function formOf(service: FakeService, cookie: string): Promise<string> {
  const text = await (await get(service, '/console/5ac67d/handover?to=bravo', { cookie })).text();
  return /name="form" value="([^"]+)"/.exec(text)?.[1] ?? '';
}

/** A service, the cookie of an operator, and the token of their forms. */
async function operator(context: TestContext) {
  const service = withTokens(await fakeService(context));
  const cookie = await signedIn(service);
  return { service, cookie, form: await formOf(service, cookie) };
}

describe('who may read', () => {
  test('a loopback service without tokens is open, and has a strict policy', async (context) => {
    const service = await fakeService(context);
    const answer = await get(service);
    assert.equal(answer.status, 200);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    const text = await answer.text();
    assert.match(text, /granting; alpha active; standby bravo ready, 120\/120/);
    assert.match(text, /<title>1 key: 1 granting · Watchbill<[/]title>/);
    const [, icon = ''] = /rel="icon" type="image\/svg\+xml" href="(\/console\/good\.svg)"/.exec(text) ?? [];
    assert.match(await (await get(service, icon)).text(), /^<svg .*fill="#14713f"/);
  });

  test('a service with a token, and one that others reach, answer 401 with a page that names the command', async (context) => {
    for (const service of [
      withTokens(await fakeService(context)),
      await fakeService(context, { isLocal: false }),
      await fakeService(context, { isLocal: false, access: 'open' }),
      await fakeService(context, { access: 'token' }),
    ]) {
      for (const path of ['/', '/u/5ac67d/babe/42', '/console/live', '/console/5ac67d/handover']) {
        const answer = await get(service, path);
        assert.equal(answer.status, 401, path);
        const text = await answer.text();
        assert.match(text, /watchbill token create --role reader/);
        assert.doesNotMatch(text, /granting|alpha/);
      }
    }
  });

  test('an open page answers to loopback names only', async (context) => {
    const service = await fakeService(context, { access: 'open' });
    const statusOf = (host: string) =>
      new Promise((resolve) => {
        request(service.url, { headers: { host } }, (answer) => resolve(answer.resume().statusCode)).end();
      });
    assert.equal(await statusOf('attacker.example:8450'), 403);
    assert.equal(await statusOf('127.0.0.1.attacker.example'), 403);
    assert.equal(await statusOf('localhost:8450'), 200);
    assert.equal(await statusOf('[::1]:8450'), 200);
  });

  test('a bearer token opens the page, an unknown one does not', async (context) => {
    const service = withTokens(await fakeService(context));
    const answer = await get(service, '/', { authorization: `Bearer ${READER}` });
    assert.equal(answer.status, 200);
    assert.doesNotMatch(await answer.text(), /Rehearse or hand over/, 'a reader may not');
    assert.equal((await get(service, '/', { authorization: 'Bearer other' })).status, 401);
  });
});

describe('a session of a browser', () => {
  test('begins with the token and ends when the token is revoked; the cookie and the page hold no secret', async (context) => {
    const service = withTokens(await fakeService(context));
    const answer = await post(service, '/console/login', { token: SECRET });
    const cookie = answer.headers.get('set-cookie') ?? '';
    assert.match(cookie, /; HttpOnly; SameSite=Strict$/);
    assert.ok(!cookie.includes(SECRET));
    assert.match(await (await get(service)).text(), /without a reason, allow cookies for this address/);
    const page = await get(service, '/', { cookie: cookie.split(';', 1)[0] ?? '' });
    assert.equal(page.status, 200);
    const text = await page.text();
    assert.match(text, /Signed in as operator ada/);
    assert.match(text, /Rehearse or hand over/);
    assert.ok(!text.includes(SECRET));
    service.tokens.delete(SECRET);
    assert.equal((await get(service, '/', { cookie: cookie.split(';', 1)[0] ?? '' })).status, 401);
  });

  test('does not begin with an unknown token or from another site; with TLS its cookie is Secure', async (context) => {
    const service = withTokens(await fakeService(context));
    assert.equal((await post(service, '/console/login', { token: 'other' })).status, 401);
    const login = (at: FakeService, origin: string) =>
      post(at, '/console/login', { token: SECRET }, { origin });
    const foreign = await login(service, 'https://attacker.example');
    assert.equal(foreign.status, 403);
    assert.equal(foreign.headers.get('set-cookie'), null);
    const secure = withTokens(await fakeService(context, { isTls: true }));
    const answer = await login(secure, secure.url.replace('http:', 'https:'));
    assert.match(answer.headers.get('set-cookie') ?? '', /; Secure$/);
  });
});

describe('a handover from the page', () => {
  const PATH = '/console/5ac67d/handover';
  const MOVE = { to: 'bravo', do: 'handover', digits: '5ac67d' };

  test('a drill shows the checklist and moves no watch', async (context) => {
    const { service, cookie, form } = await operator(context);
    const answer = await post(service, PATH, { to: 'bravo', do: 'drill', form }, { cookie });
    assert.equal(answer.status, 200);
    const text = await answer.text();
    assert.match(text, /its last report is fit/);
    assert.match(text, /120 of 120 shadow claims/);
    assert.match(text, /Hand over to <bdi>bravo/);
    assert.deepEqual(service.calls, ['drill bravo by ada']);
  });

  test('moves the watch with the last six digits of the key', async (context) => {
    const { service, cookie, form } = await operator(context);
    const answer = await post(service, PATH, { ...MOVE, form }, { cookie });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /bravo is active, term 4/);
    assert.deepEqual(service.calls, ['drill bravo by ada', 'handover bravo by ada']);
  });

  test('is refused with other digits, and if the drill is not ok', async (context) => {
    const { service, cookie, form } = await operator(context);
    assert.equal((await post(service, PATH, { ...MOVE, form, digits: '123456' }, { cookie })).status, 409);
    assert.equal((await post(service, PATH, { ...MOVE, form, digits: '' }, { cookie })).status, 409);
    for (const state of ['fail', 'unknown'] as const) {
      service.drillState = state;
      assert.equal((await post(service, PATH, { ...MOVE, form }, { cookie })).status, 409);
    }
    assert.deepEqual([...new Set(service.calls)], ['drill bravo by ada']);
  });

  test('is refused from another site, without the token of the form, and with that of another session', async (context) => {
    const { service, cookie, form } = await operator(context);
    const refused = [
      post(service, PATH, { ...MOVE, form }, { cookie, origin: 'https://attacker.example' }),
      post(service, PATH, { ...MOVE, form }, { cookie, origin: 'null' }),
      post(service, PATH, MOVE, { cookie }),
      post(service, PATH, { ...MOVE, form: `${form.slice(0, -2)}AA` }, { cookie }),
      post(service, PATH, { ...MOVE, form: await formOf(service, await signedIn(service)) }, { cookie }),
      post(service, PATH, { ...MOVE, form, more: 'x'.repeat(5_000) }, { cookie }),
    ];
    for (const answer of await Promise.all(refused)) assert.equal(answer.status, 403);
    assert.deepEqual(service.calls, []);
  });

  test('needs the role operator', async (context) => {
    const service = withTokens(await fakeService(context));
    const reader = await signedIn(service, READER);
    assert.equal(await formOf(service, reader), '');
    assert.equal((await post(service, PATH, MOVE, { cookie: reader })).status, 403);
    const demoted = await signedIn(service);
    const form = await formOf(service, demoted);
    service.tokens.set(SECRET, { role: 'reader', name: 'ada' });
    assert.equal((await post(service, PATH, { ...MOVE, form }, { cookie: demoted })).status, 403);
    const open = await fakeService(context, { access: 'open' });
    assert.equal((await post(open, PATH, MOVE)).status, 403);
    assert.deepEqual([...service.calls, ...open.calls], []);
  });
});

describe('a freeze from the page', () => {
  const PATH = '/console/5ac67d/freeze';
  const FREEZE = { do: 'freeze', digits: '5AC67D', reason: 'a copy of the disk' };

  test('needs the digits, a reason, the form and the role; the answer names who froze the key first', async (context) => {
    const { service, cookie, form } = await operator(context);
    const statusOf = async (fields: Record<string, string>, headers = {}) =>
      (await post(service, PATH, fields, { cookie, ...headers })).status;
    assert.equal(await statusOf({ ...FREEZE, form, digits: '123456' }), 409);
    assert.equal(await statusOf({ ...FREEZE, form, digits: '' }), 409);
    assert.equal(await statusOf({ ...FREEZE, form, reason: ' ' }), 400);
    assert.equal(await statusOf({ ...FREEZE, form, reason: 'two\nlines' }), 400);
    assert.equal(await statusOf(FREEZE), 403);
    assert.equal(await statusOf({ ...FREEZE, form }, { origin: 'https://attacker.example' }), 403);
    const reader = await signedIn(service, READER);
    assert.equal(await statusOf({ ...FREEZE, form: await formOf(service, reader) }, { cookie: reader }), 403);
    assert.deepEqual(service.calls, []);
    const answer = await post(service, PATH, { ...FREEZE, form }, { cookie });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /The key was frozen already, by eve at 20[-0-9]+T[0-9:]+Z: first\./);
    const lifted = await post(service, PATH, { ...FREEZE, form, do: 'lift' }, { cookie });
    assert.equal(lifted.status, 409);
    assert.match(await lifted.text(), /The service refused: the key is not frozen[.] Run <code>watchbill/);
    assert.deepEqual(service.calls, ['freeze by ada: a copy of the disk', 'lift by ada']);
    const blind = await post(service, PATH, { ...FREEZE, form, reason: 'then silence' }, { cookie });
    assert.match(await blind.text(), /Its state after this could not be read.*The key was frozen already/s);
    const page = await (await get(service, '/', { cookie })).text();
    assert.match(page, /The service says: .*the disk fails; read <code>dmesg<.*console-failed/);
  });

  test('is offered to an operator on the page of the key, and a reader sees no form', async (context) => {
    const service = withTokens(await fakeService(context));
    const [cookie, reader] = [await signedIn(service), await signedIn(service, READER)];
    const text = async (path: string, as: string) => (await get(service, path, { cookie: as })).text();
    assert.match(await text('/console/5ac67d', cookie), /href="\/console\/5ac67d\/freeze">Freeze this key/);
    assert.doesNotMatch(await text('/console/5ac67d', reader), /Freeze this key/);
    assert.match(await text(PATH, cookie), /<button type="submit" name="do" value="freeze">/);
    assert.doesNotMatch(await text(PATH, reader), /<form/);
  });
});

test('what a person typed outlives their session: after the sign-in the page has it', async (context) => {
  const service = withTokens(await fakeService(context));
  const PATH = '/console/5ac67d/freeze';
  const typed = {
    do: 'freeze',
    digits: '5ac67d',
    reason: 'a "copy" of the disk',
    form: 'of an earlier start',
  };
  const inputOf = (text: string, name: string) =>
    new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(text)?.[1]?.replaceAll('&quot;', '"') ?? '';
  const refused = await post(service, PATH, typed, { cookie: `watchbill-session=${'0'.repeat(64)}` });
  assert.equal(refused.status, 401);
  const text = await refused.text();
  assert.match(text, /No key was changed/);
  const next = inputOf(text, 'next').replaceAll('&amp;', '&');
  const wrong = await post(service, '/console/login', { token: 'other', next });
  assert.equal(inputOf(await wrong.text(), 'next'), next, 'a wrong token loses nothing');
  const signed = await post(service, '/console/login', { token: SECRET, next });
  const cookie = (signed.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const again = await get(service, signed.headers.get('location') ?? '', { cookie });
  assert.equal(inputOf(await again.text(), 'reason'), typed.reason);
  const old = await post(service, PATH, typed, { cookie });
  assert.equal(old.status, 403);
  assert.ok((await old.text()).includes(`<a href="${next}">`), 'the old form leads to a new one');
  const form = await formOf(service, cookie);
  const digits = await post(service, PATH, { ...typed, form, digits: '123456' }, { cookie });
  assert.equal(inputOf(await digits.text(), 'reason'), typed.reason);
  for (const [asked, to] of [
    ['/console/5ac67d', '/console/5ac67d'],
    ['//attacker.example/', '/'],
    ['https://attacker.example/console/', '/'],
    ['/console/\r\nset-cookie: a=b', '/'],
  ] as const) {
    const answer = await post(service, '/console/login', { token: SECRET, next: asked });
    assert.equal(answer.headers.get('location'), to, asked);
  }
  assert.equal(inputOf(await (await get(service, '/console/5ac67d')).text(), 'next'), '/console/5ac67d');
});

test('the stream of changes reports a decision; a third reader waits for a place', async (context) => {
  const service = await fakeService(context);
  const stop = new AbortController();
  const open = () => fetch(`${service.url}/console/live`, { signal: stop.signal });
  const [first, second] = await Promise.all([open(), open()]);
  assert.equal((await open()).status, 429);
  assert.equal(first.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  service.decide();
  let text = '';
  for await (const chunk of first.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('event: changed')) break;
  }
  stop.abort();
  await second.body?.cancel().catch(() => undefined);
  assert.match(text, /event: changed\ndata: \{\}\n\n/);
});

test('a page counts for its reader, who keeps no other reader from the stream', async (context) => {
  const service = await fakeService(context);
  service.tokens.set('one', { role: 'reader', name: 'one' });
  service.tokens.set('two', { role: 'reader', name: 'two' });
  const stop = new AbortController();
  context.after(() => stop.abort());
  const open = (token: string) =>
    fetch(`${service.url}/console/live`, {
      signal: stop.signal,
      headers: { authorization: `Bearer ${token}` },
    });
  const oldest = await open('one');
  await open('one');
  assert.equal((await open('one')).status, 429);
  assert.equal((await open('two')).status, 200);
  assert.match(await oldest.text(), /retry/, 'it ends');
  assert.deepEqual(new Set(service.counted), new Set(['reader one', 'reader two']));
});

test('a unit has its page; another address has none', async (context) => {
  const service = await fakeService(context);
  const unit = await get(service, '/u/5ac67d/babe/42');
  assert.equal(unit.status, 200);
  assert.match(await unit.text(), /alpha was granted it/);
  for (const path of [
    '/u/5ac67d/babe/43',
    '/u/000000/babe/42',
    '/u/',
    '/console/',
    '/console/5ac67d/other',
    '/u/%zz',
  ])
    assert.equal((await get(service, path)).status, 404, path);
  assert.equal((await fetch(`${service.url}/`, { method: 'DELETE' })).status, 405);
});

test('a page that a browser has already is not sent again', async (context) => {
  const service = await fakeService(context);
  const first = await get(service, '/console/page.css');
  const etag = first.headers.get('etag') ?? '';
  assert.equal((await get(service, '/console/page.css', { 'if-none-match': etag })).status, 304);
});
