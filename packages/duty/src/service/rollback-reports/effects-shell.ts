import { messageOf } from '@watchbill/kit';
import { type CoreContext, readTexts } from '../ground/context.ts';
import type { LedgerEpochs } from '../ground/memory.ts';
import type { KeptWord } from '../ledger/port.ts';
import type { ReportsEffect } from './effects.ts';
import type { ReportsEvent } from './report-events.ts';
import { judgeWords, listPolicies, type ReadMark, writeRecord } from './store-records.ts';

/** An event without the time, which the shell adds. */
export type Happening = ReportsEvent extends infer Event
  ? Event extends ReportsEvent
    ? Omit<Event, 'nowMs' | 'atMs'>
    : never
  : never;

export interface Performer {
  readonly context: CoreContext;
  readonly epochs: LedgerEpochs;
  readonly readMark: ReadMark;
  readonly happened: (happening: Happening) => void;
  /** The own disk refused: callers that wait for it have to know. */
  readonly diskFailed: (recordKey: string, error: unknown) => void;
}

/** Does what a step asked for. Never throws: every answer, also a fault, comes back as an event. */
export async function perform(performer: Performer, effect: ReportsEffect): Promise<void> {
  const { context, happened } = performer;
  switch (effect.kind) {
    case 'log':
      context.parts.log[effect.level](effect.event, effect.message);
      break;
    case 'keep-word':
      await onDisk(performer, effect.recordKey, async () => {
        for (const word of effect.words) await context.parts.ledger.keepWord(word satisfies KeptWord);
        const ids = effect.words.map(({ id }) => id);
        return { kind: 'kept', recordKey: effect.recordKey, ids };
      });
      break;
    case 'release-in-ledger':
      await onDisk(performer, effect.recordKey, async () => {
        for (const id of effect.ids) await context.parts.ledger.releaseWord(id, effect.released);
        return { kind: 'disk-released', recordKey: effect.recordKey };
      });
      break;
    case 'read-record': {
      const { recordKey, call } = effect;
      try {
        const [text = null] = await readTexts(context, [recordKey]);
        happened({ kind: 'record-seen', recordKey, call, text });
      } catch (error) {
        happened({ kind: 'not-read', recordKey, call, why: messageOf(error) });
      }
      break;
    }
    case 'write-record': {
      const { recordKey, call, before, text } = effect;
      const answer = await writeRecord(context, recordKey, before, text);
      happened({ kind: 'written', recordKey, call, ...answer });
      break;
    }
    case 'judge': {
      const verdicts = await judgeWords(context, performer.epochs, performer.readMark, effect.asked);
      // After the marks: a policy that is missing in this list was made later than they were read.
      const policies = await listPolicies(context);
      happened({ kind: 'judged', call: effect.call, verdicts, policies });
    }
  }
}

async function onDisk(performer: Performer, recordKey: string, act: () => Promise<Happening>): Promise<void> {
  let happening: Happening;
  try {
    happening = await act();
  } catch (error) {
    performer.happened({ kind: 'disk-failed', recordKey, why: messageOf(error) });
    performer.diskFailed(recordKey, error);
    return;
  }
  performer.happened(happening);
}
