import type { Receipt } from '../../actions/receipt.ts';
import { OUTCOME_REASONS, type Outcome } from '../../outcome.ts';
import type { Note } from '../../rules.ts';
import type { RunEvent } from '../group-events.ts';
import { nameOf, type OpenWindow, openWindowOf, type QuorumEvent } from './watch.ts';

/**
 * One line of a member for its operator: the text for people, the fields for programs. Heights are decimal
 * texts.
 */
export interface Line {
  readonly event: string;
  readonly text: string;
  /** The operator should check this. */
  readonly isWarning: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Notices that need no attention. */
const NEWS = new Set(['locked', 'nothing-to-propose', 'chain-back', 'chain-moving', 'peer-connected']);

/** Notices that other lines already report, from the state. */
const TOLD = new Set(['certificate', 'rank']);

/** Turns events into lines, each change once. */
export function narrator(say: (line: Line) => void) {
  let window = 0n;
  let rank = 0;
  let certified = false;
  const plain = (event: string, text: string, fields: Line['fields'] = {}): void =>
    say({ event, text, isWarning: false, fields });
  const warn = (event: string, text: string, fields: Line['fields'] = {}): void =>
    say({ event, text, isWarning: true, fields });

  function inWindow({ plan, round }: OpenWindow): void {
    const { index } = plan.window;
    if (index !== window) {
      [window, rank, certified] = [index, 0, false];
      say(windowLine(plan));
    }
    if (round.rank > rank) {
      rank = round.rank;
      const leader = nameOf(plan, plan.leaders[rank]);
      plain('rank', `window ${index}: rank ${rank}, ${leader} leads`, { window: `${index}`, rank, leader });
    }
    if (round.certificate !== null && !certified) {
      certified = true;
      const { value, commits } = round.certificate;
      const count = `${commits.length} of ${plan.group.members.length}`;
      const text = `window ${index}: certificate for ${value.action} in rank ${round.certificate.rank}, ${count} committed`;
      const fields = { window: `${index}`, action: value.action, rank: round.certificate.rank };
      plain('certificate', text, { ...fields, commits: commits.length });
    }
  }

  return {
    watch: (event: QuorumEvent): void => {
      const open = openWindowOf(event);
      if (open !== null) inWindow(open);
      const line = eventLine(event);
      if (line !== null) say(line);
    },
    /** A note of a port. */
    note: ({ code, text }: Note): void => (NEWS.has(code) ? plain : warn)(code, text),
    receipt: (index: bigint, { action, result, text, extrinsic }: Receipt): void => {
      const fields = { window: `${index}`, action, result, ...(extrinsic === null ? {} : landed(extrinsic)) };
      const tell = result === 'failed' || result === 'expired' ? warn : plain;
      tell('receipt', `window ${index}: ${action} ${result}: ${text}`, fields);
    },
  };
}

function landed({ hash, block, height }: NonNullable<Receipt['extrinsic']>) {
  return { extrinsic: hash, block, height: `${height}` };
}

function windowLine(plan: OpenWindow['plan']): Line {
  const { index, block, activeEnd } = plan.window;
  const leaders = plan.leaders.map((seat) => nameOf(plan, seat));
  const checklist = plan.checklist.map(({ action }) => action);
  const agenda = checklist.length === 0 ? 'no action is due' : `due: ${checklist.join(', ')}`;
  const text = `window ${index}: blocks ${block} to ${activeEnd}, leaders ${leaders.join(', ')}; ${agenda}`;
  const fields = { window: `${index}`, block: `${block}`, activeEnd: `${activeEnd}`, leaders, checklist };
  return { event: 'window', text, isWarning: false, fields };
}

/** The line of an event of any profile, or null. */
export function eventLine(event: RunEvent<unknown, unknown>): Line | null {
  switch (event.kind) {
    case 'performed':
      return effectLine(event.effect);
    case 'store-failed': {
      const text = `${event.what} could not be stored: ${event.why}. The member signs and sends no message until it is; next try in ${event.pauseMs} ms. Is the disk full?`;
      return { event: 'store-failed', text, isWarning: true, fields: { what: event.what } };
    }
    case 'store-works':
      return {
        event: 'store-works',
        text: 'records are stored again',
        isWarning: false,
        fields: {},
      };
    case 'port-failed':
      return {
        event: 'port-failed',
        text: `${event.what}: ${event.why}`,
        isWarning: true,
        fields: { what: event.what },
      };
    case 'rules-threw':
      return {
        event: 'defect',
        text: `a defect in the rules dropped a ${event.event}: ${event.why}; please report it`,
        isWarning: true,
        fields: {},
      };
    case 'execution-ended':
      return event.failed === null
        ? null
        : {
            event: 'execution-failed',
            text: `window ${event.window}: ${event.failed}`,
            isWarning: true,
            fields: { window: `${event.window}` },
          };
    default:
      return null;
  }
}

type Performed = Extract<RunEvent<unknown, unknown>, { readonly kind: 'performed' }>['effect'];

function effectLine(effect: Performed): Line | null {
  if (effect.kind === 'record-outcome') return outcomeLine(effect.outcome);
  if (effect.kind === 'record-fault') {
    const { culprit, kind, evidence } = effect.fault;
    const proof = evidence === undefined ? '' : '; the evidence is in the state folder';
    const fields = { window: `${effect.window}`, culprit, kind };
    const text = `window ${effect.window}: ${culprit}: ${kind}${proof}`;
    return { event: 'fault', text, isWarning: true, fields };
  }
  if (effect.kind !== 'notice' || TOLD.has(effect.code)) return null;
  const fields = { window: `${effect.window}` };
  const isWarning = !NEWS.has(effect.code);
  return { event: effect.code, text: `window ${effect.window}: ${effect.text}`, isWarning, fields };
}

function outcomeLine({ from, to, result, reason, action, startBlock, expiryBlock, detail }: Outcome): Line {
  const windows = from === to ? `window ${from}` : `windows ${from} to ${to}`;
  const fields = { from: `${from}`, to: `${to}`, result, reason, action, detail };
  if (result === 'execute') {
    const text = `${windows}: agreed on ${action}, from block ${startBlock} until ${expiryBlock}`;
    const blocks = { startBlock: `${startBlock}`, expiryBlock: `${expiryBlock}` };
    return { event: 'outcome', text, isWarning: false, fields: { ...fields, ...blocks } };
  }
  if (reason === null) {
    return {
      event: 'outcome',
      text: `${windows}: agreed on a noop`,
      isWarning: false,
      fields,
    };
  }
  const more = detail === '' ? '' : ` (${detail})`;
  const text = `${windows}: ${result}, ${reason}${more}: ${OUTCOME_REASONS[reason]}`;
  return { event: 'outcome', text, isWarning: true, fields };
}
