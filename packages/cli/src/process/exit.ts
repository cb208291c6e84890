/** What the exit status of every command means. Scripts may rely on it. */
export const EXIT = {
  ok: 0,
  fault: 1,
  usage: 2,
  denied: 3,
  unknown: 4,
  unreachable: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One line for each exit status, in order: printed by `--help` and in the reference. */
export const EXIT_MEANINGS: readonly { readonly code: ExitCode; readonly meaning: string }[] = [
  { code: EXIT.ok, meaning: 'done; for a claim: granted' },
  { code: EXIT.fault, meaning: 'something failed; the error says what and what to do' },
  {
    code: EXIT.usage,
    meaning: 'the command line, the configuration or a given file is wrong; nothing was done',
  },
  { code: EXIT.denied, meaning: 'the claim was denied; for a check of something given: no' },
  { code: EXIT.unknown, meaning: 'the claim, or a fact that an answer needs, is unknown: never sign on it' },
  { code: EXIT.unreachable, meaning: 'the service cannot be reached or did not answer in time' },
];

const PLAN_MEANINGS: Partial<Record<ExitCode, string>> = {
  [EXIT.ok]: 'all is as declared',
  [EXIT.fault]:
    'something failed, or the command line or a given file is wrong; the error says what and what to do',
  [EXIT.usage]: 'something would change',
  [EXIT.denied]: 'what is asked for is refused, and why is printed',
  [EXIT.unknown]: 'a fact that the answer needs is unknown',
  [EXIT.unreachable]: 'a place cannot be reached or did not answer in time',
};

/** As `EXIT_MEANINGS`, for a command whose 2 says that something would change: what is wrong with its line or file is a 1 there. */
export const PLAN_EXIT_MEANINGS: typeof EXIT_MEANINGS = EXIT_MEANINGS.map(({ code, meaning }) => ({
  code,
  meaning: PLAN_MEANINGS[code] ?? meaning,
}));
