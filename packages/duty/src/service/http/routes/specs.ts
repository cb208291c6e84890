import { DUTIES, type Duty } from '../../../rule/index.ts';
import type { Role } from '../../contract.ts';
import { policyDocument } from '../../policy/document.ts';
import * as unitShapes from '../../units/unit-shapes.ts';
import { requestSchema, responseSchema } from '../json-schema.ts';
import * as shapes from '../shapes.ts';
import type { RouteSpec } from './spec.ts';

const READERS: readonly Role[] = ['node', 'observer', 'operator', 'reader'];
const NODES: readonly Role[] = ['node', 'operator'];
const OBSERVERS: readonly Role[] = ['node', 'observer', 'operator'];
const OPERATORS: readonly Role[] = ['operator'];

const watchAnswer = {
  200: { description: 'The active node and its term.', schema: responseSchema(shapes.watchStates) },
} as const;
const marksAnswer = {
  200: { description: 'The marks.', schema: responseSchema(shapes.markViews) },
} as const;
const done = { 204: { description: 'Done.' } } as const;

/** All routes but the original wire protocol, by the name that the code uses. */
export function routeSpecs(duties: readonly Duty[] = DUTIES) {
  return {
    ...dutyRoutes(duties),
    ...signatureRoutes(),
    ...watchRoutes(),
    ...policyRoutes(),
    ...freezeRoutes(),
    ...decisionRoutes(),
    ...unitRoutes(),
    ...ledgerRoutes(),
    ...serviceRoutes(),
    ...reportRoutes(),
    ...tokenRoutes(),
    ...probeRoutes(),
  };
}

export type RouteName = keyof ReturnType<typeof routeSpecs>;

function dutyRoutes(duties: readonly Duty[]) {
  return {
    claim: {
      method: 'POST',
      url: '/v1/claims',
      tag: 'duty',
      summary: 'May this node perform this part of this unit, with this payload',
      access: NODES,
      body: requestSchema(shapes.claimRequest(duties)),
      answers: {
        200: { description: 'Granted or denied.', schema: responseSchema(shapes.claimReply) },
        503: {
          description: 'Unknown: neither granted nor denied. Never treat it as granted.',
          type: 'application/problem+json',
          schema: responseSchema(shapes.unknownReply),
        },
      },
      problems: [429],
    },
    observe: {
      method: 'POST',
      url: '/v1/observations',
      tag: 'duty',
      summary: 'The report of a listed node or an observer about the chain',
      access: OBSERVERS,
      body: requestSchema(shapes.observationReport),
      answers: done,
      problems: [404, 409],
    },
    marks: {
      method: 'GET',
      url: '/v1/marks',
      tag: 'duty',
      summary: 'The marks per key and duty',
      access: READERS,
      query: requestSchema(shapes.keyFilter),
      answers: marksAnswer,
      problems: [],
    },
  } as const satisfies Record<string, RouteSpec>;
}

/** Reports of signatures on the chain, which the service compares with its grants. */
function signatureRoutes() {
  return {
    reportSignatures: {
      method: 'POST',
      url: '/v1/signatures',
      tag: 'duty',
      summary: 'Blocks that an observer saw; a key whose signature no service granted may be frozen',
      access: OBSERVERS,
      body: requestSchema(shapes.signaturesReport),
      answers: done,
      problems: [404, 409],
    },
    reportVotes: {
      method: 'POST',
      url: '/v1/votes',
      tag: 'duty',
      summary: 'GRANDPA votes that an observer saw; a key whose vote no service granted may be frozen',
      access: OBSERVERS,
      body: requestSchema(shapes.votesReport),
      answers: done,
      problems: [404, 409],
    },
    reportOffences: {
      method: 'POST',
      url: '/v1/offences',
      tag: 'duty',
      summary: 'Equivocations that the chain recorded; the key of one may be frozen',
      access: OBSERVERS,
      body: requestSchema(shapes.offencesReport),
      answers: done,
      problems: [404, 409],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function watchRoutes() {
  return {
    readiness: {
      method: 'POST',
      url: '/v1/readiness',
      tag: 'watch',
      summary: 'The readiness report of a node; a fit node keeps or takes the watch of its keys',
      access: NODES,
      body: requestSchema(shapes.readinessReport),
      answers: watchAnswer,
      problems: [404, 409],
    },
    handOver: {
      method: 'POST',
      url: '/v1/watch/handover',
      tag: 'watch',
      summary: 'Hand the watch over to another ready node',
      access: OPERATORS,
      body: requestSchema(shapes.handoverRequest),
      answers: { 200: { description: 'The watch now.', schema: responseSchema(shapes.watchState) } },
      problems: [404, 409],
    },
    drill: {
      method: 'POST',
      url: '/v1/watch/drill',
      tag: 'watch',
      summary: 'The checklist of a hand-over; changes no record of the store',
      access: OPERATORS,
      body: requestSchema(shapes.drillRequest),
      answers: {
        200: { description: 'Each check with its state.', schema: responseSchema(shapes.drillView) },
      },
      problems: [404],
    },
    standbys: {
      method: 'GET',
      url: '/v1/standbys',
      tag: 'watch',
      summary: 'The listed nodes of each key: shadow claims, last drill, last hand-over',
      access: READERS,
      query: requestSchema(shapes.keyFilter),
      answers: { 200: { description: 'The nodes.', schema: responseSchema(shapes.standbyViews) } },
      problems: [],
    },
    watch: {
      method: 'GET',
      url: '/v1/watch',
      tag: 'watch',
      summary: 'The active node (on watch) of a key',
      access: READERS,
      query: requestSchema(shapes.keyFilter),
      answers: watchAnswer,
      problems: [],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function policyRoutes() {
  return {
    policies: {
      method: 'GET',
      url: '/v1/policies',
      tag: 'policy',
      summary: 'The policies in force',
      access: READERS,
      answers: { 200: { description: 'The policies.', schema: responseSchema(shapes.policyViews) } },
      problems: [],
    },
    applyPolicy: {
      method: 'PUT',
      url: '/v1/policies',
      tag: 'policy',
      summary: 'Apply a new version of the policy of a key',
      access: OPERATORS,
      body: requestSchema(policyDocument),
      answers: { 200: { description: 'The new version.', schema: responseSchema(shapes.policyView) } },
      problems: [404, 409],
    },
    adopt: {
      method: 'POST',
      url: '/v1/adoptions',
      tag: 'policy',
      summary: 'Set the floors of a key and begin to enforce',
      access: OPERATORS,
      body: requestSchema(shapes.adoptRequest),
      answers: marksAnswer,
      problems: [404, 409],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function freezeRoutes() {
  const answers = {
    200: { description: 'The policies of the keys now.', schema: responseSchema(shapes.policyViews) },
  };
  const body = requestSchema(shapes.freezeRequest);
  return {
    freeze: {
      method: 'POST',
      url: '/v1/freezes',
      tag: 'policy',
      summary: 'Freeze a key or all keys: no service grants a new unit until a person lifts that',
      access: OPERATORS,
      body,
      answers,
      problems: [404, 409],
    },
    liftFreeze: {
      method: 'POST',
      url: '/v1/freezes/lift',
      tag: 'policy',
      summary: 'Lift the freeze of a key or of all keys',
      access: OPERATORS,
      body,
      answers,
      problems: [404, 409],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function decisionRoutes() {
  return {
    decisions: {
      method: 'GET',
      url: '/v1/decisions',
      tag: 'decisions',
      summary: 'Decisions of this service, newest first',
      access: READERS,
      query: requestSchema(shapes.decisionQuery),
      answers: { 200: { description: 'One page.', schema: responseSchema(shapes.decisionPage) } },
      problems: [],
    },
    stream: {
      method: 'GET',
      url: '/v1/decisions/stream',
      tag: 'decisions',
      summary: 'Decisions as they are made, as server-sent events; Last-Event-ID replays what was missed',
      access: READERS,
      answers: {
        200: {
          description: 'Events `decision`, whose data is one decision and whose id is its id.',
          type: 'text/event-stream',
          schema: { type: 'string' },
        },
      },
      problems: [429],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function unitRoutes() {
  return {
    units: {
      method: 'GET',
      url: '/v1/units',
      tag: 'decisions',
      summary: 'Due and claimed units of a key, newest first, each with the cause if it was missed',
      access: READERS,
      query: requestSchema(unitShapes.unitsQuery),
      answers: { 200: { description: 'One page.', schema: responseSchema(unitShapes.unitsPage) } },
      problems: [404],
    },
    reportDue: {
      method: 'POST',
      url: '/v1/units/due',
      tag: 'duty',
      summary: 'Units that an observer computed as due, and the blocks between which they lie',
      access: OBSERVERS,
      body: requestSchema(unitShapes.dueReport),
      answers: done,
      problems: [404, 409],
    },
    peerUnits: {
      method: 'POST',
      url: '/v1/peer/units',
      tag: 'services',
      summary: 'The facts of this service about units; changes no work of it',
      access: 'peer',
      body: requestSchema(unitShapes.peerUnitsQuery),
      answers: { 200: { description: 'The facts.', schema: responseSchema(unitShapes.unitFactsList) } },
      problems: [],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function ledgerRoutes() {
  return {
    exportLedger: {
      method: 'GET',
      url: '/v1/ledger/export',
      tag: 'services',
      summary:
        'The ledger of this service, one JSON document a line; an export without a line of kind `end` was cut off',
      access: OPERATORS,
      query: requestSchema(shapes.exportQuery),
      answers: {
        200: {
          description:
            'The lines that `watchbill ledger export` writes. The last one has a SHA-256 over all others.',
          type: 'application/x-ndjson',
          schema: { type: 'string' },
        },
      },
      problems: [429],
    },
    upkeep: {
      method: 'GET',
      url: '/v1/upkeep',
      tag: 'services',
      summary: 'The last export of this service, and the last proof that an operator reported to it',
      access: READERS,
      answers: {
        200: {
          description: 'Null for work that it has not heard of.',
          schema: responseSchema(shapes.upkeepView),
        },
      },
      problems: [],
    },
    noteVerification: {
      method: 'POST',
      url: '/v1/upkeep/verifications',
      tag: 'services',
      summary: 'Report a proof of the ledger from exports, so that pages show when it was made',
      access: OPERATORS,
      body: requestSchema(shapes.verificationReport),
      answers: done,
      problems: [409],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function serviceRoutes() {
  return {
    services: {
      method: 'GET',
      url: '/v1/services',
      tag: 'services',
      summary: 'The services of this ledger',
      access: READERS,
      answers: { 200: { description: 'The services.', schema: responseSchema(shapes.serviceViews) } },
      problems: [],
    },
    approve: {
      method: 'POST',
      url: '/v1/services/:id/approve',
      tag: 'services',
      summary: 'Approve a service without memory, so that it serves',
      access: OPERATORS,
      params: requestSchema(shapes.idParams),
      body: requestSchema(shapes.reasonRequest),
      answers: done,
      problems: [404, 409],
    },
    removeService: {
      method: 'DELETE',
      url: '/v1/services/:id',
      tag: 'services',
      summary: 'Remove a service that is lost',
      access: OPERATORS,
      params: requestSchema(shapes.idParams),
      body: requestSchema(shapes.reasonRequest),
      answers: done,
      problems: [404, 409],
    },
    memory: {
      method: 'GET',
      url: '/v1/peer/memory',
      tag: 'services',
      summary: 'The memory of this service; it first cancels its own work without a reply',
      access: 'peer',
      answers: { 200: { description: 'The memory.', schema: responseSchema(shapes.memoryView) } },
      problems: [],
    },
    health: {
      method: 'GET',
      url: '/v1/health',
      tag: 'probes',
      summary: 'The state of the service and of its store',
      access: READERS,
      answers: { 200: { description: 'The health.', schema: responseSchema(shapes.healthView) } },
      problems: [],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function reportRoutes() {
  return {
    rollbackReports: {
      method: 'GET',
      url: '/v1/rollback-reports',
      tag: 'reports',
      summary:
        'Entries that nodes remember and the store does not hold; a held report stops the grants of its keys',
      access: READERS,
      answers: {
        200: {
          description: 'The reports, held ones first.',
          schema: responseSchema(shapes.rollbackReportViews),
        },
      },
      problems: [],
    },
    releaseRollbackReport: {
      method: 'POST',
      url: '/v1/rollback-reports/:id/release',
      tag: 'reports',
      summary: 'Release one report: the operator answers for the store, or for the mistake of the node',
      access: OPERATORS,
      params: requestSchema(shapes.reportParams),
      body: requestSchema(shapes.reasonRequest),
      answers: done,
      problems: [404, 409],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function tokenRoutes() {
  return {
    tokens: {
      method: 'GET',
      url: '/v1/tokens',
      tag: 'tokens',
      summary: 'The tokens, without their secrets',
      access: OPERATORS,
      answers: { 200: { description: 'The tokens.', schema: responseSchema(shapes.tokenViews) } },
      problems: [],
    },
    createToken: {
      method: 'POST',
      url: '/v1/tokens',
      tag: 'tokens',
      summary: 'Make a token, or a base URL of the original wire protocol',
      access: OPERATORS,
      body: requestSchema(shapes.tokenRequest),
      answers: {
        201: {
          description: 'The token; its secret is shown once.',
          schema: responseSchema(shapes.tokenCreated),
        },
      },
      problems: [404, 409],
    },
    revokeToken: {
      method: 'DELETE',
      url: '/v1/tokens/:id',
      tag: 'tokens',
      summary: 'Revoke a token',
      access: OPERATORS,
      params: requestSchema(shapes.idParams),
      answers: done,
      problems: [404, 409],
    },
  } as const satisfies Record<string, RouteSpec>;
}

function probeRoutes() {
  return {
    alive: {
      method: 'GET',
      url: '/livez',
      tag: 'probes',
      summary: 'The process is alive',
      access: 'open',
      answers: { 200: { description: 'Alive.', schema: responseSchema(shapes.aliveView) } },
      problems: [],
    },
    ready: {
      method: 'GET',
      url: '/readyz',
      tag: 'probes',
      summary: 'The service grants',
      access: 'open',
      answers: { 200: { description: 'Ready.', schema: responseSchema(shapes.readyView) } },
      problems: [503],
    },
    metrics: {
      method: 'GET',
      url: '/metrics',
      tag: 'probes',
      summary: 'Metrics in the text format of Prometheus',
      access: 'open',
      answers: { 200: { description: 'Metrics.', type: 'text/plain', schema: { type: 'string' } } },
      problems: [503],
    },
  } as const satisfies Record<string, RouteSpec>;
}
