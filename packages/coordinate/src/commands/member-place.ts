import { causeText, fault, systemCause, usageFault } from '@watchbill/kit';
import { type Answer, openCaller } from '@watchbill/kit/call';
import type { Io } from '@watchbill/kit/command/io';
import type { Command } from 'commander';
import type { Runtime } from '../index.ts';
import { DEFAULT_CONFIG, type OperatorDocument, readOperatorConfig } from './operator-config.ts';
import { loadRuntime } from './runtime.ts';

/** Where to look for a member. */
export interface MemberFlags {
  readonly config: string;
  readonly url?: string;
}

const LIMITS = { deadlineMs: 5_000, mostBytes: 64 * 2 ** 20 };
/** A look at the records needs no stop of the member. */
const BUSY_REMEDY =
  'run the command again in a moment if the member is starting or stopping; otherwise check `http` in its configuration';

/** Gives a command the flags of {@link MemberFlags}. */
export function lookOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration of the operator', DEFAULT_CONFIG)
    .option('--url <url>', 'address of a running member, instead of that in the configuration');
}

/** The address of a member, and the folder of its records: null if only an address was given. */
export interface MemberPlace {
  readonly url: string;
  readonly document: OperatorDocument | null;
}

/** Throws a usage fault for an address or a configuration that is wrong. */
export function placeOf(io: Io, { config, url }: MemberFlags): MemberPlace {
  if (url !== undefined) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw usageFault('that is not an http address', 'for example http://127.0.0.1:8460', 'flag --url');
    return { url: url.replace(/\/$/, ''), document: null };
  }
  const document = readOperatorConfig(io, config);
  const { host, port } = document.value.http;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, document };
}

/**
 * The answer of a member, for example to `/status`; null if no process listens there. Throws `unreachable`.
 */
export async function ask<Value>(url: string, path: string): Promise<Value | null> {
  const answer = await request(url, path);
  if (answer === null) return null;
  if (answer.status !== 200) throw unreachable(url, new Error(`it answered with status ${answer.status}`));
  return JSON.parse(answer.text) as Value;
}

/** The same as an answer with any status. */
export async function request(url: string, path: string): Promise<Answer | null> {
  try {
    return await openCaller().ask(`${url}${path}`, LIMITS);
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: unknown } };
    if (cause?.code === 'ECONNREFUSED') return null;
    throw unreachable(url, error);
  }
}

export function unreachable(url: string, error: unknown): Error {
  const what = `${url} does not answer as a member: ${systemCause(error) ?? causeText(error)}`;
  const remedy = 'check that http.port of the configuration is the port of the running member, or give --url';
  return fault('unreachable', 'unreachable', { what, where: url, remedy }, error);
}

type Reader = ReturnType<Runtime['readStateFolder']>;

/** Reads the records of a stopped member. Throws `unreachable` if they cannot be read. */
export async function recorded<Answer>(
  { url, document }: MemberPlace,
  read: (reader: Reader) => Answer,
): Promise<Answer> {
  if (document === null) throw unreachable(url, new Error('no process listens there'));
  const { readStateFolder, RunnerFault } = await loadRuntime();
  try {
    const reader = readStateFolder(document.value.stateDir);
    try {
      return read(reader);
    } finally {
      reader.close();
    }
  } catch (error) {
    if (!(error instanceof RunnerFault)) throw error;
    const { code, message } = error;
    const what = `no member answers at ${url}, and ${message}`;
    const remedy = code === 'state-locked' ? BUSY_REMEDY : error.remedy;
    throw fault(code, 'unreachable', { what, remedy }, error);
  }
}
