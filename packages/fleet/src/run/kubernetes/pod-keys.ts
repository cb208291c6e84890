import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { KeyUse } from '../../file/graph/index.ts';
import { MARKS, unknownUse, wordsSign } from '../../file/graph/index.ts';
import { at } from './ownership.ts';

/**
 * The use of session keys by a pod, from its annotation; without it the keys are not known. Null if no
 * process in it signs. A pod that is ending may sign until it is gone.
 */
export function keyUseOfPod(pod: JsonRecord): KeyUse | null {
  const marked = at(pod, ['metadata', 'annotations', MARKS.keySet]);
  if (typeof marked === 'string') return marked;
  return signs(pod) ? unknownUse(String(at(pod, ['metadata', 'name']))) : null;
}

function signs(pod: JsonRecord): boolean {
  const role = at(pod, ['metadata', 'labels', MARKS.role]);
  if (role === 'validator' || role === 'collator') return true;
  return listAt(pod, ['spec', 'containers']).some((container) =>
    [container.command, container.args].some((words) => wordsSign(listOf(words).map(String))),
  );
}

function listAt(value: JsonRecord, path: readonly string[]): readonly JsonRecord[] {
  return listOf(at(value, path)).filter(isRecord);
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}
