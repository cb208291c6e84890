import { dutyNamed, type Policy, parseUnit, slotStartMs, type Unit } from '../../../rule/index.ts';
import type { Asked } from '../../claim/asked.ts';
import type { DueReport, SeenSignature } from '../../contract.ts';
import type { Verdict } from '../../ground/verdict.ts';
import type { CoreModules } from '../../modules.ts';
import { mayObserve, mustObserve } from '../../observations/observers.ts';
import { fitsRow, MAX_FIELD, type UnitName, type UnitRecord } from '../../units/record.ts';

/**
 * Notes facts about units: decision 0034. Each call appends to a bounded queue in memory and returns; a loop
 * writes the queue. If the file cannot be written, facts are lost. No grant needs them.
 */
export type UnitRecorder = ReturnType<typeof createUnitRecorder>;

/** Facts that wait for the file; more are dropped. */
const MAX_QUEUE = 20_000;
/** Rows of one write: about 4 ms of the event loop. */
const BATCH = 200;
/** A read writes this many first. */
const READ_BATCHES = 4;
/** A claim for a slot this far ahead may be one of a node whose clock is fast. */
const AHEAD_MS = 60_000;
const PAUSE_MS = 1_000;
const BUSY_PAUSE_MS = 20;
/** With so many rows, those of one key share a page of the file, so the loop does not wait for more. */
const ENOUGH = 2_000;

interface Shell {
  readonly modules: CoreModules;
  queue: UnitRecord[];
  dropped: number;
  /** The last failure that was logged. */
  failing: string | null;
}

/** Without a file the recorder keeps no fact. */
export function createUnitRecorder(modules: CoreModules) {
  const shell: Shell = { modules, queue: [], dropped: 0, failing: null };
  const { unitFile, clock } = modules.context.parts;
  const stopping = new AbortController();
  const flush = (batches = READ_BATCHES): void => {
    for (let batch = 0; batch < batches && shell.queue.length > 0; batch++) writeBatch(shell);
  };
  async function loop(): Promise<void> {
    let gathered = 0;
    while (!stopping.signal.aborted) {
      const pauseMs = gathered > 0 || shell.queue.length >= ENOUGH ? BUSY_PAUSE_MS : PAUSE_MS;
      await clock.sleep(pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      if (gathered <= 0) {
        // In the file the rows of a key lie together, so a write of them changes few pages.
        shell.queue = [...Map.groupBy(shell.queue, groupOf).values()].flat();
        gathered = shell.queue.length;
      }
      writeBatch(shell);
      gathered -= BATCH;
    }
  }
  if (unitFile !== undefined) void loop();
  return {
    claimed: (asked: Asked, verdict: Verdict): void => note(shell, claimRecord(shell, asked, verdict)),
    /** Throws a PermitFault `not-observer`. */
    due: (report: DueReport, observer: string): void => noteDue(shell, report, observer),
    seen(chain: string, signatures: readonly SeenSignature[], observer: string): void {
      for (const seen of signatures) noteSeen(shell, chain, seen, observer);
    },
    counted: (record: Extract<UnitRecord, { kind: 'counted' }>): void => note(shell, record),
    /** Writes the facts that a reader expects to see: all of them, unless very many wait. */
    flush: (): void => flush(),
    stop(): void {
      stopping.abort();
      flush(MAX_QUEUE / BATCH);
    },
  };
}

function note(shell: Shell, record: UnitRecord | null): void {
  if (record === null || shell.modules.context.parts.unitFile === undefined) return;
  if (shell.queue.length >= MAX_QUEUE) shell.dropped += 1;
  else shell.queue.push(record);
}

const groupOf = (record: UnitRecord): string => (record.kind === 'pass' ? record.chain : record.key);

/** One write. Facts that the file does not take are dropped: later ones matter more. */
function writeBatch(shell: Shell): void {
  const { unitFile, log, clock } = shell.modules.context.parts;
  const batch = shell.queue.splice(0, BATCH);
  if (batch.length === 0) return;
  try {
    unitFile?.write(batch, clock.nowMs());
    if (shell.failing !== null) {
      log.info({ event: 'units-written', dropped: shell.dropped }, 'the history of units is written again');
      shell.failing = null;
      shell.dropped = 0;
    }
  } catch (error) {
    shell.dropped += batch.length;
    if (shell.failing === String(error)) return;
    shell.failing = String(error);
    const event = { event: 'units-unwritten', error: String(error) };
    log.warn(event, 'the history of units cannot be written: facts are lost; no grant needs them');
  }
}

/** Null for a key without a policy, so that no claimant can fill the file with keys of its choice. */
function claimRecord(shell: Shell, asked: Asked, verdict: Verdict): UnitRecord | null {
  const { modules } = shell;
  const { clock, unitFile } = modules.context.parts;
  const { claim } = asked;
  const { chain, key, duty, unit } = claim;
  if (unitFile === undefined || !fitsRow(unit)) return null;
  const policy = modules.policies.get(chain, key)?.policy;
  if (policy === undefined || isFarAhead(shell, policy, asked, verdict)) return null;
  if (!policy.roster.some(({ name }) => name === claim.owner.node)) return null;
  const tookMs = Math.max(0, Math.round(clock.monotonicMs() - asked.arrivedMs));
  const atMs = Math.round(clock.nowMs() - tookMs);
  const fact = {
    node: claim.owner.node,
    parts: claim.parts,
    outcome: verdict.outcome,
    reason: verdict.reason,
    digest: claim.digest === null ? null : `0x${claim.digest}`,
    atMs,
    tookMs,
    steps: verdict.steps ?? [],
  };
  return { kind: 'claim', chain, key, duty: duty.name, unit, atMs, claim: fact };
}

/**
 * A unit that is far ahead is a mistake of the claimant. No key has to perform it, and such rows would fill
 * the file.
 */
function isFarAhead({ modules }: Shell, policy: Policy, { claim }: Asked, { reason }: Verdict): boolean {
  if (reason !== 'unit-ahead') return false;
  const [slot] = claim.unit;
  if (claim.duty.ceiling !== 'clock' || slot === undefined) return true;
  return slotStartMs(policy.ceilings, slot) > modules.context.parts.clock.nowMs() + AHEAD_MS;
}

/** Whether the observer may report for the key, and the duty is on. */
function mayReport({ modules }: Shell, { chain, key, duty }: Omit<UnitName, 'unit'>, observer: string) {
  const policy = modules.policies.get(chain, key)?.policy;
  return policy?.duties[duty]?.enabled === true && mayObserve(policy, observer);
}

function unitOf(duty: string, text: string): Unit | null {
  const known = dutyNamed(duty);
  const parsed = known === null ? null : parseUnit(known.fields, text);
  return parsed?.ok === true && fitsRow(parsed.unit) ? parsed.unit : null;
}

function noteDue(shell: Shell, { chain, duty, passes }: DueReport, observer: string): void {
  const { policies, context } = shell.modules;
  mustObserve(chain, observer, policies.all());
  const atMs = Math.round(context.parts.clock.nowMs());
  const isSlotDuty = dutyNamed(duty)?.ceiling === 'clock';
  for (const { after, slot, author, due } of passes) {
    const [from, to] = [BigInt(after), BigInt(slot)];
    if (isSlotDuty && from <= MAX_FIELD && to <= MAX_FIELD)
      note(shell, { kind: 'pass', chain, duty, after: from, slot: to, author, atMs });
    for (const { key, unit: text } of due) {
      const unit = unitOf(duty, text);
      if (unit === null || !mayReport(shell, { chain, key, duty }, observer)) continue;
      note(shell, { kind: 'due', chain, key, duty, unit, atMs });
    }
  }
}

function noteSeen(shell: Shell, chain: string, seen: SeenSignature, observer: string): void {
  const { key, duty, digest } = seen;
  const unit = unitOf(duty, seen.unit);
  if (unit === null || !mayReport(shell, { chain, key, duty }, observer)) return;
  const atMs = Math.round(shell.modules.context.parts.clock.nowMs());
  note(shell, { kind: 'seen', chain, key, duty, unit, digest, atMs });
}
