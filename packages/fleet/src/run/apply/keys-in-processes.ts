import { counted, messageOf } from '@watchbill/kit';
import type { Resource } from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { heldKeys, type KeyQuestion, keyQuestions, type TypedKey } from '../../file/signers/index.ts';
import type { IdentifiedTarget, KeysHeld } from './identity.ts';

export interface KeysInProcesses {
  /** Keys that processes have and that reading their places does not show, as live resources. */
  readonly stores: readonly LiveResource[];
  /** For a person: the processes with such keys, and those that did not answer. */
  readonly notes: readonly string[];
}

/** Processes that are asked at once. */
const MOST_ASKED = 16;
/** After this no further process is asked; each question has a shorter deadline. */
const ASKING_MS = 60_000;
const MOST_NAMED = 3;

/**
 * Asks running signers whether they have a key that one of `begun` will use. An answer only adds facts for
 * the rule of one signer. A process that does not answer has the keys that reading its place shows. Never
 * throws.
 */
export async function keysInProcesses(
  targets: ReadonlyMap<string, IdentifiedTarget>,
  begun: readonly Resource[],
  live: ReadonlyMap<string, LiveResource>,
  signal: AbortSignal,
): Promise<KeysInProcesses> {
  const questions = keyQuestions(begun, live);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ASKING_MS)]);
  const stores: LiveResource[] = [];
  const notes: string[] = [];
  const unasked: string[] = [];
  for (let at = 0; at < questions.length; at += MOST_ASKED) {
    const some = questions.slice(at, at + MOST_ASKED);
    const answers = await Promise.all(some.map((one) => ask(targets, one, limit)));
    for (const [index, answer] of answers.entries()) {
      const question = some[index];
      if (question === undefined) continue;
      if (!answer.ok) unasked.push(`${question.process.id} (${answer.detail})`);
      else if (answer.held.length > 0) {
        stores.push(heldKeys(question, answer.held));
        notes.push(heldNote(question, answer.held));
      }
    }
  }
  return { stores, notes: unasked.length === 0 ? notes : [...notes, unaskedNote(unasked)] };
}

async function ask(
  targets: ReadonlyMap<string, IdentifiedTarget>,
  { process, keys }: KeyQuestion,
  signal: AbortSignal,
): Promise<KeysHeld> {
  const target = targets.get(process.place);
  if (target?.holds === undefined) return { ok: false, detail: 'it is not known how to ask it' };
  if (signal.aborted) return { ok: false, detail: 'the time for questions was over' };
  try {
    return await target.holds(process, keys, signal);
  } catch (error) {
    return { ok: false, detail: messageOf(error) };
  }
}

function heldNote({ process: { id } }: KeyQuestion, held: readonly TypedKey[]): string {
  const keys = held.map(({ type, key }) => `${type} ${key}`).join(', ');
  return `${id} reports by author_hasKey that it has keys which none of its files or Secrets shows: ${keys}`;
}

function unaskedNote(unasked: readonly string[]): string {
  const named = unasked.slice(0, MOST_NAMED).join(', ');
  const more = unasked.length > MOST_NAMED ? `, and ${unasked.length - MOST_NAMED} more` : '';
  return `keys that were inserted into ${counted(unasked.length, 'running signer')} by RPC are not seen: ${named}${more}`;
}
