import type {
  ClaimReply,
  ClaimRequest,
  DecisionRecord,
  Drill,
  MarkView,
  MemoryView,
  PermitHealth,
  Role,
  RollbackReportView,
  TokenView,
  WatchState,
} from '../../contract.ts';

export const CHAIN = `0x${'11'.repeat(32)}`;
export const KEY = `0x${'22'.repeat(32)}`;
export const DIGEST = `0x${'33'.repeat(32)}`;
export const INCARNATION = '4'.repeat(32);
export const WIRE_SECRET = 'wiresecret-0123456789abcdef';
export const PEER_SECRET = 'peersecret-0123456789abcdef';

/** The bearer secret of a role in these tests. */
export function secretOf(role: Role): string {
  return `secret-of-${role}-0123456789abcdef`;
}

export function claimBody(changes: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    claimId: 'claim-1',
    chain: CHAIN,
    key: KEY,
    duty: 'babe',
    unit: '42',
    part: 'seal',
    digest: DIGEST,
    incarnation: INCARNATION,
    ...changes,
  };
}

export function claimAnswer(claim: ClaimRequest, changes: Partial<ClaimReply> = {}): ClaimReply {
  const { claimId, chain, key, duty, unit, part, incarnation } = claim;
  return {
    outcome: 'granted',
    reason: 'new',
    message: 'granted for the first time',
    claimId,
    ledger: 'ledger-1',
    chain,
    key,
    duty,
    unit,
    part,
    digest: claim.digest ?? null,
    incarnation,
    head: { epoch: 'epoch-1', seq: '7', hash: 'ab'.repeat(32) },
    word: null,
    watch: null,
    ...changes,
  };
}

export const HEALTH: PermitHealth = {
  ready: true,
  state: 'serving',
  detail: 'serving',
  ledger: 'ledger-1',
  epoch: 'epoch-1',
  service: 'service-1',
  store: {
    ok: true,
    detail: 'three members',
    members: [
      { name: 'a', ok: true, leader: true },
      { name: 'b', ok: false, leader: false },
    ],
    quorumMargin: 1,
    term: '5',
  },
  inFlight: 5,
};

export const WATCH: WatchState = {
  chain: CHAIN,
  key: KEY,
  holder: 'node-a',
  live: true,
  term: '3',
  ready: ['node-a', 'node-b'],
};

export const MARK: MarkView = {
  chain: CHAIN,
  key: KEY,
  duty: 'babe',
  head: { epoch: 'epoch-1', seq: '7', hash: 'ab'.repeat(32) },
  floor: null,
  recent: [
    { unit: '42', node: 'node-a', incarnation: INCARNATION, parts: [{ part: 'seal', digest: DIGEST }] },
  ],
};

export const REPORT: RollbackReportView = {
  id: '5'.repeat(32),
  service: 'service-1',
  node: 'node-a',
  incarnation: INCARNATION,
  chain: CHAIN,
  key: KEY,
  duty: 'babe',
  point: {
    epoch: 'epoch-1',
    seq: '9',
    hash: 'cd'.repeat(32),
    unit: '44',
    part: 'seal',
    nonce: '6'.repeat(16),
    top: '44',
  },
  why: 'entry 9 is remembered; the store is at entry 7',
  state: 'held',
  freed: [],
  released: null,
};

export const MEMORY: MemoryView = {
  service: 'service-1',
  ledger: 'ledger-1',
  points: { [`${CHAIN}/${KEY}/babe`]: { ...MARK.head, unit: '7', part: 'seal', nonce: 'n', top: '7' } },
};

export function decision(id: number): DecisionRecord {
  return {
    id,
    atMs: 1_000 + id,
    outcome: 'granted',
    reason: 'new',
    detail: '',
    chain: CHAIN,
    key: KEY,
    duty: 'babe',
    unit: String(id),
    parts: ['seal'],
    digest: DIGEST,
    node: 'node-a',
    incarnation: INCARNATION,
    claimId: `claim-${id}`,
    seq: String(id),
    via: 'claims',
    tookMs: 1.5,
  };
}

export const TOKENS: readonly TokenView[] = (['node', 'observer', 'operator', 'reader'] as const).map(
  (role) => ({ id: role.padEnd(16, '0'), role, name: `${role}-a`, original: null, createdMs: 1 }),
);
export const WIRE_TOKEN: TokenView = {
  id: 'f'.repeat(16),
  role: 'node',
  name: 'node-a',
  original: { chain: CHAIN, key: KEY },
  createdMs: 1,
};

/** An export of two lines. */
export const fakeTrim = async () => ({ entries: 0, decisions: 0, next: null });

export async function* fakeExport(): AsyncGenerator<string> {
  yield '{"kind":"header"}\n';
  yield '{"kind":"end"}\n';
}

export const DRILL: Drill = {
  chain: CHAIN,
  key: KEY,
  from: 'node-a',
  to: 'node-b',
  state: 'ok',
  checks: [
    { name: 'service', state: 'ok', needed: true, detail: 'the service grants', remedy: null, tookMs: 1 },
  ],
  shadow: { due: 1, granted: 1, asked: 0, recentDenied: 0, p99Ms: 2, why: null },
  tookMs: 3,
};
