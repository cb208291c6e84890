import { askProgram, type SigningProgram } from '@watchbill/chain/keys';
import { canonicalJson } from '@watchbill/kit';
import { type KeySigner, signingAnswer } from './port.ts';

/**
 * The operator's program: it gets one {@link KeySigningRequest} as JSON on its input, and answers `{ id,
 * signature }` or `{ id, refused }` as JSON on its output, then ends. Its error output is ignored.
 */
export function programSigner(program: SigningProgram): KeySigner {
  return {
    sign: async (request, signal) => {
      const output = await askProgram(program, canonicalJson({ ...request }), signal);
      return 'why' in output
        ? { result: 'unavailable', why: output.why }
        : signingAnswer(output.text, request.id, 'the answer of the signing program');
    },
  };
}
