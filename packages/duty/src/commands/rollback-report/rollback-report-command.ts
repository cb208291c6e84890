import { table } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { print } from '@watchbill/kit/command/print';
import { shortHex } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import { withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget } from '../../client/target.ts';
import type { RollbackReportView } from '../../client/views.ts';

interface ReasonOptions extends ClientOptions {
  readonly reason: string;
}

/** `rollback-report`: entries that nodes remember and the store does not hold. */
export function fillRollbackReport(command: Command, context: Context): void {
  withExamples(command, ['watchbill rollback-report list']);
  addList(command, context);
  addRelease(command, context);
}

function addList(parent: Command, { io }: Context): void {
  const command = parent
    .command('list')
    .description('list the rollback reports, held ones first; a held report stops the grants of its keys');
  addClientOptions(command).action(async (options: ClientOptions) => {
    const target = resolveTarget(io, options);
    const { reports } = await withApi(target, (api) =>
      api.get<{ reports: RollbackReportView[] }>('/v1/rollback-reports'),
    );
    print(io, options.json, { reports }, () =>
      reports.length === 0 ? 'no rollback reports\n' : table(HEADERS, reports.map(rowOf)),
    );
  });
  withExamples(command, ['watchbill rollback-report list', 'watchbill rollback-report list --json']);
}

function addRelease(parent: Command, { io }: Context): void {
  const command = parent
    .command('release <id>')
    .description(
      'end one report, so that it holds no key; do it only if the node is wrong, because a unit that the store lost would be granted again',
    )
    .requiredOption('--reason <text>', 'why; kept in the report');
  addClientOptions(command).action(async (id: string, options: ReasonOptions) => {
    const target = resolveTarget(io, options);
    const path = `/v1/rollback-reports/${encodeURIComponent(id)}/release`;
    await withApi(target, (api) => api.send('POST', path, { reason: options.reason }));
    print(
      io,
      options.json,
      { released: id },
      () => `rollback report ${id} is released; others stay in force\n`,
    );
  });
  withExamples(command, [
    'watchbill rollback-report release 4f1c09d2a86b4d7e93a05b1c77e0d6a2 --reason "node b ran on a copy of the disk of node a"',
  ]);
}

const HEADERS = ['id', 'state', 'node', 'chain', 'key', 'duty', 'floor needed', 'keys freed', 'why'];

/** The floor is that of an adoption which frees the key of the report. */
function rowOf(view: RollbackReportView): string[] {
  const { id, state, node, chain, key, duty, point, freed, released, why } = view;
  const end = released === null ? why : `${released.how} by ${released.by}: ${released.reason}`;
  const of = [chain, key, duty].map((text) => (text === '' ? '-' : shortHex(text)));
  return [id, state, node, ...of, point?.top ?? '-', String(freed.length), end];
}
