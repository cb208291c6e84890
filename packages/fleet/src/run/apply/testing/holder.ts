/**
 * `holder.ts journal|rollout FILE`: opens a journal, reports that, and keeps it until the process or
 * its standard input ends.
 */
import { openRollout } from '../../rollout/journal.ts';
import { openJournal } from '../journal.ts';

const [, , kind = '', file = ''] = process.argv;
const opened =
  kind === 'rollout'
    ? openRollout(file, { format: 'watchbill/rollout/1', network: 'net', what: '1', title: '1', before: {} })
    : openJournal(file, {
        format: 'watchbill/journal/1',
        plan: 'plan-1',
        network: 'net',
        identities: { ams: 'uid-1', fra: 'uid-2' },
      });
process.stdout.write(opened.ok ? 'open\n' : `${opened.detail}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit());
