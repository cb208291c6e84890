import { type Fault, nearest, usageFault } from '@watchbill/kit';
import { argument, command, flag } from '@watchbill/kit/command/command';
import { lines, print } from '@watchbill/kit/command/print';
import { text, yes } from '@watchbill/kit/command/shapes';
import { withAddresses } from '../docs/addresses.ts';
import type { Code } from './codes.ts';

const KINDS = {
  reason: 'reason of a claim',
  unit: 'outcome of a slot or vote',
  problem: 'problem of a request',
  alert: 'alert',
} as const;

/** `explain`: what a code means and what to do, without a service or a network. */
export const explain = command({
  args: { code: argument(text('code'), 'a reason, an outcome of a unit, a problem or an alert') },
  flags: { json: flag(yes(), 'print JSON') },
  examples: ['watchbill explain store-behind', 'watchbill explain WatchbillNobodyGrants --json'],
  run: async ({ io }, { code, json }) => {
    const { allCodes } = await import('./codes.ts');
    const all = await allCodes();
    const found = all.filter((each) => each.code.toLowerCase() === code.toLowerCase());
    if (found.length === 0) throw unknownCode(code, all);
    const text = await withAddresses(found.map(paragraphs).join('\n'));
    print(io, json, found, () => text);
  },
});

function paragraphs({ code, kind, means, todo, page }: Code): string {
  const steps = todo === '' ? [] : [`To do: ${todo}`];
  return lines([`${code}: ${KINDS[kind]}`, means, ...steps, `Page: \`watchbill docs ${page}\``]);
}

function unknownCode(code: string, all: readonly Code[]): Fault {
  const near = nearest(
    code,
    all.map((each) => each.code),
  );
  const help = 'copy the code from the answer, the log, the metric or the alert';
  const remedy = near === null ? help : `did you mean ${near}? Or ${help}`;
  return usageFault(`no reason, outcome, problem or alert has the code ${code}`, remedy, 'argument CODE');
}
