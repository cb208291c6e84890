import { counted, digestOf } from '@watchbill/kit';
import { plainCandidate } from '../../candidates/candidate.ts';
import { findingLine, loadList } from '../../candidates/list.ts';
import { closeNotice, openNotice } from '../../notify/notices.ts';
import type { Job } from '../job.ts';
import { readNote, writeNote } from '../notes.ts';

const NOTICE = 'candidate-list';
const MINUTE_MS = 60_000;

/** Reads the candidate list. A broken list changes no data: the last good one stays in use. */
export const candidatesJob: Job = {
  name: 'candidates',
  everyMs: 10 * MINUTE_MS,
  deadlineMs: MINUTE_MS,
  after: [],
  run: async ({ store, world, settings, clock, signal }) => {
    const text = await world.candidates(signal);
    const load = loadList(text, settings.listRules, settings.goodRestOnly);
    const before = await readNote(store, 'candidates');
    const stands = before === null ? 'there is no earlier list' : 'the earlier list stays in use';
    const errors = load.report.findings.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    if (!load.ok) {
      const why = first === undefined ? 'it cannot be read' : findingLine(first);
      const told = `the candidate list has ${counted(errors.length, 'error')} and ${stands}: ${why}. Correct the list (\`watchbill nominate candidates lint\` shows every error), or write \`candidates.goodRestOnly: true\` to use the valid entries`;
      await openNotice(store, clock.nowMs(), { key: NOTICE, severity: 'warning', text: told });
      return told;
    }
    const list = load.candidates.map(plainCandidate);
    // An empty list is a mistake: to end a programme, stop its service. Open nominations keep their targets.
    if (list.length === 0) {
      const told = `the candidate list is empty and ${stands}: check that its source returns the whole list`;
      await openNotice(store, clock.nowMs(), { key: NOTICE, severity: 'warning', text: told });
      return told;
    }
    await writeNote(store, 'candidates', { readMs: clock.nowMs(), list });
    await closeNotice(store, clock.nowMs(), NOTICE);
    const changed = before === null || digestOf(before.list) !== digestOf(list);
    return `${counted(list.length, 'candidate')}, ${changed ? 'changed' : 'as before'}, ${counted(errors.length, 'entry', 'entries')} left out`;
  },
};
