import type { ClaimReply, ClaimRequest } from '@watchbill/duty/service';
import type { Clock } from '@watchbill/kit';
import type { Api } from './api.ts';
import type { SigningRecord } from './record.ts';

/** The parts of a gate, which is the only way to the signing record. */
export interface GateParts {
  readonly api: Api;
  readonly record: SigningRecord;
  readonly clock: Clock;
  readonly chain: string;
  readonly key: string;
  readonly node: string;
  /** Drawn once at the start of this process. */
  readonly incarnation: string;
  readonly drawId: () => string;
  /** Called with answers that only a defect of this program or its set-up can cause. */
  readonly complain: (text: string) => void;
}

/** The signing request: one part of one unit. */
export interface Ask {
  readonly duty: string;
  readonly unit: string;
  readonly part: ClaimRequest['part'];
  /** `0x` and hex; null for `enter`, which has no signature. */
  readonly digest: string | null;
  readonly term: string | null;
  /** Unix milliseconds; no signature after it. */
  readonly deadlineMs: number;
}

/** `unknown`: no certain answer in time; never treated as granted. */
export type GateAnswer =
  | { readonly outcome: 'granted' | 'unknown' }
  | { readonly outcome: 'denied'; readonly reason: string };

export type Gate = ReturnType<typeof createGate>;

/** Pause after an answer without a decision. */
const RETRY_PAUSE_MS = 40;

/**
 * The gate of one validator process: no signature without a grant that names this very claim, start and
 * payload. Unlike the gate of a node it keeps no word of the ledger: no store goes back in a demonstration.
 */
export function createGate(parts: GateParts) {
  const { clock } = parts;
  // The signatures of this start; a seal is made at most once, even if the service grants twice.
  const signed = new Set<string>();
  let ledger: string | null = null;

  /** Claims until the deadline, always with the same claim; never signs. */
  async function claim(ask: Ask): Promise<GateAnswer> {
    const startMs = clock.monotonicMs();
    const budgetMs = ask.deadlineMs - clock.nowMs();
    const leftMs = (): number => budgetMs - (clock.monotonicMs() - startMs);
    const claimId = parts.drawId();
    while (leftMs() > 0) {
      const request = claimRequest(parts, ask, claimId, ledger, leftMs());
      const answer = await parts.api.call('POST', '/v1/claims', request, leftMs());
      const reply = answer.kind === 'answer' ? asReply(answer.body) : null;
      if (answer.kind === 'answer' && reply === null && isRefusal(answer.status)) {
        parts.complain(
          `${ask.duty} ${ask.unit} ${ask.part}: ${answer.status} ${JSON.stringify(answer.body)}`,
        );
        return { outcome: 'denied', reason: `http-${answer.status}` };
      }
      if (reply !== null && echoes(reply, request)) {
        if (reply.outcome === 'denied') return { outcome: 'denied', reason: reply.reason };
        if (reply.outcome === 'granted') {
          ledger ??= reply.ledger;
          const late = leftMs() <= 0 || clock.nowMs() > ask.deadlineMs;
          return { outcome: late ? 'unknown' : 'granted' };
        }
      }
      await clock.sleep(Math.min(RETRY_PAUSE_MS, Math.max(0, leftMs())));
    }
    return { outcome: 'unknown' };
  }

  /** Claims, and on a grant puts the signature on record before it returns. */
  async function sign(ask: Ask & { readonly digest: string }): Promise<GateAnswer> {
    const name = `${ask.duty} ${ask.unit} ${ask.part}`;
    if (signed.has(name)) return { outcome: 'denied', reason: 'signed-before' };
    const answer = await claim(ask);
    if (answer.outcome !== 'granted' || signed.has(name)) return answer;
    signed.add(name);
    const { node, incarnation, key } = parts;
    const { duty, unit, part, digest } = ask;
    parts.record.append({ atMs: clock.nowMs(), node, incarnation, key, duty, unit, part, digest });
    return answer;
  }

  return { claim, sign };
}

function claimRequest(
  parts: GateParts,
  ask: Ask,
  claimId: string,
  ledger: string | null,
  leftMs: number,
): ClaimRequest {
  const { chain, key, incarnation } = parts;
  const { duty, unit, part, digest, term } = ask;
  // A reply needs some of the time for its way back.
  const timeoutMs = Math.max(1, Math.min(30_000, Math.floor(leftMs - 20)));
  return { claimId, ledger, chain, key, duty, unit, part, digest, incarnation, term, timeoutMs };
}

/** A client error other than "too many" will not change by asking again. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

function asReply(body: unknown): ClaimReply | null {
  const outcome = (body as { outcome?: unknown } | null)?.outcome;
  return typeof outcome === 'string' ? (body as ClaimReply) : null;
}

/** Only a reply to this claim, of this start, for this payload counts. */
function echoes(reply: ClaimReply, request: ClaimRequest): boolean {
  const { claimId, chain, key, duty, unit, part, digest, incarnation } = request;
  const same = reply.claimId === claimId && reply.incarnation === incarnation && reply.digest === digest;
  const about = reply.chain === chain && reply.key === key && reply.duty === duty;
  return same && about && reply.unit === unit && reply.part === part;
}
