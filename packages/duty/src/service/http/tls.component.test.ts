import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Caller, type CallTls, openCaller } from '@watchbill/kit/call';
import { testAuthority } from '../../store/grpc/testing/certificates.ts';
import { httpPeers } from '../net/peers.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { CHAIN, claimBody, KEY, PEER_SECRET, secretOf } from './testing/fixed-values.ts';
import { testServer } from './testing/server.ts';

const authority = await testAuthority('test authority');
const stranger = await testAuthority('another authority');
const own = await authority.issue({ cn: 'service', server: true });
const seen: string[] = [];
const permit = fakePermit({
  observe: async (_report, observer) => {
    seen.push(observer);
  },
});
let server: Awaited<ReturnType<typeof testServer>>;
before(async () => {
  server = await testServer(permit, { tls: { ...own, clientCa: authority.cert } });
});
after(() => server.close(1_000));

const TYPE = { 'content-type': 'application/json' };
const callerOf = (tls: CallTls = {}) => openCaller({ kept: true, tls: { ca: authority.cert, ...tls } });
const post = (caller: Caller, path: string, body: object, headers: Record<string, string> = {}) => {
  const sent = { method: 'POST', headers: { ...TYPE, ...headers }, body: JSON.stringify(body) } as const;
  return caller.ask(`${server.url}${path}`, { ...sent, deadlineMs: 60_000, mostBytes: 100_000 });
};
const observeBy = (caller: Caller) => post(caller, '/v1/observations', { chain: CHAIN, setId: '1' });
const observe = (tls: CallTls) => observeBy(callerOf(tls));
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const codeOf = (text: string): string => (JSON.parse(text) as { code: string }).code;

test('a client certificate is an identity: CN the name, OU the role', async () => {
  assert.match(server.url, /^https:/);
  const answer = await observe(await authority.issue({ cn: 'watcher-1', ou: ['observer'] }));
  assert.equal(answer.status, 204, answer.text);
  assert.deepEqual(seen, ['watcher-1']);
  const reader = await observe(await authority.issue({ cn: 'watcher-1', ou: ['reader'] }));
  assert.deepEqual([reader.status, codeOf(reader.text)], [403, 'role-forbidden']);
});

test('a claim comes over TLS by a certificate or a token, on one connection and another', async () => {
  const claim = (caller: Caller, headers?: Record<string, string>) =>
    post(caller, '/v1/claims', claimBody(), headers);
  const certified = callerOf(await authority.issue({ cn: 'node-a', ou: ['node'] }));
  const plain = callerOf();
  for (const [caller, headers] of [[certified], [plain, bearer(secretOf('node'))], [certified]] as const) {
    const answer = await claim(caller, headers);
    assert.equal(answer.status, 200, answer.text);
  }
  assert.equal((await claim(plain)).status, 401);
  const wrong = await claim(certified, bearer('wrong'));
  assert.equal(wrong.status, 401, 'a wrong token is not made good by a certificate');
});

test('certificates that are refused, each with its reason', async () => {
  const node = { cn: 'node-a', ou: ['node'] };
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000);
  const cases: readonly (readonly [string, CallTls, RegExp])[] = [
    ['none', {}, /no-identity/],
    ['of another authority', await stranger.issue(node), /not signed by a trusted authority/],
    [
      'expired',
      await authority.issue({ ...node, from: new Date(0), to: inHours(-1) }),
      /the certificate has expired/,
    ],
    ['not yet valid', await authority.issue({ ...node, from: inHours(1) }), /certificate-refused/],
    ['without a role', await authority.issue({ cn: 'node-a' }), /certificate-refused/],
    ['with two roles', await authority.issue({ cn: 'node-a', ou: ['reader', 'operator'] }), /2 values of OU/],
    ['with a name that is none', await authority.issue({ cn: 'a b', ou: ['node'] }), /certificate-refused/],
  ];
  seen.length = 0;
  for (const [name, tls, code] of cases) {
    const answer = await observe(tls);
    assert.equal(answer.status, 401, `${name}: ${answer.text}`);
    assert.match(answer.text, code, name);
  }
  assert.deepEqual(seen, []);
});

test('a certificate that expires while its connection lives is refused from then on', async (context) => {
  const expiry = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 600_000);
  const caller = callerOf(await authority.issue({ cn: 'watcher-2', ou: ['observer'], to: expiry }));
  assert.equal((await observeBy(caller)).status, 204);
  // Handshakes go by the clock of the machine, so it is the requests that are looked at.
  context.mock.timers.enable({ apis: ['Date'], now: expiry.getTime() });
  assert.equal((await observeBy(caller)).status, 204);
  context.mock.timers.setTime(expiry.getTime() + 1);
  const answer = await observeBy(caller);
  assert.deepEqual([answer.status, codeOf(answer.text)], [401, 'certificate-refused']);
});

test('/metrics says when the certificate of the service ends', async () => {
  const answer = await callerOf().ask(`${server.url}/metrics`, {
    method: 'GET',
    deadlineMs: 60_000,
    mostBytes: 1_000_000,
  });
  const [, seconds] = /^watchbill_certificate_end_timestamp_seconds (\d+)$/m.exec(answer.text) ?? [];
  assert.equal(Number(seconds) * 1_000, new X509Certificate(own.cert).validToDate.getTime());
});

test('services read each other over TLS with a private authority', async () => {
  const memory = await httpPeers({ tls: { ca: authority.cert } }).memory(server.url, PEER_SECRET, 60_000);
  assert.equal(memory.service, 'service-1');
  assert.equal(memory.points[`${CHAIN}/${KEY}/babe`]?.seq, '7');
  await assert.rejects(httpPeers().memory(server.url, PEER_SECRET, 60_000), { code: 'unreachable' });
});
