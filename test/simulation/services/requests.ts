import type {
  ClaimReply,
  ClaimRequest,
  ObservationReport,
  OriginalRequest,
  Permit,
  ReadinessReport,
} from '@watchbill/permit';
import type { Handler, Life } from '@watchbill/testkit';
import { CHAIN } from '../names.ts';
import { originalActs } from '../nodes/chain.ts';
import type { AnswerEvent } from '../world/history.ts';
import type { SimService, World } from '../world/world.ts';
import { isDurable } from './durable.ts';

export type ServiceRequest =
  | { readonly op: 'claim'; readonly request: ClaimRequest; readonly as?: string }
  | { readonly op: 'original'; readonly key: string; readonly request: OriginalRequest }
  | { readonly op: 'observe'; readonly report: ObservationReport }
  | { readonly op: 'ready'; readonly report: ReadinessReport }
  | { readonly op: 'memory'; readonly secret: string };

/** What a service does with requests; it notes each answer to a claim at the moment the answer leaves. */
export function createHandler(world: World, service: SimService, permit: Permit, life: Life): Handler {
  const note = (event: Pick<AnswerEvent, 'node' | 'reply' | 'arrivedMs' | 'said' | 'via'>): void => {
    // A process that has ended answers no request.
    if (!life.alive()) return;
    const durable = isDurable(world, service, event.reply);
    const atMs = world.clock.nowMs();
    world.history.add({ kind: 'reply', atMs, service: service.name, life: life.number, durable, ...event });
  };

  return async (message, from, signal) => {
    const request = message as ServiceRequest;
    const arrivedMs = world.clock.nowMs();
    if (request.op === 'observe') return permit.observe(request.report, from);
    if (request.op === 'ready') return permit.reportReadiness(request.report, from);
    if (request.op === 'memory') {
      if (!permit.isPeer(request.secret)) throw new Error('the secret is not that of this ledger');
      return permit.memory();
    }
    if (request.op === 'original') {
      const caller = { node: from, chain: CHAIN, key: request.key };
      const { allowed } = await permit.claimOriginal(request.request, caller, signal);
      for (const reply of allowed ? originalReplies(request.key, request.request) : [])
        note({ node: from, reply, arrivedMs, said: 'nothing', via: 'original' });
      return allowed;
    }
    const node = request.as ?? from;
    const reply = await permit.claim(request.request, { node }, signal);
    const via = request.as === undefined ? 'claims' : 'probe';
    const ownFault = reply.reason === 'store-behind' && !(await isHeldByWord(permit));
    note({ node, reply, arrivedMs, said: ownFault ? 'nothing' : saidBy(request.request), via });
    return reply;
  };
}

/**
 * Whether `store-behind` is about what a claimant was told. A service that its own memory contradicts
 * answers so too, but may serve again once the store explains that memory. It does not serve and holds no
 * report.
 */
async function isHeldByWord(permit: Permit): Promise<boolean> {
  if ((await permit.health()).state === 'serving') return true;
  // Services of the last release list no reports.
  if (typeof (permit as Partial<Permit>).rollbackReports !== 'function') return false;
  return (await permit.rollbackReports()).some(({ state }) => state === 'held');
}

function saidBy({ word, atLeast }: ClaimRequest): AnswerEvent['said'] {
  if (word !== null && word !== undefined) return 'word';
  return atLeast === null || atLeast === undefined ? 'nothing' : 'head';
}

/**
 * What an allowed question of the original wire protocol lets its node sign, as replies of the other
 * protocol. A round is of the chain's present set, whatever number the service counts it under.
 */
function originalReplies(key: string, request: OriginalRequest): readonly ClaimReply[] {
  return originalActs(request).map((act) => ({
    outcome: 'granted',
    reason: 'new',
    message: '',
    claimId: 'original',
    ledger: '',
    chain: CHAIN,
    key,
    ...act,
    digest: null,
    incarnation: 'original',
    head: null,
    word: null,
    watch: null,
  }));
}
