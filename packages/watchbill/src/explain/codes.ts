import { REASONS } from '@watchbill/duty/rule';
import { FAULT_MEANINGS, PROBLEMS, UNIT_OUTCOMES } from '@watchbill/duty/service';
import { plainText } from '@watchbill/kit/alerts';
import { MONITORING } from '../monitor/capability.ts';

/** A code that a person meets in an answer, a log, a metric or an alert. */
export interface Code {
  readonly code: string;
  readonly kind: 'reason' | 'unit' | 'problem' | 'alert';
  /** Full sentences. */
  readonly means: string;
  /** The first steps; empty if the message of the moment has them. */
  readonly todo: string;
  /** The page that lists codes of this kind: a word for `watchbill docs`. */
  readonly page: string;
}

/** Every code of the installed command. One name may be a code of several kinds. */
export async function allCodes(): Promise<readonly Code[]> {
  const watched = await Promise.all(Object.values(MONITORING).map((load) => load()));
  return [
    ...Object.values(REASONS).map(({ code, outcome, summary, remedy }) =>
      codeOf('reason', code, `${summary} The claim is ${outcome}.`, remedy),
    ),
    ...Object.entries(UNIT_OUTCOMES).map(([code, { summary, remedy }]) =>
      codeOf('unit', code, summary, remedy),
    ),
    ...Object.entries(PROBLEMS).map(([code, { status, title, remedy }]) =>
      codeOf('problem', code, `${title.replace(/\.$/, '')}. The status is ${status}.`, remedy),
    ),
    ...Object.entries(FAULT_MEANINGS).map(([code, means]) => codeOf('problem', code, means, '')),
    ...watched.flatMap(({ groups }) =>
      groups.flatMap(({ alerts }) =>
        alerts.map(({ name, means, todo }) => codeOf('alert', name, plainText(means), `${plainText(todo)}.`)),
      ),
    ),
  ];
}

const PAGES = {
  reason: 'reasons',
  unit: 'units',
  problem: 'problems',
  alert: 'alerts',
} as const;

function codeOf(kind: Code['kind'], code: string, means: string, todo: string): Code {
  return { code, kind, means, todo, page: PAGES[kind] };
}
