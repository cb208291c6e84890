import { type Clock, jsonOrNull } from '@watchbill/kit';
import { type Caller, CallFault, openCaller } from '@watchbill/kit/call';
import { z } from 'zod';
import type { Look, OtherPage } from './other-page.ts';
import { type LookAt, otherPages } from './others.ts';

/** By capability: the place of its state, in its public JSON below its page. */
const PATHS: Readonly<Record<string, string>> = {
  nominate: 'v1/health',
  coordinate: 'status',
  fleet: 'status',
};
/** The part of that JSON which is for people. */
const answerShape = z.object({ said: z.object({ isWell: z.boolean(), sentence: z.string() }) });

const LOOK_MS = 2_000;
const MAX_ANSWER_BYTES = 256 * 1_024;
/** As HTML at most 900 bytes: a quote takes six. With three of them a page stays below its limit. */
const MAX_SENTENCE = 150;
const FIRST_ERROR_OF_SERVER = 500;
const NEEDS_SIGN_IN = [401, 403];

/** The pages of other capabilities by name, for example `nominate`; each call returns their last looks. */
export function readPages(
  pages: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): () => Promise<readonly OtherPage[]> {
  return otherPages(pages, clock, lookThrough(openCaller().ask));
}

/** Reads what a capability says of itself, without credentials and without following redirects. */
export function lookThrough(ask: Caller['ask']): LookAt {
  return async (name, url) => {
    const look = await lookOf(name, url, ask).catch((error: unknown): Look => {
      const why = error instanceof CallFault ? error.message : 'its address cannot be read';
      return { state: 'silent', sentence: why };
    });
    return { ...look, sentence: shortened(look.sentence) };
  };
}

async function lookOf(name: string, url: string, ask: Caller['ask']): Promise<Look> {
  const path = PATHS[name];
  if (path === undefined) throw new RangeError(`there is no capability ${name}`);
  const limits = { deadlineMs: LOOK_MS, mostBytes: MAX_ANSWER_BYTES };
  const { status, text } = await ask(belowPage(path, url), limits);
  const found = answerShape.safeParse(jsonOrNull(text));
  if (!found.success) return otherAnswer(name, status);
  const { isWell, sentence } = found.data.said;
  return { state: isWell ? 'well' : 'unwell', sentence };
}

/** A relative path below a page, also below one whose address does not end in a slash. */
function belowPage(path: string, page: string): string {
  const folder = new URL(page);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  return new URL(path, folder).href;
}

function otherAnswer(name: string, status: number): Look {
  if (status >= FIRST_ERROR_OF_SERVER)
    return { state: 'silent', sentence: `its server reports the error HTTP ${status}` };
  if (NEEDS_SIGN_IN.includes(status))
    return { state: 'strange', sentence: 'answers, and requires a sign-in; follow the link to see more' };
  return { state: 'strange', sentence: `answers, but not in the form of watchbill ${name} 0.x` };
}

/** A longer text ends with `…`. */
function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= MAX_SENTENCE ? text : `${characters.slice(0, MAX_SENTENCE - 1).join('')}…`;
}
