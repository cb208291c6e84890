import { z } from 'zod';
import { candidateShape, sightingShape } from '../snapshot/record-shapes.ts';
import { era, factOf, interval, momentMs, publicKey, wide } from '../snapshot/shapes.ts';
import type { ProgrammeStore } from '../storage/port.ts';

/** The notes that jobs leave in the database for each other, by name, with their shapes. */
export const NOTES = {
  candidates: z.strictObject({ readMs: momentMs, list: z.array(candidateShape) }),
  telemetry: z.strictObject({
    atMs: momentMs,
    watchedSinceMs: momentMs.nullable(),
    outages: z.array(interval),
    sightings: z.array(z.tuple([z.string(), factOf(sightingShape.nullable())])),
  }),
  /** Nodes that impersonate a candidate, and nodes with similar names. */
  'telemetry flags': z.array(
    z.strictObject({
      kind: z.enum(['impostor', 'same-identity-twice', 'near-miss']),
      key: z.string(),
      source: z.string(),
      name: z.string(),
      networkId: z.string().nullable(),
      sinceMs: momentMs,
      why: z.string(),
    }),
  ),
  /**
   * GRANDPA keys that each candidate has set, the newest last. Telemetry calls such a key the validator
   * address.
   */
  'validator keys': z.array(z.tuple([publicKey, z.array(publicKey)])),
  /** By stash: the account that held the identity of each candidate when it was last read. */
  identities: z.array(z.tuple([publicKey, z.strictObject({ account: publicKey, atMs: momentMs })])),
  releases: z.strictObject({ readMs: momentMs }),
  kusama: z.strictObject({
    readMs: momentMs,
    standings: z.array(
      z.tuple([
        publicKey,
        z.strictObject({
          rank: z.number(),
          invalidReasons: z.array(z.string()),
          undecided: z.array(z.string()).min(1).optional(),
          identity: z.strictObject({ account: publicKey, display: z.string() }).nullable(),
        }),
      ]),
    ),
  }),
  /** The calendar of elections from the newest reading. */
  calendar: z.strictObject({
    readMs: momentMs,
    relayHeight: wide,
    /** The finalised block of the staking chain at which it was read; null if it is unknown. */
    stakingHeight: wide.nullable(),
    active: era,
    upcoming: z.array(z.strictObject({ era, snapshotHeight: wide, snapshotMs: momentMs })),
  }),
  pace: z.strictObject({ stalled: z.boolean(), sessions: z.int(), due: z.int() }),
  failures: z.array(z.strictObject({ role: z.string(), why: z.string() })),
  /** Candidates in the active set, by era. */
  active: z.array(z.tuple([era, z.array(publicKey)])),
  /** Eras in which the programme nominated each candidate, as finalised blocks say. */
  nominated: z.array(z.tuple([publicKey, z.array(era)])),
  /** Included nominations, by nominator in the order of their eras: those in force, and recent ones. */
  landed: z.array(
    z.strictObject({
      id: z.string(),
      nominator: publicKey,
      /** The name of the round in the intent. */
      round: z.string(),
      era,
      /** The first era that it counts for. */
      forEra: era,
      /** A block of the staking chain whose state has it. */
      height: wide,
      /** The first era for which the next nomination of its nominator counts; null while it is in force. */
      until: era.nullable(),
      targets: z.array(publicKey),
    }),
  ),
  /** Candidates that were elected for an era, as its exposures say. */
  elected: z.array(z.tuple([era, z.array(publicKey)])),
  remembered: z.string(),
  'fault cursor': z.string(),
  /** Blocks whose events could not be read, by role and height. */
  'fault gaps': z.array(
    z.strictObject({
      role: z.enum(['staking', 'relay']),
      from: wide,
      to: wide,
      /** Of events on a chain that has no eras itself. */
      era: era.nullable(),
      why: z.string(),
      sinceMs: momentMs,
      triedMs: momentMs,
    }),
  ),
  /** The snapshot whose history was recorded. */
  'history of': z.string(),
  /** The snapshot for which a round was planned. */
  'round of': z.string(),
} as const;

export type NoteName = keyof typeof NOTES;
export type NoteOf<Name extends NoteName> = z.output<(typeof NOTES)[Name]>;

/** Reads a note; null if it is missing, or if another release wrote it. */
export async function readNote<Name extends NoteName>(
  store: ProgrammeStore,
  name: Name,
): Promise<NoteOf<Name> | null> {
  const text = await store.notes.get(name);
  if (text === null) return null;
  const read = NOTES[name].safeParse(JSON.parse(text));
  return read.success ? (read.data as NoteOf<Name>) : null;
}

export async function writeNote<Name extends NoteName>(
  store: ProgrammeStore,
  name: Name,
  value: NoteOf<Name>,
): Promise<void> {
  const plain = (_key: string, part: unknown): unknown => (typeof part === 'bigint' ? String(part) : part);
  await store.notes.put(name, JSON.stringify(value, plain));
}
