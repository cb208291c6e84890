import type {
  ClaimReply,
  ClaimRequest,
  ObservationReport,
  OriginalRequest,
  Permit,
  ReadinessReport,
} from '@watchbill/duty/service';
import type { Handler, Life } from '@watchbill/testkit/sim';
import { CHAIN } from '../names.ts';
import { originalActs } from '../nodes/chain.ts';
import type { AnswerEvent, CarriedWord } from '../world/history.ts';
import { explainsEntry } from '../world/truth.ts';
import type { SimService, World } from '../world/world.ts';
import { isDurable } from './durable.ts';

export type ServiceRequest =
  | {
      readonly op: 'claim';
      readonly request: ClaimRequest;
      readonly as?: string;
      /** The ledger never wrote the word of the request. */
      readonly isForged?: boolean;
    }
  | { readonly op: 'original'; readonly key: string; readonly request: OriginalRequest }
  | { readonly op: 'observe'; readonly report: ObservationReport }
  | { readonly op: 'ready'; readonly report: ReadinessReport }
  | { readonly op: 'memory'; readonly secret: string };

/** What a service does with requests; it notes each answer to a claim at the moment the answer leaves. */
export function createHandler(world: World, service: SimService, permit: Permit, life: Life): Handler {
  const note = (event: Pick<AnswerEvent, 'node' | 'reply' | 'arrivedMs' | 'said' | 'via' | 'word'>): void => {
    // A process that has ended answers no request.
    if (!life.alive()) return;
    const { chain, key } = event.reply;
    world.history.add({
      kind: 'reply',
      atMs: world.clock.nowMs(),
      service: service.name,
      serviceId: service.disk.serviceId ?? '',
      life: life.number,
      durable: isDurable(world, service, event.reply),
      terms: world.truth.termsSince(`${chain}/${key}`, event.arrivedMs),
      ...event,
    });
  };

  return async (message, from, signal) => {
    const request = message as ServiceRequest;
    world.load.requests += 1;
    const arrivedMs = world.clock.nowMs();
    if (request.op === 'observe') return permit.observe(request.report, from);
    if (request.op === 'ready') return permit.reportReadiness(request.report, from);
    if (request.op === 'memory') {
      if (!permit.isPeer(request.secret)) throw new Error('the secret is not that of this ledger');
      const view = await permit.memory();
      const remembers = new Map(Object.entries(view.points).map(([mark, { seq }]) => [mark, BigInt(seq)]));
      world.history.add({ kind: 'asked', atMs: world.clock.nowMs(), service: view.service, remembers });
      return view;
    }
    if (request.op === 'original') {
      const caller = { node: from, chain: CHAIN, key: request.key };
      const { allowed } = await permit.claimOriginal(request.request, caller, signal);
      for (const reply of allowed ? originalReplies(request.key, request.request) : [])
        note({ node: from, reply, arrivedMs, said: 'nothing', via: 'original', word: null });
      return allowed;
    }
    const node = request.as ?? from;
    const said = carriedWord(world, request.request);
    const reply = await permit.claim(request.request, { node }, signal);
    const via = request.as === undefined ? 'claims' : 'probe';
    const ownFault = reply.reason === 'store-behind' && !(await isHeldByWord(permit));
    const word = said === null ? null : await answeredWord(world, permit, request, said);
    note({ node, reply, arrivedMs, said: ownFault ? 'nothing' : saidBy(request.request), via, word });
    if (word?.isReported === true && request.request.word != null)
      world.clock.after(0, () => world.mood.onLostWord?.(service, node));
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
  return (await permit.rollbackReports()).some(({ state }) => state === 'held');
}

/** The entry of a word is its fifth field: `w1.<ledger>.<epoch>.<seq>.<hash>…`. */
const HASH_FIELD = 4;

interface SaidWord {
  readonly hash: string;
  readonly mark: string;
  /** The store did not explain it when the claim arrived. */
  readonly wasLost: boolean;
}

function carriedWord(world: World, { word, chain, key, duty }: ClaimRequest): SaidWord | null {
  const hash = word?.split('.')[HASH_FIELD];
  if (hash === undefined) return null;
  const mark = `${chain}/${key}/${duty}`;
  return { hash, mark, wasLost: !explainsEntry(world.truth, mark, hash) };
}

async function answeredWord(
  world: World,
  permit: Permit,
  request: ServiceRequest & { readonly op: 'claim' },
  { hash, mark, wasLost }: SaidWord,
): Promise<CarriedWord> {
  const isForged = request.isForged === true;
  const isLost = wasLost && !explainsEntry(world.truth, mark, hash);
  const reports = isForged || isLost ? await permit.rollbackReports() : [];
  const isReported = reports.some(({ point, state }) => state === 'held' && point?.hash === hash);
  return { hash, isLost, isForged, isReported };
}

function saidBy({ word }: ClaimRequest): AnswerEvent['said'] {
  return word === null || word === undefined ? 'nothing' : 'word';
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
