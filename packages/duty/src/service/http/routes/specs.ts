import { DONE, ok, problemView, type RouteEntry, routeTable } from '@watchbill/kit/http';
import { z } from 'zod';
import { chainWords, keyWords, policyDocument, policyShape } from '../../../rule/index.ts';
import type { Role } from '../../contract.ts';
import * as admin from '../../shapes/admin.ts';
import * as claims from '../../shapes/claims.ts';
import * as reports from '../../shapes/reports.ts';
import { ROLES } from '../../shapes/texts.ts';
import * as units from '../../shapes/units.ts';
import * as watch from '../../shapes/watch.ts';

const NODES: readonly Role[] = ['node', 'operator'];
const OBSERVERS: readonly Role[] = ['node', 'observer', 'operator'];
const OPERATORS: readonly Role[] = ['operator'];

const READ = { method: 'GET', access: ROLES } as const;
/** Operators and readers name a key as `findKeys` takes it; nodes and observers send all of it. */
const named = { key: keyWords, chain: chainWords.optional() };
const keyFilter = claims.keyFilter.extend({ key: keyWords.optional(), chain: chainWords.optional() });
const READ_KEYS = { ...READ, query: keyFilter, problems: [404, 409] } as const;
const PROBE = { method: 'GET', access: 'open', tag: 'probes' } as const;
const CHANGE = { method: 'POST', access: OPERATORS, problems: [404, 409] } as const;
/** As {@link CHANGE}, without a body in the answer. */
const DO = { ...CHANGE, answers: DONE } as const;
const REPORT = { ...DO, tag: 'duty', access: OBSERVERS } as const;

const watchAnswer = ok('The active node and its term.', watch.watchStates);
const marksAnswer = ok('The marks.', claims.markViews);
const freezeRequest = admin.freezeRequest
  .extend({
    ...named,
    key: keyWords.describe(
      'A key: its name, its last digits, or all of it. Or `all` for every key of the ledger.',
    ),
  })
  .meta({ examples: [{ key: 'alpha', reason: 'a second machine may have the keys' }] });
const frozen = ok('The policies of the keys now.', admin.policyViews);

/** The 503 of a claim: a problem that carries the whole reply. */
const unknownReply = problemView.extend(claims.claimReply.shape).extend({ outcome: z.literal('unknown') });

/** All routes but the original wire protocol, by the name that the code uses. */
export function routeSpecs() {
  return routeTable({
    claim: {
      method: 'POST',
      url: '/v1/claims',
      tag: 'duty',
      summary: 'May this node perform this part of this unit, with this payload',
      access: NODES,
      body: claims.claimRequest,
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

/** The callers of a route: all clients, other services of the ledger, or identities with one of the roles. */
export type Access = 'open' | 'peer' | readonly Role[];

export type RouteSpec = RouteEntry & { readonly access: Access };

const ROUTES = routeTable({
  observe: {
    ...REPORT,
    url: '/v1/observations',
    summary: 'The report of a listed node or an observer about the chain',
    body: reports.observationReport,
  },
  marks: {
    ...READ_KEYS,
    url: '/v1/marks',
    tag: 'duty',
    summary: 'The marks per key and duty',
    answers: marksAnswer,
  },
  reportSignatures: {
    ...REPORT,
    url: '/v1/signatures',
    summary: 'Blocks that an observer saw; a key whose signature no service granted may be frozen',
    body: reports.signaturesReport,
  },
  reportVotes: {
    ...REPORT,
    url: '/v1/votes',
    summary: 'GRANDPA votes that an observer saw; a key whose vote no service granted may be frozen',
    body: reports.votesReport,
  },
  reportOffences: {
    ...REPORT,
    url: '/v1/offences',
    summary: 'Equivocations that the chain recorded; the key of one may be frozen',
    body: reports.offencesReport,
  },
  readiness: {
    ...CHANGE,
    url: '/v1/readiness',
    tag: 'watch',
    summary: 'The readiness report of a node; a fit node keeps or takes the watch of its keys',
    access: NODES,
    body: reports.readinessReport,
    answers: ok('The active nodes, and the leases that were asked for.', watch.readinessAnswer),
  },
  handOver: {
    ...CHANGE,
    url: '/v1/watch/handover',
    tag: 'watch',
    summary: 'Hand the watch over to another ready node',
    body: watch.handoverRequest.extend(named),
    answers: ok('The watch now.', watch.watchState),
  },
  drill: {
    ...CHANGE,
    url: '/v1/watch/drill',
    tag: 'watch',
    summary: 'The checklist of a handover; changes no record of the store',
    body: watch.drillRequest.extend(named),
    answers: ok('Each check with its state.', watch.drillView),
  },
  standbys: {
    ...READ_KEYS,
    url: '/v1/standbys',
    tag: 'watch',
    summary: 'The listed nodes of each key: shadow claims, last drill, last handover',
    answers: ok('The nodes.', watch.standbyViews),
  },
  watch: {
    ...READ_KEYS,
    url: '/v1/watch',
    tag: 'watch',
    summary: 'The active node of a key',
    answers: watchAnswer,
  },
  policies: {
    ...READ_KEYS,
    url: '/v1/policies',
    tag: 'policy',
    summary: 'The policies in force',
    answers: ok('The policies.', admin.policyViews),
  },
  changes: {
    ...READ_KEYS,
    url: '/v1/changes',
    tag: 'policy',
    summary: 'The changes of policies and tokens: the person, the time, and the hash of the change before',
    access: OPERATORS,
    answers: ok('The changes, by key and version.', admin.changeViews),
  },
  applyPolicy: {
    ...CHANGE,
    method: 'PUT',
    url: '/v1/policies',
    tag: 'policy',
    summary: 'Apply a new version of the policy of a key',
    body: policyDocument,
    answers: ok('The new version.', policyShape),
  },
  adopt: {
    ...CHANGE,
    url: '/v1/adoptions',
    tag: 'policy',
    summary: 'Set the floors of a key and begin to enforce',
    body: admin.adoptRequest.extend(named),
    answers: marksAnswer,
  },
  freeze: {
    ...CHANGE,
    url: '/v1/freezes',
    tag: 'policy',
    summary: 'Freeze a key or all keys: no service grants a new unit until a person lifts that',
    body: freezeRequest,
    answers: frozen,
  },
  liftFreeze: {
    ...CHANGE,
    url: '/v1/freezes/lift',
    tag: 'policy',
    summary: 'Lift the freeze of a key or of all keys',
    body: freezeRequest,
    answers: frozen,
  },
  decisions: {
    ...READ_KEYS,
    url: '/v1/decisions',
    tag: 'decisions',
    summary: 'Decisions of this service, newest first',
    query: claims.decisionQuery.extend(keyFilter.shape),
    answers: ok('One page.', claims.decisionPage),
  },
  stream: {
    ...READ,
    url: '/v1/decisions/stream',
    tag: 'decisions',
    summary: 'Decisions as they are made, as server-sent events; Last-Event-ID replays what was missed',
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
    ...READ_KEYS,
    url: '/v1/units',
    tag: 'decisions',
    summary: 'Due and claimed units of a key, newest first, each with the cause if it was missed',
    query: units.unitsQuery.extend(named),
    answers: ok('One page.', units.unitsPage),
  },
  reportDue: {
    ...REPORT,
    url: '/v1/units/due',
    summary: 'Units that an observer computed as due, and the blocks between which they lie',
    body: units.dueReport,
  },
  peerUnits: {
    method: 'POST',
    url: '/v1/peer/units',
    tag: 'services',
    summary: 'The facts of this service about units; changes no work of it',
    access: 'peer',
    body: units.peerUnitsQuery,
    answers: ok('The facts.', units.unitFactsPage),
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
  trimLedger: {
    method: 'POST',
    url: '/v1/ledger/trim',
    tag: 'services',
    summary: 'Remove the next old rows that the last export of this service holds; ask until `next` is null',
    access: OPERATORS,
    body: admin.trimRequest,
    answers: ok('The rows that left, and the next place.', admin.trimView),
    problems: [409],
  },
  upkeep: {
    ...READ,
    url: '/v1/upkeep',
    tag: 'services',
    summary: 'The last export of this service, and the last proof that an operator reported to it',
    answers: ok('Null for work that it has not heard of.', admin.upkeepView),
  },
  noteVerification: {
    ...DO,
    url: '/v1/upkeep/verifications',
    tag: 'services',
    summary: 'Report a proof of the ledger from exports, so that pages show when it was made',
    body: admin.verificationReport,
    problems: [409],
  },
  services: {
    ...READ,
    url: '/v1/services',
    tag: 'services',
    summary: 'The services of this ledger',
    answers: ok('The services.', admin.serviceViews),
  },
  approve: {
    ...DO,
    url: '/v1/services/:id/approve',
    tag: 'services',
    summary: 'Approve a service without memory, so that it serves',
    params: admin.idParams,
    body: admin.reasonRequest,
  },
  removeService: {
    ...DO,
    method: 'DELETE',
    url: '/v1/services/:id',
    tag: 'services',
    summary: 'Remove a service that is lost',
    params: admin.idParams,
    body: admin.reasonRequest,
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
    ...READ,
    url: '/v1/health',
    tag: 'probes',
    summary: 'The state of the service and of its store',
    answers: ok('The health.', admin.healthView),
  },
  rollbackReports: {
    ...READ,
    url: '/v1/rollback-reports',
    tag: 'reports',
    summary:
      'Entries that nodes remember and the store does not hold; a held report stops the grants of its keys',
    answers: ok('The reports, held ones first.', admin.rollbackReportViews),
  },
  releaseRollbackReport: {
    ...DO,
    url: '/v1/rollback-reports/:id/release',
    tag: 'reports',
    summary: 'Release one report: the operator answers for the store, or for the mistake of the node',
    params: admin.reportParams,
    body: admin.reasonRequest,
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
    ...CHANGE,
    url: '/v1/tokens',
    tag: 'tokens',
    summary: 'Make a token, or a base URL of the original wire protocol',
    body: admin.tokenRequest.extend({ original: z.strictObject(named).optional() }),
    answers: {
      201: {
        description: 'The token; its secret is shown once.',
        shape: admin.tokenCreated,
      },
    },
  },
  revokeToken: {
    ...DO,
    method: 'DELETE',
    url: '/v1/tokens/:id',
    tag: 'tokens',
    summary: 'Revoke a token',
    params: admin.idParams,
  },
  alive: {
    ...PROBE,
    url: '/livez',
    summary: 'The process is alive',
    answers: ok('Alive.', admin.aliveView),
  },
  ready: {
    ...PROBE,
    url: '/readyz',
    summary: 'The service grants',
    answers: ok('Ready.', admin.readyView),
    problems: [503],
  },
  metrics: {
    ...PROBE,
    url: '/metrics',
    summary: 'Metrics in the text format of Prometheus',
    answers: { 200: { description: 'Metrics.', type: 'text/plain', shape: z.string() } },
    problems: [503],
  },
});
