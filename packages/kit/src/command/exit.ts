/** Exit statuses of all commands. Scripts may rely on them. */
export const EXIT = {
  ok: 0,
  fault: 1,
  usage: 2,
  denied: 3,
  unknown: 4,
  unreachable: 5,
  changes: 6,
  stopped: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The meaning of some exit statuses for one command, for example `{ changes: 'a volume would grow' }`. */
export type ExitMeanings = Readonly<Partial<Record<keyof typeof EXIT, string>>>;

/** One line for each exit status, for the table of the reference. */
export const EXIT_MEANINGS: Readonly<Required<ExitMeanings>> = {
  ok: 'done',
  fault: 'something failed; the error names the cause and the remedy',
  usage: 'wrong usage: the command line, the configuration or a given file is wrong',
  denied: 'the answer is no: a denied claim, a failed check, a refused plan',
  unknown: 'the claim, or a fact that the answer needs, is unknown: never sign on it',
  unreachable: 'a service, machine or cluster cannot be reached or did not answer in time',
  changes: 'a plan has changes to make',
  stopped: 'it stays stopped until a person allows it: no service manager may start it again',
};

/** Rows of status and meaning, in the order of the statuses. For example `[[0, 'done'], [3, 'denied']]`. */
export function exitRows(meanings: ExitMeanings): readonly (readonly [ExitCode, string])[] {
  return Object.entries(EXIT).flatMap(([name, code]) => {
    const meaning = meanings[name as keyof typeof EXIT];
    return meaning === undefined ? [] : [[code, meaning] as const];
  });
}
