import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { MOST_ANSWER_BYTES } from '@watchbill/chain/keys';
import { replaceFileSync } from '@watchbill/kit/files';
import { type KeySigner, signingAnswer } from './port.ts';

export interface OfflineSetting {
  /** The file for the request. */
  readonly payloadOut: string | null;
  /** The file with the answer. */
  readonly signatureIn: string | null;
}

/**
 * A person with a device that is not connected: the request goes out as a file, the answer comes in as
 * another.
 */
export function offlineSigner({ payloadOut, signatureIn }: OfflineSetting): KeySigner {
  return {
    sign: async (request) => {
      const path = signatureIn !== null && existsSync(signatureIn) ? signatureIn : payloadOut;
      if (path === null) return { result: 'unavailable', why: `there is no ${signatureIn}` };
      try {
        if (path === signatureIn) return signingAnswer(textIn(path), request.id, path);
        replaceFileSync({ path, text: `${JSON.stringify(request, null, 2)}\n`, mode: 0o644 });
        return { result: 'waiting', why: path };
      } catch (error) {
        const why = error instanceof Error ? error.message : 'unknown';
        return { result: 'unavailable', why: `${path} cannot be used, or is a link: ${why}` };
      }
    },
  };
}

/** Links are not followed: the person who delivers answers may have write access to the folder. */
function textIn(path: string): string {
  const handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return fstatSync(handle).size > MOST_ANSWER_BYTES ? '' : readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}
