import { type Clock, within } from '@watchbill/kit';
import type { SigningAnswer, SigningRequest, TransactionSigner } from '../signers/port.ts';

export interface BackgroundLimits {
  /** How long a turn waits for a signer, in milliseconds. */
  readonly waitMs: number;
  /** How long a signer may work on one request, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Signers that never keep a turn waiting for long. */
export interface BackgroundSigners {
  /** By public key. */
  readonly signers: ReadonlyMap<string, TransactionSigner>;
  /** Stops the requests under way. */
  readonly close: () => void;
}

/** A request under way; each signer has one at a time. */
interface Work {
  readonly id: string;
  readonly answer: Promise<SigningAnswer>;
  readonly stop: AbortController;
}

/**
 * Lets signers work in the background. A signer that does not answer within `waitMs` gives `waiting`, for
 * example `the signer has not answered yet`, and the same request on a later turn gets its answer. A request
 * with another id stops the one before. A signer that throws or exceeds `timeoutMs` rejects as before, and
 * from then on no turn waits for this request.
 */
export function backgroundSigners(
  signers: ReadonlyMap<string, TransactionSigner>,
  limits: BackgroundLimits,
): BackgroundSigners {
  const closed = new AbortController();
  return {
    signers: new Map(
      [...signers].map(([account, signer]) => [account, inBackground(signer, limits, closed.signal)]),
    ),
    close: () => closed.abort(),
  };
}

function inBackground(
  signer: TransactionSigner,
  { waitMs, timeoutMs, clock }: BackgroundLimits,
  closed: AbortSignal,
): TransactionSigner {
  let work: Work | null = null;
  /** The last failure of a request. */
  let failed: { readonly id: string; readonly why: string } | null = null;
  const start = (request: SigningRequest): Work => {
    const stop = new AbortController();
    const signal = AbortSignal.any([closed, stop.signal]);
    const answer = within('signature', timeoutMs, signal, (limited) => signer.sign(request, limited), clock);
    answer.catch(() => undefined);
    return { id: request.id, answer, stop };
  };
  return {
    ...signer,
    sign: async (request, signal) => {
      if (failed?.id !== request.id) failed = null;
      if (work?.id !== request.id) {
        work?.stop.abort();
        work = start(request);
      }
      const current = work;
      const answer = await soon(current.answer, failed === null ? waitMs : 0, clock, signal).catch(
        (error: Error) => ({ result: 'unavailable', why: error.message }) as const,
      );
      if (answer === null)
        return { result: 'waiting', why: failed?.why ?? 'the signer has not answered yet' };
      work = null;
      if (answer.result === 'unavailable') failed = { id: request.id, why: answer.why };
      return answer;
    },
  };
}

/** The answer, or null if there is none within `waitMs` or before `signal` aborts. */
async function soon(
  answer: Promise<SigningAnswer>,
  waitMs: number,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<SigningAnswer | null> {
  const answered = new AbortController();
  const late = clock.sleep(waitMs, AbortSignal.any([signal, answered.signal])).then(() => null);
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort();
  }
}
