import { type Clock, jsonOrNull } from '@watchbill/kit';
import { type Caller, CallFault, openCaller } from '@watchbill/kit/call';
import { html } from '@watchbill/kit/html';
import { coordinate } from './coordinate.ts';
import { fleet } from './fleet.ts';
import { nominate } from './nominate.ts';
import type { Capability, Look, OtherPage } from './other-page.ts';
import { type LookAt, otherPages } from './others.ts';

const CAPABILITIES: Readonly<Record<string, Capability>> = { nominate, coordinate, fleet };

/** For all requests of one look together. */
const LOOK_MS = 2_000;
const MAX_ANSWER_BYTES = 256 * 1_024;
const MAX_SENTENCE = 300;
/** As HTML, where a quote takes six bytes. With three of them a page stays below its limit. */
const MAX_SENTENCE_BYTES = 900;
const FIRST_ERROR_OF_SERVER = 500;
const NEEDS_SIGN_IN = [401, 403];

/** The pages of other capabilities by name, for example `nominate`; each call returns their last looks. */
export function readPages(
  pages: Readonly<Record<string, string | undefined>>,
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
): () => Promise<readonly OtherPage[]> {
  return otherPages(pages, clock, lookThrough(openCaller().ask, clock));
}

/**
 * Reads the public JSON of a capability, one request after another, without credentials and without following
 * redirects.
 */
export function lookThrough(ask: Caller['ask'], clock: Pick<Clock, 'monotonicMs'>): LookAt {
  return async (name, url) => {
    const look = await lookOf(name, url, ask, clock).catch((error: unknown): Look => {
      const why = error instanceof CallFault ? error.message : 'its address cannot be read';
      return { state: 'silent', sentence: why };
    });
    return { ...look, sentence: shortened(look.sentence) };
  };
}

async function lookOf(
  name: string,
  url: string,
  ask: Caller['ask'],
  clock: Pick<Clock, 'monotonicMs'>,
): Promise<Look> {
  const capability = CAPABILITIES[name];
  if (capability === undefined) throw new RangeError(`there is no capability ${name}`);
  const endMs = clock.monotonicMs() + LOOK_MS;
  const get = (path: string) => {
    const deadlineMs = Math.max(1, Math.ceil(endMs - clock.monotonicMs()));
    return ask(belowPage(path, url), { deadlineMs, mostBytes: MAX_ANSWER_BYTES });
  };
  const [firstPath, ...more] = capability.paths;
  const { status, text } = await get(firstPath);
  const first = jsonOrNull(text);
  if (capability.say([first]) === null) return otherAnswer(name, status);
  const answers: unknown[] = [first];
  const read = async (path: string) => jsonOrNull((await get(path)).text);
  for (const path of more) answers.push(await read(path).catch(() => undefined));
  const said = capability.say(answers);
  if (said === null) return otherAnswer(name, status);
  return { state: said.isWell ? 'well' : 'unwell', sentence: said.sentence };
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

/** At most {@link MAX_SENTENCE} characters, with the mark of the cut, and {@link MAX_SENTENCE_BYTES}. */
export function shortened(text: string): string {
  const end = '…';
  let bytes = Buffer.byteLength(end);
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(html`${character}`.markup);
    const isLast = kept.length + character.length === text.length;
    if (bytes > MAX_SENTENCE_BYTES || (!isLast && kept.length + character.length >= MAX_SENTENCE))
      return kept + end;
    kept += character;
  }
  return kept;
}
