// One request for each route, in an order in which a new service answers them as shown:
// http.component.test.ts of packages/watchbill/test/docs sends them. `as` is who
// asks; `answer` is JSON as the service gives it, ids and times of one run.

const CHAIN = '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3';
const KEY = '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
const OF_KEY = { chain: CHAIN, key: KEY };
const DIGEST = `0x${'5f'.repeat(32)}`;
const INCARNATION = '0123456789abcdef0123456789abcdef';
const LEDGER = '82a6c9d8374822e54cb84759610b3e2d';
const EPOCH = '9f6decc9c2833721b6560eb9c9179f27';
const SERVICE = '6a3466a2e814934a1720e5ffff1824ef';
const TOKEN = '3c9006939a2616b2';
const head = (seq, hash) => ({ epoch: EPOCH, seq, hash });
const ADOPTED = head('1', 'bb69eda6936c21c118632f913b79bf95ba9e41d217acb7d40600cce3ebaf0593');
const CLAIMED = head('2', '0fafcdb7151a5d86b270390fd1bf94a055ccf037c205c3c06ffefd9367216f61');
const PROOF = '2f6d0c1b9a8e7d6c5b4a39281706f5e4d3c2b1a0998877665544332211005e1d';
const WORD = `w1.${LEDGER}.${EPOCH}.2.${CLAIMED.hash}.281234567.seal.5f0c1a2b3d4e6f70.281234567.${PROOF}`;
const REPORT = 'c07d5be8a1f24963b8d2e4f60a1b2c3d';

const ROSTER = [
  { name: 'alpha', rank: 0 },
  { name: 'bravo', rank: 1 },
];
const DOCUMENT = { ...OF_KEY, roster: ROSTER, duties: { babe: {} }, ceilings: { slotMs: 6000 } };
const policyInForce = (version, versionId, mode) => ({
  versionId,
  version,
  mode,
  ...OF_KEY,
  roster: ROSTER,
  duties: { babe: { enabled: true, digestRequired: true, window: 1 } },
  standbyDelayMs: 300,
  watchTtlMs: 3000,
  ceilings: {
    genesisMs: 0,
    slotMs: 6000,
    allowedSkewMs: 500,
    roundStep: 16,
    blockStep: 16,
    sessionStep: 2,
    observers: [],
  },
  readiness: {
    required: true,
    maxAgeMs: 10000,
    minPeers: 1,
    maxFinalityLagBlocks: 10,
    maxClockOffsetMs: 200,
  },
  originalWire: { enabled: false, slotDuty: 'babe', roundScope: 'node-set' },
});
const SHADOW = { due: 120, granted: 120, asked: 40, recentDenied: 0, p99Ms: 3.1, why: null };
const frozen = (version, versionId, mode, lifted) => ({
  ...policyInForce(version, versionId, mode),
  freeze: {
    before: 'enforce',
    cause: 'operator',
    by: 'ada',
    reason: 'a second machine may have the keys',
    atMs: 1795178576000,
    evidence: null,
    lifted,
  },
});
const watch = (holder, term) => ({
  ...OF_KEY,
  holder,
  live: true,
  term,
  ready: ['alpha', 'bravo'],
  unfit: [],
  movingTo: null,
});
const decision = {
  id: 1,
  atMs: 1795170158841,
  outcome: 'granted',
  reason: 'new',
  detail: '',
  ...OF_KEY,
  duty: 'babe',
  unit: '281234567',
  parts: ['seal'],
  digest: DIGEST,
  node: 'alpha',
  incarnation: INCARNATION,
  claimId: 'c-1',
  seq: '2',
  via: 'claims',
  tookMs: 7,
};
const token = { id: TOKEN, role: 'node', name: 'alpha', original: null, createdMs: 1795170158714 };

/** By `METHOD path`, as the headings of the page name them. */
export const EXAMPLES = {
  'PUT /v1/policies': {
    as: 'operator',
    body: DOCUMENT,
    status: 200,
    answer: policyInForce(1, '83f987ce7158e8c3ba858d66e91d13f2', 'idle'),
  },
  'POST /v1/adoptions': {
    as: 'operator',
    body: { ...OF_KEY, floors: { babe: '281234500' }, confirmation: 'old node powered off by Ada' },
    status: 200,
    answer: { marks: [{ ...OF_KEY, duty: 'babe', head: ADOPTED, floor: '281234500', recent: [] }] },
  },
  'POST /v1/tokens': {
    as: 'operator',
    body: { role: 'node', name: 'alpha' },
    status: 201,
    answer: { token, secret: '2TwWT2E06eSUGhTCHAQL_XLJ9a-q7f6Zj9tMaSc6Big' },
  },
  'POST /v1/readiness': {
    as: 'node',
    body: {
      chain: CHAIN,
      keys: [KEY],
      syncing: false,
      peers: 21,
      finalityLagBlocks: 2,
      clockOffsetMs: 3.5,
    },
    status: 200,
    answer: {
      watch: [
        {
          ...watch('alpha', '1'),
          ready: ['alpha'],
          unfit: [{ node: 'bravo', why: 'it has not reported for this key' }],
        },
      ],
    },
  },
  'POST /v1/observations': {
    as: 'node',
    body: { chain: CHAIN, finalizedBlock: '23456789', setId: '12', round: '340' },
    status: 204,
  },
  'POST /v1/signatures': {
    as: 'node',
    body: {
      chain: CHAIN,
      signatures: [
        {
          key: KEY,
          duty: 'babe',
          unit: '281234500',
          digest: DIGEST,
          block: { number: '23456790', hash: `0x${'77'.repeat(32)}` },
        },
      ],
    },
    status: 204,
  },
  'POST /v1/votes': {
    as: 'node',
    body: {
      chain: CHAIN,
      votes: [
        {
          key: KEY,
          unit: '12/340',
          part: 'precommit',
          digest: `0x${'5f'.repeat(32)}000000000165ec16`,
          signature: `0x${'ab'.repeat(64)}`,
          block: { number: '23456790', hash: `0x${'77'.repeat(32)}` },
        },
      ],
    },
    status: 204,
  },
  'POST /v1/offences': {
    as: 'node',
    body: {
      chain: CHAIN,
      offences: [
        {
          key: KEY,
          duty: 'babe',
          unit: '281234500',
          part: 'seal',
          digests: [DIGEST, `0x${'66'.repeat(32)}`],
          block: { number: '23456790', hash: `0x${'77'.repeat(32)}` },
        },
      ],
    },
    status: 204,
  },
  'POST /v1/units/due': {
    as: 'node',
    body: {
      chain: CHAIN,
      duty: 'babe',
      passes: [
        { after: '281234498', slot: '281234500', author: KEY, due: [{ key: KEY, unit: '281234499' }] },
      ],
    },
    status: 204,
  },
  'GET /v1/units': {
    as: 'reader',
    query: `?key=${KEY}&before=babe/281234500&limit=1`,
    status: 200,
    answer: {
      units: [
        {
          key: KEY,
          duty: 'babe',
          unit: { slot: '281234499' },
          at: 1_687_406_994_000,
          outcome: 'not-asked',
          missed: true,
          say: 'The unit was due, and no node asked any service for it.',
          remedy:
            'Check that the node runs, is synced and reaches a service; then that its keystore has the key (`author_hasKey`).',
        },
      ],
      next: 'babe/281234499',
      complete: true,
    },
  },
  'POST /v1/claims': {
    as: 'node',
    body: {
      claimId: 'c-1',
      ...OF_KEY,
      duty: 'babe',
      unit: '281234567',
      part: 'seal',
      digest: DIGEST,
      incarnation: INCARNATION,
    },
    status: 200,
    answer: {
      outcome: 'granted',
      reason: 'new',
      message: 'The unit or part is granted for the first time.',
      claimId: 'c-1',
      ledger: LEDGER,
      ...OF_KEY,
      duty: 'babe',
      unit: '281234567',
      part: 'seal',
      digest: DIGEST,
      incarnation: INCARNATION,
      head: CLAIMED,
      word: WORD,
      watch: null,
    },
  },
  'GET /v1/marks': {
    as: 'reader',
    query: `?key=${KEY}`,
    status: 200,
    answer: {
      marks: [
        {
          ...OF_KEY,
          duty: 'babe',
          head: CLAIMED,
          floor: '281234500',
          recent: [
            {
              unit: '281234567',
              node: 'alpha',
              incarnation: INCARNATION,
              parts: [{ part: 'seal', digest: DIGEST }],
            },
          ],
        },
      ],
    },
  },
  'GET /v1/watch': { as: 'reader', status: 200, answer: { watch: [watch('alpha', '1')] } },
  'POST /v1/watch/drill': {
    as: 'operator',
    body: { ...OF_KEY, to: 'bravo' },
    status: 200,
    answer: {
      ...OF_KEY,
      from: 'alpha',
      to: 'bravo',
      state: 'ok',
      checks: [
        {
          name: 'ready',
          state: 'ok',
          needed: true,
          detail: 'its last report is fit',
          remedy: null,
          tookMs: 0.1,
        },
        {
          name: 'version',
          state: 'unknown',
          needed: false,
          detail: 'the node does not report the version of its program',
          remedy: null,
          tookMs: 0,
        },
      ],
      shadow: SHADOW,
      tookMs: 6.4,
    },
  },
  'GET /v1/standbys': {
    as: 'reader',
    status: 200,
    answer: {
      standbys: [
        {
          ...OF_KEY,
          node: 'bravo',
          onWatch: false,
          shadow: SHADOW,
          lastDrill: { atMs: 1_795_408_758_133, by: 'ada', state: 'ok', due: 120, granted: 120 },
          lastHandover: null,
          seen: { setId: '3', round: '1204', finalizedBlock: '24107' },
        },
      ],
    },
  },
  'POST /v1/watch/handover': {
    as: 'operator',
    body: { ...OF_KEY, to: 'bravo' },
    status: 200,
    answer: watch('bravo', '2'),
  },
  'GET /v1/policies': {
    as: 'reader',
    status: 200,
    answer: { policies: [policyInForce(2, '8ea71a5a3ff8b387b1303a4f78183a19', 'enforce')] },
  },
  'POST /v1/freezes': {
    as: 'operator',
    body: { key: KEY, reason: 'a second machine may have the keys' },
    status: 200,
    answer: {
      policies: [frozen(3, '4b1f0d63a1c94b7fa3f1f3a1b0c2d9e8', 'frozen', null)],
    },
  },
  'POST /v1/freezes/lift': {
    as: 'operator',
    body: { key: KEY, reason: 'the copy of the disk is destroyed; checked by Ada' },
    status: 200,
    answer: {
      policies: [
        frozen(4, '0c9a7be2d4f14f0e9d1c2b3a4f5e6d7c', 'enforce', {
          by: 'ada',
          reason: 'the copy of the disk is destroyed; checked by Ada',
          atMs: 1795181576000,
          round: '12/356',
        }),
      ],
    },
  },
  'GET /v1/decisions': {
    as: 'reader',
    query: '?limit=1',
    status: 200,
    answer: { decisions: [decision], next: 1 },
  },
  'GET /v1/decisions/stream': {
    as: 'reader',
    headers: ['Last-Event-ID: 0'],
    status: 200,
    text: `retry: 2000\n\nid: 1\nevent: decision\ndata: ${JSON.stringify(decision)}`,
  },
  'GET /v1/ledger/export': {
    as: 'operator',
    query: '?marks=true',
    status: 200,
    text: [
      `{"atMs":1795366594000,"epoch":"${EPOCH}","format":"watchbill-ledger-export","hasMarks":true,"kind":"header",…}`,
      '…',
      '{"counts":{"decision":1,"entry":2,"head":1,"mark":1,"word":0},"kind":"end","sha256":"4d2f…"}',
    ].join('\n'),
  },
  'GET /v1/upkeep': {
    as: 'reader',
    status: 200,
    answer: {
      lastExport: { atMs: 1_795_366_594_000, by: 'ada', lines: 6 },
      lastVerification: { atMs: 1_795_366_660_000, by: 'ada', verdict: 'proven' },
    },
  },
  'POST /v1/upkeep/verifications': {
    as: 'operator',
    body: { ledger: LEDGER, verdict: 'proven' },
    status: 204,
  },
  'GET /v1/services': {
    as: 'reader',
    status: 200,
    answer: {
      services: [
        {
          id: SERVICE,
          name: 'one',
          url: null,
          state: 'serving',
          live: true,
          self: true,
          vouchedBy: 'creation',
          reason: 'made the ledger',
        },
      ],
    },
  },
  'POST /v1/services/{id}/approve': {
    as: 'operator',
    id: SERVICE,
    body: { reason: 'new machine, added by Ada; no grant was made meanwhile' },
    status: 204,
  },
  'DELETE /v1/services/{id}': {
    as: 'operator',
    id: 'b2f1d0c95a7e4f38b2f1d0c95a7e4f38',
    body: { reason: 'the disk of box 2 is lost' },
    status: 204,
  },
  'GET /v1/rollback-reports': {
    as: 'reader',
    status: 200,
    answer: {
      reports: [
        {
          id: REPORT,
          service: SERVICE,
          node: 'alpha',
          incarnation: INCARNATION,
          ...OF_KEY,
          duty: 'babe',
          point: { ...CLAIMED, unit: '281234567', part: 'seal', nonce: '5f0c1a2b3d4e6f70', top: '281234567' },
          why: 'entry 2 (seal of 281234567) is remembered; the store is at entry 1',
          state: 'held',
          freed: [],
          released: null,
        },
      ],
    },
  },
  'POST /v1/rollback-reports/{id}/release': {
    as: 'operator',
    id: REPORT,
    body: { reason: 'alpha ran on a copy of the disk of bravo; checked by Ada' },
    status: 204,
  },
  'GET /v1/health': {
    as: 'reader',
    status: 200,
    answer: {
      ready: true,
      state: 'serving',
      detail: 'memory and store agree',
      ledger: LEDGER,
      epoch: EPOCH,
      service: SERVICE,
      store: {
        ok: true,
        detail: 'data/ledger.db is open and takes writes',
        members: [],
        quorumMargin: null,
        term: null,
      },
      inFlight: 0,
    },
  },
  'GET /v1/tokens': { as: 'operator', status: 200, answer: { tokens: [token] } },
  'DELETE /v1/tokens/{id}': { as: 'operator', id: TOKEN, status: 204 },
  'GET /livez': { as: null, status: 200, answer: { alive: true } },
  'GET /readyz': {
    as: null,
    status: 200,
    answer: { ready: true, state: 'serving', detail: 'memory and store agree' },
  },
  'GET /metrics': {
    as: null,
    status: 200,
    text: '# HELP watchbill_ready 1 if the service grants, else 0.\n# TYPE watchbill_ready gauge\nwatchbill_ready 1',
  },
};

/** Routes that only services of one ledger call, never people. */
export const WITHOUT_EXAMPLE = ['GET /v1/peer/memory', 'POST /v1/peer/units'];
