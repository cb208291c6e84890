import { table } from '@watchbill/kit';
import { argument, command, flag } from '@watchbill/kit/command/command';
import { text } from '@watchbill/kit/command/shapes';
import { shortHex } from '@watchbill/kit/command/text';
import { onlyKey, policiesOf } from '../../client/keys.ts';
import type { RollbackReportView } from '../../service/index.ts';
import { asking } from '../asking.ts';

const list = asking({
  about: 'list the rollback reports, held ones first; a held report stops the grants of its keys',
  flags: { key: onlyKey },
  examples: ['watchbill rollback-report list', 'watchbill rollback-report list --json'],
  ask: async (api, options) => {
    const { reports } = await api.get<{ reports: RollbackReportView[] }>('/v1/rollback-reports');
    if (options.key === undefined) return { reports };
    const keys = (await policiesOf(api, options)).map(({ key }) => key);
    return { reports: reports.filter(({ key }) => keys.includes(key)) };
  },
  text: ({ reports }) =>
    reports.length === 0 ? 'no rollback reports\n' : table(HEADERS, reports.map(rowOf)),
});

const release = asking({
  about:
    'end one report, so that it holds no key; do it only if the node is wrong, because a unit that the store lost would be granted again',
  args: { id: argument(text('id'), 'id of the report') },
  flags: { reason: flag(text('text'), 'why; kept in the report') },
  examples: [
    'watchbill rollback-report release 4f1c09d2a86b4d7e93a05b1c77e0d6a2 --reason "node b ran on a copy of the disk of node a"',
  ],
  ask: async (api, { id, reason }) => {
    await api.send('POST', `/v1/rollback-reports/${encodeURIComponent(id)}/release`, { reason });
    return { released: id };
  },
  text: ({ released }) =>
    `rollback report ${released} is released; others stay in force\n` +
    'A node that still remembers the entry is denied until its key is adopted (watchbill adopt)\n',
});

/** `rollback-report`: entries that nodes remember and the store does not hold. */
export const rollbackReport = command({
  commands: { list, release },
  examples: ['watchbill rollback-report list'],
});

const HEADERS = ['id', 'state', 'node', 'chain', 'key', 'duty', 'floor needed', 'keys freed', 'why'];

/** The floor is that of an adoption which frees the key of the report. */
function rowOf(view: RollbackReportView): string[] {
  const { id, state, node, chain, key, duty, point, freed, released, why } = view;
  const end = released === null ? why : `${released.how} by ${released.by}: ${released.reason}`;
  const of = [chain, key, duty].map((text) => (text === '' ? '-' : shortHex(text)));
  return [id, state, node, ...of, point?.top ?? '-', String(freed.length), end];
}
