import type { NodeRpc } from '@watchbill/chain';
import type { AgendaItem } from '../quorum/group.ts';
import type { Certificate, Value } from '../quorum/messages.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import type { Validation } from '../rules.ts';
import type { Receipt } from './receipt.ts';

/**
 * The inputs of an action. It reads the chain at the reference block only, so that all members answer alike.
 */
export interface ActionContext {
  readonly plan: QuorumPlan;
  readonly item: AgendaItem;
  /** The seat of this process. */
  readonly seat: number;
  readonly node: NodeRpc;
  /** Settings of this operator for this action, from its own configuration; canonical JSON text. */
  readonly settings: string;
  readonly signal: AbortSignal;
}

/** The draft of a leader. If there is none, `why` has the reason, and the leader proposes a noop. */
export type Draft =
  | { readonly kind: 'content'; readonly content: Uint8Array }
  | {
      readonly kind: 'nothing';
      readonly why: string;
      /** True for a reason that applies in most windows, so that it is not reported each time. */
      readonly isUsual?: boolean;
    };

/** A member's signed report about an execution; the latest of each seat. */
export interface Progress {
  readonly seat: number;
  /** A word that the action chooses: `started`, `healthy`, `failed`, ... */
  readonly status: string;
  readonly detail: string;
  /** The sender's height. A member repeats its report every few blocks, with the new height. */
  readonly height: bigint;
  /** The connection to the member ended, and no report came since. */
  readonly isLost: boolean;
}

/**
 * The reason of the signal of an execution once its expiry block is final. The action then does nothing more,
 * and its receipt says what it knows. With any other reason the process stops, and the action is not over.
 */
export class LeaseOver extends Error {}

export interface ExecutionContext extends ActionContext {
  readonly certificate: Certificate;
  readonly startBlock: bigint;
  readonly expiryBlock: bigint;
  /** Finalised heights, the current one first. Ends at the expiry block. */
  heights(): AsyncIterable<bigint>;
  /** Reports to the others. The report is stored first, so that a restarted process sends it again. */
  report(status: string, detail: string): Promise<void>;
  /** The latest report of each seat about this execution, the own one included. */
  progress(): readonly Progress[];
  /** A receipt for the records of this node. */
  note(receipt: Receipt): Promise<void>;
}

/** An action that groups can put on their agenda. */
export interface ActionPlugin {
  readonly name: string;
  /** The problem with the parameters of an agenda item (the same for all members), or null. */
  parametersProblem(parameters: string): string | null;
  /**
   * Names of the settings that are paths of files. They arrive here as absolute paths; in an operator's file
   * they are relative to it.
   */
  readonly pathSettings: readonly string[];
  /** The problem with the settings of this operator, or null. */
  settingsProblem(settings: string): string | null;
  /** Leader only. Throws if the node does not answer; then the engine asks again. */
  draft(context: ActionContext): Promise<Draft>;
  /** Whether this node would sign the content. It derives the content again if possible. */
  validate(context: ActionContext, value: Value): Promise<Validation>;
  /**
   * The part of `validate` that needs no chain, for evidence: a refusal code, or null. `facts` are the facts
   * of a refusal; empty to judge the content alone.
   */
  judge(item: AgendaItem, value: Value, facts: Uint8Array): string | null;
  /** One line for people. Never throws. */
  describe(value: Value): string;
  /** Lines that describe what would be done. Does nothing. */
  dryRun(context: ActionContext, value: Value): Promise<readonly string[]>;
  /** May be called again after a restart; it skips finished steps. The last receipt is the result. */
  execute(context: ExecutionContext, value: Value): Promise<Receipt>;
}
