import { DONE, ok, problemView, type RouteEntry, routeTable } from '@watchbill/kit/http';
import { z } from 'zod';
import { DUTIES, type Duty } from '../../../rule/index.ts';
import type { Role } from '../../contract.ts';
import { policyDocument } from '../../policy/document.ts';
import * as admin from '../../shapes/admin.ts';
import * as claims from '../../shapes/claims.ts';
import * as reports from '../../shapes/reports.ts';
import * as units from '../../shapes/units.ts';
import * as watch from '../../shapes/watch.ts';

const READERS: readonly Role[] = ['node', 'observer', 'operator', 'reader'];
const NODES: readonly Role[] = ['node', 'operator'];
const OBSERVERS: readonly Role[] = ['node', 'observer', 'operator'];
const OPERATORS: readonly Role[] = ['operator'];

const watchAnswer = ok('The active node and its term.', watch.watchStates);
const marksAnswer = ok('The marks.', claims.markViews);
const frozen = ok('The policies of the keys now.', admin.policyViews);

/** The 503 of a claim: a problem that carries the whole reply. */
const unknownReply = problemView.extend(claims.claimReply.shape).extend({
  outcome: z.literal('unknown'),
});

/** All routes but the original wire protocol, by the name that the code uses. */
export function routeSpecs(duties: readonly Duty[] = DUTIES) {
  return routeTable({
    claim: {
      method: 'POST',
      url: '/v1/claims',
      tag: 'duty',
      summary: 'May this node perform this part of this unit, with this payload',
      access: NODES,
      body: claims.claimRequest(duties),
      answers: {
        200: { description: 'Granted or denied.', shape: claims.claimReply },
        503: {
          description: 'Unknown: neither granted nor denied. Never treat it as granted.',
          type: 'application/problem+json',
          shape: unknownReply,
        },
      },
      problems: [429],
      plainJson: true,
    },
    ...ROUTES,
  });
}

export type Routes = ReturnType<typeof routeSpecs>;
export type RouteName = keyof Routes;

/** The callers of a route: all clients, other services of the ledger, or identities with one of the roles. */
export type Access = 'open' | 'peer' | readonly Role[];

export type RouteSpec = RouteEntry & { readonly access: Access };

const ROUTES = routeTable({
  observe: {
    method: 'POST',
    url: '/v1/observations',
    tag: 'duty',
    summary: 'The report of a listed node or an observer about the chain',
    access: OBSERVERS,
    body: reports.observationReport,
    answers: DONE,
    problems: [404, 409],
  },
  marks: {
    method: 'GET',
    url: '/v1/marks',
    tag: 'duty',
    summary: 'The marks per key and duty',
    access: READERS,
    query: claims.keyFilter,
    answers: marksAnswer,
  },

  reportSignatures: {
    method: 'POST',
    url: '/v1/signatures',
    tag: 'duty',
    summary: 'Blocks that an observer saw; a key whose signature no service granted may be frozen',
    access: OBSERVERS,
    body: reports.signaturesReport,
    answers: DONE,
    problems: [404, 409],
  },
  reportVotes: {
    method: 'POST',
    url: '/v1/votes',
    tag: 'duty',
    summary: 'GRANDPA votes that an observer saw; a key whose vote no service granted may be frozen',
    access: OBSERVERS,
    body: reports.votesReport,
    answers: DONE,
    problems: [404, 409],
  },
  reportOffences: {
    method: 'POST',
    url: '/v1/offences',
    tag: 'duty',
    summary: 'Equivocations that the chain recorded; the key of one may be frozen',
    access: OBSERVERS,
    body: reports.offencesReport,
    answers: DONE,
    problems: [404, 409],
  },

  readiness: {
    method: 'POST',
    url: '/v1/readiness',
    tag: 'watch',
    summary: 'The readiness report of a node; a fit node keeps or takes the watch of its keys',
    access: NODES,
    body: reports.readinessReport,
    answers: watchAnswer,
    problems: [404, 409],
  },
  handOver: {
    method: 'POST',
    url: '/v1/watch/handover',
    tag: 'watch',
    summary: 'Hand the watch over to another ready node',
    access: OPERATORS,
    body: watch.handoverRequest,
    answers: ok('The watch now.', watch.watchState),
    problems: [404, 409],
  },
  drill: {
    method: 'POST',
    url: '/v1/watch/drill',
    tag: 'watch',
    summary: 'The checklist of a hand-over; changes no record of the store',
    access: OPERATORS,
    body: watch.drillRequest,
    answers: ok('Each check with its state.', watch.drillView),
    problems: [404],
  },
  standbys: {
    method: 'GET',
    url: '/v1/standbys',
    tag: 'watch',
    summary: 'The listed nodes of each key: shadow claims, last drill, last hand-over',
    access: READERS,
    query: claims.keyFilter,
    answers: ok('The nodes.', watch.standbyViews),
  },
  watch: {
    method: 'GET',
    url: '/v1/watch',
    tag: 'watch',
    summary: 'The active node (on watch) of a key',
    access: READERS,
    query: claims.keyFilter,
    answers: watchAnswer,
  },

  policies: {
    method: 'GET',
    url: '/v1/policies',
    tag: 'policy',
    summary: 'The policies in force',
    access: READERS,
    answers: ok('The policies.', admin.policyViews),
  },
  applyPolicy: {
    method: 'PUT',
    url: '/v1/policies',
    tag: 'policy',
    summary: 'Apply a new version of the policy of a key',
    access: OPERATORS,
    body: policyDocument,
    answers: ok('The new version.', admin.policyView),
    problems: [404, 409],
  },
  adopt: {
    method: 'POST',
    url: '/v1/adoptions',
    tag: 'policy',
    summary: 'Set the floors of a key and begin to enforce',
    access: OPERATORS,
    body: admin.adoptRequest,
    answers: marksAnswer,
    problems: [404, 409],
  },

  freeze: {
    method: 'POST',
    url: '/v1/freezes',
    tag: 'policy',
    summary: 'Freeze a key or all keys: no service grants a new unit until a person lifts that',
    access: OPERATORS,
    body: admin.freezeRequest,
    answers: frozen,
    problems: [404, 409],
  },
  liftFreeze: {
    method: 'POST',
    url: '/v1/freezes/lift',
    tag: 'policy',
    summary: 'Lift the freeze of a key or of all keys',
    access: OPERATORS,
    body: admin.freezeRequest,
    answers: frozen,
    problems: [404, 409],
  },

  decisions: {
    method: 'GET',
    url: '/v1/decisions',
    tag: 'decisions',
    summary: 'Decisions of this service, newest first',
    access: READERS,
    query: claims.decisionQuery,
    answers: ok('One page.', claims.decisionPage),
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
        shape: z.string(),
      },
    },
    problems: [429],
    limits: { held: true },
  },

  units: {
    method: 'GET',
    url: '/v1/units',
    tag: 'decisions',
    summary: 'Due and claimed units of a key, newest first, each with the cause if it was missed',
    access: READERS,
    query: units.unitsQuery,
    answers: ok('One page.', units.unitsPage),
    problems: [404],
  },
  reportDue: {
    method: 'POST',
    url: '/v1/units/due',
    tag: 'duty',
    summary: 'Units that an observer computed as due, and the blocks between which they lie',
    access: OBSERVERS,
    body: units.dueReport,
    answers: DONE,
    problems: [404, 409],
  },
  peerUnits: {
    method: 'POST',
    url: '/v1/peer/units',
    tag: 'services',
    summary: 'The facts of this service about units; changes no work of it',
    access: 'peer',
    body: units.peerUnitsQuery,
    answers: ok('The facts.', units.unitFactsList),
  },

  exportLedger: {
    method: 'GET',
    url: '/v1/ledger/export',
    tag: 'services',
    summary:
      'The ledger of this service, one JSON document a line; an export without a line of kind `end` was cut off',
    access: OPERATORS,
    query: admin.exportQuery,
    answers: {
      200: {
        description:
          'The lines that `watchbill ledger export` writes. The last one has a SHA-256 over all others.',
        type: 'application/x-ndjson',
        shape: z.string(),
      },
    },
    problems: [429],
    limits: { held: true },
  },
  upkeep: {
    method: 'GET',
    url: '/v1/upkeep',
    tag: 'services',
    summary: 'The last export of this service, and the last proof that an operator reported to it',
    access: READERS,
    answers: ok('Null for work that it has not heard of.', admin.upkeepView),
  },
  noteVerification: {
    method: 'POST',
    url: '/v1/upkeep/verifications',
    tag: 'services',
    summary: 'Report a proof of the ledger from exports, so that pages show when it was made',
    access: OPERATORS,
    body: admin.verificationReport,
    answers: DONE,
    problems: [409],
  },

  services: {
    method: 'GET',
    url: '/v1/services',
    tag: 'services',
    summary: 'The services of this ledger',
    access: READERS,
    answers: ok('The services.', admin.serviceViews),
  },
  approve: {
    method: 'POST',
    url: '/v1/services/:id/approve',
    tag: 'services',
    summary: 'Approve a service without memory, so that it serves',
    access: OPERATORS,
    params: admin.idParams,
    body: admin.reasonRequest,
    answers: DONE,
    problems: [404, 409],
  },
  removeService: {
    method: 'DELETE',
    url: '/v1/services/:id',
    tag: 'services',
    summary: 'Remove a service that is lost',
    access: OPERATORS,
    params: admin.idParams,
    body: admin.reasonRequest,
    answers: DONE,
    problems: [404, 409],
  },
  memory: {
    method: 'GET',
    url: '/v1/peer/memory',
    tag: 'services',
    summary: 'The memory of this service; it first cancels its own work without a reply',
    access: 'peer',
    answers: ok('The memory.', admin.memoryView),
  },
  health: {
    method: 'GET',
    url: '/v1/health',
    tag: 'probes',
    summary: 'The state of the service and of its store',
    access: READERS,
    answers: ok('The health.', admin.healthView),
  },

  rollbackReports: {
    method: 'GET',
    url: '/v1/rollback-reports',
    tag: 'reports',
    summary:
      'Entries that nodes remember and the store does not hold; a held report stops the grants of its keys',
    access: READERS,
    answers: ok('The reports, held ones first.', admin.rollbackReportViews),
  },
  releaseRollbackReport: {
    method: 'POST',
    url: '/v1/rollback-reports/:id/release',
    tag: 'reports',
    summary: 'Release one report: the operator answers for the store, or for the mistake of the node',
    access: OPERATORS,
    params: admin.reportParams,
    body: admin.reasonRequest,
    answers: DONE,
    problems: [404, 409],
  },

  tokens: {
    method: 'GET',
    url: '/v1/tokens',
    tag: 'tokens',
    summary: 'The tokens, without their secrets',
    access: OPERATORS,
    answers: ok('The tokens.', admin.tokenViews),
  },
  createToken: {
    method: 'POST',
    url: '/v1/tokens',
    tag: 'tokens',
    summary: 'Make a token, or a base URL of the original wire protocol',
    access: OPERATORS,
    body: admin.tokenRequest,
    answers: {
      201: {
        description: 'The token; its secret is shown once.',
        shape: admin.tokenCreated,
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
    params: admin.idParams,
    answers: DONE,
    problems: [404, 409],
  },

  alive: {
    method: 'GET',
    url: '/livez',
    tag: 'probes',
    summary: 'The process is alive',
    access: 'open',
    answers: ok('Alive.', admin.aliveView),
  },
  ready: {
    method: 'GET',
    url: '/readyz',
    tag: 'probes',
    summary: 'The service grants',
    access: 'open',
    answers: ok('Ready.', admin.readyView),
    problems: [503],
  },
  metrics: {
    method: 'GET',
    url: '/metrics',
    tag: 'probes',
    summary: 'Metrics in the text format of Prometheus',
    access: 'open',
    answers: { 200: { description: 'Metrics.', type: 'text/plain', shape: z.string() } },
    problems: [503],
  },
});
