import { finalizedHead, type NodeRpc, storageValue } from '@watchbill/chain';
import type { Clock } from '@watchbill/kit';
import type { UpgradeAtFile } from '../../file/network/index.ts';

/** When a roll-out begins. */
export type Condition =
  | { readonly kind: 'block'; readonly height: number }
  | { readonly kind: 'spec'; readonly version: number }
  | { readonly kind: 'time'; readonly atMs: number };

/** The newest final block of a node; null if its chain does not report one. */
export interface FinalFacts {
  readonly height: number;
  readonly specVersion: number | null;
  /** The chain's own time. */
  readonly timeMs: number | null;
}

/** Reads `block:N`, `spec:N` or `time:ISO`; null for anything else. */
export function readCondition(text: string): Condition | null {
  const [, kind, value = ''] = /^(block|spec|time):(\S+)$/.exec(text) ?? [];
  if (kind === 'time') {
    const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value)
      ? Date.parse(value)
      : Number.NaN;
    return Number.isNaN(atMs) ? null : { kind, atMs };
  }
  if (!/^[1-9]\d{0,14}$/.test(value)) return null;
  if (kind === 'block') return { kind, height: Number(value) };
  return kind === 'spec' ? { kind, version: Number(value) } : null;
}

/** The condition of a network file; null if it has none. */
export function conditionOf(file: UpgradeAtFile | undefined): Condition | null {
  if (file?.block !== undefined) return { kind: 'block', height: file.block };
  if (file?.spec !== undefined) return { kind: 'spec', version: file.spec };
  return file?.time === undefined ? null : { kind: 'time', atMs: Date.parse(file.time) };
}

export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'block':
      return `block ${condition.height} is final`;
    case 'spec':
      return `the runtime is version ${condition.version}`;
    case 'time':
      return `the chain's time is ${new Date(condition.atMs).toISOString()}`;
  }
}

/** Whether finalised state meets the condition; null if that is unknown. Pure. */
export function isMet(condition: Condition, facts: FinalFacts | null): boolean | null {
  if (facts === null) return null;
  switch (condition.kind) {
    case 'block':
      return facts.height >= condition.height;
    case 'spec':
      return facts.specVersion === null ? null : facts.specVersion >= condition.version;
    case 'time':
      return facts.timeMs === null ? null : facts.timeMs >= condition.atMs;
  }
}

/** Throws a NodeFault if the node does not report its finalised head. */
export async function finalFacts(node: NodeRpc): Promise<FinalFacts> {
  const { number: height, hash } = await finalizedHead(node);
  const [version, time] = await Promise.all([
    node.call<{ readonly specVersion?: unknown }>('state_getRuntimeVersion', [hash]).catch(() => null),
    storageValue(node, 'Timestamp', 'Now', hash, (reader) => reader.u64()).catch(() => null),
  ]);
  const specVersion = version?.specVersion;
  return {
    height,
    specVersion: typeof specVersion === 'number' ? specVersion : null,
    timeMs: time === null ? null : Number(time),
  };
}

const TELL_EVERY_MS = 60_000;

export interface ConditionWait {
  readonly condition: Condition;
  readonly read: () => Promise<FinalFacts | null>;
  readonly clock: Clock;
  readonly pollMs: number;
  readonly deadlineMs: number;
  /** Called at first, each minute, and when the known state changes. */
  readonly onWait: (detail: string) => void;
  readonly signal: AbortSignal;
}

/** Waits until finalised state meets the condition. An unknown state never meets it. */
export async function untilMet(wait: ConditionWait): Promise<'met' | 'late' | 'interrupted'> {
  const { condition, clock, signal } = wait;
  const deadlineMs = clock.monotonicMs() + wait.deadlineMs;
  let told = { kind: '', atMs: 0 };
  for (;;) {
    const facts = await wait.read();
    if (isMet(condition, facts) === true) return 'met';
    if (signal.aborted) return 'interrupted';
    const text = `until ${conditionText(condition)}; ${nowText(condition, facts)}`;
    // Heights and times change with every look.
    const kind = text.replace(/\d+/g, '');
    if (kind !== told.kind || clock.monotonicMs() - told.atMs >= TELL_EVERY_MS) {
      wait.onWait(text);
      told = { kind, atMs: clock.monotonicMs() };
    }
    if (clock.monotonicMs() >= deadlineMs) return 'late';
    await clock.sleep(wait.pollMs, signal);
  }
}

function nowText({ kind }: Condition, facts: FinalFacts | null): string {
  if (facts === null) return 'no node reports a final block';
  if (kind === 'block') return `final is block ${facts.height}`;
  if (kind === 'spec') return `it is version ${facts.specVersion ?? 'unknown'}`;
  return facts.timeMs === null
    ? 'the chain does not report its time'
    : `it is ${new Date(facts.timeMs).toISOString()}`;
}
