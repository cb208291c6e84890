import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Role } from '../contract.ts';
import { type Routes, routeSpecs } from './routes/specs.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { CHAIN, claimBody, DIGEST, KEY, PEER_SECRET, secretOf, WIRE_SECRET } from './testing/fixed-values.ts';
import { problemIn, testApp } from './testing/server.ts';

const ROLES: readonly Role[] = ['node', 'observer', 'operator', 'reader'];
/** Parts of the requests below. */
const MARK = { chain: CHAIN, key: KEY };
const SEAL = { key: KEY, duty: 'babe', unit: '42', block: { number: '7', hash: DIGEST } };
const VOTE = { key: KEY, unit: '1/5', part: 'precommit', digest: `0x${'5f'.repeat(40)}`, block: SEAL.block };
const READY = { keys: [KEY], syncing: false, peers: 5, finalityLagBlocks: 2, clockOffsetMs: -1.5 };
const POLICY = { ...MARK, roster: [{ name: 'node-a', rank: 0 }], duties: { babe: {} } };

/** A good body, query or path for each route. */
const GOOD: Readonly<Record<keyof Routes, { readonly url?: string; readonly body?: unknown }>> = {
  claim: { body: claimBody() },
  observe: { body: { chain: CHAIN, setId: '1', round: '2' } },
  reportSignatures: { body: { chain: CHAIN, signatures: [{ ...SEAL, digest: DIGEST }] } },
  reportVotes: { body: { chain: CHAIN, votes: [{ ...VOTE, signature: `0x${'ab'.repeat(64)}` }] } },
  reportOffences: { body: { chain: CHAIN, offences: [{ ...SEAL, part: 'seal', digests: [DIGEST, CHAIN] }] } },
  readiness: { body: { chain: CHAIN, ...READY } },
  handOver: { body: { ...MARK, to: 'node-b', force: 'the machine hangs' } },
  drill: { body: { ...MARK, to: 'node-b' } },
  standbys: { url: `/v1/standbys?chain=${CHAIN}` },
  watch: { url: `/v1/watch?chain=${CHAIN}&key=${KEY}` },
  marks: {},
  policies: {},
  changes: {},
  applyPolicy: { body: { ...POLICY, ceilings: { slotMs: 6000 } } },
  adopt: { body: { ...MARK, floors: { babe: null }, confirmation: 'the machine is off' } },
  freeze: { body: { key: KEY, reason: 'a disk is missing' } },
  liftFreeze: { body: { key: 'all', reason: 'the disk is destroyed' } },
  decisions: { url: '/v1/decisions?outcome=granted&limit=1000&before=5&duty=babe&node=node-a&unit=42' },
  stream: {},
  exportLedger: { url: '/v1/ledger/export?marks=true' },
  trimLedger: { body: { sha256: 'ab'.repeat(32), beforeMs: 0, from: { list: 'entries', after: 0 } } },
  upkeep: {},
  noteVerification: { body: { ledger: '0'.repeat(32), verdict: 'proven' } },
  services: {},
  approve: { url: '/v1/services/service-2/approve', body: { reason: 'new disk' } },
  removeService: { url: '/v1/services/service-2', body: { reason: 'machine lost' } },
  rollbackReports: {},
  releaseRollbackReport: {
    url: `/v1/rollback-reports/${'5'.repeat(32)}/release`,
    body: { reason: 'a copy' },
  },
  tokens: {},
  createToken: { body: { role: 'node', name: 'node-c', original: MARK } },
  revokeToken: { url: '/v1/tokens/0123456789abcdef' },
  units: { url: `/v1/units?key=${KEY}&duty=babe&before=babe/42&since=0&limit=256&missed=true` },
  reportDue: {
    body: { chain: CHAIN, duty: 'babe', passes: [{ after: '1', slot: '2', author: KEY, due: [] }] },
  },
  peerUnits: { body: { ...MARK, limit: 1 } },
  memory: {},
  health: {},
  alive: {},
  ready: {},
  metrics: {},
};

/** The routes that not every role may use, by those that may; written apart from the code. */
const ONLY: Readonly<Record<string, readonly (keyof Routes)[]>> = {
  'node operator': ['claim', 'readiness'],
  'node observer operator': ['observe', 'reportSignatures', 'reportVotes', 'reportOffences', 'reportDue'],
  operator: [
    ...(['handOver', 'drill', 'changes', 'applyPolicy', 'adopt', 'freeze', 'liftFreeze'] as const),
    ...(['exportLedger', 'trimLedger', 'noteVerification', 'approve', 'removeService'] as const),
    ...(['releaseRollbackReport', 'tokens', 'createToken', 'revokeToken'] as const),
  ],
  peer: ['memory', 'peerUnits'],
};
const mayUse = (role: Role, route: keyof Routes) => {
  const only = Object.keys(ONLY).find((roles) => ONLY[roles]?.includes(route));
  return only === undefined || only.split(' ').includes(role);
};

const specs = Object.entries(routeSpecs()) as [keyof Routes, Routes[keyof Routes]][];
const requestOf = (name: keyof Routes, authorization: string | null) => {
  const { method, url } = routeSpecs()[name];
  const { url: good, body } = GOOD[name];
  return {
    method,
    url: good ?? url,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  };
};

const permit = fakePermit();
const shared = testApp(permit);
beforeEach(() => void permit.calls.splice(0));

for (const [name, spec] of specs) {
  if (spec.url === '/v1/decisions/stream') continue;
  for (const role of ROLES) {
    test(`${name} as ${role}`, async () => {
      const answer = await (await shared).inject(requestOf(name, `Bearer ${secretOf(role)}`));
      if (mayUse(role, name)) {
        assert.ok(answer.statusCode >= 200 && answer.statusCode < 300, `${answer.statusCode} ${answer.body}`);
        assert.ok(String(answer.statusCode) in spec.answers);
        return;
      }
      problemIn(answer, 403, spec.access === 'peer' ? 'not-a-peer' : 'role-forbidden');
      assert.deepEqual(permit.calls, [], 'refused before it touches the service');
    });
  }
  test(`${name} with no or a wrong identity`, async () => {
    if (spec.access === 'open') return;
    const { inject } = await shared;
    for (const header of [null, 'Bearer ', 'Bearer', 'Basic bm9kZTpub2Rl', `Bearer ${'x'.repeat(300)}`]) {
      const answer = await inject(requestOf(name, header));
      problemIn(answer, 401, 'no-identity');
      assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
    }
    const wrong = await inject(requestOf(name, 'Bearer wrong'));
    assert.equal(wrong.statusCode, spec.access === 'peer' ? 403 : 401);
    assert.deepEqual(permit.calls, []);
  });
}

test('the secret of the services opens memory and facts, and no other route', async () => {
  const { inject } = await testApp();
  for (const [name, spec] of specs) {
    if (spec.access === 'open') continue;
    const answer = await inject(requestOf(name, `Bearer ${PEER_SECRET}`));
    assert.equal(answer.statusCode, spec.access === 'peer' ? 200 : 401, name);
  }
});

test('the secret of a base URL is not a bearer token', async () => {
  const answer = await (await shared).inject(requestOf('claim', `Bearer ${WIRE_SECRET}`));
  problemIn(answer, 401, 'identity-for-original-wire');
  assert.deepEqual(permit.calls, []);
});

test('while the server stops, nothing under /v1 is begun', async () => {
  const permit = fakePermit();
  const { inject, stop } = await testApp(permit);
  stop.abort();
  for (const [name, spec] of specs) {
    if (spec.access === 'open') continue;
    problemIn(await inject(requestOf(name, `Bearer ${secretOf('operator')}`)), 503, 'stopping');
  }
  assert.deepEqual(permit.calls, []);
  assert.equal((await inject(requestOf('ready', null))).statusCode, 503);
  assert.equal((await inject(requestOf('alive', null))).statusCode, 200);
});
