import { canonicalJson } from '@watchbill/base';
import { askProgram, type SigningProgram } from '@watchbill/chain/keys';
import { signingAnswer } from './answer.ts';
import type { SigningScheme, TransactionSigner } from './port.ts';

export interface ExternalSetting extends SigningProgram {
  readonly account: string;
  readonly scheme: SigningScheme;
}

const WORDS = {
  malformed: 'the signing program did not answer as it should',
  other: 'the signing program answered another request',
};

/**
 * A program of one's own: it gets one {@link SigningRequest} as JSON on its input, and answers `{ id, signature }` or `{ id, refused }`
 * as JSON on its output, then ends. What it writes to its error output is not read.
 */
export function externalSigner(setting: ExternalSetting): TransactionSigner {
  const { account, scheme } = setting;
  return {
    account,
    scheme,
    sign: async (request, signal) => {
      const output = await askProgram(setting, canonicalJson(request), signal);
      return 'why' in output
        ? { result: 'unavailable', why: output.why }
        : signingAnswer(output.text, request.id, WORDS);
    },
  };
}
