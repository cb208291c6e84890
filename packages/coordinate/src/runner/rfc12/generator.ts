import { type ActionName, actionNamed } from '../../rfc12/actions.ts';
import { heartbeatMessage } from '../../rfc12/heartbeat.ts';
import { decodePayload } from '../../rfc12/payload-decode.ts';
import type { Plan } from '../../rfc12/plan.ts';
import type { Proposal } from '../../rfc12/proposal.ts';
import type { ProcedurePorts } from '../ports.ts';
import type { Rfc12GroupFile } from './group-file.ts';
import { runProgram } from './program.ts';

export interface GeneratorParts {
  readonly file: Rfc12GroupFile;
  readonly operator: string;
  /** The program that looks for work, with its arguments; null: heartbeats and noops alone. */
  readonly program: readonly string[] | null;
  /** The last height that this member saw. */
  readonly height: () => bigint | null;
}

/** Below the runner's limit, so that the report names the program and not only the timeout. */
const PROGRAM_TIMEOUT_MS = 15_000;
const HEX = /^(0x)?([0-9a-fA-F]{2})*$/;

/**
 * Asks the operator's program for the most urgent work. If there is none, proposes a heartbeat if one is due,
 * otherwise a noop.
 */
export function rfc12Procedure(parts: GeneratorParts): ProcedurePorts<Plan, Proposal> {
  const { file, program } = parts;
  return {
    generate: async (plan, _attempt, signal) => {
      const due = plan.checklist.filter((action) => action !== 'heartbeat');
      const question = program === null ? null : questionOf(parts, plan, due);
      const found =
        program === null || question === null ? null : await asked(program, question, due, signal);
      if (found !== null) return found;
      if (due.length === plan.checklist.length) return { action: 'noop' };
      const height = parts.height() ?? plan.window.block;
      return { action: 'heartbeat', message: heartbeatMessage(file.group.keyHash, height) };
    },
    // RFC 12 requires no judgement before agreement. The program that carries out an action judges it.
    validate: async () => ({ result: 'unknown', why: 'judged when the action begins' }),
  };
}

function questionOf(
  { file, height, operator }: GeneratorParts,
  { window: { block, index } }: Plan,
  checklist: readonly ActionName[],
): Readonly<Record<string, unknown>> {
  const keyHash = Buffer.from(file.group.keyHash).toString('hex');
  const heights = { window: `${index}`, block: `${block}`, height: `${height() ?? block}` };
  return { checklist, keyHash, operator, ...heights };
}

async function asked(
  program: readonly string[],
  question: Readonly<Record<string, unknown>>,
  due: readonly ActionName[],
  signal: AbortSignal,
): Promise<Proposal | null> {
  const end = await runProgram(program, question, { signal, timeoutMs: PROGRAM_TIMEOUT_MS });
  if (end.result !== 'ok') throw new Error(`${program[0]}: ${end.detail}`);
  return proposalOf(due, end.output);
}

/**
 * The proposal that a program printed: `null`, or `{"action":"redemption","payload":"0a02…"}` with the
 * protobuf in hex. Throws an error that names the mistake.
 */
export function proposalOf(due: readonly ActionName[], output: string): Proposal | null {
  const value = parsed(output);
  if (value === null) return null;
  const { action, payload } = value;
  const known = due.find((name) => name === action);
  if (known === undefined)
    throw new Error(`the program printed the action ${JSON.stringify(action)}; due: ${due.join(', ')}`);
  if (typeof payload !== 'string' || !HEX.test(payload))
    throw new Error(
      'the program printed no payload: expected {"action":"…","payload":"…"} with the proposal in hex',
    );
  const bytes = Buffer.from(payload.replace(/^0x/, ''), 'hex');
  const read = decodePayload(actionNamed(known).name, bytes);
  if (!read.ok)
    throw new Error(`the program printed a ${known} that keep-core would refuse: ${read.refusal}`);
  return read.value;
}

function parsed(output: string): { readonly action?: unknown; readonly payload?: unknown } | null {
  try {
    const value: unknown = JSON.parse(output);
    return typeof value === 'object' ? value : {};
  } catch {
    return {};
  }
}
