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
  ServedPermit,
  TokenView,
  WatchState,
} from '../../contract.ts';

/** A permit for tests of the transport: answers fixed values, and notes every call that reached it. */
export interface FakePermit extends ServedPermit {
  /** Names of the methods that were called, in order; reads of identity are left out. */
  readonly calls: string[];
  /** Tell every subscriber of a decision. */
  decide(decision: DecisionRecord): void;
  readonly subscribers: () => number;
}

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
    term: 5n,
  },
  inFlight: 0,
};

export const WATCH: WatchState = {
  chain: CHAIN,
  key: KEY,
  holder: 'node-a',
  live: true,
  term: '3',
  ready: ['node-a', 'node-b'],
};

const MARK: MarkView = {
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

const MEMORY: MemoryView = {
  service: 'service-1',
  ledger: 'ledger-1',
  heads: { [`${CHAIN}/${KEY}/babe`]: MARK.head },
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

const TOKENS: readonly TokenView[] = (['node', 'observer', 'operator', 'reader'] as const).map((role) => ({
  id: role.padEnd(16, '0'),
  role,
  name: `${role}-a`,
  original: null,
  createdMs: 1,
}));
const WIRE_TOKEN: TokenView = {
  id: 'f'.repeat(16),
  role: 'node',
  name: 'node-a',
  original: { chain: CHAIN, key: KEY },
  createdMs: 1,
};

/** An export of two lines. */
export async function* fakeExport(): AsyncGenerator<string> {
  yield '{"kind":"header"}\n';
  yield '{"kind":"end"}\n';
}

const DRILL: Drill = {
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

type Rest =
  | 'drill'
  | 'standbys'
  | 'upkeep'
  | 'noteExport'
  | 'noteVerification'
  | 'services'
  | 'observe'
  | 'revokeToken'
  | 'reportSignatures'
  | 'reportVotes'
  | 'reportOffences'
  | 'freeze'
  | 'liftFreeze'
  | 'units'
  | 'unitFacts'
  | 'reportDue'
  | 'approve'
  | 'removeService'
  | 'releaseRollbackReport'
  | 'exportLedger'
  | 'storeWentBack'
  | 'drain';

const REST: Pick<ServedPermit, Rest> = {
  services: async () => [],
  observe: async () => undefined,
  revokeToken: async () => undefined,
  reportSignatures: async () => undefined,
  reportVotes: async () => undefined,
  reportOffences: async () => undefined,
  freeze: async () => [],
  liftFreeze: async () => [],
  units: async () => ({ units: [], complete: true }),
  unitFacts: () => [],
  reportDue: () => undefined,
  approve: async () => undefined,
  removeService: async () => undefined,
  releaseRollbackReport: async () => undefined,
  drill: async () => DRILL,
  standbys: async () => [],
  upkeep: () => ({ lastExport: null, lastVerification: null }),
  noteExport: async () => undefined,
  noteVerification: async () => undefined,
  exportLedger: fakeExport,
  storeWentBack: () => undefined,
  drain: async () => undefined,
};

/** Every call succeeds and every claim is granted; `changes` replaces single methods. */
export function fakePermit(changes: Partial<ServedPermit> = {}): FakePermit {
  const calls: string[] = [];
  const listeners = new Set<(record: DecisionRecord) => void>();
  const secrets = new Map<string, TokenView>(TOKENS.map((token) => [secretOf(token.role), token]));
  secrets.set(WIRE_SECRET, WIRE_TOKEN);
  const noted =
    <Arguments extends unknown[], Result>(name: string, method: (...given: Arguments) => Result) =>
    (...given: Arguments): Result => {
      calls.push(name);
      return method(...given);
    };
  const permit: ServedPermit = {
    claim: async (claim) => claimAnswer(claim),
    claimOriginal: async () => ({ allowed: true, outcome: 'granted', reason: 'new' }),
    reportReadiness: async () => [WATCH],
    handOver: async () => WATCH,
    policies: async () => [],
    marks: async () => [MARK],
    watches: async () => [WATCH],
    decisions: ({ limit }) => ({ decisions: [decision(2), decision(1)].slice(0, limit), next: null }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    applyPolicy: async (document) => ({ ...document, versionId: 'v1', version: 1, mode: 'idle' }),
    adopt: async () => [MARK],
    rollbackReports: async () => [REPORT],
    createToken: async ({ role, name, original }) => ({
      token: { id: '0'.repeat(16), role, name, original: original ?? null, createdMs: 1 },
      secret: 'a-new-secret',
    }),
    tokens: async () => TOKENS,
    identify: (secret) => secrets.get(secret) ?? null,
    memory: async () => MEMORY,
    isPeer: (secret) => secret === PEER_SECRET,
    health: async () => HEALTH,
    ...REST,
    ...changes,
  };
  return {
    ...permit,
    claim: noted('claim', permit.claim),
    claimOriginal: noted('claimOriginal', permit.claimOriginal),
    observe: noted('observe', permit.observe),
    reportReadiness: noted('reportReadiness', permit.reportReadiness),
    handOver: noted('handOver', permit.handOver),
    applyPolicy: noted('applyPolicy', permit.applyPolicy),
    adopt: noted('adopt', permit.adopt),
    reportSignatures: noted('reportSignatures', permit.reportSignatures),
    reportVotes: noted('reportVotes', permit.reportVotes),
    reportOffences: noted('reportOffences', permit.reportOffences),
    freeze: noted('freeze', permit.freeze),
    liftFreeze: noted('liftFreeze', permit.liftFreeze),
    marks: noted('marks', permit.marks),
    approve: noted('approve', permit.approve),
    removeService: noted('removeService', permit.removeService),
    releaseRollbackReport: noted('releaseRollbackReport', permit.releaseRollbackReport),
    createToken: noted('createToken', permit.createToken),
    revokeToken: noted('revokeToken', permit.revokeToken),
    exportLedger: noted('exportLedger', permit.exportLedger),
    memory: noted('memory', permit.memory),
    calls,
    decide: (record) => {
      for (const listener of listeners) listener(record);
    },
    subscribers: () => listeners.size,
  };
}
