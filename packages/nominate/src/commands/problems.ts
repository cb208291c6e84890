import { Fault, type FaultKind, fault, type Problem, usageFault, visible } from '@watchbill/kit';
import type { Outcome, Refusal, RefusalCode, Refused } from '../index.ts';

/** A given document: its name for people, the line of each path in it, and a general remedy. */
export interface Given {
  readonly file: string;
  /** The expected kind, for files that only programs write. */
  readonly kind?: string;
  /** `file:line:column` of a path; without it the path itself is named. */
  readonly whereIs?: (path: string, message: string) => string;
  readonly remedy: string;
}

export type Documents = Partial<Record<Refused['document'], Given>>;

/** The result of an operation, or a fault that names the wrong file and the place in it. */
export async function resultOf<Result>(outcome: Outcome<Result>, documents: Documents): Promise<Result> {
  if (outcome.ok) return outcome.result;
  throw await refusalFault(outcome, documents);
}

async function refusalFault(refused: Refused, documents: Documents): Promise<Fault> {
  const [first] = refused.problems;
  if (refused.document === 'request' && first !== undefined && isRefusalCode(first.path))
    return await roundFault(first.path, first.message, documents);
  const given = documents[refused.document];
  if (first !== undefined && given?.kind !== undefined && isOtherKind(refused.problems)) {
    const where = given.whereIs?.(first.path, first.message) ?? given.file;
    return usageFault(`this is not ${given.kind}`, given.remedy, where);
  }
  const problems = refused.problems.map((problem) => problemOf(problem, given));
  return new Fault(`bad-${refused.document}`, 'usage', problems);
}

/** Whether most first keys of such a document are missing: then a list of all problems would not help. */
function isOtherKind(problems: Refused['problems']): boolean {
  return problems.filter(({ path, message }) => /^(\d+\.)?\w+$/.test(path) && isMissing(message)).length >= 3;
}

function isMissing(message: string): boolean {
  return message.endsWith('received undefined');
}

function problemOf({ path, message }: Refused['problems'][number], given: Given | undefined): Problem {
  const at = pathInDocument(path);
  const text = isMissing(message)
    ? 'it is missing'
    : visible(message.replace(/^Invalid (input|option): /, ''));
  const what = at === '' ? text : `${visible(at)}: ${text}`;
  if (given === undefined) return { what, where: null, remedy: 'see the same command with --help' };
  return { what, where: given.whereIs?.(at, message) ?? given.file, remedy: given.remedy };
}

/**
 * The problems of single checks are named from the list of checks, and their unknown keys with an empty last
 * step.
 */
function pathInDocument(path: string): string {
  return (/^checks\.\d/.test(path) ? `checks.${path}` : path).replace(/\.$/, '');
}

/** Exit status without a round: the rules refuse it, facts are missing, or the inputs do not fit together. */
const EXIT_OF: Readonly<Record<RefusalCode, FaultKind>> = {
  'wrong-network': 'usage',
  'bad-checks': 'usage',
  'module-missing': 'usage',
  'bad-change': 'usage',
  'era-unknown': 'unknown',
  'old-heads': 'unknown',
  'no-public-seed': 'unknown',
  'era-stalled': 'denied',
  'nobody-due': 'denied',
  'outside-term': 'denied',
};

function isRefusalCode(path: string): path is RefusalCode {
  return Object.hasOwn(EXIT_OF, path);
}

async function roundFault(code: RefusalCode, remedy: string, { snapshot, round }: Documents): Promise<Fault> {
  const { REFUSALS } = await import('../index.ts');
  return fault(code, EXIT_OF[code], {
    what: `there is no round: ${REFUSALS[code]}`,
    where: (snapshot ?? round)?.file,
    remedy: visible(remedy),
  });
}

/** The same for a refusal that replay or backtest met in a stored round. */
export async function refusedRound({ code, detail, remedy }: Refusal, file: string): Promise<Fault> {
  const { REFUSALS } = await import('../index.ts');
  return fault(code, EXIT_OF[code], {
    what: `the round cannot be computed again: ${REFUSALS[code]}`,
    where: file,
    remedy: visible(`${detail}; ${remedy}`),
  });
}
