import type { Ask } from '../view/others.ts';

const ANSWER_MS = 2_000;

/** Any answer but an error of the server counts, also one that asks for a token. */
export const askPage: Ask = async (url) => {
  const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS) });
  await answer.body?.cancel();
  return answer.status < 500;
};
