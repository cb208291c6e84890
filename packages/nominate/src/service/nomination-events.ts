import {
  type IntentState,
  NOTES,
  type Note,
  type NoteReason,
  shownState,
  type TransactionEvent,
} from '../transactions/index.ts';

/** A log line about a step of a nomination. */
export interface NominationLine {
  readonly text: string;
  /** A person should check. */
  readonly isWarning: boolean;
  readonly facts: Readonly<Record<string, string>>;
}

/** Texts for the expected steps; the others use the texts of the journal. */
const WORDS: Partial<Record<NoteReason, string>> = {
  signed: 'signed and handed over',
  'in-block': 'in a block that is not final',
  landed: 'in block',
  announced: 'announced',
  executable: 'its delay is over',
};

/** Steps that are only for the journal. */
const QUIET: ReadonlySet<NoteReason> = new Set<NoteReason>([
  'payload-built',
  'submission-answer',
  'handed-over-again',
  'looks',
  'waiting',
]);

const WARNINGS: ReadonlySet<NoteReason> = new Set<NoteReason>(['held', 'try-failed', 'stranger']);

/**
 * The log lines of a transaction event; none if it changes no state. `nameOf`: name of a nominator by stash
 * key.
 */
export function nominationLines(
  event: TransactionEvent,
  nameOf: (stashKey: string) => string,
): readonly NominationLine[] {
  if (event.kind !== 'performed' || event.effect.kind !== 'store') return [];
  const { state, notes } = event.effect;
  return notes
    .filter(({ reason }) => !QUIET.has(reason))
    .map((note) => lineOf(state, note, nameOf(state.intent.nominator)));
}

function lineOf(state: IntentState, { reason, detail, to, extrinsic }: Note, name: string): NominationLine {
  const { intent, ending } = state;
  const isEnd = reason === 'ended' && ending !== null;
  const isVerified = isEnd && ending.result === 'finalised';
  const word = isEnd ? endWord(isVerified, ending.result) : (WORDS[reason] ?? NOTES[reason]);
  const what = isVerified ? ending.detail : detail;
  return {
    text: `nomination ${intent.id.slice(0, 12)} of ${name} ${word}: ${what}`,
    isWarning: WARNINGS.has(reason) || (isEnd && ending.result === 'failed'),
    facts: {
      nomination: intent.id,
      state: isEnd ? shownState(state) : to,
      ...(extrinsic === null ? {} : { extrinsic }),
    },
  };
}

function endWord(isVerified: boolean, result: string): string {
  return isVerified ? 'verified' : result;
}
