import { askProgram, type SigningProgram } from '@watchbill/chain/keys';
import { canonicalJson } from '@watchbill/kit';
import { signingAnswer } from './answer.ts';
import type { SigningScheme, TransactionSigner } from './port.ts';

export interface ExternalSetting extends SigningProgram {
  readonly account: string;
  readonly scheme: SigningScheme;
}

const WORDS = {
  malformed: 'the answer of the signing program is invalid',
  other: 'the signing program answered another request',
};

/**
 * A custom signing program. Its input is one {@link SigningRequest} as JSON; its output is `{ id, signature
 * }` or `{ id, refused }` as JSON, then it exits. Its error output is not read.
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
