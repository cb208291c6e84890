import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Role } from '../contract.ts';
import { type Routes, routeSpecs } from './routes/specs.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { CHAIN, claimBody, DIGEST, KEY, PEER_SECRET, secretOf, WIRE_SECRET } from './testing/fixed-values.ts';
import { testApp } from './testing/server.ts';

const ROLES: readonly Role[] = ['node', 'observer', 'operator', 'reader'];
const POLICY = {
  chain: CHAIN,
  key: KEY,
  roster: [{ name: 'node-a', rank: 0 }],
  duties: { babe: {} },
  ceilings: { slotMs: 6000 },
};

/** A good body, query or path for each route. */
const GOOD: Readonly<Record<keyof Routes, { readonly url?: string; readonly body?: unknown }>> = {
  claim: { body: claimBody() },
  observe: { body: { chain: CHAIN, setId: '1', round: '2' } },
  reportSignatures: {
    body: {
      chain: CHAIN,
      signatures: [
        { key: KEY, duty: 'babe', unit: '42', digest: DIGEST, block: { number: '7', hash: DIGEST } },
      ],
    },
  },
  reportVotes: {
    body: {
      chain: CHAIN,
      votes: [
        {
          ...{ key: KEY, unit: '1/5', part: 'precommit', digest: `0x${'5f'.repeat(40)}` },
          ...{ signature: `0x${'ab'.repeat(64)}`, block: { number: '7', hash: DIGEST } },
        },
      ],
    },
  },
  reportOffences: {
    body: {
      chain: CHAIN,
      offences: [
        {
          ...{ key: KEY, duty: 'babe', unit: '42', part: 'seal', digests: [DIGEST, CHAIN] },
          block: { number: '7', hash: DIGEST },
        },
      ],
    },
  },
  readiness: {
    body: { chain: CHAIN, keys: [KEY], syncing: false, peers: 5, finalityLagBlocks: 2, clockOffsetMs: -1.5 },
  },
  handOver: { body: { chain: CHAIN, key: KEY, to: 'node-b', force: 'the machine hangs' } },
  drill: { body: { chain: CHAIN, key: KEY, to: 'node-b' } },
  standbys: { url: `/v1/standbys?chain=${CHAIN}` },
  watch: { url: `/v1/watch?chain=${CHAIN}&key=${KEY}` },
  marks: {},
  policies: {},
  changes: {},
  applyPolicy: { body: POLICY },
  adopt: { body: { chain: CHAIN, key: KEY, floors: { babe: null }, confirmation: 'the machine is off' } },
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
    body: { reason: 'the node is a copy' },
  },
  tokens: {},
  createToken: { body: { role: 'node', name: 'node-c', original: { chain: CHAIN, key: KEY } } },
  revokeToken: { url: '/v1/tokens/0123456789abcdef' },
  units: { url: `/v1/units?key=${KEY}&duty=babe&before=babe/42&since=0&limit=256&missed=true` },
  reportDue: {
    body: { chain: CHAIN, duty: 'babe', passes: [{ after: '1', slot: '2', author: KEY, due: [] }] },
  },
  peerUnits: { body: { chain: CHAIN, key: KEY, limit: 1 } },
  memory: {},
  health: {},
  alive: {},
  ready: {},
  metrics: {},
};

/** The table of roles, written apart from the code. */
const ALLOWED: Readonly<Record<string, readonly Role[]>> = {
  claim: ['node', 'operator'],
  observe: ['node', 'observer', 'operator'],
  reportSignatures: ['node', 'observer', 'operator'],
  reportVotes: ['node', 'observer', 'operator'],
  reportOffences: ['node', 'observer', 'operator'],
  reportDue: ['node', 'observer', 'operator'],
  peerUnits: [],
  readiness: ['node', 'operator'],
  handOver: ['operator'],
  drill: ['operator'],
  changes: ['operator'],
  applyPolicy: ['operator'],
  adopt: ['operator'],
  freeze: ['operator'],
  liftFreeze: ['operator'],
  exportLedger: ['operator'],
  trimLedger: ['operator'],
  noteVerification: ['operator'],
  approve: ['operator'],
  removeService: ['operator'],
  releaseRollbackReport: ['operator'],
  tokens: ['operator'],
  createToken: ['operator'],
  revokeToken: ['operator'],
  memory: [],
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
      const allowed = (ALLOWED[name] ?? ROLES).includes(role);
      if (allowed) {
        assert.ok(answer.statusCode >= 200 && answer.statusCode < 300, `${answer.statusCode} ${answer.body}`);
        assert.ok(String(answer.statusCode) in spec.answers);
        return;
      }
      assert.equal(answer.statusCode, 403, answer.body);
      assert.equal(answer.json().code, spec.access === 'peer' ? 'not-a-peer' : 'role-forbidden');
      assert.deepEqual(permit.calls, [], 'refused before it touches the service');
    });
  }
  test(`${name} with no or a wrong identity`, async () => {
    if (spec.access === 'open') return;
    const { inject } = await shared;
    for (const header of [null, 'Bearer ', 'Bearer', 'Basic bm9kZTpub2Rl', `Bearer ${'x'.repeat(300)}`]) {
      const answer = await inject(requestOf(name, header));
      assert.equal(answer.statusCode, 401, answer.body);
      assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
      assert.equal(answer.json().code, 'no-identity');
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
  assert.equal(answer.statusCode, 401);
  assert.equal(answer.json().code, 'identity-for-original-wire');
  assert.deepEqual(permit.calls, []);
});

test('while the server stops, nothing under /v1 is begun', async () => {
  const permit = fakePermit();
  const { inject, stop } = await testApp(permit);
  stop.abort();
  for (const [name, spec] of specs) {
    if (spec.access === 'open') continue;
    const answer = await inject(requestOf(name, `Bearer ${secretOf('operator')}`));
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.json().code, 'stopping');
  }
  assert.deepEqual(permit.calls, []);
  assert.equal((await inject(requestOf('ready', null))).statusCode, 503);
  assert.equal((await inject(requestOf('alive', null))).statusCode, 200);
});
