import { counted, digestOfText, table } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import { lines, print } from '@watchbill/kit/command/print';
import { age, short } from '@watchbill/kit/command/text';
import { type Command, Option } from 'commander';
import type { Checked } from '../index.ts';
import { addInputOptions, type InputFlags, readInputs } from './inputs.ts';
import { resultOf } from './problems.ts';
import { candidateNamed } from './who.ts';

interface CheckFlags extends InputFlags {
  readonly candidate?: string;
  readonly verdict?: Checked['verdict'];
  readonly json?: boolean;
}

/** `nominate check`: the verdict on each candidate of a snapshot, or all about one. */
export function addCheck(parent: Command, context: Context): void {
  const command = parent
    .command('check')
    .description('run the checks of the programme on every candidate of a snapshot; read-only');
  addInputOptions(command)
    .option(
      '--candidate <who>',
      'only this candidate (stash, slot or name), with every result and its evidence',
    )
    .addOption(
      new Option('--verdict <name>', 'print only candidates of this verdict; JSON has all').choices([
        'valid',
        'invalid',
        'undecided',
      ]),
    )
    .option('--json', 'print JSON')
    .action((options: CheckFlags) => check(context, options));
  withExamples(
    withStatuses(command, {
      denied: 'with --candidate: it is invalid',
      unknown: 'with --candidate: it is undecided',
    }),
    [
      'watchbill nominate check --snapshot example-snapshot.json',
      'watchbill nominate check --snapshot example-snapshot.json --verdict invalid',
      'watchbill nominate check --snapshot example-snapshot.json --candidate fathom',
      'watchbill nominate check --snapshot snapshot.json --programme programme.yaml --json',
    ],
  );
}

async function check({ io, exit }: Context, options: CheckFlags): Promise<void> {
  const { checkCandidates } = await import('../index.ts');
  const { texts, documents } = await readInputs(io, options);
  const checked = await resultOf(checkCandidates(texts), documents);
  if (options.candidate === undefined) {
    const snapshot = digestOfText(texts.snapshot);
    print(io, options.json, { snapshot, candidates: checked }, () =>
      allText(checked, options.verdict, snapshot),
    );
    return;
  }
  const one = await candidateNamed(checked, options.candidate, options.snapshot);
  print(io, options.json, one, () => oneText(one));
  exit(EXIT_OF[one.verdict]);
}

const EXIT_OF: Readonly<Record<Checked['verdict'], ExitCode>> = {
  valid: EXIT.ok,
  invalid: EXIT.denied,
  undecided: EXIT.unknown,
};

/** Ends with the digest: changed figures make another snapshot, and only the digest differs. */
function allText(
  checked: readonly Checked[],
  only: Checked['verdict'] | undefined,
  snapshot: string,
): string {
  const shown = checked.filter(({ verdict }) => verdict === (only ?? verdict));
  const rows = shown.map(({ slotId, name, verdict, eligible, results }) => [
    String(slotId),
    short(name),
    verdict,
    eligible ? 'yes' : 'no',
    reasons(results),
  ]);
  const of = (verdict: Checked['verdict']) => checked.filter((one) => one.verdict === verdict).length;
  const standing = checked.filter(({ verdict, eligible }) => verdict === 'undecided' && eligible).length;
  return [
    table(['slot', 'name', 'verdict', 'eligible', 'why'], rows),
    '\n',
    lines([
      `${counted(checked.length, 'candidate')}: ${of('valid')} valid, ${of('invalid')} invalid, ${of('undecided')} undecided`,
      ...(standing === 0
        ? []
        : [`undecided, but still eligible, since valid when it was last known: ${standing}`]),
      `snapshot ${snapshot}`,
    ]),
  ].join('');
}

/**
 * The failed checks; else the unknown ones. Unknown checks of a valid candidate are those that the rules let
 * pass.
 */
function reasons(results: Checked['results']): string {
  const of = (outcome: string) => results.filter((one) => one.outcome === outcome).map(({ id }) => id);
  const [failed, open] = [of('fail'), of('unknown')];
  if (failed.length > 0) return `failed: ${failed.join(', ')}`;
  return open.length > 0 ? `not known: ${open.join(', ')}` : '';
}

const MARKS: Readonly<Record<string, string>> = { pass: 'pass', fail: 'FAIL', unknown: '?' };

function oneText({ name, slotId, stashKey, verdict, eligible, results }: Checked): string {
  const rows = results.map(({ id, outcome, message }) => [id, MARKS[outcome] ?? outcome, message]);
  const remedies = results.flatMap(({ id, remedy }) =>
    remedy === null ? [] : [`to do for ${id}: ${remedy}`],
  );
  const facts = results.flatMap(({ id, evidence }) =>
    evidence.map(({ fact, value, source, block, ageMs }) => [
      id,
      fact,
      value,
      block === null ? source : `${source}, block ${block}`,
      ageMs === null ? '' : age(ageMs),
    ]),
  );
  return [
    lines([
      `${JSON.stringify(name)}, slot ${slotId}, ${stashKey}`,
      `${verdict}; ${eligible ? 'it may be nominated' : 'it is not nominated'}`,
      '',
    ]),
    table(['check', '', 'because'], rows),
    remedies.length === 0 ? '' : `\n${lines(remedies)}`,
    '\n',
    table(['check', 'rests on', 'value', 'from', 'age'], facts),
  ].join('');
}
