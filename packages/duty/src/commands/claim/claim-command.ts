import { Fault, fault, randomHex, usageFault } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Context } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { choice, text, whole } from '@watchbill/kit/command/shapes';
import { type Answer, NO_ANSWER, NOT_A_SERVICE, withApi } from '../../client/api.ts';
import { chainFlag, keyFlag, wholeKey } from '../../client/keys.ts';
import { problemFault } from '../../client/problem.ts';
import { connection, resolveTarget, type Target } from '../../client/target.ts';
import { isRecord } from '../../config/tree.ts';
import { DUTY_NAMES, dutyNamed, type Part, parseUnit } from '../../rule/index.ts';
import type { ClaimReply, ClaimRequest } from '../../service/index.ts';

const EXITS: Readonly<Record<ClaimReply['outcome'], ExitCode>> = {
  granted: EXIT.ok,
  denied: EXIT.denied,
  unknown: EXIT.unknown,
};
/** How much longer than the claim itself the client waits for the reply. */
const MARGIN_MS = 2_000;
const LONGEST_CLAIM_MS = 30_000;
const EXAMPLES = ['', '281234567', '12/345', '281234567/1200/72623859790382856'];
const flags = {
  chain: chainFlag,
  key: keyFlag,
  duty: flag(choice('name', DUTY_NAMES), 'duty'),
  unit: flag(text('unit'), 'slot; set/round; set/block; session'),
  part: flag(text('part').optional(), 'part of the unit (default: the only one that the duty has)'),
  digest: flag(text('hex').optional(), 'digest of the payload: 0x and hex'),
  incarnation: flag(
    text('hex').optional(),
    'id of one start of the signing process, 32 hex digits (default: random)',
  ),
  term: flag(text('number').optional(), 'watch term under which `enter` is asked'),
  claimId: flag(text('id').optional(), 'id that the reply repeats (default: random)'),
  waitMs: flag(
    whole('ms', { of: 'milliseconds', least: 1, most: LONGEST_CLAIM_MS }).optional(),
    'how long the service may take, at most 30000 (default: depends on the duty)',
  ),
  ...connection,
};
type ClaimOptions = OptionsOf<typeof flags>;

/** `claim`: one signing request by hand, as a node would make it. */
export const claim = command({
  flags,
  statuses: { ok: 'granted', denied: 'denied', unknown: 'unknown: never sign on it' },
  examples: [
    'watchbill claim --key alpha --duty babe --unit 281234567 --digest 0x5f0c… --token-file alpha.token',
    'watchbill claim --key 0ea2a3 --duty grandpa --unit 12/345 --part enter --term 7',
  ],
  run: askOnce,
});

/** People who see this usually meant to ask as a node. */
const WHOSE_TOKEN =
  'note: this request used the operator token of the configuration; to ask as a node, give --token-file FILE\n';

async function askOnce({ io, exit }: Context, options: ClaimOptions): Promise<void> {
  const asked = requestOf(io, options);
  const target = resolveTarget(io, options);
  const request = { ...asked, ...(await withApi(target, (api) => wholeKey(api, options))) };
  const reply = await ask(request, target);
  exit(EXITS[reply.outcome]);
  print(io, options.json, reply, () => replyText(reply));
  const showsOwn = options.tokenFile !== undefined || options.certFile !== undefined;
  if (reply.reason === 'not-listed' && !showsOwn) io.err(WHOSE_TOKEN);
}

/** A claim names all of the key, so these two follow. */
function requestOf(io: Io, options: ClaimOptions): Omit<ClaimRequest, 'chain' | 'key'> {
  const duty = dutyNamed(options.duty);
  if (duty === null) throw usageFault('there is no such duty', 'see --help', 'flag --duty');
  const unit = parseUnit(duty.fields, options.unit);
  if (!unit.ok)
    throw usageFault(
      `the unit is not one of ${duty.name}: ${unit.why}`,
      `give ${duty.fields.map(({ name }) => name).join('/')}, for example ${EXAMPLES[duty.fields.length]}`,
      'flag --unit',
    );
  const { waitMs } = options;
  return {
    claimId: options.claimId ?? randomHex(io.random, 8),
    duty: duty.name,
    unit: options.unit,
    part: partOf(duty.parts, options.part),
    digest: options.digest ?? null,
    incarnation: options.incarnation ?? randomHex(io.random, 16),
    term: options.term ?? null,
    ...(waitMs === undefined ? {} : { timeoutMs: waitMs }),
  };
}

function partOf(parts: readonly Part[], named: string | undefined): Part {
  const part = named === undefined && parts.length === 1 ? parts[0] : parts.find((name) => name === named);
  if (part !== undefined) return part;
  throw usageFault('the duty needs one of its parts', `use one of: ${parts.join(', ')}`, 'flag --part');
}

async function ask(request: ClaimRequest, target: Target): Promise<ClaimReply> {
  const longest = Math.max(target.timeoutMs, (request.timeoutMs ?? LONGEST_CLAIM_MS) + MARGIN_MS);
  try {
    const call = { body: request, timeoutMs: longest };
    return replyOf(await withApi(target, (api) => api.ask('POST', '/v1/claims', call)), request, target);
  } catch (error) {
    if (!(error instanceof Fault) || (error.code !== NO_ANSWER && error.code !== NOT_A_SERVICE)) throw error;
    // The claim may have been sent: whether it was granted is not known.
    throw new Fault('unknown', 'unknown', error.problems, error);
  }
}

/** The reply if it is well-formed and answers this claim; else null. */
function replyOf(answer: Answer, request: ClaimRequest, target: Target): ClaimReply {
  const body = answer.body;
  if (!isRecord(body) || typeof body.outcome !== 'string' || !(body.outcome in EXITS))
    throw unansweredFault(answer, target);
  const reply = body as unknown as ClaimReply;
  const echoed = reply.claimId === request.claimId && reply.incarnation === request.incarnation;
  if (echoed && (reply.digest ?? null) === (request.digest ?? null)) return reply;
  throw fault('wrong-echo', 'unknown', {
    what: 'the reply belongs to another claim',
    where: 'POST /v1/claims',
    remedy: 'never sign on it; look for a proxy that caches or mixes up replies',
  });
}

/** A service that failed may have granted before it did; one that refused the request has not. */
function unansweredFault(answer: Answer, target: Target): Fault {
  const problem = problemFault(answer, 'POST /v1/claims', target);
  return answer.status < 500 ? problem : new Fault(problem.code, 'unknown', problem.problems);
}

function replyText(reply: ClaimReply): string {
  return lines([
    `${reply.outcome} (${reply.reason}): ${reply.message}`,
    `  unit   ${reply.duty} ${reply.unit} ${reply.part}`,
    ...(reply.head === null ? [] : [`  mark   seq ${reply.head.seq}, epoch ${reply.head.epoch}`]),
    ...(reply.watch === null
      ? []
      : [`  active ${reply.watch.holder ?? 'no node yet'}, term ${reply.watch.term}`]),
  ]);
}
