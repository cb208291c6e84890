import type { z } from 'zod';
import { jsonOrNull } from '../json/json.ts';
import { visible } from '../text/visible.ts';
import { CallFault, statusFault } from './call-fault.ts';
import { type Asked, type Caller, type CallerSettings, openCaller } from './caller.ts';

/** One call: whom, as whom, and which answer is expected. */
export interface Call<Value> extends Asked, CallerSettings {
  /** The form of the JSON in the answer; without it the value is the text. */
  readonly shape?: z.ZodType<Value>;
  /** A caller with kept connections, in place of one for this call alone. */
  readonly via?: Caller;
}

const LONGEST = 300;

/**
 * The value of a good answer. Rejects with a {@link CallFault}: for another status with the text of its
 * problem document, and for text that is not JSON or has another form.
 */
export async function call<Value = string>(address: string | URL, asked: Call<Value>): Promise<Value> {
  const { shape, via = openCaller(asked) } = asked;
  const answer = await via.ask(address, asked);
  const { status, headers, text } = answer;
  const where = new URL(address).origin;
  if (status < 200 || status > 299) throw statusFault(answer, where);
  if (shape === undefined) return text as Value;
  const json = jsonOrNull(text);
  const isJson = json !== null || text.trim() === 'null';
  const read = isJson ? shape.safeParse(json) : null;
  if (read?.success === true) return read.data;
  const [issue] = read?.error.issues ?? [];
  const why =
    issue === undefined
      ? `with ${headers['content-type'] ?? 'no type'}, not with JSON`
      : `in another form: ${issue.path.join('.')}: ${issue.message}`;
  const what = `${where} answered ${visible(why).slice(0, LONGEST)}`;
  throw new CallFault('answer-invalid', what, 'Check its address and its release.', { where });
}
