import { createHash } from 'node:crypto';
import { messageOf } from '@watchbill/kit';
import type { Cursor, Execution, Sent } from './cursor.ts';
import type { CountedFault, FaultBook } from './faults.ts';
import { OUTCOME_REASONS, type Outcome } from './outcome.ts';

const VERSION = 2;

/** Whose cursor it is. A cursor of another group or member must not be followed. */
export interface CursorOwner {
  readonly profile: string;
  readonly group: string;
}

export type CursorRead =
  | { readonly ok: true; readonly cursor: Cursor }
  | { readonly ok: false; readonly why: string };

/** The text of a cursor: one line of JSON, then its SHA-256. */
export function encodeCursor(owner: CursorOwner, cursor: Cursor): string {
  const { window, stage, sent, memory, faults, outcome, agreed, execution } = cursor;
  const { profile, group } = owner;
  const line = JSON.stringify(
    { v: VERSION, profile, group, window, stage, sent, memory, faults, outcome, agreed, execution },
    (_key, value: unknown) => {
      if (typeof value === 'bigint') return value.toString();
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
    },
  );
  return `${line}\n${checksum(line)}\n`;
}

/** The cursor in a text, or the mistake in the text. Never throws. */
export function decodeCursor(owner: CursorOwner, text: string): CursorRead {
  const [line = '', sum, ...rest] = text.split('\n');
  if (sum !== checksum(line) || rest.join('') !== '') {
    return { ok: false, why: 'its checksum is wrong: the file was damaged, or another program wrote it' };
  }
  try {
    return { ok: true, cursor: cursorOf(owner, record(JSON.parse(line))) };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}

function checksum(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}

function cursorOf(owner: CursorOwner, json: Json): Cursor {
  if (json.v !== VERSION) throw new Error(`it has version ${String(json.v)}, not ${VERSION}`);
  for (const name of ['profile', 'group'] as const) {
    if (json[name] !== owner[name])
      throw new Error(`it belongs to the ${name} ${String(json[name])}, not ${owner[name]}`);
  }
  return {
    window: height(json.window),
    stage: oneOf(['open', 'ended'] as const, json.stage),
    sent: listOf(sentOf, json.sent),
    memory: json.memory === null ? null : bytes(json.memory),
    faults: faultsOf(json.faults),
    outcome: orNull(outcomeOf, json.outcome),
    agreed: height(json.agreed),
    execution: orNull(executionOf, json.execution),
  };
}

function sentOf(json: Json): Sent {
  return { type: text(json.type), payload: bytes(json.payload), atHeight: height(json.atHeight) };
}

function executionOf(json: Json): Execution {
  return {
    window: height(json.window),
    action: text(json.action),
    payload: bytes(json.payload),
    startBlock: height(json.startBlock),
    expiryBlock: height(json.expiryBlock),
  };
}

function outcomeOf(json: Json): Outcome {
  const optional = <T>(read: (value: unknown) => T, value: unknown) => (value === null ? null : read(value));
  const reasons = Object.keys(OUTCOME_REASONS) as (keyof typeof OUTCOME_REASONS)[];
  return {
    from: height(json.from),
    to: height(json.to),
    result: oneOf(['execute', 'noop', 'failed', 'skipped'] as const, json.result),
    reason: optional((value) => oneOf(reasons, value), json.reason),
    leader: optional(text, json.leader),
    action: optional(text, json.action),
    startBlock: optional(height, json.startBlock),
    expiryBlock: optional(height, json.expiryBlock),
    faults: faultsOf(json.faults),
    detail: text(json.detail),
  };
}

function faultsOf(value: unknown): FaultBook {
  return listOf((json): CountedFault => {
    const { count } = json;
    if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1)
      throw new Error('a fault has no count');
    const fault = { culprit: text(json.culprit), kind: text(json.kind), count };
    return json.evidence === undefined ? fault : { ...fault, evidence: bytes(json.evidence) };
  }, value);
}

type Json = Readonly<Record<string, unknown>>;

function record(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('a record is missing');
  return value as Json;
}

function listOf<Value>(read: (json: Json) => Value, value: unknown): readonly Value[] {
  if (!Array.isArray(value)) throw new Error('a list is missing');
  return value.map((item: unknown) => read(record(item)));
}

function orNull<Value>(read: (json: Json) => Value, value: unknown): Value | null {
  return value === null ? null : read(record(value));
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('a text is missing');
  return value;
}

function height(value: unknown): bigint {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,19})$/.test(value))
    throw new Error('a height is missing');
  return BigInt(value);
}

function bytes(value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/.test(value)) throw new Error('bytes are missing');
  return Uint8Array.from(Buffer.from(value, 'hex'));
}

function oneOf<Value extends string>(values: readonly Value[], value: unknown): Value {
  const found = values.find((known) => known === value);
  if (found === undefined) throw new Error(`${String(value)} is not one of ${values.join(', ')}`);
  return found;
}
