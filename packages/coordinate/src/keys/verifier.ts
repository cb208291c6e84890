import type { PublicIdentity, VerifySignature } from './port.ts';
import { type VerifyLater, verifyLater } from './signature-thread.ts';
import { verifySignature } from './verify.ts';

/** Verifies signatures for synchronous work, without blocking this thread. */
export interface Verifier {
  readonly verify: VerifySignature;
  /**
   * The result of work that calls `verify`. Each signature is verified in the other thread, and then the work
   * runs again from its start. So the work must change no state before its last call of `verify`. Rejects
   * with the error that the work throws.
   */
  readonly settled: <Value>(work: () => Value) => Promise<Value>;
}

/** Ends a run of the work. The work runs again once the answer has arrived. */
class SignatureWanted extends Error {
  readonly key: string;
  readonly signed: readonly [PublicIdentity, Uint8Array, Uint8Array];

  constructor(key: string, signed: readonly [PublicIdentity, Uint8Array, Uint8Array]) {
    super('a signature is being verified');
    this.key = key;
    this.signed = signed;
  }
}

/** A verifier that asks `later`. Outside of `settled`, and for ed25519, `verify` answers in this thread. */
export function verifierBy(later: VerifyLater = verifyLater): Verifier {
  let known: ReadonlyMap<string, boolean> | null = null;
  return {
    verify: (...signed) => {
      const [identity, message, signature] = signed;
      if (known === null || identity.scheme === 'ed25519') return verifySignature(...signed);
      const texts = [identity.publicKey, signature, message].map((bytes) =>
        Buffer.from(bytes).toString('hex'),
      );
      const key = [identity.scheme, ...texts].join('/');
      const answer = known.get(key);
      if (answer === undefined) throw new SignatureWanted(key, signed);
      return answer;
    },
    settled: async (work) => {
      const answers = new Map<string, boolean>();
      for (;;) {
        known = answers;
        try {
          return work();
        } catch (error) {
          // A message names a bounded number of signatures, and each of these runs learns one more.
          if (!(error instanceof SignatureWanted) || answers.has(error.key)) throw error;
          known = null;
          answers.set(error.key, await later(...error.signed));
        } finally {
          known = null;
        }
      }
    },
  };
}
